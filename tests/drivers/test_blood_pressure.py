"""Blood Pressure Measurement 0x2A35 and Intermediate Cuff Pressure 0x2A36, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.blood_pressure import decode_blood_pressure, decode_cuff_pressure
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value

PRESSURES = "8400 5000 6200"  # 132 / 80 / 98


def decode(hex_text: str) -> Measurement:
    return decode_blood_pressure(bytes.fromhex(hex_text))


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


def test_every_field() -> None:
    seen = decode(f"1e {PRESSURES} ea07 0b16 080f2f 4800 02 0500")
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.values[Quantity.PULSE_RATE] == Value(Decimal(72), Unit.PER_MINUTE)
    assert seen.user_index == 2
    assert seen.status == (Status.BODY_MOVEMENT, Status.IRREGULAR_PULSE)


def test_kilopascal_stays_as_sent() -> None:
    seen = decode("01 bdf0 0b00 9ff0")
    assert seen.values[Quantity.SYSTOLIC] == Value(Decimal("18.9"), Unit.K_PA)
    assert str(seen.values[Quantity.DIASTOLIC].number) == "11"


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("0000", ()),
        ("0100", (Status.BODY_MOVEMENT,)),
        ("0200", (Status.CUFF_TOO_LOOSE,)),
        ("0400", (Status.IRREGULAR_PULSE,)),
        ("0800", (Status.PULSE_RATE_ABOVE_RANGE,)),
        ("1000", (Status.PULSE_RATE_BELOW_RANGE,)),
        ("2000", (Status.IMPROPER_POSITION,)),
    ],
)
def test_each_status_bit(status: str, meaning: tuple[Status, ...]) -> None:
    assert decode(f"10 {PRESSURES} {status}").status == meaning


@pytest.mark.parametrize("status", ["1800", "4000", "0080"])
def test_reserved_status_bits_are_refused(status: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"10 {PRESSURES} {status}")


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} {PRESSURES}")


def test_an_unknown_user_is_none() -> None:
    assert decode(f"08 {PRESSURES} 00").user_index == 0
    assert decode(f"08 {PRESSURES} ff").user_index is None


def test_a_failed_reading_has_no_numbers() -> None:
    seen = decode("14 ff07 ff07 ff07 ff07 0000")  # as a boso cuff sends it
    assert {value.absent for value in seen.values.values()} == {Absent.NOT_A_NUMBER}
    assert all(value.number is None for value in seen.values.values())


def test_an_impossible_time_does_not_lose_the_values() -> None:
    seen = decode(f"02 {PRESSURES} 0000 0411 14293b")
    assert seen.device_time is None
    assert seen.status == (Status.TIME_FAULT,)
    assert seen.values[Quantity.SYSTOLIC].number == 132


def test_octets_that_no_flag_announces_are_refused() -> None:
    with pytest.raises(TrailingBytes):
        decode(f"00 {PRESSURES} 4800")
    assert decode(f"00 {PRESSURES} 0000").values[Quantity.SYSTOLIC].number == 132


def test_a_promised_field_must_be_there() -> None:
    with pytest.raises(TruncatedPayload):
        decode(f"02 {PRESSURES}")


def test_intermediate_cuff_pressure_is_not_a_blood_pressure() -> None:
    seen = decode_cuff_pressure(bytes.fromhex("1e 9c00 ff07 ff07 e3070809 0d1835 ff07 00 1000"))
    assert seen.kind is Kind.CUFF_PRESSURE
    assert set(seen.values) == {Quantity.CUFF_PRESSURE, Quantity.PULSE_RATE}
    assert seen.values[Quantity.CUFF_PRESSURE].number == 156
    assert (seen.user_index, seen.status) == (0, (Status.PULSE_RATE_BELOW_RANGE,))
