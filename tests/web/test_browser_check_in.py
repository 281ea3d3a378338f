"""The check-in, the messages and "call me" in a real browser: they fit whatever they have to say,
and a whole check-in goes by taps, with and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.records import JournalKind
from hub.web.kiosk.underway import place_of
from tests.web.browser import faults, faults_at, overflow, smallest, tap
from tests.web.documents import (
    COLOUR,
    COUGH,
    EVERY_TYPE,
    MESSAGE,
    Json,
    limit,
    option,
    questionnaire,
)
from tests.web.furnished import speak
from tests.web.hard import ANSWERABLE, FORM, HARD, LETTER
from tests.web.house import House
from tests.web.tapping import answer, begin, follow, submit
from tests.web.test_begin import AGAIN, BREATH, SAME_AS_LAST, done_yesterday
from tests.web.test_opening_hours import OFFICE, plan

EVENING = questionnaire(
    "kveld",
    {
        "linkId": "steps",
        "text": "Hvor mange skritt gikk du?",
        "type": "integer",
        "required": True,
        "extension": [limit("minValue", 0), limit("maxValue", 50000)],
    },
    {
        "linkId": "pain",
        "text": "Hvor sterke smerter har du?",
        "type": "integer",
        "required": True,
        "extension": [limit("minValue", 0), limit("maxValue", 10)],
    },
    {
        "linkId": "breath",
        "text": "Hvordan er pusten?",
        "type": "choice",
        "required": True,
        "answerOption": [option("0", "Som vanlig"), option("1", "Tyngre")],
    },
    COUGH,
    COLOUR,
    {"linkId": "doctor", "text": "Når var du hos legen?", "type": "date", "required": True},
    title="Kveldens spørsmål",
)


def open_join_window(house: House) -> None:
    """A notice stands on every page then."""
    now = house.clock.now()
    window = {"until_mono_ms": now.mono_ms + 90_000, "boot_id": now.boot_id, "until": ""}
    house.ledger.notes.put_state("join_window", window)


def link_ids(items: list[Json]) -> Iterator[str]:
    for item in items:
        if item["type"] == "group":
            yield from link_ids(item["item"])
        else:
            yield item["linkId"]


def questions_of(page: Page) -> str:
    """Below which address those of the check-in stand that begins now."""
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")
    return page.url.rpartition("/")[0]


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.parametrize(("language", "noticed"), [("nb", False), ("nb", True), ("en", False)])
def test_whatever_is_asked_fits(house: House, page: Page, language: str, noticed: bool) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    questions = questions_of(page)
    speak(house, language)
    if noticed:
        open_join_window(house)
    for link_id in link_ids(HARD["item"]):
        address, part = f"{questions}/{place_of(link_id)}", 0
        while True:
            page.goto(f"{address}?part={part}")
            assert faults(page, axe=language == "nb" and not noticed) == [], f"{link_id} {part}"
            more = page.locator("main a[href*='part='], main button[name=more]")
            if not more.count():
                break
            link = more.first.get_attribute("href") or more.first.get_attribute("value") or ""
            if int(link.removeprefix("?part=")) <= part:
                break
            part += 1


@pytest.mark.parametrize("noticed", [False, True], ids=["calm", "with a notice"])
def test_the_pages_around_the_questions_fit(house: House, page: Page, noticed: bool) -> None:
    house.documents.put("questionnaires", AGAIN, version="1")
    kiosk = house.kiosk()
    done_yesterday(house, kiosk)
    if noticed:
        open_join_window(house)
    assert faults_at(page, "/check-in") == [], "the same as last time"
    question = begin(kiosk)
    who = follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg")
    assert faults_at(page, who.request.path) == []
    question = answer(kiosk, question, answer=BREATH)
    assert faults_at(page, "/check-in") == [], "resumed"
    for given in ("true", "urn:grad|gul", "false"):
        question = answer(kiosk, question, answer=given)
    assert faults_at(page, question.request.path) == []
    last = follow(kiosk, question, "Se flere svar")
    assert faults_at(page, last.request.full_path) == []
    thanks = submit(kiosk, last, "send")
    assert faults_at(page, thanks.request.path) == []
    assert faults_at(page, "/check-in") == [], "finished"
    undone = submit(kiosk, thanks, "undo")
    assert faults_at(page, undone.request.full_path) == []
    assert faults_at(page, "/check-in") == [], "all answered"


@pytest.mark.parametrize("noticed", [False, True], ids=["calm", "with a notice"])
def test_messages_fit(house: House, page: Page, noticed: bool) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    two = MESSAGE | {"id": "two", "replies": ["Ja", "Nei"]}
    asks = {"id": "asks", "measure": "glucose", "questionnaire": FORM, "text": "Mål nå."}
    for message in (LETTER, ANSWERABLE, two, asks):
        house.documents.put_message(message)
    if noticed:
        open_join_window(house)
    for path in ("/messages", "/messages/1", "/message/replies", "/message/two", "/message/asks"):
        assert faults_at(page, path) == []
    page.goto("/message/long")
    while page.get_by_role("link", name="Les videre").count():
        assert faults(page) == [], page.url
        page.goto(page.get_by_role("link", name="Les videre").get_attribute("href") or "")
    assert faults(page) == [], page.url
    page.goto("/message/replies/9")
    tap(page, ANSWERABLE["replies"][2])
    expect(page.get_by_text("Du svarte: Jeg vil heller ha tirsdag i neste uke.")).to_be_visible()
    assert faults(page) == [], "replied"


def test_a_call_fits_in_each_of_its_states(house: House, page: Page) -> None:
    house.plan(plan(OFFICE))
    page.goto("/call-me")
    expect(page.get_by_text("Stengt nå. Åpner mandag kl. 08:00.")).to_be_visible()
    assert faults(page) == []
    tap(page, "Ja, ring meg")
    heading(page, "Ønsket ditt er lagret her.")
    assert faults(page) == []
    entry = house.journal.last(JournalKind.HELP_REQUESTED)
    assert entry
    seq = house.alert("urn:uuid:1")
    note = {"at": entry.written.wall.isoformat(), "mono_ms": entry.written.mono_ms}
    note |= {"boot_id": entry.written.boot_id, "bundle": "urn:uuid:1"}
    house.ledger.notes.put_state("call", note)
    house.ledger.outbox.park(seq, "refused")
    page.goto("/call-me/asked")
    heading(page, "Ønsket kunne ikke sendes. Ring 22 00 00 00.")
    assert faults(page) == []


def test_twice_as_large_text_needs_no_scrolling_sideways(
    house: House, address: str, larger: Browser
) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    for message in (LETTER, ANSWERABLE):
        house.documents.put_message(message)
    page = smallest(larger, address)
    questions = questions_of(page)
    paths = ["/message/long/1", "/message/replies/1"]
    paths += [
        f"{questions}/{place_of(link_id)}?part={part}"
        for link_id in link_ids(HARD["item"])
        for part in (0, 1)
    ]
    for path in paths:
        page.goto(path)
        assert overflow(page)[0] <= 0, path
    page.close()


def test_a_whole_check_in_by_taps_and_undone(house: House, either: Page) -> None:
    house.documents.put("questionnaires", EVENING | SAME_AS_LAST, version="1")
    either.goto("/")
    either.get_by_role("link", name="Dagens sjekk").click()
    heading(either, "Kveldens spørsmål")
    tap(either, "Begynn")
    heading(either, "Hvor mange skritt gikk du?")
    for key in ("3", "1", "5", "0", "Ta bort siste tall", "0"):
        either.get_by_role("button", name=key, exact=True).click()
    expect(either.locator("output")).to_have_text("3150")
    tap(either, "Ferdig")
    heading(either, "Hvor sterke smerter har du?")
    tap(either, "4")
    heading(either, "Hvordan er pusten?")
    tap(either, "Tyngre")
    heading(either, "Hoster du mer enn vanlig?")
    tap(either, "Ja")
    heading(either, "Hvilken farge har slimet?")
    tap(either, "Gult")
    heading(either, "Når var du hos legen?")
    tap(either, "Dag tilbake")
    expect(either.locator(".typed-date")).to_have_text("21. november 2026")
    tap(either, "Ferdig")
    heading(either, "Stemmer svarene?")
    tap(either, "Se flere svar")
    tap(either, "Ja, send svarene")
    heading(either, "Takk. Svarene er lagret her.")
    tap(either, "Angre")
    expect(either.get_by_text("Svarene er trukket tilbake. De er ikke sendt.")).to_be_visible()
    tap(either, "Endre Hvor mange skritt gikk du?")
    expect(either.locator("output")).to_have_text("3150")
    either.get_by_role("button", name="Ta bort siste tall").click()
    expect(either.locator("output")).to_have_text("315")
    tap(either, "Ferdig")
    tap(either, "Se flere svar")
    tap(either, "Ja, send svarene")
    heading(either, "Takk. Svarene er lagret her.")
    first, second = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert answers(first) == [3150, 4, "Tyngre", True, "Gult", "2026-11-21"]
    assert answers(second) == [315, 4, "Tyngre", True, "Gult", "2026-11-21"]
    (undone,) = house.rows(JournalKind.CHECK_IN_UNDONE)
    assert (undone["check_in"], undone["into"]) == (first["check_in"], second["check_in"])


def answers(completed: Json) -> list[object]:
    values = [next(iter(item["answer"][0].values())) for item in completed["item"]]
    return [value["display"] if isinstance(value, dict) else value for value in values]


def test_a_number_below_zero_with_a_comma(house: House, either: Page) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    either.goto(f"{questions_of(either)}/below")
    for key in ("1", "2", "7", "Ta bort siste tall", ",", ",", "5", "Minus +/–"):
        either.get_by_role("button", name=key, exact=True).click()
    expect(either.locator("output")).to_have_text("-12,5")
    tap(either, "Ferdig")
    either.wait_for_url("**/question/info")  # the first one still waits
    assert str(house.rows(JournalKind.ANSWER)[0]["answer"]["valueDecimal"]) == "-12.5"


def test_ticks_on_several_pages(house: House, either: Page) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    either.goto(f"{questions_of(either)}/several")
    either.get_by_label("Øverst i ryggen").check()
    tap(either, "Flere svar")
    either.get_by_label("I nakken og bakhodet").check()
    tap(either, "Ferdig")
    either.wait_for_url("**/question/info")
    (row,) = house.rows(JournalKind.ANSWER)
    assert [value["valueCoding"]["code"] for value in row["answer"]] == ["0", "2"]


def test_an_english_keypad_writes_a_point(house: House, page: Page) -> None:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    questions = questions_of(page)
    speak(house, "en")
    page.goto(f"{questions}/n")
    for key in ("7", ".", "5"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("output")).to_have_text("7.5")
