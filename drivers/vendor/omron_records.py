"""What stands in an Omron cuff's memory: blood pressures and the clock (omron_memory.md)."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from drivers.errors import BadChecksum, BadFrame
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import clock_fault
from drivers.vendor.omron_frames import READ, decode_frame

ByteOrder = Literal["little", "big"]

RECORD_LENGTHS = (14, 16)
USED = 8  # of a record; what follows differs between models and is not understood
SYSTOLIC_OFFSET = 25
HIGHEST_SYSTOLIC = 0xE1
YEAR = 0x3F
CENTURY = 2000
LAST_SECOND = 59

MOVED, IRREGULAR = 0x8000, 0x4000  # of the date's word
POSITION, LOW_BATTERY, CUFF_FITS = 0xC000, 0x2000, 0x1000  # of the time's word

CLOCK_FIELDS = 6
LONG_CLOCK, SHORT_CLOCK = 16, 10
CHECKSUM_AT = {LONG_CLOCK: 14, SHORT_CLOCK: 9}


def is_empty(record: bytes, order: ByteOrder) -> bool:
    """A slot in which no measurement was ever stored, or from which it was cleared."""
    systolic = record[0 if order == "little" else 1]
    return systolic > HIGHEST_SYSTOLIC or not any(record[:USED])


def decode_record(payload: bytes, order: ByteOrder) -> Measurement:
    """One record of 14 or 16 octets. BadFrame for an empty slot.

    Four words of 16 bits: diastolic and systolic, year and pulse, date, time; the older cuffs
    store them big-endian. Seconds run to 63: more than 59 is 59, as other readers of these cuffs
    have it (omblepy).
    """
    if len(payload) not in RECORD_LENGTHS:
        raise BadFrame(payload, mark="record length")
    if is_empty(payload, order):
        raise BadFrame(payload, mark="record: the slot is empty")
    pressures, rest, date, time = (
        int.from_bytes(payload[at : at + 2], order) for at in range(0, USED, 2)
    )
    stamp = _stamp(rest >> 8 & YEAR, date, time)
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: _value((pressures & 0xFF) + SYSTOLIC_OFFSET, Unit.MM_HG),
            Quantity.DIASTOLIC: _value(pressures >> 8, Unit.MM_HG),
            Quantity.PULSE_RATE: _value(rest & 0xFF, Unit.PER_MINUTE),
        },
        raw=(payload,),
        device_time=stamp,
        status=(*_statuses(date, time), *clock_fault(True, stamp)),
    )


def decode_answer(payload: bytes) -> Measurement:
    """A whole frame that answers with one little-endian record."""
    frame = decode_frame(payload)
    if frame.type != READ or frame.result:
        raise BadFrame(payload, mark="type: no answer to a read")
    return decode_record(frame.data, "little")


def decode_clock(payload: bytes, order: ByteOrder) -> datetime | None:
    """The clock's octets (16, or 10), without zone; None when they cannot be a real instant.

    Year and month, day and hour, minute and second stand behind 8 octets (or 2) of other things,
    the sum of all at the end; big-endian cuffs store each pair with its octets exchanged.
    """
    checksum_at = CHECKSUM_AT.get(len(payload))
    if checksum_at is None:
        raise BadFrame(payload, mark="clock length")
    before = 8 if len(payload) == LONG_CLOCK else 2
    end = before + CLOCK_FIELDS
    if (calculated := sum(payload[:end]) & 0xFF) != payload[checksum_at]:
        raise BadChecksum(payload, wire=payload[checksum_at], calculated=calculated)
    words = [payload[at : at + 2] for at in range(before, end, 2)]
    year, month, day, hour, minute, second = b"".join(
        word if order == "little" else word[::-1] for word in words
    )
    return _moment(CENTURY + year, month, day, hour, minute, second)


def _stamp(year: int, date: int, time: int) -> datetime | None:
    day = (CENTURY + year, date >> 10 & 0x0F, date >> 5 & 0x1F)
    return _moment(*day, date & 0x1F, time >> 6 & 0x3F, time & 0x3F)


def _moment(
    year: int, month: int, day: int, hour: int, minute: int, second: int
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, LAST_SECOND))  # noqa: DTZ001  a device's clock has no zone
    except ValueError:
        return None


def _statuses(date: int, time: int) -> list[Status]:
    said = {
        Status.BODY_MOVEMENT: date & MOVED,
        Status.CUFF_TOO_LOOSE: not time & CUFF_FITS,
        Status.IRREGULAR_PULSE: date & IRREGULAR,
        Status.IMPROPER_POSITION: time & POSITION,
        Status.BATTERY_LOW: time & LOW_BATTERY,
    }
    return [status for status, is_said in said.items() if is_said]


def _value(number: int, unit: Unit) -> Value:
    return Value(Decimal(number), unit)
