"""Measurements, receptions and moments for the tests of the store."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from hub.clock import ClockState, Moment
from hub.records import Reception

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BOOT = "11111111-1111-4111-8111-111111111111"
RAW = bytes.fromhex("1e7600570063 00ea07030c1e1e2d 5d00 01 0000".replace(" ", ""))


def moment(seconds: float = 0, *, boot: str = BOOT, trusted: bool = True) -> Moment:
    """`seconds` after the start, on both clocks."""
    return Moment(
        wall=START + timedelta(seconds=seconds),
        mono_ms=int(seconds * 1000),
        boot_id=boot,
        state=ClockState.NTP if trusted else ClockState.RESTORED,
    )


def reception(
    session: str = "s1",
    at: Moment | None = None,
    *,
    device: str = "0123456789AB",
    live: bool = True,
) -> Reception:
    return Reception(
        device_key=device,
        driver="gatt-blood-pressure",
        session=session,
        received=at or moment(),
        clock_offset_s=-9.0,
        live=live,
    )


def blood_pressure(
    sequence: int | None = 1,
    *,
    systolic: str = "118",
    device_time: datetime | None = datetime(2026, 3, 12, 7, 30, 45),  # noqa: DTZ001 - as devices tell it
    status: tuple[Status, ...] = (),
    raw: bytes = RAW,
    user_index: int | None = 1,
) -> Measurement:
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: Value(Decimal(systolic), Unit.MM_HG),
            Quantity.DIASTOLIC: Value(Decimal("87.0"), Unit.MM_HG),
        },
        raw=(raw,),
        device_time=device_time,
        sequence=sequence,
        user_index=user_index,
        status=status,
        details={"meal": "fasting"},
    )
