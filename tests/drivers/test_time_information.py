"""Zone, daylight saving and reference of a clock, octet by octet."""

from datetime import datetime, timedelta

import pytest

from drivers.errors import PayloadError, ReservedBits
from drivers.gatt.time_information import (
    LocalTime,
    ReferenceTime,
    decode_day_date_time,
    decode_daylight_saving,
    decode_local_time,
    decode_reference_time,
    decode_time_zone,
)

HOUR = timedelta(hours=1)


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("payload", "offset"),
    [
        ("00", timedelta()),
        ("02", timedelta(minutes=30)),
        ("04", HOUR),
        ("08", 2 * HOUR),
        ("ff", None),
    ],
)
def test_daylight_saving(payload: str, offset: timedelta | None) -> None:
    assert decode_daylight_saving(hexed(payload)) == offset


@pytest.mark.parametrize(
    ("payload", "zone"),
    [("04", HOUR), ("fc", -HOUR), ("d0", -12 * HOUR), ("38", 14 * HOUR), ("80", None)],
)
def test_time_zone(payload: str, zone: timedelta | None) -> None:
    assert decode_time_zone(hexed(payload)) == zone


@pytest.mark.parametrize("payload", ["cf", "39"])
def test_a_zone_beyond_the_earth_is_refused(payload: str) -> None:
    with pytest.raises(ReservedBits):
        decode_time_zone(hexed(payload))


def test_local_time() -> None:
    assert decode_local_time(hexed("0404")) == LocalTime(HOUR, HOUR)
    assert decode_local_time(hexed("0404")).offset == 2 * HOUR
    assert decode_local_time(hexed("8004")).offset is None
    assert decode_local_time(hexed("04ff")).offset is None
    with pytest.raises(ReservedBits):
        decode_local_time(hexed("0411"))


@pytest.mark.parametrize(
    ("payload", "reference"),
    [
        ("01080117", ReferenceTime("network_time_protocol", timedelta(seconds=1), 47 * HOUR)),
        ("04fe0000", ReferenceTime("manual", None, timedelta())),
        ("00ffffff", ReferenceTime("unknown", None, None)),
        ("07fdfe00", ReferenceTime("unlisted_7", timedelta(seconds=31.625), timedelta(days=254))),
        ("0100ff05", ReferenceTime("network_time_protocol", timedelta(), None)),
    ],
)
def test_reference_time(payload: str, reference: ReferenceTime) -> None:
    assert decode_reference_time(hexed(payload)) == reference


def test_a_day_has_24_hours() -> None:
    with pytest.raises(ReservedBits):
        decode_reference_time(hexed("01080118"))


def test_day_date_time() -> None:
    seen = decode_day_date_time(hexed("ea070b16080f2f07"))
    assert seen == datetime.fromisoformat("2026-11-22T08:15:47")
    assert decode_day_date_time(hexed("0000000000000000")) is None
    with pytest.raises(ReservedBits):
        decode_day_date_time(hexed("ea070b16080f2f08"))


@pytest.mark.parametrize(
    "decode",
    [
        decode_daylight_saving,
        decode_time_zone,
        decode_local_time,
        decode_reference_time,
        decode_day_date_time,
    ],
)
def test_lengths_are_checked(decode: object) -> None:
    assert callable(decode)
    for payload in "", "ea070b16080f2f0700":
        with pytest.raises(PayloadError):
            decode(hexed(payload))
