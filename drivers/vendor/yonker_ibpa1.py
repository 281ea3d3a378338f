"""Yonker YK-IBPA1 (also sold as YK-BPW5): an upper-arm cuff.

Protocol, sources, and why Yonker's oximeters are not read: yonker_ibpa1.md. Tested against a
captured frame, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Said, attempt
from drivers.errors import BadFrame
from drivers.links import GattLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Unit, Value
from drivers.reader import ByteReader, clock_fault

SERVICE = "cdeacd80-5235-4c07-8846-93a37ee6b86d"
RESULTS = "cdeacd81-5235-4c07-8846-93a37ee6b86d"
NAMES = ("YK-IBPA1", "YK-BPW5")

RESULT = 0x81  # anything else is said while the cuff inflates
NO_NUMBER = 0
CENTURY = 2000


def decode_result(payload: bytes) -> Measurement:
    """Fifteen octets: pressures in mmHg, pulse, day, month, year, hour, minute."""
    reader = ByteReader(payload)
    if reader.u8() != RESULT:
        raise BadFrame(payload, mark="first octet")
    systolic, diastolic, pulse = reader.octets(3)
    reader.octets(2)
    stamp = _stamp(*reader.octets(5))
    reader.octets(4)
    reader.end(padded=False)
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: _value(systolic, Unit.MM_HG),
            Quantity.DIASTOLIC: _value(diastolic, Unit.MM_HG),
            Quantity.PULSE_RATE: _value(pulse, Unit.PER_MINUTE),
        },
        raw=(payload,),
        device_time=stamp,
        status=tuple(clock_fault(True, stamp)),
    )


class YonkerIbpa1(BleDriver):
    """Sends the result when it has one; sometimes older ones too, which the ledger knows again."""

    id = "yonker-ibpa1"
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {RESULTS: decode_result}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        await link.subscribe(RESULTS)
        async for source, payload in link.notifications():
            if payload[:1] == bytes((RESULT,)):
                yield attempt(decode_result, source, payload)


def _stamp(day: int, month: int, year: int, hour: int, minute: int) -> datetime | None:
    try:
        return datetime(CENTURY + year, month, day, hour, minute)  # noqa: DTZ001  a device's clock has no zone
    except ValueError:
        return None


def _value(count: int, unit: Unit) -> Value:
    if count == NO_NUMBER:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count), unit)
