"""The first page with a plan, and the plan's own pages, in a real browser: sizes, words, shapes."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drivers.measurement import Kind
from hub.records import JournalKind
from tests.web.documents import DAILY, MESSAGE, activity, zone
from tests.web.house import WEIGHT, House
from tests.web.stage import Stage
from tests.web.test_opening_hours import OFFICE, plan
from tests.web.test_today import BLOOD_PRESSURE, OXYGEN, WEIGH, ask, measure, paused, remind

LONG = "Mål blodtrykket i den gode stolen etter fem minutters ro, med mansjetten på venstre arm"
YELLOW = (
    "Ta to drag ekstra med den blå inhalatoren, og sett deg i en god stol med armene støttet. "
    "Pust rolig ut gjennom spisse lepper. Vent i ti minutter. Ta to drag til. "
)
TASKS = (
    measure(BLOOD_PRESSURE, "08:00:00", "20:00:00"),
    measure(WEIGH, "08:00:00"),
    measure(OXYGEN, "08:00:00"),
    ask("09:00:00"),
)


def give(house: House, *tasks: dict[str, Any]) -> None:
    document = plan(OFFICE)
    care = document["entry"][0]["resource"]
    care |= {"created": "2026-11-20", "author": {"display": "Oppfølgingssenteret"}}
    zones = [zone("green", "Som vanlig."), zone("yellow", YELLOW * 3), zone("red", "Ring 113.")]
    care["activity"] += [*tasks, *zones]
    goals = ("Å være med barnebarna på hytta, og ikke være redd for å bli tungpustet. " * 3, YELLOW)
    for goal in goals:
        goal_ = {"resourceType": "Goal", "description": {"text": goal}}
        document["entry"].append({"resource": goal_})
    document["entry"].append({"resource": DAILY})
    house.plan(document | {"identifier": {"value": "cp/7"}})


def morning(house: House) -> None:
    give(house, *TASKS)
    house.documents.put_message(MESSAGE)


def with_ticks(house: House) -> None:
    give(house, *TASKS)
    house.measure(ago=timedelta(minutes=41))
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=40))


def reminded(house: House) -> None:
    give(house, measure(WEIGH, "08:00:00"), *TASKS[3:], measure(OXYGEN, "23:00:00"))
    remind(house)


def put_off(house: House) -> None:
    reminded(house)
    due = remind(house)
    body = {"task": due["task"], "at": due["at"], "minutes": 30}
    moment = house.clock.now()
    house.journal.append(JournalKind.REMINDER_POSTPONED, body, form=None, moment=moment)


def all_done(house: House) -> None:
    give(house, measure(WEIGH, "08:00:00"), activity("Ta medisinen til frokost", ["08:00:00"]))
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=39))


def long_texts(house: House) -> None:
    tasks = [measure(BLOOD_PRESSURE, "10:30:00"), activity(LONG, ["10:00:00"])]
    give(house, *TASKS[3:], *tasks, activity(LONG * 2, ["11:00:00"]))


def resting(house: House) -> None:
    give(house, *TASKS)
    paused(house)


PATHS = (
    *("/plan", "/plan/goals", "/plan/goals/1", "/plan/today", "/plan/today/1"),
    *("/plan/zone/yellow", "/plan/zone/yellow/1", "/plan/zone/yellow/2"),
)


@pytest.mark.parametrize("state", [reminded, put_off, all_done, long_texts, resting])
def test_a_state_of_the_day_that_is_no_scene_fits(house: House, stage: Stage, state: Any) -> None:
    state(house)
    assert stage.faults("/") == []


def test_a_plan_of_many_words_fits(house: House, stage: Stage) -> None:
    give(house, *TASKS)
    for path in PATHS:
        assert house.kiosk().get(path).status_code == 200
        assert stage.faults(path) == []


def test_the_next_task_is_the_largest(house: House, page: Page) -> None:
    morning(house)
    page.goto("/")
    boxes = [one.bounding_box() for one in page.locator(".task").all()]
    heights = [box["height"] for box in boxes if box]
    assert page.locator(".task").first.get_attribute("class") == "ds-button task next"
    assert heights[0] > max(heights[1:])
    sizes = page.locator(".task b").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert sizes[0] >= 32
    assert sizes[0] > max(sizes[1:])


def test_without_colours_zones_and_tasks_are_still_told_apart(house: House, page: Page) -> None:
    """A word and a shape of its own for each, in the page itself."""
    with_ticks(house)
    page.goto("/plan")
    zones = page.locator(".zone-button")
    assert zones.all_inner_texts() == ["Grønn", "Gul", "Rød"]
    shapes = zones.evaluate_all(
        "all => all.map(e => (e.querySelector('svg > *').getAttribute('d') || 'circle'))"
    )
    assert len(set(shapes)) == 3
    page.goto("/")
    ticked, waiting = page.locator(".notes .task"), page.locator(".targets .task")
    expect(ticked.first).to_contain_text("Gjort kl. 10:00")
    expect(waiting.first).not_to_contain_text("Gjort")
    tick = "e => e.querySelector('svg').innerHTML"
    assert ticked.first.evaluate(tick) != waiting.first.evaluate(tick)


def test_a_reminder_is_put_off_by_a_tap(house: House, either: Page) -> None:
    reminded(house)
    either.goto("/")
    either.get_by_role("button", name="Utsett 30 min").click()
    expect(either.get_by_role("link", name="Vei deg")).to_contain_text("Påminnes kl. 11:11")
    expect(either.get_by_role("button", name="Utsett 30 min")).to_have_count(0)
    assert len(house.rows(JournalKind.REMINDER_POSTPONED)) == 2  # what else rang was put off, too


def test_a_tap_on_the_language_leads_back_to_the_page(house: House, page: Page) -> None:
    morning(house)
    page.goto("/plan/zone/red")
    page.get_by_role("link", name="Språk: Norsk").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/plan/zone/red")
    expect(page.get_by_role("heading", level=1)).to_have_text("Red")
