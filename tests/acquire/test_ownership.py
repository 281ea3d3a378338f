"""Whose a reading is: the slot, the unknown user, and the time before the device was lent."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from drivers.measurement import Kind, Measurement
from hub.acquire.ownership import whose
from hub.clock import ClockState, Moment
from hub.records import Reception, Whose
from tests.acquire.conftest import joined

OSLO = ZoneInfo("Europe/Oslo")
LENT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NOW = Moment(datetime(2026, 11, 22, tzinfo=UTC), 0, "boot", ClockState.NTP)


def owner(at: str | None, offset_s: float | None = None, **said: object) -> Whose:
    stamp = at and datetime.fromisoformat(at)
    measurement = Measurement(Kind.BODY_WEIGHT, {}, (b"",), device_time=stamp or None, **said)  # type: ignore[arg-type]
    reception = Reception("key", "driver", "session", NOW, offset_s, live=False)
    device = replace(joined(), lent_since=LENT, user_index=1)
    return whose(measurement, reception, device, OSLO)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T08:59:59", Whose.ANOTHER),  # 07:59:59 UTC
        ("2026-11-20T09:00:00", Whose.PATIENT),
        ("2025-01-01T12:00:00", Whose.ANOTHER),
        (None, Whose.PATIENT),
    ],
)
def test_what_was_measured_before_the_loan_is_of_whoever_had_it(
    at: str | None, expected: Whose
) -> None:
    assert owner(at) is expected


def test_the_devices_clock_is_put_right_first() -> None:
    assert owner("2026-11-20T07:30:00", offset_s=2 * 3600) is Whose.PATIENT
    assert owner("2026-11-20T10:00:00", offset_s=-2 * 3600) is Whose.ANOTHER
    assert owner("9999-12-31T23:59:59", offset_s=3600) is Whose.PATIENT


def test_slots_and_the_unknown_user() -> None:
    today = "2026-11-22T08:00:00"
    assert owner(today, user_index=1) is Whose.PATIENT
    assert owner(today, user_index=2) is Whose.ANOTHER
    assert owner(today, details={"user": "unknown"}) is Whose.UNKNOWN


def test_without_a_device_everything_is_the_patients() -> None:
    measurement = Measurement(Kind.BODY_WEIGHT, {}, (b"",), user_index=7)
    reception = Reception("key", "driver", "session", NOW, None, live=True)
    assert whose(measurement, reception, None, OSLO) is Whose.PATIENT
