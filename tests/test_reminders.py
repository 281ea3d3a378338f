"""Reminders: when the plan means them, and that each comes once whatever the clock does."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.agenda import Agenda
from hub.books import Books
from hub.clock import ClockState, Moment
from hub.diary import Diary, Skip
from hub.records import Entry, JournalKind, Outcome, Reception, SkipReason
from hub.reminders import Reminders
from hub.schedule import ZONE, Occasion, Schedule, instant
from tests.books import KEY
from tests.store.made import blood_pressure

Json = dict[str, Any]

OSLO = ZoneInfo("Europe/Oslo")
EPOCH, MS = datetime(2026, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
PRESSURE = {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "150020"}]}
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def asked(*times: str, text: str = "Mål blodtrykket", **repeat: Any) -> Json:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": list(times)} | repeat
    return {"detail": {"description": text, "scheduledTiming": {"repeat": repeat}}}


def pressure(*times: str, **repeat: Any) -> Json:
    activity = asked(*times, **repeat)
    activity["detail"]["code"] = PRESSURE
    return activity


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
        self.stirs = 0
        self.start()

    def start(self) -> None:
        """The hub's process, anew."""
        self.agenda = Agenda(self.books.documents, OSLO)
        self.diary = Diary(self.books.ledger, OSLO, self.now)
        self.reminders = self.reminding(self._ring)

    def reminding(self, ring: Callable[[Sequence[Occasion]], None]) -> Reminders:
        return Reminders(self.books, self.agenda, self.diary, lambda: self.time, ring, self._stir)

    def now(self) -> Moment:
        wall = self.time or EPOCH
        return Moment(wall, (wall - EPOCH) // MS, "boot", ClockState.NTP)

    def plan(self, *activities: Json) -> None:
        self.books.documents.put("plan", plan(*activities))
        self.agenda.changed()

    def config(self, **members: Any) -> None:
        self.books.documents.put("config", members)
        self.agenda.changed()

    async def at(self, local: str, fold: int = 0) -> int:
        """→ how often it has rung by this local time."""
        self.time = datetime.fromisoformat(local).replace(tzinfo=OSLO, fold=fold)
        await self.reminders.look()
        return self.rings

    def shown(self) -> list[str]:
        return [due["time"] for due in self.books.ledger.notes.state("reminders")["due"]]

    def postpone(self, time: str, minutes: int) -> Outcome:
        """As the hub takes over what the patient pressed."""
        due = self.books.ledger.notes.state("reminders")["due"]
        one = next(
            (one for one in due if one["time"] == time), {"task": "none", "at": "2026-01-01"}
        )
        body = {"task": one["task"], "at": one["at"], "minutes": minutes}
        entry = Entry(1, JournalKind.REMINDER_POSTPONED, body, self.now())
        return self.books.ledger.transact(lambda: self.reminders.postpone(entry))

    def measure(self, number: int = 1) -> None:
        received = Reception("CUFF", "gatt-blood-pressure", "s", self.now(), None, live=True)
        assert self.books.ledger.append(blood_pressure(number, device_time=None), received)

    def _ring(self, due: Sequence[Occasion]) -> None:
        assert due
        self.rings += 1

    def _stir(self) -> None:
        self.stirs += 1


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        kitchen = Kitchen(books)
        kitchen.config(quietHours={"from": "00:00", "to": "00:00"})  # never
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
    kitchen.reminders = kitchen.reminding(lambda _: found.append(kitchen.shown()))
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
    kitchen.agenda.changed()
    assert await kitchen.at("2026-11-22T20:00:00") == 1
    assert kitchen.shown() == []


@pytest.mark.parametrize("broken", [{"entry": 7}, {"entry": [{}]}, {"entry": [{"resource": []}]}])
async def test_a_plan_that_is_none_reminds_of_nothing(kitchen: Kitchen, broken: Json) -> None:
    kitchen.books.documents.put("plan", broken)
    kitchen.agenda.changed()
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


async def test_at_night_it_is_shown_and_rings_once_when_the_night_ends(kitchen: Kitchen) -> None:
    kitchen.config()  # 22:00 to 07:00, where nobody has said otherwise
    kitchen.plan(asked("21:59:00", "22:30:00", "05:00:00"))
    assert await kitchen.at("2026-11-22T22:00:00") == 0  # the hub was off for a minute
    assert kitchen.shown() == ["05:00", "21:59"]
    assert await kitchen.at("2026-11-22T22:40:00") == 0
    assert kitchen.shown() == ["05:00", "21:59", "22:30"]
    assert await kitchen.at("2026-11-23T06:59:59") == 0
    assert kitchen.shown() == ["22:30", "05:00"]
    assert await kitchen.at("2026-11-23T07:00:00") == 1
    kitchen.start()
    assert await kitchen.at("2026-11-23T07:00:10") == 1
    assert await kitchen.at("2026-11-23T08:30:00") == 1
    assert kitchen.shown() == ["05:00"]


async def test_quiet_hours_of_the_nurses(kitchen: Kitchen) -> None:
    kitchen.config(quietHours={"from": "13:00", "to": "14:30"})
    kitchen.plan(asked("13:15:00"))
    assert await kitchen.at("2026-11-22T14:29:59") == 0
    assert kitchen.shown() == ["13:15"]
    assert await kitchen.at("2026-11-22T14:30:00") == 1


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        pytest.param("2026-03-28T23:00:00", "2026-03-29T07:00:00", id="spring"),
        pytest.param("2026-10-24T23:00:00", "2026-10-25T07:00:00", id="autumn"),
    ],
)
async def test_the_nights_on_which_the_clocks_change(
    kitchen: Kitchen, evening: str, morning: str
) -> None:
    kitchen.config()
    kitchen.plan(asked("02:30:00"))
    assert await kitchen.at(evening) == 0
    assert await kitchen.at(morning[:11] + "06:59:59") == 0
    assert await kitchen.at(morning) == 1


async def test_in_a_pause_nothing_is_due_and_nothing_rings(kitchen: Kitchen) -> None:
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    kitchen.config(servicePaused={"from": "2026-11-22", "to": "2026-11-24", "reason": "Ferie"})
    assert await kitchen.at("2026-11-22T08:00:10") == 1
    assert kitchen.shown() == []
    assert await kitchen.at("2026-11-24T20:00:00") == 1
    assert await kitchen.at("2026-11-25T00:30:00") == 1
    assert kitchen.shown() == []
    assert await kitchen.at("2026-11-25T08:00:00") == 2


async def test_what_is_postponed_comes_once_more(kitchen: Kitchen) -> None:
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    assert kitchen.postpone("08:00", 30).ok
    assert kitchen.shown() == []  # at once, before the next look
    assert await kitchen.at("2026-11-22T08:29:59") == 1
    assert kitchen.shown() == []
    kitchen.start()
    assert await kitchen.at("2026-11-22T08:30:00") == 2
    assert kitchen.shown() == ["08:00"]
    kitchen.start()
    assert await kitchen.at("2026-11-22T08:30:10") == 2
    assert kitchen.postpone("08:00", 15).ok
    assert await kitchen.at("2026-11-22T08:45:10") == 3
    assert await kitchen.at("2026-11-23T08:00:00") == 4


async def test_what_is_postponed_over_midnight_is_not_forgotten(kitchen: Kitchen) -> None:
    kitchen.plan(asked("23:30:00"))
    assert await kitchen.at("2026-11-22T23:30:00") == 1
    assert kitchen.postpone("23:30", 60).ok
    assert await kitchen.at("2026-11-23T00:30:00") == 2
    assert kitchen.shown() == ["23:30"]
    assert await kitchen.at("2026-11-23T01:31:00") == 2
    assert kitchen.shown() == []


async def test_what_is_postponed_into_the_night_rings_in_the_morning(kitchen: Kitchen) -> None:
    kitchen.config()
    assert await kitchen.at("2026-11-22T21:30:00") == 1
    assert kitchen.postpone("20:00", 60).ok
    assert await kitchen.at("2026-11-22T22:30:00") == 1
    assert kitchen.shown() == ["08:00", "20:00"]
    assert await kitchen.at("2026-11-23T07:00:00") == 2
    assert kitchen.shown() == ["20:00"]


@pytest.mark.parametrize(("time", "minutes"), [("20:00", 30), ("08:00", 0), ("08:00", 721)])
async def test_what_makes_no_sense_is_not_postponed(
    kitchen: Kitchen, time: str, minutes: int
) -> None:
    await kitchen.at("2026-11-22T08:00:00")
    assert kitchen.postpone(time, minutes) == Outcome(ok=False, detail="it is not due")
    assert kitchen.shown() == ["08:00"]


async def test_what_is_done_does_not_ring(kitchen: Kitchen) -> None:
    kitchen.plan(pressure("08:00:00", "20:00:00"))
    await kitchen.at("2026-11-22T07:05:00")
    kitchen.measure()
    assert await kitchen.at("2026-11-22T08:00:00") == 0
    assert not kitchen.reminders.waits
    assert await kitchen.at("2026-11-22T20:00:00") == 1
    assert kitchen.reminders.waits


async def test_the_light_tells_that_something_waits_until_it_is_done(kitchen: Kitchen) -> None:
    kitchen.plan(pressure("08:00:00"))
    kitchen.config()
    assert await kitchen.at("2026-11-22T08:00:00") == 1
    assert (kitchen.reminders.waits, kitchen.stirs) == (True, 1)
    await kitchen.at("2026-11-22T22:00:00")
    assert (kitchen.reminders.waits, kitchen.stirs) == (False, 2)  # not at night
    await kitchen.at("2026-11-22T21:00:00")
    kitchen.measure()
    await kitchen.at("2026-11-22T21:00:10")
    assert (kitchen.reminders.waits, kitchen.stirs) == (False, 4)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        pytest.param(SkipReason.UNWELL, [], id="left out"),
        pytest.param(SkipReason.LATER, ["08:00"], id="later"),
    ],
)
async def test_what_the_patient_leaves_out_is_not_asked_for_again(
    kitchen: Kitchen, reason: SkipReason, shown: list[str]
) -> None:
    await kitchen.at("2026-11-22T08:00:00")
    [due] = kitchen.books.ledger.notes.state("reminders")["due"]
    kitchen.diary.skipped(Skip(due["task"], date(2026, 11, 22), "08:00", reason))
    assert await kitchen.at("2026-11-22T08:00:10") == 1
    assert kitchen.shown() == shown
