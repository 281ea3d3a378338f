"""Viatom / Wellue PC-60FW and its relatives: fingertip oximeters on the Nordic UART Service.

They stream by themselves and remember nothing. Protocol, sources and what is stored:
viatom_pc60fw.md. Tested against captured frames, not on a device.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Said
from drivers.errors import BadChecksum, BadFrame, PayloadError
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Rejected, Status, Unit, Value
from drivers.reader import ByteReader

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
STREAM = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
NAMES = ("PC-60F", "PC-60NW", "KS-60F", "OxySmart")

HEADER = bytes((0xAA, 0x55))
HEAD_LENGTH = 4
OXIMETER, PARAMETERS = 0x0F, 0x01
SHORTEST, LONGEST = 2, 64  # what may follow the head; more is no frame
NO_NUMBER = 0
TENTHS = -1
ENOUGH_FRAMES = 60  # one a second

STATUS = {0x02: Status.SENSOR_UNCONNECTED_TO_USER, 0x04: Status.SIGNAL_ANALYSIS_ONGOING}


@dataclass(frozen=True, slots=True)
class Frame:
    token: int
    function: int
    data: bytes


def decode_frame(payload: bytes) -> Frame:
    """One whole frame: `AA 55 token length function data… checksum`."""
    reader = ByteReader(payload)
    if reader.octets(len(HEADER)) != HEADER:
        raise BadFrame(payload, mark="header")
    token, length = reader.u8(), reader.u8()
    if length < SHORTEST:
        raise BadFrame(payload, mark="length")
    body, wire = reader.octets(length - 1), reader.u8()
    reader.end(padded=False)
    if wire != (calculated := crc8_maxim(payload[:-1])):
        raise BadChecksum(payload, wire=wire, calculated=calculated)
    return Frame(token, body[0], body[1:])


def decode_parameters(payload: bytes) -> Measurement:
    """The whole frame that comes once a second: 0 is "no number", the index is in 0.1 %."""
    frame = decode_frame(payload)
    if (frame.token, frame.function) != (OXIMETER, PARAMETERS):
        raise BadFrame(payload, mark="type: no parameters")
    reader = ByteReader(frame.data)
    saturation, pulse, perfusion = reader.u8(), reader.u16(), reader.u8()
    bits = reader.u8()
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, Unit.PER_MINUTE),
            Quantity.PULSE_AMPLITUDE_INDEX: _value(perfusion, Unit.PERCENT, TENTHS),
        },
        raw=(payload,),
        status=tuple(status for bit, status in STATUS.items() if bits & bit),
    )


def crc8_maxim(octets: bytes) -> int:
    """CRC-8/MAXIM-DOW: x⁸ + x⁵ + x⁴ + 1, least significant bit first, beginning with 0."""
    remainder = 0
    for octet in octets:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x8C if remainder & 1 else 0)
    return remainder


class ViatomPc60fw(BleDriver):
    """Stores one measurement for each time that a finger is put in."""

    id = "viatom-pc60fw"
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {STREAM: decode_parameters}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion, arrived = FingerInsertion(answer_after=ENOUGH_FRAMES), bytearray()
        await link.subscribe(STREAM)
        async for _, payload in link.notifications():
            arrived += payload
            for frame in frames(arrived):
                if reading := _stored(insertion, frame):
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
        if len(arrived) < HEAD_LENGTH:
            return
        length = arrived[HEAD_LENGTH - 1]
        if not SHORTEST <= length <= LONGEST:
            del arrived[: len(HEADER)]
            continue
        if len(arrived) < HEAD_LENGTH + length:
            return
        yield bytes(arrived[: HEAD_LENGTH + length])
        del arrived[: HEAD_LENGTH + length]


def _stored(insertion: FingerInsertion, frame: bytes) -> Measurement | Rejected | None:
    """Of the frames only the parameters are decoded; the others are a waveform and bars."""
    if frame[2] != OXIMETER or frame[HEAD_LENGTH] != PARAMETERS:
        return None
    try:
        return insertion.take(decode_parameters(frame))
    except PayloadError as error:
        return Rejected(STREAM, frame, str(error))


def _value(count: int, unit: Unit, exponent: int = 0) -> Value:
    if count == NO_NUMBER:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count).scaleb(exponent), unit)
