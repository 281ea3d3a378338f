"""JKS50F fingertip oximeter (Guangdong Health Medical Technology).

A frame of 69 octets, split over notifications. Protocol and sources: health_medical_jks50f.md.
Tested against documented frames, not on a device.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Reading, Said, attempt
from drivers.errors import BadChecksum, BadFrame
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Rejected, Status, Unit, Value
from drivers.reader import ByteReader

STREAM = uuid16(0xFFE1)
HEADER = bytes.fromhex("ff4401")
FRAME_LENGTH = 69
CHECKSUM_BEGINS_AT = 1
NO_NUMBER = 127
NO_PERFUSION = 0x1FFF
HUNDREDTHS = -2
ENOUGH_FRAMES = 60  # a finger may stay longer than a session lasts


def decode_frame(payload: bytes) -> Measurement:
    """One whole frame. The perfusion index is a number of 13 bits, low seven first, in 0.01 %."""
    reader = ByteReader(payload)
    if reader.octets(len(HEADER)) != HEADER:
        raise BadFrame(payload, mark="header")
    finger_is_out = reader.u8() != 0
    saturation, pulse = reader.u8(), reader.u8()
    perfusion = (reader.u8() & 0x7F) | (reader.u8() & 0x3F) << 7
    reader.octets(FRAME_LENGTH - 9)  # a waveform, as far as anybody knows
    wire = reader.u8()
    reader.end(padded=False)
    calculated = (sum(payload[:-1]) + CHECKSUM_BEGINS_AT) & 0xFF
    if wire != calculated:
        raise BadChecksum(payload, wire=wire, calculated=calculated)
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, NO_NUMBER, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, NO_NUMBER, Unit.PER_MINUTE),
            Quantity.PULSE_AMPLITUDE_INDEX: _value(
                perfusion, NO_PERFUSION, Unit.PERCENT, HUNDREDTHS
            ),
        },
        raw=(payload,),
        status=(Status.SENSOR_UNCONNECTED_TO_USER,) if finger_is_out else (),
    )


class HealthMedicalJks50f(BleDriver):
    """Stores one measurement for each time that a finger is put in."""

    id = "health-medical-jks50f"
    match = BleMatch(service=uuid16(0xFFE0), name_prefix="OXIMETER")
    decoders: ClassVar[Mapping[str, Decoder]] = {STREAM: decode_frame}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion, arrived = FingerInsertion(answer_after=ENOUGH_FRAMES), bytearray()
        await link.subscribe(STREAM)
        async for _, payload in link.notifications():
            arrived += payload
            for frame in frames(arrived):
                if reading := _stored(insertion, attempt(decode_frame, STREAM, frame)):
                    yield reading
        # It switches itself off when the finger leaves.
        if held := insertion.end():
            yield held


def frames(arrived: bytearray) -> Iterator[bytes]:
    """The whole frames in `arrived`, which they are taken out of, with what precedes each."""
    while True:
        start = arrived.find(HEADER)
        if start < 0:
            del arrived[: 1 - len(HEADER)]  # a header may have begun
            return
        del arrived[:start]
        if len(arrived) < FRAME_LENGTH:
            return
        yield bytes(arrived[:FRAME_LENGTH])
        del arrived[:FRAME_LENGTH]


def _stored(insertion: FingerInsertion, reading: Reading) -> Reading | None:
    if isinstance(reading, Rejected):
        return reading
    return insertion.end() if reading.status else insertion.take(reading)


def _value(count: int, missing: int, unit: Unit, exponent: int = 0) -> Value:
    if count == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count).scaleb(exponent), unit)
