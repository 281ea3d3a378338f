"""Nonin's data formats 2 and 7, with a waveform: a packet of 25 frames (nonin.md, "Packets")."""

from dataclasses import dataclass
from decimal import Decimal

from drivers.errors import BadChecksum, BadFrame
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader
from drivers.wired.nonin_formats import (
    FORMAT_8_SECOND,
    MISSING_PULSE,
    MISSING_SATURATION,
)

FORMAT_2 = "nonin-2"
FORMAT_7 = "nonin-7"
FRAME_LENGTH = 5
FRAMES = 25
PACKET_LENGTH = FRAME_LENGTH * FRAMES
START = 0x01  # of a frame in format 2

ALWAYS = 0x80
FIRST = 0x01
GREEN = 0x02
RED = 0x04
MARKS = {0x08: Status.SENSOR_ALARM, 0x10: Status.OUT_OF_TRACK, 0x20: Status.ARTIFACT}

SECOND_STATUS = 7
SATURATION = 8  # for display, as in format 8
PULSE = 19


@dataclass(frozen=True, slots=True)
class Frame:
    """A seventy-fifth of a second: `number` is the octet whose meaning its place in the packet
    tells."""

    status: int
    number: int

    @property
    def is_first(self) -> bool:
        return bool(self.status & FIRST)


def decode_frame_2(payload: bytes) -> Frame:
    start, status, _, number = _checked(payload)
    if start != START or not status & ALWAYS:
        raise BadFrame(payload, mark="start")
    return Frame(status, number)


def decode_frame_7(payload: bytes) -> Frame:
    status, _, _, number = _checked(payload)
    if not status & ALWAYS:
        raise BadFrame(payload, mark="start")
    return Frame(status, number)


def decode_packet_2(payload: bytes) -> Measurement:
    return _packet(payload, [decode_frame_2(frame) for frame in _split(payload)])


def decode_packet_7(payload: bytes) -> Measurement:
    return _packet(payload, [decode_frame_7(frame) for frame in _split(payload)])


def _split(payload: bytes) -> list[bytes]:
    reader = ByteReader(payload)
    frames = [reader.octets(FRAME_LENGTH) for _ in range(FRAMES)]
    reader.end(padded=False)
    return frames


def _packet(payload: bytes, frames: list[Frame]) -> Measurement:
    if [frame.is_first for frame in frames] != [True] + [False] * (FRAMES - 1):
        raise BadFrame(payload, mark="first frame")
    numbers = [frame.number for frame in frames]
    pulse = (numbers[PULSE] & 0x03) << 7 | numbers[PULSE + 1] & 0x7F
    bits = 0
    for frame in frames:
        bits |= frame.status
    second = numbers[SECOND_STATUS]
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(
                numbers[SATURATION] & 0x7F, MISSING_SATURATION, Unit.PERCENT
            ),
            Quantity.PULSE_RATE: _value(pulse, MISSING_PULSE, Unit.PER_MINUTE),
        },
        raw=(payload,),
        status=(
            *(said for bit, said in MARKS.items() if bits & bit),
            *_perfusion(frames),
            *(said for bit, said in FORMAT_8_SECOND.items() if second & bit and bit != 0x08),
        ),
    )


def _perfusion(frames: list[Frame]) -> list[Status]:
    """Each pulse is told as green, as red, or as both, which is yellow."""
    pulses = {frame.status & (RED | GREEN) for frame in frames}
    if RED in pulses:
        return [Status.LOW_PERFUSION]
    return [Status.MARGINAL_PERFUSION] if RED | GREEN in pulses else []


def _checked(payload: bytes) -> bytes:
    reader = ByteReader(payload)
    octets, total = reader.octets(FRAME_LENGTH - 1), reader.u8()
    reader.end(padded=False)
    if sum(octets) & 0xFF != total:
        raise BadChecksum(payload, wire=total, calculated=sum(octets) & 0xFF)
    return octets


def _value(number: int, missing: int, unit: Unit) -> Value:
    if number == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), unit)
