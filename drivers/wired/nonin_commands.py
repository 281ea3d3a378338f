"""What a host can ask of a Nonin 9560, and how it answers (nonin.md, "Commands")."""

from datetime import datetime

from drivers.errors import BadChecksum, BadFrame
from drivers.reader import ByteReader

START = 0x02
END = 0x03
SELECT_FORMAT = 0x70
TIME = 0x72
TIME_REPLY = bytes((START, 0xF2, 6))
SERIAL_NUMBER_REPLY = bytes((START, 0xF4, 11))
CENTURY = 2000

GET_TIME = bytes((START, TIME, 0, END))
GET_SERIAL_NUMBER = bytes((START, 0x74, 2, 2, 2, END))


def select_format(number: int) -> bytes:
    """Choose data format 2, 7, 8 or 13; kept by the device without batteries."""
    return bytes((START, SELECT_FORMAT, 2, 2, number, END))


def set_time(local: datetime) -> bytes:
    """Set the clock; binary, although records carry BCD. ValueError outside 2000-2099."""
    day = (local.year - CENTURY, local.month, local.day)
    return bytes((START, TIME, 6, *day, local.hour, local.minute, local.second, END))


def decode_time(payload: bytes) -> datetime | None:
    """The answer to GET_TIME, without zone; None when it cannot be a real instant."""
    year, *fields = _body(payload, TIME_REPLY)
    try:
        return datetime(CENTURY + year, *fields)  # type: ignore[arg-type] # noqa: DTZ001 - five ints, no zone
    except ValueError:
        return None


def decode_serial_number(payload: bytes) -> str:
    """The answer to GET_SERIAL_NUMBER: nine digits."""
    body = _body(payload, SERIAL_NUMBER_REPLY)
    if sum(body[:-1]) & 0xFF != body[-1]:
        raise BadChecksum(payload, wire=body[-1], calculated=sum(body[:-1]) & 0xFF)
    return body[1:-1].decode("ascii", "replace")


def _body(payload: bytes, head: bytes) -> bytes:
    reader = ByteReader(payload)
    if reader.octets(len(head)) != head:
        raise BadFrame(payload, mark="head")
    body = reader.octets(head[-1])
    if reader.u8() != END:
        raise BadFrame(payload, mark="end")
    reader.end(padded=False)
    return body
