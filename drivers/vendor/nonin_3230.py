"""Nonin 3230 and WristOx2 with Bluetooth LE: Nonin's own oximetry service, once a second.

Where a device also advertises the Pulse Oximeter Service this driver demands more and is chosen.
Protocol and sources: nonin_3230.md. Tested against documented frames, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Said, attempt
from drivers.errors import BadFrame
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink
from drivers.measurement import (
    Absent,
    Kind,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
    Value,
)
from drivers.reader import ByteReader

SERVICE = "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
MEASUREMENT = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"

SHORTEST = 10
MISSING_SATURATION = 127
MISSING_PULSE = 511
STATUS = {
    0x02: Status.LOW_PERFUSION,
    0x04: Status.SMARTPOINT,
    0x08: Status.SIGNAL_ANALYSIS_ONGOING,
    0x20: Status.BATTERY_LOW,
}
PLACED_WELL = 0x10

SILENT_S = 10.0
ENOUGH_FRAMES = 60  # the session has a deadline, and what is only held would be lost


def decode_oximetry(payload: bytes) -> Measurement:
    """One second, big-endian. The octets say how many they are; later ones may be added."""
    reader = ByteReader(payload)
    size, bits, _ = reader.octets(3)
    if size < SHORTEST:
        raise BadFrame(payload, mark="length")
    amplitude, _, saturation, pulse = (
        int.from_bytes(reader.octets(count), "big") for count in (2, 2, 1, 2)
    )
    reader.octets(size - SHORTEST)
    reader.end(padded=False)
    status = [said for bit, said in STATUS.items() if bits & bit]
    if not bits & PLACED_WELL:
        status.append(Status.SENSOR_DISPLACED)
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, MISSING_SATURATION, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, MISSING_PULSE, Unit.PER_MINUTE),
            Quantity.PULSE_AMPLITUDE_INDEX: Value(Decimal(amplitude).scaleb(-2), Unit.PERCENT),
        },
        raw=(payload,),
        status=tuple(status),
    )


class Nonin3230(BleDriver):
    """One measurement for each finger insertion."""

    id = "nonin-3230"
    match = BleMatch(service=SERVICE, name_prefix="Nonin")
    decoders: ClassVar[Mapping[str, Decoder]] = {MEASUREMENT: decode_oximetry}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion = FingerInsertion(answer_after=ENOUGH_FRAMES)
        await link.subscribe(MEASUREMENT)
        async for source, payload in link.notifications(SILENT_S):
            frame = attempt(decode_oximetry, source, payload)
            if isinstance(frame, Rejected):
                continue  # a damaged second is not missed
            if reading := insertion.take(frame):
                yield reading
        if held := insertion.end():
            yield held


def _value(number: int, missing: int, unit: Unit) -> Value:
    if number == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), unit)
