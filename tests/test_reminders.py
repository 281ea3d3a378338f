"""Reminders: when the plan means them, and that each comes once whatever the clock does."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.books import Books
from hub.reminders import Reminders
from hub.schedule import ZONE, Occasion, Schedule, instant
from tests.books import KEY

Json = dict[str, Any]

OSLO = ZoneInfo("Europe/Oslo")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def asked(*times: str, text: str = "Mål blodtrykket", **repeat: Any) -> Json:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": list(times)} | repeat
    return {"detail": {"description": text, "scheduledTiming": {"repeat": repeat}}}


def plan(*activities: Json, **care: Any) -> Json:
    resource = {"resourceType": "CarePlan", "status": "active", "activity": list(activities)}
    return {"resourceType": "Bundle", "entry": [{"resource": resource | care}]}


def days(activity: Json, first: int = 1, last: int = 14, **care: Any) -> list[int]:
    """Of November 2026, which begins on a Sunday."""
    schedule = Schedule(plan(activity, **care), OSLO)
    return [day for day in range(first, last + 1) if schedule.on(date(2026, 11, day))]


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        pytest.param(asked("08:00:00"), list(range(2, 15)), id="daily"),
        pytest.param(asked("08:00:00", period=3), [2, 5, 8, 11, 14], id="every third day"),
        pytest.param(asked("08:00:00", periodUnit="wk"), [2, 9], id="weekly"),
        pytest.param(
            asked("08:00:00", periodUnit="wk", dayOfWeek=["mon", "sun"]),
            [2, 8, 9],
            id="Mondays and Sundays",
        ),
        pytest.param(
            asked("08:00:00", period=2, periodUnit="wk", dayOfWeek=["tue"]), [3], id="fortnightly"
        ),
        pytest.param(
            asked("08:00:00", boundsPeriod={"start": "2026-11-04", "end": "2026-11-06T12:00:00Z"}),
            [4, 5, 6],
            id="within its own bounds",
        ),
        pytest.param(
            asked("08:00:00", period=2, boundsPeriod={"start": "2026-11-05"}),
            [5, 7, 9, 11, 13],
            id="from its own start",
        ),
        pytest.param(asked(frequency=3), [], id="no time of the day"),
        pytest.param(asked(when=["ACM"]), [], id="before a meal"),
        pytest.param(asked("08:00:00", periodUnit="mo"), [], id="monthly"),
        pytest.param(asked("noon"), [], id="not a time"),
    ],
)
def test_the_days_of_an_activity(activity: Json, expected: list[int]) -> None:
    assert days(activity, period={"start": "2026-11-02"}) == expected


def test_every_other_day_does_not_move_where_the_plan_has_no_start() -> None:
    assert days(asked("08:00:00", period=2)) == [2, 4, 6, 8, 10, 12, 14]


IN_A_ZONE = asked("08:00") | {"extension": [{"url": ZONE, "valueCode": "red"}]}
STOPPED = {"detail": asked("08:00")["detail"] | {"status": "stopped"}}


@pytest.mark.parametrize(
    ("activity", "care"),
    [
        pytest.param(asked("08:00"), {"status": "revoked"}, id="plan revoked"),
        pytest.param(asked("08:00"), {"period": {"end": "2026-10-31"}}, id="plan ended"),
        pytest.param(IN_A_ZONE, {}, id="what to do in a zone"),
        pytest.param(STOPPED, {}, id="activity stopped"),
    ],
)
def test_what_does_not_apply_reminds_nobody(activity: Json, care: Json) -> None:
    assert days(asked("08:00"))
    assert days(activity, **care) == []


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        pytest.param(SPRING, time(1, 59, 59), "2026-03-29T00:59:59", id="before the gap"),
        pytest.param(SPRING, time(2, 0), "2026-03-29T01:00:00", id="where the gap begins"),
        pytest.param(SPRING, time(2, 30), "2026-03-29T01:00:00", id="in the gap"),
        pytest.param(SPRING, time(2, 59, 59), "2026-03-29T01:00:00", id="where the gap ends"),
        pytest.param(SPRING, time(3, 0), "2026-03-29T01:00:00", id="after the gap"),
        pytest.param(AUTUMN, time(1, 59), "2026-10-24T23:59:00", id="before the overlap"),
        pytest.param(AUTUMN, time(2, 30), "2026-10-25T00:30:00", id="the first of two"),
        pytest.param(AUTUMN, time(3, 0), "2026-10-25T02:00:00", id="after the overlap"),
        pytest.param(date(2028, 2, 29), time(8), "2028-02-29T07:00:00", id="leap day"),
        pytest.param(date(2027, 1, 1), time(0), "2026-12-31T23:00:00", id="New Year"),
    ],
)
def test_the_instant_of_a_local_time(day: date, at: time, expected: str) -> None:
    assert instant(day, at, OSLO) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


class Kitchen:
    """Where the hub stands: real books, and a time that the test tells."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.time: datetime | None = None
        self.rings = 0
        self.start()

    def start(self) -> None:
        """The hub's process, anew."""
        self.reminders = Reminders(self.books, OSLO, lambda: self.time, self._ring)

    def plan(self, *activities: Json) -> None:
        self.books.documents.put("plan", plan(*activities))
        self.reminders.plan_changed()

    async def at(self, local: str, fold: int = 0) -> int:
        """→ how often it has rung by this local time."""
        self.time = datetime.fromisoformat(local).replace(tzinfo=OSLO, fold=fold)
        await self.reminders.look()
        return self.rings

    def shown(self) -> list[str]:
        return [due["time"] for due in self.books.ledger.notes.state("reminders")["due"]]

    def _ring(self, due: Sequence[Occasion]) -> None:
        assert due
        self.rings += 1


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        kitchen = Kitchen(books)
        kitchen.plan(asked("08:00:00", "20:00:00"))
        yield kitchen


async def test_each_comes_once_at_its_time(kitchen: Kitchen) -> None:
    assert await kitchen.at("2026-11-22T07:59:59") == 0
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    assert kitchen.shown() == ["08:00"]
    assert await kitchen.at("2026-11-22T08:00:10") == 1
    assert await kitchen.at("2026-11-22T20:00:05") == 2
    assert kitchen.shown() == ["08:00", "20:00"]
    assert await kitchen.at("2026-11-23T07:00:00") == 2
    assert kitchen.shown() == []
    assert await kitchen.at("2026-11-23T08:00:00") == 3


async def test_a_new_process_repeats_none(kitchen: Kitchen) -> None:
    await kitchen.at("2026-11-22T08:00:00")
    kitchen.start()
    assert await kitchen.at("2026-11-22T08:00:10") == 1
    assert kitchen.shown() == ["08:00"]


async def test_the_note_is_durable_before_the_sound(kitchen: Kitchen) -> None:
    found: list[list[str]] = []
    kitchen.reminders = Reminders(
        kitchen.books, OSLO, lambda: kitchen.time, lambda _: found.append(kitchen.shown())
    )
    await kitchen.at("2026-11-22T08:00:00")
    assert found == [["08:00"]]


async def test_nobody_is_reminded_by_an_unknown_time(kitchen: Kitchen) -> None:
    await kitchen.reminders.look()
    assert kitchen.rings == 0
    assert await kitchen.at("2026-11-22T12:00:00") == 1  # known again, the same day
    assert kitchen.shown() == ["08:00"]


async def test_a_jump_over_weeks_rings_once(kitchen: Kitchen) -> None:
    assert await kitchen.at("2026-11-01T07:00:00") == 0
    assert await kitchen.at("2026-11-22T21:00:00") == 1
    assert kitchen.shown() == ["08:00", "20:00"]


async def test_a_jump_back_repeats_none(kitchen: Kitchen) -> None:
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    assert await kitchen.at("2026-11-23T08:00:00") == 2
    for local in ("2026-11-22T07:00:00", "2026-11-22T08:00:00", "2026-11-23T08:00:00"):
        assert await kitchen.at(local) == 2


async def test_what_is_due_just_before_midnight_is_not_missed_just_after(kitchen: Kitchen) -> None:
    kitchen.plan(asked("23:59:55"))
    assert await kitchen.at("2026-12-31T23:59:50") == 0
    assert await kitchen.at("2027-01-01T00:00:00") == 1
    assert kitchen.shown() == ["23:59"]
    assert await kitchen.at("2027-01-01T01:00:00") == 1
    assert kitchen.shown() == []


async def test_half_past_two_when_the_clocks_go_forward(kitchen: Kitchen) -> None:
    kitchen.plan(asked("02:30:00"))
    assert await kitchen.at("2026-03-29T01:59:59") == 0
    assert await kitchen.at("2026-03-29T03:00:00") == 1
    assert await kitchen.at("2026-03-29T03:30:00") == 1
    assert await kitchen.at("2026-03-30T02:30:00") == 2


async def test_half_past_two_when_the_clocks_go_back(kitchen: Kitchen) -> None:
    kitchen.plan(asked("02:30:00"))
    assert await kitchen.at("2026-10-25T02:29:59") == 0
    assert await kitchen.at("2026-10-25T02:30:00") == 1
    assert await kitchen.at("2026-10-25T02:30:00", fold=1) == 1
    assert await kitchen.at("2026-10-25T03:00:00") == 1


async def test_a_new_version_of_the_plan_keeps_what_was_given(kitchen: Kitchen) -> None:
    spo2 = {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "150456"}]}
    first, second = asked("08:00"), asked("08:00", text="Mål oksygenet, takk")
    first["detail"]["code"] = second["detail"]["code"] = spo2
    kitchen.plan(first)
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    kitchen.plan(asked("12:00", text="Vei deg"), second)
    assert await kitchen.at("2026-11-22T08:10:00") == 1
    assert kitchen.shown() == ["08:00"]
    assert await kitchen.at("2026-11-22T12:00:00") == 2


async def test_a_withdrawn_plan_takes_its_notes_along(kitchen: Kitchen) -> None:
    await kitchen.at("2026-11-22T08:00:00")
    kitchen.books.documents.withdraw("plan")
    kitchen.reminders.plan_changed()
    assert await kitchen.at("2026-11-22T20:00:00") == 1
    assert kitchen.shown() == []


@pytest.mark.parametrize("broken", [{"entry": 7}, {"entry": [{}]}, {"entry": [{"resource": []}]}])
async def test_a_plan_that_is_none_reminds_of_nothing(kitchen: Kitchen, broken: Json) -> None:
    kitchen.books.documents.put("plan", broken)
    kitchen.reminders.plan_changed()
    assert await kitchen.at("2026-11-22T08:00:00") == 0


async def test_the_marks_are_bounded(kitchen: Kitchen) -> None:
    kitchen.plan(asked(*(f"{hour:02}:00:00" for hour in range(24))))
    for day in range(1, 15):
        await kitchen.at(f"2026-11-{day:02}T23:30:00")
    assert len(kitchen.books.ledger.notes.state("reminded")) == 200
    assert kitchen.rings == 14


async def test_the_notes_tell_nobody_what_the_plan_says(kitchen: Kitchen) -> None:
    await kitchen.at("2026-11-22T08:00:00")
    notes = kitchen.books.ledger.notes
    assert "blodtrykk" not in f"{notes.state('reminders')} {notes.state('reminded')}"
