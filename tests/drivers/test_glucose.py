"""Glucose Measurement 0x2A18, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import (
    ReservedBits,
    TrailingBytes,
    TruncatedPayload,
)
from drivers.gatt.glucose import context_follows, decode_glucose
from drivers.measurement import (
    Absent,
    Comparator,
    Kind,
    Measurement,
    Quantity,
    Status,
    Unit,
    Value,
)

TIME = "ea07 0b16 080f2f"  # 2026-11-22 08:15:47
HEAD = f"0700 {TIME}"  # record 7


def decode(hex_text: str) -> Measurement:
    return decode_glucose(bytes.fromhex(hex_text))


def test_the_smallest_payload() -> None:
    assert decode(f"00 {HEAD}") == Measurement(
        kind=Kind.GLUCOSE,
        values={},
        raw=(bytes.fromhex(f"00 {HEAD}"),),
        device_time=datetime.fromisoformat("2026-11-22T08:15:47"),
        sequence=7,
    )


def test_kilogram_per_litre_is_milligram_per_decilitre_with_the_point_moved() -> None:
    seen = decode(f"02 {HEAD} 6fb0 11")
    assert seen.values == {Quantity.GLUCOSE: Value(Decimal(111), Unit.MG_PER_DL)}
    assert str(seen.values[Quantity.GLUCOSE].number) == "111"
    assert seen.details == {"sample_type": "capillary_whole_blood", "sample_location": "finger"}


def test_mol_per_litre_is_millimol_per_litre_with_the_point_moved() -> None:
    seen = decode(f"06 {HEAD} 3ec0 11")
    assert seen.values == {Quantity.GLUCOSE: Value(Decimal("6.2"), Unit.MMOL_PER_L)}
    assert str(decode(f"06 {HEAD} 6cb2 11").values[Quantity.GLUCOSE].number) == "6.20"


@pytest.mark.parametrize(
    ("offset", "minutes", "stamp"),
    [
        ("5301", "339", datetime.fromisoformat("2026-11-22T13:54:47")),
        ("c4ff", "-60", datetime.fromisoformat("2026-11-22T07:15:47")),
        ("0000", "0", datetime.fromisoformat("2026-11-22T08:15:47")),
    ],
)
def test_time_is_base_plus_offset_and_both_are_kept(
    offset: str, minutes: str, stamp: datetime
) -> None:
    seen = decode(f"01 {HEAD} {offset}")
    assert seen.device_time == stamp
    assert seen.details == {"base_time": "2026-11-22T08:15:47", "time_offset_min": minutes}
    assert seen.status == ()


@pytest.mark.parametrize(("offset", "word"), [("ff7f", "overrun"), ("0080", "underrun")])
def test_an_offset_beyond_its_range_is_a_time_fault(offset: str, word: str) -> None:
    seen = decode(f"01 {HEAD} {offset}")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.details == {"base_time": "2026-11-22T08:15:47", "time_offset_min": word}


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("03 0700 0000 0b16 080f2f 0500 6fb0 11", id="base time without a year"),
        pytest.param("03 0700 0f27 0c1f 173b3b 0500 6fb0 11", id="after the year 9999"),
    ],
)
def test_an_impossible_time_does_not_lose_the_value(payload: str) -> None:
    seen = decode(payload)
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.values[Quantity.GLUCOSE].number == 111
    assert seen.details["time_offset_min"] == "5"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "capillary_whole_blood"),
        (2, "capillary_plasma"),
        (3, "venous_whole_blood"),
        (4, "venous_plasma"),
        (5, "arterial_whole_blood"),
        (6, "arterial_plasma"),
        (7, "undetermined_whole_blood"),
        (8, "undetermined_plasma"),
        (9, "interstitial_fluid"),
        (11, "unlisted_11"),
        (0, "unlisted_0"),
    ],
)
def test_each_sample_type(code: int, word: str) -> None:
    seen = decode(f"02 {HEAD} 6fb0 1{code:x}")
    assert seen.details["sample_type"] == word
    assert seen.status == ()


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "finger"),
        (2, "alternate_site"),
        (3, "earlobe"),
        (15, "not_available"),
        (5, "unlisted_5"),
    ],
)
def test_each_sample_location(code: int, word: str) -> None:
    seen = decode(f"02 {HEAD} 6fb0 {code:x}1")
    assert seen.details["sample_location"] == word
    assert seen.status == ()


@pytest.mark.parametrize("type_and_location", ["1a", "41", "4a"])
def test_control_solution_is_marked(type_and_location: str) -> None:
    seen = decode(f"02 {HEAD} 6fb0 {type_and_location}")
    assert seen.status == (Status.CONTROL_SOLUTION,)


ANNUNCIATION = {
    0: Status.BATTERY_LOW,
    1: Status.GLUCOSE_SENSOR_FAULT,
    2: Status.SAMPLE_TOO_SMALL,
    3: Status.STRIP_INSERTION_ERROR,
    4: Status.STRIP_TYPE_INCORRECT,
    5: Status.RESULT_TOO_HIGH,
    6: Status.RESULT_TOO_LOW,
    7: Status.TEMPERATURE_TOO_HIGH,
    8: Status.TEMPERATURE_TOO_LOW,
    9: Status.READ_INTERRUPTED,
    10: Status.DEVICE_FAULT,
    11: Status.TIME_FAULT,
}


@pytest.mark.parametrize("bit", range(16))
def test_each_annunciation_bit(bit: int) -> None:
    payload = bytes.fromhex(f"08 {HEAD}") + (1 << bit).to_bytes(2, "little")
    if bit in ANNUNCIATION:
        assert decode_glucose(payload).status == (ANNUNCIATION[bit],)
    else:
        with pytest.raises(ReservedBits):
            decode_glucose(payload)


def test_a_time_fault_is_said_once_and_keeps_the_time_that_the_meter_showed() -> None:
    assert decode(f"08 {HEAD} 0008").device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert decode("08 0700 0000 0b16 080f2f 0008").status == (Status.TIME_FAULT,)


@pytest.mark.parametrize(
    ("bits", "comparator"),
    [
        ("2000", Comparator.GREATER),
        ("4000", Comparator.LESS),
        ("6000", None),
        ("0000", None),
    ],
)
def test_hi_and_lo_are_comparators(bits: str, comparator: Comparator | None) -> None:
    value = decode(f"0a {HEAD} 58b2 11 {bits}").values[Quantity.GLUCOSE]
    assert value == Value(Decimal(600), Unit.MG_PER_DL, comparator)


def test_hi_without_a_number_stays_without_one() -> None:
    value = decode(f"0a {HEAD} fe07 11 2000").values[Quantity.GLUCOSE]
    assert value == Value(None, Unit.MG_PER_DL, absent=Absent.POSITIVE_INFINITY)


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} {HEAD}")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        decode(f"02 {HEAD} 6fb0")
    with pytest.raises(TrailingBytes):
        decode(f"00 {HEAD} 6fb0")


def test_whether_a_context_follows() -> None:
    assert context_follows(decode(f"10 {HEAD}"))
    assert not context_follows(decode(f"0f {HEAD} 0000 6fb0 11 0000"))
