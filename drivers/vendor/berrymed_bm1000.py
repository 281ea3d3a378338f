"""Berry Med BM1000 (B, C, E): a fingertip oximeter that streams a hundred frames a second.

Protocol, sources and what is stored: berrymed_bm1000.md. Tested against documented frames, not on
a device.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Said
from drivers.errors import BadFrame
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader

SERVICE = "49535343-fe7d-4ae5-8fa9-9fafd205e455"  # a serial bridge that many others use as well
STREAM = "49535343-1e4d-4bd9-ba61-23c647249616"
NAMES = ("BerryMed", "BM1000")

FRAME_LENGTH = 5
SYNC = 0x80
NO_SATURATION = 0x7F
NO_PULSE = 0xFF
PULSE_BIT_7 = 0x40
FRAMES_A_SECOND = 100
ENOUGH_SECONDS = 60

FIRST = {0x10: Status.INADEQUATE_SIGNAL, 0x20: Status.SENSOR_DISCONNECTED}
THIRD = {0x10: Status.SENSOR_UNCONNECTED_TO_USER, 0x20: Status.SIGNAL_ANALYSIS_ONGOING}


def decode_frame(payload: bytes) -> Measurement:
    """BCI Protocol 1.2: five octets, of which only the first has bit 7 set."""
    reader = ByteReader(payload)
    first, _waveform, third, pulse, saturation = octets = reader.octets(FRAME_LENGTH)
    reader.end(padded=False)
    if not is_frame(octets):
        raise BadFrame(payload, mark="bit 7")
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, NO_SATURATION, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(
                (third & PULSE_BIT_7) << 1 | pulse, NO_PULSE, Unit.PER_MINUTE
            ),
        },
        raw=(payload,),
        status=(*_named(first, FIRST), *_named(third, THIRD)),
    )


class BerrymedBm1000(BleDriver):
    """Stores one measurement for each time that a finger is put in."""

    id = "berrymed-bm1000"
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {STREAM: decode_frame}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion, stream = FingerInsertion(answer_after=ENOUGH_SECONDS), Stream()
        await link.subscribe(STREAM)
        async for _, payload in link.notifications():
            for frame in stream.feed(payload):
                if reading := insertion.take(decode_frame(frame)):
                    yield reading
        if held := insertion.end():
            yield held


class Stream:
    """Finds the frames, and lets one in a hundred through: the numbers change once a second."""

    def __init__(self) -> None:
        self._held = b""
        self._count = 0

    def feed(self, octets: bytes) -> Iterator[bytes]:
        arrived, at = self._held + octets, 0
        while at + FRAME_LENGTH <= len(arrived):
            frame = arrived[at : at + FRAME_LENGTH]
            if not is_frame(frame):
                at += 1
                continue
            at += FRAME_LENGTH
            self._count += 1
            if self._count % FRAMES_A_SECOND == 1:
                yield frame
        self._held = arrived[at:]


def is_frame(octets: bytes) -> bool:
    return bool(octets[0] & SYNC) and not (octets[1] | octets[2] | octets[3] | octets[4]) & SYNC


def _value(count: int, missing: int, unit: Unit) -> Value:
    if count == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count), unit)


def _named(bits: int, meanings: Mapping[int, Status]) -> list[Status]:
    return [status for bit, status in meanings.items() if bits & bit]
