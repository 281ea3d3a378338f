"""Body Composition Measurement 0x2A9C and Feature 0x2A9B, and what a scale sends of a weighing."""

from datetime import datetime

import pytest

from drivers.contract import unchanged
from drivers.errors import PayloadError, ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.body_composition import (
    decode_body_composition,
    decode_feature,
    finished,
    joined,
    weighed,
)
from drivers.gatt.weight_scale import Weighings, decode_weight
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit


def decode(hex_text: str) -> Measurement:
    return decode_body_composition(bytes.fromhex(hex_text))


def numbers(measurement: Measurement) -> dict[str, str]:
    return {name.value: str(value.number) for name, value in measurement.values.items()}


def test_every_field_in_metric() -> None:
    seen = decode(
        "fe0f c200 ea070b16080f2f 03 df1a 9701 b80b e02e cc2f ca21 a811 b036 2607".replace(" ", "")
    )
    assert numbers(seen) == {
        "body_fat": "19.4",
        "basal_metabolism": "6879",
        "muscle_percentage": "40.7",
        "muscle_mass": "15.000",
        "fat_free_mass": "60.000",
        "soft_lean_mass": "61.180",
        "body_water_mass": "43.250",
        "impedance": "452.0",
        "body_weight": "70.000",
        "height": "1.830",
    }
    assert [str(value.unit) for value in seen.values.values()] == [
        *("%", "kJ", "%", "kg", "kg", "kg", "kg", "Ohm", "kg", "m")
    ]
    assert seen.kind is Kind.BODY_COMPOSITION
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.user_index == 3


def test_imperial_stays_imperial() -> None:
    seen = decode("210c c200 b80b 543d a802")
    assert numbers(seen) == {
        "body_fat": "19.4",
        "muscle_mass": "30.00",
        "body_weight": "157.00",
        "height": "68.0",
    }
    assert seen.values[Quantity.MUSCLE_MASS].unit is Unit.POUND
    assert seen.values[Quantity.HEIGHT].unit is Unit.INCH


def test_an_unsuccessful_measurement_has_no_number() -> None:
    seen = decode("0600 ffff ea070b16080f2f ff")
    assert seen.values[Quantity.BODY_FAT].absent is Absent.NOT_MEASURED
    assert seen.status == (Status.UNSUCCESSFUL,)
    assert (seen.user_index, seen.details) == (None, {"user": "unknown"})


def test_an_impossible_time_does_not_lose_the_values() -> None:
    seen = decode("0200 c200 0000 0000 000000")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))


@pytest.mark.parametrize("flags", ["0020", "0040", "0080"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} c200")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        decode("0800 c200 df")
    with pytest.raises(TrailingBytes):
        decode("0000 c200 df1a")


def test_feature() -> None:
    seen = decode_feature(bytes.fromhex("05200100"))
    assert (seen.time_stamp, seen.multiple_users) == (True, False)
    assert seen.quantities == {Quantity.BASAL_METABOLISM}
    assert (seen.mass_resolution, seen.height_resolution) == (4, 2)
    assert decode_feature(bytes.fromhex("00060000")).quantities == {
        Quantity.BODY_WEIGHT,
        Quantity.HEIGHT,
    }
    with pytest.raises(ReservedBits):
        decode_feature(bytes.fromhex("00000400"))
    with pytest.raises(PayloadError):
        decode_feature(bytes.fromhex("000000"))


FIRST = "0e10 c200 ea070b16080f2f 02 df1a"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param("0012 c200 a811", id="without stamp"),
        pytest.param("0212 c200 ea070b16080f2f a811", id="with the same stamp"),
        pytest.param("0412 c200 02 a811", id="with the same user"),
    ],
)
def test_two_packets_are_one_measurement(second: str) -> None:
    whole = joined(decode(FIRST), decode(second))
    assert whole is not None
    assert numbers(whole) == {"body_fat": "19.4", "basal_metabolism": "6879", "impedance": "452.0"}
    assert whole.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert whole.user_index == 2
    assert whole.raw == (bytes.fromhex(FIRST), bytes.fromhex(second))


@pytest.mark.parametrize(
    "second",
    [
        pytest.param("0002 c200 a811", id="not announced"),
        pytest.param("0212 c200 ea070b16081000 a811", id="another time"),
        pytest.param("0412 c200 03 a811", id="another user"),
    ],
)
def test_packets_of_two_weighings_stay_apart(second: str) -> None:
    assert joined(decode(FIRST), decode(second)) is None


def test_user_zero_is_a_user() -> None:
    whole = joined(decode("0410 c200 00"), decode("0010 c200"))
    assert whole is not None
    assert whole.user_index == 0


WEIGHT = decode_weight(bytes.fromhex("06b036ea070b16080f2f02"))


def test_a_composition_has_the_time_and_the_user_of_its_weight() -> None:
    seen = weighed(decode("0000 c200"), WEIGHT)
    assert (seen.device_time, seen.user_index) == (WEIGHT.device_time, 2)
    assert seen.raw == (*WEIGHT.raw, bytes.fromhex("0000c200"))
    assert weighed(decode("0000 c200"), None) == decode("0000 c200")


@pytest.mark.parametrize("own", ["0400c20003", "0400c200ff", "0200c200e9070b16080f2f"])
def test_a_composition_with_its_own_keeps_them(own: str) -> None:
    assert weighed(decode(own), WEIGHT) == decode(own)


def test_an_unknown_user_and_a_lost_clock_are_carried_over_too() -> None:
    lost = decode_weight(bytes.fromhex("06b03600000000000000ff"))
    seen = weighed(decode("0000 c200"), lost)
    assert (seen.details, seen.status) == ({"user": "unknown"}, (Status.TIME_FAULT,))


def test_zeros_alone_are_no_measurement() -> None:
    seen = finished(decode("9803 0000 9623 0000 0000 0000 0000"), {})
    assert {name for name, value in seen.values.items() if value.number is not None} == {
        Quantity.BASAL_METABOLISM
    }
    assert seen.status == (Status.UNSUCCESSFUL,)
    some = decode("9803 0000 9623 0000 0000 0000 0100")
    assert finished(some, {}) == some


def kinds_and_payloads(found: list[Measurement]) -> list[tuple[Kind, int]]:
    return [(one.kind, len(one.raw)) for one in found]


def test_a_part_whose_second_packet_never_comes_is_not_lost() -> None:
    weighings = Weighings(unchanged, {})
    assert weighings.take(decode(FIRST)) == []
    assert kinds_and_payloads(weighings.take(WEIGHT)) == [
        (Kind.BODY_COMPOSITION, 1),
        (Kind.BODY_WEIGHT, 1),
    ]
    assert weighings.take(decode(FIRST)) == []
    assert kinds_and_payloads(weighings.take(decode("0412 c200 03 a811"))) == [
        (Kind.BODY_COMPOSITION, 1)
    ]
    assert kinds_and_payloads(weighings.rest()) == [(Kind.BODY_COMPOSITION, 1)]
    assert weighings.rest() == []


def test_a_composition_without_a_weight_of_its_own_does_not_get_an_older_one() -> None:
    weighings = Weighings(unchanged, {})
    weighings.take(WEIGHT)
    (first,) = weighings.take(decode("0000 c200"))
    (second,) = weighings.take(decode("0000 c300"))
    assert first.device_time == WEIGHT.device_time
    assert second.device_time is None
