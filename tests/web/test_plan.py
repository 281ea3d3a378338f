"""The plan is shown as it was written: goal, zones in words and shapes, and what is for today."""

from datetime import date
from typing import Any

import pytest

from drivers.measurement import Kind
from hub.schedule import KINDS
from hub.uplink import codes
from hub.web.plan import Plan, PlanUnreadable, Task
from tests.web.documents import MDC, PLAN, URL, activity, zone
from tests.web.house import Browser, House


def of(*activities: dict[str, Any], start: str = "2026-11-02") -> Plan:
    care = {
        "resourceType": "CarePlan",
        "period": {"start": start},
        "activity": list(activities),
    }
    return Plan({"resourceType": "Bundle", "entry": [{"resource": care}]})


def care(*activities: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "CarePlan", "activity": list(activities), **more}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}


def every(period: int, unit: str, **repeat: Any) -> dict[str, Any]:
    timing = {"repeat": {"period": period, "periodUnit": unit, **repeat}}
    return {"detail": {"description": "x", "scheduledTiming": timing}}


def test_goal_then_green_yellow_red_then_today() -> None:
    plan = Plan(PLAN)
    assert plan.goals == ["Gå tur hver dag uten å bli engstelig"]
    assert [zone.name for zone in plan.zones] == ["green", "yellow", "red"]
    assert plan.today(date(2026, 11, 22)) == [
        Task("Mål blodtrykket", "08:00", Kind.BLOOD_PRESSURE, None),
        Task("Svar på dagens helsesjekk", "09:00", None, f"{URL}daglig|1"),
    ]


def test_several_times_a_day_are_several_tasks_by_the_clock() -> None:
    plan = of(activity("b", ["20:00:00", "08:00:00"]), activity("a", ["12:00:00"]))
    assert [(t.time, t.text) for t in plan.today(date(2026, 11, 2))] == [
        ("08:00", "b"),
        ("12:00", "a"),
        ("20:00", "b"),
    ]


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        (every(1, "d"), [2, 3, 4, 5, 6, 7, 8, 9]),
        (every(3, "d"), [2, 5, 8]),
        (every(1, "wk"), [2, 9]),
        (every(1, "wk", dayOfWeek=["tue", "fri"]), [3, 6]),
        (every(1, "d", dayOfWeek=["sun"]), [8]),
    ],
)
def test_a_task_falls_on_its_days(repeat: dict[str, Any], days: list[int]) -> None:
    plan = of(repeat)
    found = [day for day in range(2, 10) if plan.today(date(2026, 11, day))]
    assert found == days


@pytest.mark.parametrize(
    "broken",
    [
        {"entry": 7},
        {"entry": [{}]},
        {"entry": [{"resource": []}]},
        {"entry": [{"resource": {"resourceType": "CarePlan", "activity": "x"}}]},
        {"entry": [{"resource": {"resourceType": "Goal", "description": 3}}]},
    ],
)
def test_a_broken_plan_is_an_error_here_and_plain_words_there(
    house: House, kiosk: Browser, broken: dict[str, Any]
) -> None:
    with pytest.raises(PlanUnreadable):
        Plan(broken)
    house.plan(broken)
    assert kiosk.get("/").status_code == 200
    page = kiosk.get("/plan").text
    assert "Planen din kan ikke vises her nå." in page
    assert "Ring 22 00 00 00." in page
    assert kiosk.get("/plan/zone/red").status_code == 404
    assert kiosk.get("/plan/goals").status_code == 404


def test_without_a_plan_the_page_says_who_sends_it(kiosk: Browser) -> None:
    page = kiosk.get("/plan").text
    assert "Du har ingen plan her ennå." in page
    assert "Spørsmål? Ring 22 00 00 00." in page


def test_the_goal_comes_first_then_the_zones_as_words_and_shapes(
    house: House, kiosk: Browser
) -> None:
    house.plan(PLAN)
    page = kiosk.get("/plan").text
    goal = page.index("Gå tur hver dag")
    green, yellow, red = (page.index(f"</svg>\n{word}</a>") for word in ("Grønn", "Gul", "Rød"))
    assert goal < green < yellow < red
    circle, triangle, octagon = (page.rindex(s, 0, at) for s, at in shapes(green, yellow, red))
    assert circle < triangle < octagon
    assert "Ring 113 ved alvorlig" not in page  # the patient opens a zone


def shapes(green: int, yellow: int, red: int) -> list[tuple[str, int]]:
    return [("<circle", green), ("M24 5 45 42H3z", yellow), ("M15.500 4h17", red)]


@pytest.mark.parametrize(
    ("name", "word", "shape", "text"),
    [
        ("green", "Grønn", "<circle", "Ta faste medisiner som vanlig. Vær i aktivitet."),
        ("yellow", "Gul", "M24 5 45 42H3z", "Oppfølgingssenteret kontakter deg."),
        ("red", "Rød", "M15.500 4h17", "Ring 113 ved alvorlig pustebesvær. Ring ellers legevakt"),
    ],
)
def test_a_zone_is_a_page_with_its_word_its_shape_and_its_text(
    house: House, kiosk: Browser, name: str, word: str, shape: str, text: str
) -> None:
    house.plan(PLAN)
    page = kiosk.get(f"/plan/zone/{name}").text
    assert page.index(shape) < page.index(f"{word}</h1>") < page.index(text)
    assert ("Haster det, ring 113 nå." in page) is (name == "red")
    assert "<b>Ring 22 00 00 00.</b>" in page


def test_a_zone_without_a_text_has_no_page(house: House, kiosk: Browser) -> None:
    house.plan(bundle(care(zone("red", "Ring 113."))))
    page = kiosk.get("/plan").text
    assert "/plan/zone/red" in page
    assert "/plan/zone/green" not in page
    for path in ("/plan/zone/green", "/plan/zone/blue", "/plan/zone/red/1"):
        assert kiosk.get(path).status_code == 404


def test_a_long_text_is_on_several_pages_and_nothing_is_lost(house: House, kiosk: Browser) -> None:
    words = [f"Dette er setning nummer {number}." for number in range(30)]
    house.plan(bundle(care(zone("yellow", " ".join(words)))))
    pages = [kiosk.get("/plan/zone/yellow").text]
    while f"/plan/zone/yellow/{len(pages)}" in pages[-1]:
        pages.append(kiosk.get(f"/plan/zone/yellow/{len(pages)}").text)
    assert len(pages) > 2
    assert [sum(word in page for page in pages) for word in words] == [1] * 30


def test_a_long_goal_is_read_on_the_next_page(house: House, kiosk: Browser) -> None:
    goal = "Å gå på tur med barnebarna " * 10
    first = {"resourceType": "Goal", "description": {"text": goal}}
    house.plan(bundle(care(zone("red", "Ring 113.")), first))
    assert "/plan/goals" in kiosk.get("/plan").text
    assert kiosk.get("/plan/goals").text.count("barnebarna") == 10
    house.plan(PLAN)
    assert "/plan/goals" not in kiosk.get("/plan").text


def test_texts_are_marked_with_the_language_of_the_plan(house: House, kiosk: Browser) -> None:
    house.plan(bundle(care(zone("green", "Take it easy."), language="en")))
    assert '<p class="plan-text" lang="en">Take it easy.</p>' in kiosk.get("/plan/zone/green").text


def test_the_plan_says_its_version_its_date_and_its_author(house: House, kiosk: Browser) -> None:
    written = {"created": "2026-11-20", "author": {"display": "Oppfølgingssenteret"}}
    house.plan(bundle(care(**written)) | {"identifier": {"value": "cp-123/7"}})
    assert "Versjon 7, 20. november, av Oppfølgingssenteret" in kiosk.get("/plan").text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"identifier": {"value": "cp/1.10"}, "timestamp": "2025-12-31T12:00:00+01:00"}, "1.10"),
        ({"identifier": {"value": "cp"}, "timestamp": "2025-12-31T12:00:00+01:00"}, ""),
        ({"identifier": "cp/7", "timestamp": "2025-12-31T12:00:00+01:00"}, ""),
    ],
)
def test_what_the_plan_does_not_say_of_itself_is_left_out(more: dict[str, Any], said: str) -> None:
    plan = Plan(bundle(care()) | more)
    assert (plan.version, plan.dated, plan.author) == (said, date(2025, 12, 31), "")


def test_every_code_of_a_plan_is_one_that_the_hub_sends() -> None:
    known = [value for value in vars(codes).values() if isinstance(value, codes.Code)]
    groups = (codes.SAMPLE_TYPES, codes.TEMPERATURE_SITES)
    known += [code for group in groups for code in group.values()]
    assert {int(code) for code in KINDS} <= {code.number for code in known}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("152586", Kind.SPIROMETRY),
        ("188748", Kind.BODY_COMPOSITION),
        ("147842", Kind.HEART_RATE),
        ("160212", Kind.CONTINUOUS_GLUCOSE),
        ("188420", Kind.BODY_TEMPERATURE),
        ("160208", None),  # a control solution
    ],
)
def test_the_newer_kinds_are_known_by_their_codes(code: str, kind: Kind | None) -> None:
    plan = of(activity("x", [], code={"coding": [{"system": MDC, "code": code}]}))
    assert [task.kind for task in plan.today(date(2026, 11, 2))] == [kind]


@pytest.mark.parametrize(
    "ended",
    [
        {"status": "revoked"},
        {"period": {"start": "2026-11-03"}},
        {"period": {"end": "2026-11-01"}},
    ],
)
def test_a_plan_that_is_not_in_force_asks_for_nothing(ended: dict[str, Any]) -> None:
    assert Plan(bundle(care(activity("x", [])))).today(date(2026, 11, 2)) != []
    assert Plan(bundle(care(activity("x", []), **ended))).today(date(2026, 11, 2)) == []
    assert Plan(bundle(care(activity("x", [], status="stopped")))).today(date(2026, 11, 2)) == []


def test_a_service_that_cannot_be_read_does_not_cost_the_plan() -> None:
    plan = Plan(bundle(care(), {"resourceType": "HealthcareService", "telecom": 7}))
    assert plan.contact is None


def test_today_shows_what_is_done(house: House, kiosk: Browser) -> None:
    house.plan(PLAN)
    assert "Gjort" not in kiosk.get("/plan/today").text
    house.measure()
    page = kiosk.get("/plan/today").text
    assert "Gjort kl. 10:40" in page
    assert "Kl. 09:00" in page


def test_the_page_of_today_without_tasks_says_so(house: House, kiosk: Browser) -> None:
    house.plan(bundle(care()))
    assert "Planen har ikke noe for i dag." in kiosk.get("/plan/today").text
    assert kiosk.get("/plan/today/1").status_code == 404


def test_many_tasks_are_on_several_pages(house: House, kiosk: Browser) -> None:
    house.plan(bundle(care(*(activity(f"Oppgave {n}", ["23:00:00"]) for n in range(10)))))
    pages = [kiosk.get(f"/plan/today/{page}").text for page in (0, 1)]
    assert [sum(f"Oppgave {n}<" in page for page in pages) for n in range(10)] == [1] * 10
    assert "/plan/today/1" in pages[0]
    assert "/plan/today/2" not in pages[1]


def test_the_page_of_today_shows_long_texts_whole(house: House, kiosk: Browser) -> None:
    long = "Gå en tur i skogen, og sett deg på benken. " * 8
    house.plan(bundle(care(*(activity(f"{long}Oppgave {n}", ["23:00:00"]) for n in range(3)))))
    pages = [kiosk.get(f"/plan/today/{page}").text for page in (0, 1, 2)]
    assert [page.count(long) for page in pages] == [1, 1, 1]
