"""The eight octets in which TaiDoc's meters are asked and answer (taidoc.md, "Frames")."""

from dataclasses import dataclass
from datetime import datetime

from drivers.errors import BadChecksum, BadFrame
from drivers.reader import ByteReader

FRAME_LENGTH = 8
START = 0x51
FROM_HOST = 0xA3
FROM_METER = 0xA5
EMPTY = bytes(4)
CENTURY = 2000

CONNECT = 0x22
READ_CLOCK = 0x23
READ_MODEL = 0x24
RECORD_TIME = 0x25
RECORD_VALUE = 0x26
RECORD_COUNT = 0x2B
SET_CLOCK = 0x33
OXIMETER_ON = 0x47
OXIMETER_VALUE = 0x61
TURN_OFF = 0x50
READ_WEIGHT = 0x71
ENTERED = 0x54

WEIGHT_INDEX = 2  # the length octet of the command that reads a weight: a record's number
LONG_AROUND = 5  # start, command, length, end and sum around the data of a long frame
MINUTE = 0x3F
HOUR = 0x1F


@dataclass(frozen=True, slots=True)
class Frame:
    """One command (`from_host`) or its answer, with four octets of data."""

    command: int
    data: bytes
    from_host: bool


def ask(command: int, data: bytes = EMPTY) -> bytes:
    """What is sent to the meter."""
    return _summed(bytes((START, command, *data, FROM_HOST)))


def ask_weight(index: int) -> bytes:
    """Ask a scale for a record, 0 being the newest: the one command with three octets of data."""
    data = bytes((WEIGHT_INDEX, *index.to_bytes(2, "little")))
    return _summed(bytes((START, READ_WEIGHT, *data, FROM_HOST)))


def decode_frame(payload: bytes) -> Frame:
    """Raises BadFrame and BadChecksum."""
    reader = ByteReader(payload)
    start, command, *data, end, _ = reader.octets(FRAME_LENGTH)
    reader.end(padded=False)
    if start != START:
        raise BadFrame(payload, mark="start")
    if end not in (FROM_HOST, FROM_METER):
        raise BadFrame(payload, mark="direction")
    check_sum(payload)
    return Frame(command, bytes(data), from_host=end == FROM_HOST)


def decode_answer(payload: bytes, command: int) -> bytes:
    """The data of the meter's answer to this very command."""
    frame = decode_frame(payload)
    if frame.from_host or frame.command != command:
        raise BadFrame(payload, mark="command")
    return frame.data


def check_sum(payload: bytes) -> None:
    calculated = sum(payload[:-1]) & 0xFF
    if calculated != payload[-1]:
        raise BadChecksum(payload, wire=payload[-1], calculated=calculated)


def frame_length(beginning: bytes | bytearray) -> int:
    """How long the frame is of which these are the first octets, as far as they tell."""
    if len(beginning) > 2 and beginning[1] == READ_WEIGHT:
        return beginning[2] + LONG_AROUND
    return FRAME_LENGTH


def decode_time(data: bytes) -> datetime | None:
    """Four octets of a clock without zone or seconds; None when it cannot be a real instant.

    What the two upper bits of the minute and the three of the hour say is not of the time.
    """
    reader = ByteReader(data)
    day, minute, hour = reader.u16(), reader.u8(), reader.u8()
    reader.end(padded=False)
    try:
        return datetime(  # noqa: DTZ001  a device's clock has no zone
            CENTURY + (day >> 9), day >> 5 & 0x0F, day & 0x1F, hour & HOUR, minute & MINUTE
        )
    except ValueError:
        return None


def encode_time(local: datetime) -> bytes:
    """ValueError outside 2000-2127."""
    if not CENTURY <= local.year < CENTURY + 128:
        raise ValueError(local.year)
    day = local.year - CENTURY << 9 | local.month << 5 | local.day
    return bytes((*day.to_bytes(2, "little"), local.minute, local.hour))


def _summed(octets: bytes) -> bytes:
    return octets + bytes((sum(octets) & 0xFF,))
