"""The first page with a plan, and the plan's own pages, in a real browser: sizes, words, shapes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.measurement import Kind
from hub.records import JournalKind
from hub.web import language as language_
from tests.web.browser import (
    CHROMIUM,
    arguments,
    overflow,
    small_texts,
    too_small,
    violations,
)
from tests.web.documents import DAILY, MESSAGE, activity, zone
from tests.web.furnished import speak
from tests.web.house import WEIGHT, House
from tests.web.test_opening_hours import OFFICE, plan
from tests.web.test_today import BLOOD_PRESSURE, OXYGEN, WEIGH, ask, measure, paused, remind

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt install chromium)"
)

SCREENS = [(800, 480), (853, 480), (1280, 720)]
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


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 480}, base_url=address)
    yield context.new_page()
    context.close()


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


def just_measured(house: House) -> None:
    give(house, *TASKS)
    house.measure()


def asked_about(house: House) -> None:
    give(house, *TASKS)
    kept = house.measure(ago=timedelta(seconds=6))
    house.ledger.notes.put_state("ask_who", [kept.id])


def resting(house: House) -> None:
    give(house, *TASKS)
    paused(house)


STATES = (
    morning,
    with_ticks,
    reminded,
    put_off,
    all_done,
    long_texts,
    just_measured,
    asked_about,
    resting,
)
PATHS = ("/", "/plan", "/plan/goals", "/plan/goals/1", "/plan/today", "/plan/today/1")
ZONES = tuple(f"/plan/zone/{name}" for name in ("green", "yellow", "yellow/1", "yellow/2", "red"))


def wrong(page: Page, where: str) -> dict[str, object]:
    found = {
        "wider, higher": overflow(page),
        "small targets": too_small(page, 84),
        "small texts": small_texts(page, 24),
    }
    good: list[object] = [(0, 0), []]
    return {f"{where} {name}": value for name, value in found.items() if value not in good}


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_the_day_fits_and_is_readable(house: House, page: Page, state: Any) -> None:
    state(house)
    for language in language_.offered():
        page.goto("about:blank")  # which does not renew itself meanwhile
        speak(house, language)
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            page.goto("/")
            assert wrong(page, f"{language} {width}") == {}
        assert violations(page) == []


@pytest.mark.parametrize("language", language_.offered())
def test_the_pages_of_the_plan_fit_and_are_readable(
    house: House, page: Page, language: str
) -> None:
    give(house, *TASKS)
    speak(house, language)
    for path in PATHS + ZONES:
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            answer = page.goto(path)
            assert answer and answer.status == 200
            assert wrong(page, f"{path} {width}") == {}
        assert violations(page) == [], path


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


def test_targets_are_16_px_apart(house: House, page: Page) -> None:
    for state in (morning, reminded):
        page.goto("about:blank")
        state(house)
        page.goto("/")
        boxes = [one.bounding_box() for one in page.locator(".front .ds-button").all()]
        found = [box for box in boxes if box]
        assert len(found) >= 8
        for number, one in enumerate(found):
            for other in found[number + 1 :]:
                assert max(gaps(one, other)) >= 16


def gaps(one: Any, other: Any) -> tuple[float, float]:
    """Between two boxes, across and down; negative where they overlap."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return across, down


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


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reminder_is_put_off_by_a_tap(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    reminded(house)
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto("/")
    page.get_by_role("button", name="Utsett 30 min").click()
    expect(page.get_by_role("link", name="Vei deg")).to_contain_text("Påminnes kl. 11:11")
    expect(page.get_by_role("button", name="Utsett 30 min")).to_have_count(0)
    assert len(house.rows(JournalKind.REMINDER_POSTPONED)) == 2  # what else rang was put off, too
    page.close()


def test_a_tap_on_the_language_leads_back_to_the_page(house: House, page: Page) -> None:
    morning(house)
    page.goto("/plan/zone/red")
    page.get_by_role("link", name="Språk: Norsk").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/plan/zone/red")
    expect(page.get_by_role("heading", level=1)).to_have_text("Red")


def test_twice_as_large_text_needs_no_scrolling_sideways(
    house: House, address: str, browser: Browser
) -> None:
    larger = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments(), "--blink-settings=defaultFontSize=32"]
    )
    page = larger.new_page(viewport={"width": 800, "height": 480}, base_url=address)
    for state in STATES:
        page.goto("about:blank")
        state(house)
        page.goto("/")
        assert overflow(page)[0] <= 0, state.__name__
    for path in PATHS[1:] + ZONES:
        page.goto(path)
        assert overflow(page)[0] <= 0, path
    larger.close()
