"""Enhanced Blood Pressure Measurement 0x2B34 and its intermediate 0x2B35, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.enhanced_blood_pressure import decode_enhanced, decode_enhanced_cuff
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value

PRESSURES = "8400 5000 6200"  # 132 / 80 / 98
SINCE_2000 = "23539532"  # 2026-11-22 07:15:47
SINCE_1900 = "2315adee"  # the same


def decode(hex_text: str) -> Measurement:
    return decode_enhanced(bytes.fromhex(hex_text))


def test_the_smallest_payload() -> None:
    assert decode(f"00 {PRESSURES}") == Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: Value(Decimal(132), Unit.MM_HG),
            Quantity.DIASTOLIC: Value(Decimal(80), Unit.MM_HG),
            Quantity.MEAN_ARTERIAL_PRESSURE: Value(Decimal(98), Unit.MM_HG),
        },
        raw=(bytes.fromhex(f"00 {PRESSURES}"),),
    )


def test_every_field_in_its_order() -> None:
    seen = decode(f"7f bdf0 0b00 9ff0 {SINCE_2000} 4800 02 0100 33619532")
    assert seen.values[Quantity.SYSTOLIC] == Value(Decimal("18.9"), Unit.K_PA)
    assert seen.values[Quantity.PULSE_RATE] == Value(Decimal(72), Unit.PER_MINUTE)
    assert seen.user_index == 2
    assert seen.status == (Status.BODY_MOVEMENT,)
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.details == {"utc_time": "2026-11-22T07:15:47"}


@pytest.mark.parametrize(("flags", "seconds"), [("42", SINCE_2000), ("02", SINCE_1900)])
def test_utc_alone_is_not_what_the_cuff_showed(flags: str, seconds: str) -> None:
    seen = decode(f"{flags} {PRESSURES} {seconds}")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.details == {"utc_time": "2026-11-22T07:15:47"}


def test_the_user_facing_time_is_enough() -> None:
    seen = decode(f"20 {PRESSURES} {SINCE_1900}")
    assert seen.device_time == datetime.fromisoformat("2026-11-22T07:15:47")
    assert (seen.details, seen.status) == ({}, ())


def test_an_unknown_user_stays_so_beside_the_time() -> None:
    seen = decode(f"4a {PRESSURES} {SINCE_2000} ff")
    assert seen.user_index is None
    assert seen.is_of_unknown_user


def test_the_rules_of_the_plain_one_hold() -> None:
    with pytest.raises(ReservedBits):
        decode(f"80 {PRESSURES}")
    with pytest.raises(ReservedBits):
        decode(f"10 {PRESSURES} 4000")
    with pytest.raises(TruncatedPayload):
        decode(f"02 {PRESSURES} 235395")
    with pytest.raises(TrailingBytes):
        decode(f"00 {PRESSURES} 4800")


def test_the_intermediate_one_has_one_pressure() -> None:
    seen = decode_enhanced_cuff(bytes.fromhex("04 9c00 4800"))
    assert seen.kind is Kind.CUFF_PRESSURE
    assert seen.values == {
        Quantity.CUFF_PRESSURE: Value(Decimal(156), Unit.MM_HG),
        Quantity.PULSE_RATE: Value(Decimal(72), Unit.PER_MINUTE),
    }
