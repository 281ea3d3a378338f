"""The plan is shown as it was written: goal, zones in words and shapes, and what is for today."""

from datetime import date
from typing import Any

import pytest

from drivers.measurement import Kind
from hub.schedule import Schedule
from hub.web.plan import Plan, PlanUnreadable, Task
from tests.web.documents import PLAN, URL, activity
from tests.web.house import OSLO, Browser, House


def of(*activities: dict[str, Any], start: str = "2026-11-02") -> Plan:
    care = {
        "resourceType": "CarePlan",
        "period": {"start": start},
        "activity": list(activities),
    }
    return Plan({"resourceType": "Bundle", "entry": [{"resource": care}]})


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
    assert "Du har ingen plan her ennå." in page
    assert "Ring 22 00 00 00." in page


def test_each_zone_has_its_word_its_shape_and_the_text(house: House, kiosk: Browser) -> None:
    house.plan(PLAN)
    page = kiosk.get("/plan").text
    goal = page.index("Gå tur hver dag")
    green, yellow, red = (page.index(f"<h2>{word}</h2>") for word in ("Grønn", "Gul", "Rød"))
    assert goal < green < yellow < red
    shapes = [page.rindex(s, 0, at) for s, at in (("<circle", green), ("<path", yellow))]
    assert shapes == sorted(shapes)
    assert "Ring 113 ved alvorlig pustebesvær. Ring ellers legevakt 116117." in page


def test_a_reminder_is_shown_until_it_is_done(house: House, kiosk: Browser) -> None:
    house.plan(PLAN)
    [first, *_] = Schedule(PLAN, OSLO).on(house.clock.wall.date())
    due = {"task": first.task, "at": first.at.isoformat(), "day": "", "time": "08:00"}
    assert "Kl. 08:00: Mål blodtrykket" not in kiosk.get("/").text
    house.ledger.notes.put_state("reminders", {"due": [due]})
    assert "Kl. 08:00: Mål blodtrykket" in kiosk.get("/").text
    house.measure()
    assert "Kl. 08:00: Mål blodtrykket" not in kiosk.get("/").text


def test_today_shows_what_is_done(house: House, kiosk: Browser) -> None:
    house.plan(PLAN)
    assert "Gjort" not in kiosk.get("/plan/today").text
    house.measure()
    page = kiosk.get("/plan/today").text
    assert "Gjort kl. 10:40" in page
    assert "Kl. 09:00" in page
