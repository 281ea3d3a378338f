"""A&D's own weight measurement, from before there was a Weight Scale Service: and_memory.md.

Like Weight Measurement 0x2A9D, but in tenths. Read by the driver of the standard profile, because
one model (UC-352BLE) offers the one or the other.
"""

from decimal import Decimal

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index

SERVICE = "23434100-1fe4-1eff-80cb-00ff78297d8b"
MEASUREMENT = "23434101-1fe4-1eff-80cb-00ff78297d8b"

IN_POUND = 0x01
TIME_STAMP = 0x02
USER_ID = 0x04
KNOWN_FLAGS = 0x07
TENTHS = -1


def decode_tenths(payload: bytes) -> Measurement:
    """In kg or lb as sent."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    unit = Unit.POUND if flags & IN_POUND else Unit.KILOGRAM
    weight = Value(Decimal(reader.u16()).scaleb(TENTHS), unit)
    stamp = reader.date_time() if flags & TIME_STAMP else None
    user, whose = user_index(reader) if flags & USER_ID else (None, {})
    reader.end()
    return Measurement(
        kind=Kind.BODY_WEIGHT,
        values={Quantity.BODY_WEIGHT: weight},
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=tuple(clock_fault(flags & TIME_STAMP, stamp)),
        details=whose,
    )
