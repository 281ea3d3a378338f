"""Jumper JPD-500F and its relatives: fingertip oximeters that call themselves "My Oximeter".

Protocol and sources: jumper_jpd500f.md. Tested against a captured frame, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Said, attempt
from drivers.errors import BadFrame
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Rejected, Unit, Value
from drivers.reader import ByteReader

SERVICE = "cdeacb80-5235-4c07-8846-93a37ee6b86d"
STREAM = "cdeacb81-5235-4c07-8846-93a37ee6b86d"
NAMES = ("My Oximeter", "Medical", "JPD-500")

NUMBERS = 0x81  # 0x80 is a waveform
NO_PULSE = 0xFF
NO_SATURATION = 0x7F
TENTHS = -1
ENOUGH_FRAMES = 60  # one a second


def decode_numbers(payload: bytes) -> Measurement:
    """Four octets: the mark, pulse, saturation, perfusion index in 0.1 %."""
    reader = ByteReader(payload)
    mark, pulse, saturation, perfusion = reader.octets(4)
    reader.end(padded=False)
    if mark != NUMBERS:
        raise BadFrame(payload, mark="first octet")
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, NO_SATURATION, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, NO_PULSE, Unit.PER_MINUTE),
            Quantity.PULSE_AMPLITUDE_INDEX: Value(Decimal(perfusion).scaleb(TENTHS), Unit.PERCENT),
        },
        raw=(payload,),
    )


class JumperJpd500f(BleDriver):
    """Stores one measurement for each time that a finger is put in."""

    id = "jumper-jpd500f"
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {STREAM: decode_numbers}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion = FingerInsertion(answer_after=ENOUGH_FRAMES)
        await link.subscribe(STREAM)
        async for source, payload in link.notifications():
            if payload[:1] != bytes((NUMBERS,)):
                continue
            frame = attempt(decode_numbers, source, payload)
            reading = frame if isinstance(frame, Rejected) else insertion.take(frame)
            if reading:
                yield reading
        if held := insertion.end():
            yield held


def _value(count: int, missing: int, unit: Unit) -> Value:
    if count == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count), unit)
