"""Temperature Measurement 0x2A1C and Temperature Type 0x2A1D, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import PayloadError, ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.health_thermometer import (
    HealthThermometer,
    decode_interval,
    decode_temperature,
    decode_temperature_type,
)
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.replay import ReplayGattLink, Trace


def decode(hex_text: str) -> Measurement:
    return decode_temperature(bytes.fromhex(hex_text))


def test_the_smallest_payload() -> None:
    assert decode("00 720100ff") == Measurement(
        kind=Kind.BODY_TEMPERATURE,
        values={Quantity.BODY_TEMPERATURE: Value(Decimal("37.0"), Unit.CELSIUS)},
        raw=(bytes.fromhex("00720100ff"),),
    )


def test_fahrenheit_alone() -> None:
    seen = decode("01 da0300ff")
    assert seen.values[Quantity.BODY_TEMPERATURE] == Value(Decimal("98.6"), Unit.FAHRENHEIT)


def test_every_field() -> None:
    seen = decode("07 da0300ff ea07 0b16 080f2f 03")
    assert seen.values[Quantity.BODY_TEMPERATURE] == Value(Decimal("98.6"), Unit.FAHRENHEIT)
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.details == {"temperature_type": "ear"}
    assert seen.status == ()


@pytest.mark.parametrize(
    ("code", "site"),
    [
        ("01", "armpit"),
        ("02", "body"),
        ("03", "ear"),
        ("04", "finger"),
        ("05", "gastrointestinal_tract"),
        ("06", "mouth"),
        ("07", "rectum"),
        ("08", "toe"),
        ("09", "tympanum"),
        ("0a", "unlisted_10"),
    ],
)
def test_each_site(code: str, site: str) -> None:
    assert decode(f"04 720100ff {code}").details == {"temperature_type": site}
    assert decode_temperature_type(bytes.fromhex(code)) == site


def test_a_special_value_is_no_number() -> None:
    value = decode("00 ffff7f00").values[Quantity.BODY_TEMPERATURE]
    assert value == Value(None, Unit.CELSIUS, absent=Absent.NOT_A_NUMBER)


def test_an_impossible_time_does_not_lose_the_temperature() -> None:
    seen = decode("02 720100ff 0000 0000 000000")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.values[Quantity.BODY_TEMPERATURE].number == 37


@pytest.mark.parametrize("flags", ["08", "10", "20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} 720100ff")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        decode("04 720100ff")
    with pytest.raises(TrailingBytes):
        decode("00 720100ff 03")
    with pytest.raises(TrailingBytes):
        decode_temperature_type(b"\3\0")


@pytest.mark.parametrize(
    ("reads", "payload", "details"),
    [
        pytest.param({"2a1d": "06"}, "00720100ff", {"temperature_type": "mouth"}, id="from 0x2A1D"),
        pytest.param(
            {"2a1d": "06"}, "04720100ff03", {"temperature_type": "ear"}, id="the flag wins"
        ),
        pytest.param({"2a1d": None}, "00720100ff", {}, id="refused"),
        pytest.param({"2a1d": ""}, "00720100ff", {}, id="damaged"),
        pytest.param({}, "00720100ff", {}, id="missing"),
    ],
)
async def test_the_site_may_stand_in_its_own_characteristic(
    reads: dict[str, str | None], payload: str, details: dict[str, str]
) -> None:
    steps = ({"notify": "2a1e", "payload": "00"}, {"notify": "2a1c", "payload": payload})
    link = ReplayGattLink(Trace("gatt-health-thermometer", "", "", steps, reads=reads))
    (seen,) = [reading async for reading in HealthThermometer().read(link)]
    assert isinstance(seen, Measurement)
    assert seen.details == details


def test_interval() -> None:
    assert decode_interval(bytes.fromhex("3c00")) == 60
    assert decode_interval(bytes.fromhex("0000")) == 0
    for payload in "3c", "3c0000":
        with pytest.raises(PayloadError):
            decode_interval(bytes.fromhex(payload))
