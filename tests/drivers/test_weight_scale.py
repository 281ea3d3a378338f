"""Weight Measurement 0x2A9D and Weight Scale Feature 0x2A9E, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import PayloadError, ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.weight_scale import (
    WeightScale,
    WeightScaleFeature,
    at_resolution,
    decode_feature,
    decode_weight,
)
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.replay import ReplayGattLink, Trace

HEIGHT_RESOLUTION = 7  # its lowest bit in 0x2A9E
WEIGHT_RESOLUTION = 3


def decode(hex_text: str) -> Measurement:
    return decode_weight(bytes.fromhex(hex_text))


def numbers(measurement: Measurement) -> dict[str, str]:
    return {name.value: str(value.number) for name, value in measurement.values.items()}


def test_the_smallest_payload() -> None:
    assert decode("00 b036") == Measurement(
        kind=Kind.BODY_WEIGHT,
        values={Quantity.BODY_WEIGHT: Value(Decimal("70.000"), Unit.KILOGRAM)},
        raw=(bytes.fromhex("00b036"),),
    )


def test_every_field_in_metric() -> None:
    seen = decode("0e b136 ea07 0b16 080f2f 03 f500 d606")
    assert numbers(seen) == {
        "body_weight": "70.005",
        "body_mass_index": "24.5",
        "height": "1.750",
    }
    units = [value.unit for value in seen.values.values()]
    assert units == [Unit.KILOGRAM, Unit.KG_PER_M2, Unit.METRE]
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.user_index == 3


def test_imperial_stays_imperial() -> None:
    seen = decode("09 543d f500 a802")
    assert numbers(seen) == {"body_weight": "157.00", "body_mass_index": "24.5", "height": "68.0"}
    units = [value.unit for value in seen.values.values()]
    assert units == [Unit.POUND, Unit.KG_PER_M2, Unit.INCH]


def test_an_unsuccessful_measurement_has_no_number() -> None:
    seen = decode("00 ffff")
    expected = Value(None, Unit.KILOGRAM, absent=Absent.NOT_MEASURED)
    assert seen.values == {Quantity.BODY_WEIGHT: expected}
    assert seen.status == (Status.UNSUCCESSFUL,)
    assert decode("00 feff").values[Quantity.BODY_WEIGHT].number == Decimal("327.670")


def test_an_unknown_user_is_none() -> None:
    assert decode("04 b036 00").user_index == 0
    assert decode("04 b036 ff").user_index is None


def test_an_impossible_time_does_not_lose_the_weight() -> None:
    seen = decode("02 b036 0000 0000 000000")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.values[Quantity.BODY_WEIGHT].number == 70


@pytest.mark.parametrize("flags", ["10", "20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} b036")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        decode("08 b036 f500")
    with pytest.raises(TrailingBytes):
        decode("00 b036 01")


def test_feature() -> None:
    assert decode_feature(bytes.fromhex("97010000")) == WeightScaleFeature(
        time_stamp=True,
        multiple_users=True,
        body_mass_index=True,
        weight_resolution=2,
        height_resolution=3,
    )
    assert decode_feature(bytes.fromhex("01000000")) == WeightScaleFeature(True, False, False, 0, 0)
    assert decode_feature(bytes.fromhex("02000000")) == WeightScaleFeature(False, True, False, 0, 0)
    assert decode_feature(bytes.fromhex("04000000")) == WeightScaleFeature(False, False, True, 0, 0)
    with pytest.raises(ReservedBits):
        decode_feature(bytes.fromhex("00040000"))
    with pytest.raises(PayloadError):
        decode_feature(bytes.fromhex("000000"))


def feature(weight: int = 0, height: int = 0) -> WeightScaleFeature:
    bits = weight << WEIGHT_RESOLUTION | height << HEIGHT_RESOLUTION
    return decode_feature(bits.to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("resolution", "kilograms", "pounds"),
    [
        pytest.param(0, "70.000", "157.00", id="not specified"),
        pytest.param(1, "70.0", "157", id="0.5 kg, 1 lb"),
        pytest.param(2, "70.0", "157.0", id="0.2 kg, 0.5 lb"),
        pytest.param(3, "70.0", "157.0", id="0.1 kg, 0.2 lb"),
        pytest.param(4, "70.00", "157.0", id="0.05 kg, 0.1 lb"),
        pytest.param(5, "70.00", "157.00", id="0.02 kg, 0.05 lb"),
        pytest.param(6, "70.00", "157.00", id="0.01 kg, 0.02 lb"),
        pytest.param(7, "70.000", "157.00", id="0.005 kg, 0.01 lb"),
        pytest.param(8, "70.000", "157.00", id="reserved"),
    ],
)
def test_weight_resolution(resolution: int, kilograms: str, pounds: str) -> None:
    scale = feature(weight=resolution)
    assert numbers(at_resolution(scale, decode("00 b036")))["body_weight"] == kilograms
    assert numbers(at_resolution(scale, decode("01 543d")))["body_weight"] == pounds


@pytest.mark.parametrize(
    ("resolution", "metres", "inches"),
    [
        pytest.param(0, "1.750", "68.0", id="not specified"),
        pytest.param(1, "1.75", "68", id="0.01 m, 1 in"),
        pytest.param(2, "1.750", "68.0", id="0.005 m, 0.5 in"),
        pytest.param(3, "1.750", "68.0", id="0.001 m, 0.1 in"),
        pytest.param(4, "1.750", "68.0", id="reserved"),
    ],
)
def test_height_resolution(resolution: int, metres: str, inches: str) -> None:
    scale = feature(height=resolution)
    assert numbers(at_resolution(scale, decode("08 b036 f500 d606")))["height"] == metres
    assert numbers(at_resolution(scale, decode("09 543d f500 a802")))["height"] == inches


def test_a_number_that_would_change_is_left_as_it_came() -> None:
    seen = at_resolution(feature(weight=3), decode("00 b136"))
    assert numbers(seen)["body_weight"] == "70.005"


def test_what_was_not_measured_stays_so() -> None:
    seen = decode("00 ffff")
    assert at_resolution(feature(weight=3), seen) == seen


@pytest.mark.parametrize(
    ("reads", "weight"),
    [
        pytest.param({"2a9e": "18000000"}, "70.0", id="0.1 kg"),
        pytest.param({"2a9e": None}, "70.000", id="refused"),
        pytest.param({"2a9e": "ffffffff"}, "70.000", id="damaged"),
        pytest.param({}, "70.000", id="missing"),
    ],
)
async def test_the_feature_is_read_once_before(reads: dict[str, str | None], weight: str) -> None:
    steps = ({"notify": "2a9d", "payload": "00b036"}, {"notify": "2a9d", "payload": "00"})
    link = ReplayGattLink(Trace("gatt-weight-scale", "", "", steps, reads=reads))
    seen = [reading async for reading in WeightScale().read(link)]
    assert isinstance(seen[0], Measurement)
    assert numbers(seen[0])["body_weight"] == weight
    assert len(seen) == 2


async def test_half_a_composition_is_not_lost_when_the_scale_goes() -> None:
    steps = ({"notify": "2a9d", "payload": "00b036"}, {"notify": "2a9c", "payload": "0010c200"})
    link = ReplayGattLink(Trace("gatt-weight-scale", "", "", steps))
    seen = [reading async for reading in WeightScale().read(link)]
    assert [one.kind for one in seen if isinstance(one, Measurement)] == [
        Kind.BODY_WEIGHT,
        Kind.BODY_COMPOSITION,
    ]
