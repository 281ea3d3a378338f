"""Cuffs that count time in seconds: the enhanced characteristics of Blood Pressure Service 1.1.

Layout: GATT Specification Supplement, Enhanced Blood Pressure Measurement (0x2B34) and Enhanced
Intermediate Cuff Pressure (0x2B35). No device that sends them was seen.
"""

from datetime import datetime, timedelta

from drivers.gatt import cuff_fields
from drivers.gatt.cuff_fields import PULSE_RATE, STATUS, TIME_STAMP, USER_ID
from drivers.measurement import Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, user_index

USER_FACING_TIME = 0x20
SINCE_2000 = 0x40
KNOWN_FLAGS = 0x7F


def decode_enhanced(payload: bytes) -> Measurement:
    """0x2B34; `device_time` is the user facing time, `details` keep the other as "utc_time".

    A cuff that sends UTC alone has not said what it showed: that is a time fault.
    """
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    return _rest(reader, flags, cuff_fields.pressures(reader, flags))


def decode_enhanced_cuff(payload: bytes) -> Measurement:
    """0x2B35, which has one pressure."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    return _rest(reader, flags, {Quantity.CUFF_PRESSURE: reader.sfloat(cuff_fields.unit(flags))})


def _rest(reader: ByteReader, flags: int, values: dict[Quantity, Value]) -> Measurement:
    utc = _seconds(reader, flags) if flags & TIME_STAMP else None
    if flags & PULSE_RATE:
        values[Quantity.PULSE_RATE] = reader.sfloat(Unit.PER_MINUTE)
    user, details = user_index(reader) if flags & USER_ID else (None, {})
    status = cuff_fields.measurement_status(reader, reader.u16()) if flags & STATUS else []
    shown = _seconds(reader, flags) if flags & USER_FACING_TIME else None
    reader.end()
    if utc is not None:
        details["utc_time"] = utc.isoformat()
        status += [] if shown else [Status.TIME_FAULT]
    return Measurement(
        kind=cuff_fields.kind_of(values),
        values=values,
        raw=(reader.payload,),
        device_time=shown,
        user_index=user,
        status=tuple(status),
        details=details,
    )


def _seconds(reader: ByteReader, flags: int) -> datetime:
    epoch = datetime(2000 if flags & SINCE_2000 else 1900, 1, 1)  # noqa: DTZ001  a device's clock
    return epoch + timedelta(seconds=reader.u32())
