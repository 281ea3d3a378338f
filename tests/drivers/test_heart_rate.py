"""Heart Rate Measurement 0x2A37, octet by octet, and what is stored of a strap's stream."""

from decimal import Decimal

import pytest

from drivers.errors import PayloadError, ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.heart_rate import HeartRate, Wearing, decode_heart_rate, decode_location
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.replay import ReplayGattLink, Trace


def decode(hex_text: str) -> Measurement:
    return decode_heart_rate(bytes.fromhex(hex_text))


def intervals(measurement: Measurement) -> list[str]:
    return [str(value.number) for value in measurement.series.get(Quantity.RR_INTERVAL, ())]


def test_the_smallest_payload() -> None:
    assert decode("00 55") == Measurement(
        kind=Kind.HEART_RATE,
        values={Quantity.HEART_RATE: Value(Decimal(85), Unit.PER_MINUTE)},
        raw=(bytes.fromhex("0055"),),
    )


def test_every_field() -> None:
    seen = decode("1f 0101 3201 0100 0004 ffff")
    assert seen.values == {
        Quantity.HEART_RATE: Value(Decimal(257), Unit.PER_MINUTE),
        Quantity.ENERGY_EXPENDED: Value(Decimal(306), Unit.KILOJOULE),
    }
    assert intervals(seen) == ["0.9765625", "1000", "63999.0234375"]
    assert seen.details == {"sensor_contact": "yes"}


@pytest.mark.parametrize("count", [1, 3, 1024, 65535])
def test_an_interval_in_milliseconds_is_exact(count: int) -> None:
    (value,) = decode_heart_rate(b"\x10\x50" + count.to_bytes(2, "little")).series[
        Quantity.RR_INTERVAL
    ]
    assert value.number is not None
    assert value.number * 1024 == count * 1000


@pytest.mark.parametrize(
    ("flags", "details", "status"),
    [
        ("00", {}, ()),
        ("02", {}, ()),
        ("04", {"sensor_contact": "no"}, (Status.SENSOR_UNCONNECTED_TO_USER,)),
        ("06", {"sensor_contact": "yes"}, ()),
    ],
)
def test_contact(flags: str, details: dict[str, str], status: tuple[Status, ...]) -> None:
    seen = decode(f"{flags} 50")
    assert (seen.details, seen.status) == (details, status)


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} 50")


@pytest.mark.parametrize(
    "payload", ["", "00", "01 50", "08 50 32", "10 50", "10 50 00", "10 50 000400"]
)
def test_a_promised_field_must_be_whole(payload: str) -> None:
    with pytest.raises(TruncatedPayload):
        decode(payload)


def test_octets_that_no_flag_announces_are_refused() -> None:
    with pytest.raises(TrailingBytes):
        decode("00 50 00")


def test_location() -> None:
    assert decode_location(b"\5") == "ear_lobe"
    assert decode_location(b"\7") == "unlisted_7"
    for payload in b"", b"\1\0":
        with pytest.raises(PayloadError):
            decode_location(payload)


def test_a_minute_of_frames_is_one_measurement() -> None:
    wearing = Wearing()
    frames = [decode(f"10 {40 + second:02x} {second + 1:02x}04") for second in range(60)]
    assert [wearing.take(frame) for frame in frames[:-1]] == [None] * 59
    whole = wearing.take(frames[-1])
    assert whole is not None
    assert whole.values[Quantity.HEART_RATE].number == 99
    assert len(whole.series[Quantity.RR_INTERVAL]) == 60
    assert whole.raw == tuple(payload for frame in frames for payload in frame.raw)
    assert wearing.end() is None


@pytest.mark.parametrize("off", ["04 48", "00 00", "14 00 0004"])
def test_a_strap_that_is_taken_off_ends_the_measurement(off: str) -> None:
    wearing = Wearing()
    wearing.take(decode("00 50"))
    whole = wearing.take(decode(off))
    assert whole is not None
    assert whole.raw == (bytes.fromhex("0050"),)
    assert wearing.take(decode(off)) is None
    assert wearing.end() is None


def test_what_only_an_earlier_frame_said_is_kept() -> None:
    wearing = Wearing()
    wearing.take(decode("08 50 3201"))
    wearing.take(decode("00 51"))
    whole = wearing.end()
    assert whole is not None
    assert whole.values[Quantity.ENERGY_EXPENDED].number == 306
    assert whole.values[Quantity.HEART_RATE].number == 81
    assert whole.series == {}


@pytest.mark.parametrize(
    ("reads", "details"),
    [
        pytest.param({"2a38": "01"}, {"body_site": "chest"}, id="chest"),
        pytest.param({"2a38": None}, {}, id="refused"),
        pytest.param({"2a38": ""}, {}, id="damaged"),
        pytest.param({}, {}, id="missing"),
    ],
)
async def test_where_it_is_worn(reads: dict[str, str | None], details: dict[str, str]) -> None:
    steps = ({"notify": "2a37", "payload": "0050"},)
    link = ReplayGattLink(Trace("gatt-heart-rate", "", "", steps, reads=reads))
    (seen,) = [one async for one in HeartRate().read(link)]
    assert isinstance(seen, Measurement)
    assert seen.details == details
