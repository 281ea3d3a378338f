"""Nonin data formats 8 and 13, and the commands, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import BadChecksum, BadFrame, PayloadError, TruncatedPayload
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.wired.nonin_commands import (
    GET_SERIAL_NUMBER,
    GET_TIME,
    decode_serial_number,
    decode_time,
    select_format,
    set_time,
)
from drivers.wired.nonin_formats import decode_format_8, decode_format_13

NOON = datetime.fromisoformat("2026-11-22T12:00:00")


def format_8(hex_text: str) -> Measurement:
    return decode_format_8(bytes.fromhex(hex_text))


def packet(data: str, checksum: int | None = None, end: str = "03") -> bytes:
    """A format 13 packet around its data."""
    octets = bytes.fromhex(data)
    total = sum(octets) & 0xFF if checksum is None else checksum
    head = bytes.fromhex("00 02 00 0d 00") + bytes((len(octets),))
    return head + octets + bytes((total,)) + bytes.fromhex(end)


TIME = "20 26 11 22 08 15 47 00"
SPOT = packet(f"{TIME} 0200 0048 00 62")  # 98 %, 72 /min, SmartPoint
STORED = packet("20 26 11 20 07 00 00 00 0210 004a 00 60")


def test_a_format_8_frame() -> None:
    assert format_8("80396220") == Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: Value(Decimal(98), Unit.PERCENT),
            Quantity.PULSE_RATE: Value(Decimal(57), Unit.PER_MINUTE),
        },
        raw=(bytes.fromhex("80396220"),),
        status=(Status.SMARTPOINT,),
    )


@pytest.mark.parametrize(("frame", "pulse"), [("816b6200", 235), ("82626200", 354)])
def test_the_pulse_has_two_bits_in_the_first_octet(frame: str, pulse: int) -> None:
    seen = format_8(frame)
    assert seen.values[Quantity.PULSE_RATE].number == pulse
    assert seen.status == ()


def test_missing_data_is_no_number() -> None:
    values = format_8("837f7f00").values
    assert values == {
        Quantity.OXYGEN_SATURATION: Value(None, Unit.PERCENT, absent=Absent.NOT_MEASURED),
        Quantity.PULSE_RATE: Value(None, Unit.PER_MINUTE, absent=Absent.NOT_MEASURED),
    }


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("84396200", Status.ARTIFACT),
        ("88396200", Status.MARGINAL_PERFUSION),
        ("90396200", Status.LOW_PERFUSION),
        ("a0396200", Status.OUT_OF_TRACK),
        ("80396201", Status.BATTERY_LOW),
        ("80396208", Status.SENSOR_ALARM),
        ("80396220", Status.SMARTPOINT),
    ],
)
def test_each_bit_of_format_8(frame: str, status: Status) -> None:
    assert format_8(frame).status == (status,)


def test_reserved_bits_of_format_8_have_no_meaning() -> None:
    assert format_8("c0396256").status == ()


@pytest.mark.parametrize("frame", ["00396200", "80b96200", "8039e200", "803962a0"])
def test_bit_7_is_checked(frame: str) -> None:
    with pytest.raises(BadFrame):
        format_8(frame)


@pytest.mark.parametrize("frame", ["", "803962", "8039620000"])
def test_a_frame_has_four_octets(frame: str) -> None:
    with pytest.raises(PayloadError):
        format_8(frame)


def test_a_format_13_packet() -> None:
    assert decode_format_13(SPOT) == Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: Value(Decimal(98), Unit.PERCENT),
            Quantity.PULSE_RATE: Value(Decimal(72), Unit.PER_MINUTE),
        },
        raw=(SPOT,),
        device_time=datetime.fromisoformat("2026-11-22T08:15:47"),
        status=(Status.SMARTPOINT,),
    )


@pytest.mark.parametrize(
    ("bits", "status"),
    [
        ("0001", Status.BATTERY_LOW),
        ("0010", Status.FROM_STORAGE),
        ("0100", Status.UNAVAILABLE),
        ("0200", Status.SMARTPOINT),
    ],
)
def test_each_bit_of_format_13(bits: str, status: Status) -> None:
    assert decode_format_13(packet(f"{TIME} {bits} 0048 00 62")).status == (status,)
    assert decode_format_13(packet(f"{TIME} fcee 0048 00 62")).status == ()


def test_format_13_numbers_have_reserved_bits_beside_them() -> None:
    values = decode_format_13(packet(f"{TIME} 0000 ff2c ff e2")).values
    assert values[Quantity.PULSE_RATE].number == 300
    assert values[Quantity.OXYGEN_SATURATION].number == 98


def test_format_13_without_a_measurement() -> None:
    values = decode_format_13(packet(f"{TIME} 0100 01ff 00 7f")).values
    assert {value.absent for value in values.values()} == {Absent.NOT_MEASURED}


def test_later_firmware_may_send_more() -> None:
    seen = decode_format_13(packet(f"{TIME} 0200 0048 00 62 0102"))
    assert seen.values[Quantity.PULSE_RATE].number == 72


def test_the_fraction_of_a_second_has_no_documented_unit() -> None:
    seen = decode_format_13(packet("20 26 11 22 08 15 47 25 0200 0048 00 62"))
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("20 26 00 22 08 15 47", id="month 0"),
        pytest.param("20 26 0b 16 08 0f 2f", id="binary"),
        pytest.param("20 26 02 30 08 15 47", id="30 February"),
    ],
)
def test_an_impossible_time_does_not_lose_the_values(time: str) -> None:
    seen = decode_format_13(packet(f"{time} 00 0000 0048 00 62"))
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert seen.values[Quantity.PULSE_RATE].number == 72


def test_a_damaged_packet_is_refused() -> None:
    with pytest.raises(BadChecksum) as caught:
        decode_format_13(packet(f"{TIME} 0200 0048 00 62", checksum=0))
    assert (caught.value.wire, caught.value.calculated) == (0, 0x89)
    with pytest.raises(BadFrame, match="end"):
        decode_format_13(packet(f"{TIME} 0200 0048 00 62", end="04"))
    with pytest.raises(BadFrame, match="head"):
        decode_format_13(b"\1" + SPOT[1:])
    with pytest.raises(BadFrame, match="data length"):
        decode_format_13(packet(f"{TIME} 0200 0048 00"))
    with pytest.raises(TruncatedPayload):
        decode_format_13(SPOT[:-1])
    with pytest.raises(PayloadError):
        decode_format_13(SPOT + b"\0")


def test_commands() -> None:
    assert select_format(13) == bytes.fromhex("02 70 02 02 0d 03")
    assert bytes.fromhex("02 72 00 03") == GET_TIME
    assert bytes.fromhex("02 74 02 02 02 03") == GET_SERIAL_NUMBER
    example = datetime.fromisoformat("2050-12-31T14:30:15")  # OEM specification p. 4
    assert set_time(example) == bytes.fromhex("02 72 06 32 0c 1f 0e 1e 0f 03")
    with pytest.raises(ValueError, match="range"):
        set_time(datetime.fromisoformat("1999-12-31T00:00:00"))


def test_replies() -> None:
    reply = "02 f2 06 1a 0b 16 0c 00 00 03"
    assert decode_time(bytes.fromhex(reply)) == NOON
    assert decode_time(bytes.fromhex("02 f2 06 1a 00 16 0c 00 00 03")) is None
    serial = "02f40b02353031343933323030ca03"
    assert decode_serial_number(bytes.fromhex(serial)) == "501493200"
    other = "02f40b02353031343933323031cb03"
    assert decode_serial_number(bytes.fromhex(other)) == "501493201"


@pytest.mark.parametrize(
    "reply",
    ["02f2", "02f306 1a0b160c0000 03", "02f206 1a0b160c0000 04", "02f206 1a0b160c0000 0300"],
)
def test_a_damaged_reply_is_refused(reply: str) -> None:
    with pytest.raises(PayloadError):
        decode_time(bytes.fromhex(reply))


def test_the_serial_number_is_checked() -> None:
    with pytest.raises(BadChecksum) as caught:
        decode_serial_number(bytes.fromhex("02f40b02353031343933323030ba03"))
    assert (caught.value.wire, caught.value.calculated) == (0xBA, 0xCA)
