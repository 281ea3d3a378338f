"""PLX Spot-Check 0x2A5E and Continuous 0x2A5F, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.pulse_oximeter import decode_continuous, decode_spot_check
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value

PAIR = "6200 4800"  # 98 %, 72 /min


def spot(hex_text: str) -> Measurement:
    return decode_spot_check(bytes.fromhex(hex_text))


def continuous(hex_text: str) -> Measurement:
    return decode_continuous(bytes.fromhex(hex_text))


def test_the_smallest_spot_check() -> None:
    assert spot(f"00 {PAIR}") == Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: Value(Decimal(98), Unit.PERCENT),
            Quantity.PULSE_RATE: Value(Decimal(72), Unit.PER_MINUTE),
        },
        raw=(bytes.fromhex(f"00 {PAIR}"),),
    )


def test_every_field_of_a_spot_check() -> None:
    seen = spot(f"0f {PAIR} ea07 0b16 080f2f 8001 200000 57f0")
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.values[Quantity.PULSE_AMPLITUDE_INDEX] == Value(Decimal("8.7"), Unit.PERCENT)
    assert seen.status == (Status.VALIDATED, Status.FULLY_QUALIFIED, Status.LOW_PERFUSION)


MEASUREMENT_STATUS = {
    5: Status.MEASUREMENT_ONGOING,
    6: Status.EARLY_ESTIMATE,
    7: Status.VALIDATED,
    8: Status.FULLY_QUALIFIED,
    9: Status.FROM_STORAGE,
    10: Status.FOR_DEMONSTRATION,
    11: Status.FOR_TESTING,
    12: Status.CALIBRATION_ONGOING,
    13: Status.UNAVAILABLE,
    14: Status.QUESTIONABLE,
    15: Status.INVALID,
}
SENSOR_STATUS = {
    0: Status.EXTENDED_DISPLAY_ONGOING,
    1: Status.EQUIPMENT_MALFUNCTION,
    2: Status.SIGNAL_IRREGULARITY,
    3: Status.INADEQUATE_SIGNAL,
    4: Status.POOR_SIGNAL,
    5: Status.LOW_PERFUSION,
    6: Status.ERRATIC_SIGNAL,
    7: Status.NONPULSATILE_SIGNAL,
    8: Status.QUESTIONABLE_PULSE,
    9: Status.SIGNAL_ANALYSIS_ONGOING,
    10: Status.SENSOR_INTERFERENCE,
    11: Status.SENSOR_UNCONNECTED_TO_USER,
    12: Status.UNKNOWN_SENSOR,
    13: Status.SENSOR_DISPLACED,
    14: Status.SENSOR_MALFUNCTION,
    15: Status.SENSOR_DISCONNECTED,
}


@pytest.mark.parametrize("bit", range(16))
def test_each_measurement_status_bit(bit: int) -> None:
    payload = bytes.fromhex(f"02 {PAIR}") + (1 << bit).to_bytes(2, "little")
    if bit in MEASUREMENT_STATUS:
        assert decode_spot_check(payload).status == (MEASUREMENT_STATUS[bit],)
    else:
        with pytest.raises(ReservedBits):
            decode_spot_check(payload)


@pytest.mark.parametrize("bit", range(24))
def test_each_sensor_status_bit(bit: int) -> None:
    payload = bytes.fromhex(f"04 {PAIR}") + (1 << bit).to_bytes(3, "little")
    if bit in SENSOR_STATUS:
        assert decode_spot_check(payload).status == (SENSOR_STATUS[bit],)
    else:
        with pytest.raises(ReservedBits):
            decode_spot_check(payload)


def test_a_clock_that_is_not_set_is_a_time_fault() -> None:
    seen = spot(f"11 {PAIR} d007 0101 000100")
    assert seen.device_time == datetime.fromisoformat("2000-01-01T00:01:00")
    assert seen.status == (Status.TIME_FAULT,)
    assert spot(f"10 {PAIR}").status == (Status.TIME_FAULT,)


def test_an_impossible_time_does_not_lose_the_values() -> None:
    seen = spot(f"01 {PAIR} 0000 0101 000100")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert spot(f"11 {PAIR} 0000 0101 000100").status == (Status.TIME_FAULT,)


def test_a_special_value_is_no_number() -> None:
    value = spot("00 ff07 0008").values
    assert value[Quantity.OXYGEN_SATURATION].absent is Absent.NOT_A_NUMBER
    assert value[Quantity.PULSE_RATE].absent is Absent.NOT_AT_THIS_RESOLUTION


def test_continuous_carries_up_to_three_pairs() -> None:
    seen = continuous(f"03 {PAIR} 6100 4900 6300 4700")
    assert {name.value: int(value.number or 0) for name, value in seen.values.items()} == {
        "oxygen_saturation": 98,
        "pulse_rate": 72,
        "oxygen_saturation_fast": 97,
        "pulse_rate_fast": 73,
        "oxygen_saturation_slow": 99,
        "pulse_rate_slow": 71,
    }


def test_continuous_status_and_amplitude() -> None:
    seen = continuous(f"1c {PAIR} 2000 008000 59f0")
    assert seen.status == (Status.MEASUREMENT_ONGOING, Status.SENSOR_DISCONNECTED)
    assert seen.values[Quantity.PULSE_AMPLITUDE_INDEX].number == Decimal("8.9")
    fast = continuous(f"01 {PAIR} 6300 4700")
    assert fast.values[Quantity.PULSE_RATE_FAST].number == 71
    assert Quantity.PULSE_RATE_SLOW not in fast.values
    slow = continuous(f"02 {PAIR} 6300 4700")
    assert slow.values[Quantity.OXYGEN_SATURATION_SLOW].number == 99
    assert Quantity.OXYGEN_SATURATION_FAST not in slow.values


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        spot(f"{flags} {PAIR}")
    with pytest.raises(ReservedBits):
        continuous(f"{flags} {PAIR}")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        spot(f"08 {PAIR} 57")
    with pytest.raises(TrailingBytes):
        spot(f"00 {PAIR} 57f0")
    with pytest.raises(TrailingBytes):
        continuous(f"00 {PAIR} 57f0")
