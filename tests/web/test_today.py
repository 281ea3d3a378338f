"""The tasks of the day on the first page: what is next, what is done, what has been put off."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.measurement import Kind, Status
from hub.records import JournalKind
from hub.schedule import Schedule
from hub.web.kiosk.home import FRESH
from tests.web.documents import DAILY, MDC, URL, activity
from tests.web.house import OSLO, WEIGHT, Browser, House
from tests.web.tapping import begin

BLOOD_PRESSURE, WEIGH, OXYGEN = "Mål blodtrykket", "Vei deg", "Mål oksygen i blodet"
QUESTIONS = "Svar på dagens helsesjekk"
CODES = {BLOOD_PRESSURE: "150020", WEIGH: "188736", OXYGEN: "150456"}
NEW_EACH_TIME = re.compile(r'value="[^"]+"|/listen/[\w-]+')
TASK = re.compile(
    r'<(a|p) class="(?:ds-button )?task (?P<as>[\w ]*?) *"(?P<rest>[^>]*)>.*?'
    r"<b [^>]*>(?P<text>[^<]+)</b><small>(?P<words>[^<]*)</small>",
    re.DOTALL,
)


def measure(text: str, *times: str) -> dict[str, Any]:
    return activity(text, list(times), code={"coding": [{"system": MDC, "code": CODES[text]}]})


def ask(*times: str) -> dict[str, Any]:
    return activity(QUESTIONS, list(times), instantiatesCanonical=[URL + "daglig|1"])


def give(house: House, *activities: dict[str, Any], form: dict[str, Any] | None = DAILY) -> None:
    care = {"resourceType": "CarePlan", "language": "nb", "activity": list(activities)}
    entries = [{"resource": care}, *([{"resource": form}] if form else [])]
    house.plan({"resourceType": "Bundle", "entry": entries})


def at(house: House, hour: int, minute: int = 0) -> None:
    """By the clock in Oslo, on a day in November."""
    house.clock.pass_(datetime(2026, 11, 22, hour - 1, minute, tzinfo=UTC) - house.clock.wall)


def shown(page: str) -> list[tuple[str, str]]:
    """Every task that is shown, in order: its text and the words below."""
    return [(found["text"], found["words"]) for found in TASK.finditer(page)]


def following(page: str) -> str | None:
    """The text of the largest."""
    return next((one["text"] for one in TASK.finditer(page) if "next" in one["as"]), None)


def remind(house: House) -> dict[str, str]:
    """What the hub notes of all that has come, and of the first."""
    plan = house.documents.get("plan")
    occasions = Schedule(plan, OSLO).on(house.clock.wall.astimezone(OSLO).date())
    due = [
        {
            "task": one.task,
            "at": one.at.isoformat(),
            "day": one.day.isoformat(),
            "time": one.time.isoformat("minutes"),
        }
        for one in occasions
        if one.at <= house.clock.wall
    ]
    house.ledger.notes.put_state("reminders", {"due": due})
    return due[0]


def test_tasks_are_in_the_order_of_the_clock_and_the_next_is_largest(
    house: House, kiosk: Browser
) -> None:
    give(house, ask("09:00:00"), measure(WEIGH, "08:00:00"))
    page = kiosk.get("/").text
    assert shown(page) == [(WEIGH, "Kl. 08:00"), (QUESTIONS, "Kl. 09:00")]
    assert following(page) == WEIGH


def test_done_is_a_tick_and_a_word_with_its_time(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), ask("09:00:00"))
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))
    page = kiosk.get("/").text
    assert shown(page) == [(WEIGH, "Gjort kl. 10:00"), (QUESTIONS, "Kl. 09:00 · 3 spørsmål")]
    assert following(page) == QUESTIONS
    tick = page.index('d="m6.500 12.500')
    assert page.index('<p class="task plain') < tick < page.index(f">{WEIGH}</b>")


def test_a_tap_leads_to_the_task(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), ask("09:00:00"))
    page = kiosk.get("/")
    where = [found["rest"] for found in TASK.finditer(page.text)]
    assert 'href="/check-in"' in where[1]
    task = Schedule(house.documents.get("plan"), OSLO).on(house.clock.wall.date())[0].task
    assert f'href="/measure/{task}"' in where[0]


def test_a_check_in_under_way_says_how_far_it_is(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), ask("09:00:00"))
    question = begin(kiosk)
    coding = DAILY["item"][0]["answerOption"][0]["valueCoding"]
    kiosk.post(question.request.path, question, answer=f"{coding['system']}|{coding['code']}")
    assert (QUESTIONS, "1 av 3 besvart") in shown(kiosk.get("/").text)


def complete(
    house: House, check_in: str, kind: JournalKind = JournalKind.CHECK_IN_COMPLETED
) -> None:
    body = {"check_in": check_in, "questionnaire": f"{URL}daglig|1", "item": []}
    house.journal.append(kind, body, form=None, moment=house.clock.now())


def test_answers_that_were_taken_back_are_not_given(house: House, kiosk: Browser) -> None:
    give(house, ask("09:00:00"))
    complete(house, "c1")
    assert shown(kiosk.get("/").text) == [(QUESTIONS, "Gjort kl. 10:41")]
    complete(house, "c1", JournalKind.CHECK_IN_UNDONE)
    assert following(kiosk.get("/").text) == QUESTIONS


def test_the_same_twice_a_day_is_done_twice(house: House, kiosk: Browser) -> None:
    give(house, measure(BLOOD_PRESSURE, "08:00:00", "20:00:00"), form=None)
    house.measure(ago=timedelta(minutes=41))
    morning, evening = (BLOOD_PRESSURE, "Gjort kl. 10:00"), (BLOOD_PRESSURE, "Kl. 20:00")
    assert shown(kiosk.get("/").text) == [morning, evening]
    at(house, 19, 30)
    house.measure(ago=timedelta(minutes=10))
    assert shown(kiosk.get("/").text) == [morning, (BLOOD_PRESSURE, "Gjort kl. 19:20")]


def test_what_its_successor_has_overtaken_is_not_asked_for(house: House, kiosk: Browser) -> None:
    give(house, measure(BLOOD_PRESSURE, "08:00:00", "20:00:00"), form=None)
    at(house, 19, 30)
    page = kiosk.get("/").text
    assert shown(page) == [(BLOOD_PRESSURE, "Ikke registrert"), (BLOOD_PRESSURE, "Kl. 20:00")]
    today = kiosk.get("/plan/today").text
    assert shown(today)[0] == (BLOOD_PRESSURE, "Kl. 08:00, ikke registrert")


def test_two_readings_each_time_are_two(house: House, kiosk: Browser) -> None:
    twice = measure(BLOOD_PRESSURE, "08:00:00")
    number = "https://hub.example/fhir/StructureDefinition/egenbehandling-antall"
    give(house, twice | {"extension": [{"url": number, "valueInteger": 2}]}, form=None)
    house.measure(ago=timedelta(minutes=20))
    assert following(kiosk.get("/").text) == BLOOD_PRESSURE
    house.measure(ago=timedelta(minutes=18))
    assert shown(kiosk.get("/").text) == [(BLOOD_PRESSURE, "Gjort kl. 10:23")]


def test_a_reading_of_somebody_else_or_of_a_control_solution_does_nothing(
    house: House, kiosk: Browser
) -> None:
    give(house, measure(BLOOD_PRESSURE, "08:00:00"), form=None)
    house.measure(ago=timedelta(minutes=20), status=(Status.CONTROL_SOLUTION,))
    kept = house.measure()
    kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get("/"))
    assert following(kiosk.get("/").text) == BLOOD_PRESSURE


def skip(house: House, reason: str) -> None:
    [occasion] = Schedule(house.documents.get("plan"), OSLO).on(house.clock.wall.date())
    body = {"task": occasion.task, "day": "2026-11-22", "time": "08:00", "reason": reason}
    moment = house.clock.now()
    house.journal.append(JournalKind.MEASUREMENT_SKIPPED, body, form=None, moment=moment)


def test_what_was_skipped_is_not_asked_for_any_more(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    skip(house, "later")
    assert following(kiosk.get("/").text) == WEIGH
    skip(house, "unwell")
    page = kiosk.get("/").text
    assert shown(page) == [(WEIGH, "Hoppet over")]
    assert "Det er ikke mer å gjøre i dag." in page


def test_what_no_book_can_tell_of_is_over_after_an_hour(house: House, kiosk: Browser) -> None:
    give(house, activity("Ta medisinen", ["10:00:00"]), measure(WEIGH, "12:00:00"), form=None)
    assert following(kiosk.get("/").text) == "Ta medisinen"
    at(house, 11)
    page = kiosk.get("/").text
    assert following(page) == WEIGH
    assert shown(page)[0] == ("Ta medisinen", "Kl. 10:00")  # nobody knows whether it was taken


def test_questions_that_cannot_be_asked_here_are_not_asked_for(
    house: House, kiosk: Browser
) -> None:
    give(house, ask("09:00:00"), form=None)
    assert "Det er ikke mer å gjøre i dag." in kiosk.get("/").text
    assert shown(kiosk.get("/plan/today").text) == [(QUESTIONS, "Kan ikke besvares her")]


def test_questions_of_every_day_stand_beside_the_tasks(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"))
    assert shown(kiosk.get("/").text)[-1] == ("Dagens helsesjekk", "Når det passer")


def test_of_many_those_that_matter_now_are_shown(house: House, kiosk: Browser) -> None:
    tasks = [measure(WEIGH, "08:00:00"), measure(OXYGEN, "08:00:00"), ask("09:00:00")]
    give(house, measure(BLOOD_PRESSURE, "08:00:00", "20:00:00"), *tasks)
    page = kiosk.get("/").text
    assert len(shown(page)) == 3
    assert ">og 2 til</a>" in page
    whole = kiosk.get("/plan/today").text + kiosk.get("/plan/today/1").text
    assert len(shown(whole)) == 5


def test_when_nothing_is_left_the_page_says_so(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    assert "Det er ikke mer å gjøre i dag." not in kiosk.get("/").text
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))
    assert "Det er ikke mer å gjøre i dag." in kiosk.get("/").text


def test_with_something_to_do_nobody_is_told_that_there_is_nothing(
    house: House, kiosk: Browser
) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    page = kiosk.get("/").text
    assert "Alt er klart." in page
    assert "Du trenger ikke gjøre noe." not in page


def test_texts_of_the_plan_are_marked_with_its_language(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    assert f'<b lang="nb">{WEIGH}</b>' in kiosk.get("/").text


def test_a_plan_without_tasks_today_leaves_the_page_as_it_is_without_a_plan(
    house: House, kiosk: Browser
) -> None:
    before = kiosk.get("/").text
    give(house, form=None)
    assert NEW_EACH_TIME.sub("", kiosk.get("/").text) == NEW_EACH_TIME.sub("", before)
    assert "Dagens sjekk" in before


def test_a_new_reading_stands_above_the_next_task_and_hides_none_after_a_while(
    house: House, kiosk: Browser
) -> None:
    give(house, measure(BLOOD_PRESSURE, "08:00:00"), measure(WEIGH, "08:00:00"), form=None)
    house.measure()
    page = kiosk.get("/").text
    assert page.index('class="reading"') < page.index(f">{WEIGH}</b>")
    assert following(page) == WEIGH
    house.clock.pass_(FRESH)
    page = kiosk.get("/").text
    assert 'class="reading"' not in page
    assert shown(page) == [(BLOOD_PRESSURE, "Gjort kl. 10:40"), (WEIGH, "Kl. 08:00")]


def test_a_question_about_a_reading_leaves_the_next_task_in_sight(
    house: House, kiosk: Browser
) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    kept = house.measure(ago=timedelta(hours=1))
    house.ledger.notes.put_state("ask_who", [kept.id])
    page = kiosk.get("/").text
    assert page.index("Var dette deg?") < page.index(f">{WEIGH}</b>")


def test_a_reminder_is_a_word_and_a_bell_until_it_is_done(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    assert "Påminnelse" not in kiosk.get("/").text
    remind(house)
    page = kiosk.get("/").text
    assert shown(page) == [(WEIGH, "Påminnelse kl. 08:00")]
    assert "M5 17.500h14" in page
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))
    assert shown(kiosk.get("/").text) == [(WEIGH, "Gjort kl. 10:00")]


def test_a_reminder_of_yesterday_is_shown_just_after_midnight(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "23:30:00"), form=None)
    at(house, 23, 40)
    remind(house)
    at(house, 24, 10)
    assert shown(kiosk.get("/").text) == [(WEIGH, "Påminnelse kl. 23:30"), (WEIGH, "Kl. 23:30")]


@pytest.mark.parametrize(("minutes", "until"), [(30, "11:11"), (60, "11:41")])
def test_a_reminder_is_put_off_by_one_tap(
    house: House, kiosk: Browser, minutes: int, until: str
) -> None:
    """At once, before the hub has taken it over, and until the time that is shown."""
    give(house, measure(WEIGH, "08:00:00"), form=None)
    due = remind(house)
    page = kiosk.get("/")
    kiosk.post("/reminder/later", page, task=due["task"], at=due["at"], minutes=minutes)
    said = {"task": due["task"], "at": due["at"], "minutes": minutes}
    assert house.rows(JournalKind.REMINDER_POSTPONED) == [said]
    page = kiosk.get("/")
    assert shown(page.text) == [(WEIGH, f"Påminnes kl. {until}")]
    assert "/reminder/later" not in page.text
    house.clock.pass_(timedelta(minutes=minutes))
    assert shown(kiosk.get("/").text) == [(WEIGH, "Påminnelse kl. 08:00")]


def test_what_was_put_off_comes_after_what_was_not(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), measure(OXYGEN, "20:00:00"), form=None)
    due = remind(house)
    body = {"task": due["task"], "at": due["at"], "minutes": 30}
    assert following(kiosk.get("/").text) == WEIGH
    kiosk.post("/reminder/later", kiosk.get("/"), **body)
    assert following(kiosk.get("/").text) == OXYGEN


def task_of(page: str) -> str:
    """Which one the buttons are about."""
    found = re.search(r'name="task" value="([^"]+)"', page)
    assert found
    return found[1]


def test_all_that_rings_is_put_off_together(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), measure(OXYGEN, "08:00:00"), ask("09:00:00"))
    due = remind(house)
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))
    assert shown(kiosk.get("/").text)[0] == (OXYGEN, "Påminnelse kl. 08:00")
    body = {"task": task_of(kiosk.get("/").text), "at": due["at"], "minutes": 30}
    kiosk.post("/reminder/later", kiosk.get("/"), **body)
    assert shown(kiosk.get("/").text) == [
        (WEIGH, "Gjort kl. 10:00"),
        (OXYGEN, "Påminnes kl. 11:11"),
        (QUESTIONS, "Påminnes kl. 11:11"),
    ]


def test_what_is_not_due_cannot_be_put_off(house: House, kiosk: Browser) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    due = remind(house)
    page, body = kiosk.get("/"), {"task": due["task"], "at": due["at"], "minutes": 30}
    assert kiosk.post("/reminder/later", page, **(body | {"minutes": 600})).status_code == 400
    assert kiosk.post("/reminder/later", page, **(body | {"task": "x"})).headers["Location"] == "/"
    house.ledger.notes.put_state("reminders", {"due": []})
    assert kiosk.post("/reminder/later", page, **body).headers["Location"] == "/"
    assert house.rows(JournalKind.REMINDER_POSTPONED) == []


PAUSE = {"from": "2026-11-20", "to": "2026-12-03", "reason": "Du er på ferie."}


def paused(house: House, **more: Any) -> None:
    config = {"schema": "dho.config/1.1", "servicePaused": PAUSE | more}
    house.documents.put("config", config, version="1")


def test_while_the_service_is_paused_nothing_is_asked_for(house: House, kiosk: Browser) -> None:
    give(house, measure(BLOOD_PRESSURE, "08:00:00"), ask("09:00:00"))
    paused(house)
    page = kiosk.get("/").text
    assert "Oppfølgingen er på pause til og med 3. desember." in page
    assert "Du trenger ikke måle." in page
    assert "Du er på ferie." in page
    assert shown(page) == []
    today = kiosk.get("/plan/today").text
    assert "Oppfølgingen er på pause til og med 3. desember." in today
    assert shown(today) == []
    house.measure()
    page = kiosk.get("/").text
    assert "128/82" in page
    assert "Oppfølgingen er på pause til og med 3. desember." in page
    assert shown(page) == []


@pytest.mark.parametrize(
    ("pause", "words"),
    [
        ({"to": None}, "Oppfølgingen er på pause.</h2>"),
        ({"to": "2027-01-03"}, "Oppfølgingen er på pause til og med 3. januar 2027."),
        ({"to": "2026-11-22"}, "Oppfølgingen er på pause til og med 22. november."),
    ],
)
def test_a_pause_says_how_long_it_is(
    house: House, kiosk: Browser, pause: dict[str, Any], words: str
) -> None:
    paused(house, **pause)
    assert words in kiosk.get("/").text


@pytest.mark.parametrize(
    "pause", [{"to": "2026-11-21"}, {"from": "2026-11-23"}, {"from": 7}, {"from": "x", "to": "y"}]
)
def test_what_is_no_pause_today_changes_nothing(
    house: House, kiosk: Browser, pause: dict[str, Any]
) -> None:
    give(house, measure(WEIGH, "08:00:00"), form=None)
    paused(house, **pause)
    assert following(kiosk.get("/").text) == WEIGH
