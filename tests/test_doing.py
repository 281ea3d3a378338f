"""Whether something of the plan was done: in which span doing it counts, and what counts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from hub import doing
from hub.clock import ClockState, Moment
from hub.doing import Span
from hub.records import Kept, Reception
from hub.schedule import DEADLINE, Schedule
from tests.test_reminders import asked, plan

OSLO = ZoneInfo("Europe/Oslo")
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)


def spans(*times: str, minutes: int | None = None) -> list[tuple[str, str]]:
    """Of each occasion of the day, on a clock in Oslo."""
    activity = asked(*times)
    if minutes is not None:
        activity["extension"] = [{"url": DEADLINE, "valueInteger": minutes}]
    schedule = Schedule(plan(activity), OSLO)
    found = [doing.span_of(schedule, one, OSLO) for one in schedule.on(DAY)]
    return [(_local(span.since), _local(span.until)) for span in found]


def _local(at: datetime) -> str:
    return at.astimezone(OSLO).strftime("%d %H:%M")


def test_from_three_hours_before_to_the_end_of_the_day() -> None:
    assert spans("08:00:00") == [("22 05:00", "23 00:00")]


def test_two_of_a_day_meet_three_hours_before_the_second() -> None:
    assert spans("08:00", "20:00") == [("22 05:00", "22 17:00"), ("22 17:00", "23 00:00")]


def test_two_that_are_close_meet_in_the_middle() -> None:
    assert spans("08:00", "08:30") == [("22 05:00", "22 08:15"), ("22 08:15", "23 00:00")]


def test_a_deadline_after_midnight_is_part_of_it() -> None:
    assert spans("23:00", minutes=120) == [("22 20:00", "23 01:00")]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(90, "22 09:30", id="as the nurse has set it"),
        pytest.param(0, "22 08:00", id="at its time"),
        pytest.param(None, "23 00:00", id="the whole day"),
        pytest.param(10**15, "23 08:00", id="a day, at most"),
    ],
)
def test_the_deadline(minutes: int | None, expected: str) -> None:
    activity = asked("08:00:00")
    if minutes is not None:
        activity["extension"] = [{"url": DEADLINE, "valueInteger": minutes}]
    schedule = Schedule(plan(activity), OSLO)
    [occasion] = schedule.on(DAY)
    found = doing.deadline_of(schedule.activity(occasion.task), occasion, OSLO)
    assert _local(found) == expected


def test_a_span_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    span = Span(NOON, NOON + timedelta(hours=1))
    assert span.holds(NOON)
    assert not span.holds(NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("after", "before", "may"),
    [
        pytest.param(None, None, True, id="nothing known"),
        pytest.param(-2, 2, True, id="around it"),
        pytest.param(-2, -1, False, id="before it"),
        pytest.param(1, 2, False, id="after it"),
        pytest.param(None, -1, False, id="before it, since when is unknown"),
        pytest.param(0, None, True, id="until when is unknown"),
    ],
)
def test_what_may_have_been_in_the_span(after: int | None, before: int | None, may: bool) -> None:
    span = Span(NOON, NOON + timedelta(hours=1))
    bounds = [None if hours is None else NOON + timedelta(hours=hours) for hours in (after, before)]
    assert span.may_hold(*bounds) is may


def kept(disowned: bool = False, number: Decimal | None = Decimal(81), **more: Any) -> Kept:
    absent = None if number is not None else Absent.NOT_A_NUMBER
    values = {Quantity.BODY_WEIGHT: Value(number, Unit.KILOGRAM, absent=absent)}
    measurement = Measurement(Kind.BODY_WEIGHT, values, raw=(b"w",), **more)
    received = Moment(NOON, 1_000, "boot", ClockState.NTP)
    return Kept("id", 1, measurement, Reception("K", "d", "s", received, 0.0, live=True), disowned)


def test_only_a_number_of_the_patients_own_counts() -> None:
    assert doing.counts(kept())
    assert not doing.counts(kept(disowned=True))
    assert not doing.counts(kept(number=None))
    assert not doing.counts(kept(status=(Status.CONTROL_SOLUTION,)))


def test_it_is_dated_by_the_device_where_its_clock_was_compared() -> None:
    yesterday = datetime(2026, 11, 21, 8, 0)  # noqa: DTZ001 - a device's own clock
    assert doing.taken_at(kept(device_time=yesterday), OSLO) == datetime(
        2026, 11, 21, 7, tzinfo=UTC
    )
    assert doing.taken_at(kept(), OSLO) == NOON


@pytest.mark.parametrize("asked", ["https://q.example/daily", "https://q.example/daily|1.2"])
def test_a_questionnaire_is_named_with_its_version_or_without(asked: str) -> None:
    assert doing.is_asked("https://q.example/daily|1.2", asked)
    assert not doing.is_asked("https://q.example/daily|1.3", "https://q.example/daily|1.2")
