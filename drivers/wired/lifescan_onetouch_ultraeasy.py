"""LifeScan OneTouch UltraEasy and UltraMini on the serial cable: what the memory holds.

Protocol and sources: lifescan_onetouch_ultraeasy.md. Nothing is erased. Tested against documented
packets, not on a device.
"""

from binascii import crc_hqx
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import BadChecksum, BadFrame, LinkTimeout, PayloadError, UnknownResponse
from drivers.links import SerialLink
from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from drivers.reader import ByteReader, clock_fault

RECORD = "onetouch-ultraeasy"
STX = 0x02
ETX = 0x03
AROUND = 6  # STX, length, control, ETX and two octets of checksum
SEED = 0xFFFF

SEQUENCE, EXPECTED, ACKNOWLEDGED, DISCONNECT = 0x01, 0x02, 0x04, 0x08

READ_CLOCK = bytes.fromhex("052002") + bytes(4)
SET_CLOCK = bytes.fromhex("052001")
READ_RECORD = bytes.fromhex("051f")
NO_RECORD = 501  # asked for, it is answered with how many there are
SUCCESS = bytes.fromhex("0506")
COUNT = bytes.fromhex("050f")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a device's clock has no zone


@dataclass(frozen=True, slots=True)
class Packet:
    control: int
    message: bytes


def packet(message: bytes, control: int) -> bytes:
    body = bytes((STX, len(message) + AROUND, control)) + message + bytes((ETX,))
    return body + checksum(body).to_bytes(2, "little")


def checksum(octets: bytes) -> int:
    """CRC-16-CCITT, seeded with ones."""
    return crc_hqx(octets, SEED)


def decode_packet(payload: bytes) -> Packet:
    reader = ByteReader(payload)
    start, size, control = reader.octets(3)
    if start != STX or size < AROUND:
        raise BadFrame(payload, mark="STX or length")
    message, end, wire = reader.octets(size - AROUND), reader.u8(), reader.u16()
    reader.end(padded=False)
    if end != ETX:
        raise BadFrame(payload, mark="ETX")
    if checksum(payload[:-2]) != wire:
        raise BadChecksum(payload, wire=wire, calculated=checksum(payload[:-2]))
    return Packet(control, message)


def decode_result(payload: bytes) -> Measurement:
    """The message of one packet: the marks around it differ each time. In mg/dL always."""
    reader = ByteReader(payload)
    if reader.octets(len(SUCCESS)) != SUCCESS:
        raise BadFrame(payload, mark="answer")
    stamp, number = _stamp(reader.u32()), reader.u32()
    reader.end(padded=False)
    return Measurement(
        kind=Kind.GLUCOSE,
        values={Quantity.GLUCOSE: Value(Decimal(number), Unit.MG_PER_DL)},
        raw=(payload,),
        device_time=stamp,
        status=tuple(clock_fault(True, stamp)),
    )


def _stamp(seconds: int) -> datetime | None:
    """Seconds of local time; 0 where the clock was never set."""
    return EPOCH + timedelta(seconds=seconds) if seconds else None


class LifescanOnetouchUltraeasy(SerialDriver):
    """Reads everything once, as soon as the meter answers."""

    id = "lifescan-onetouch-ultraeasy"
    settings = SerialSettings(baud=9600)
    decoders: ClassVar[Mapping[str, Decoder]] = {RECORD: decode_result}

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        talk = await _begun(link)
        answer = await talk.ask(READ_RECORD + NO_RECORD.to_bytes(2, "little"))
        if not answer.startswith(COUNT):
            raise UnknownResponse(answer, code=answer[1] if len(answer) > 1 else 0, operator=0)
        for index in range(int.from_bytes(answer[len(COUNT) :], "little")):
            record = await talk.ask(READ_RECORD + index.to_bytes(2, "little"))
            yield attempt(decode_result, RECORD, record)

    async def read_clock(self, link: SerialLink) -> datetime | None:
        answer = await (await _begun(link)).ask(READ_CLOCK)
        reader = ByteReader(answer)
        try:
            done = reader.octets(len(SUCCESS)) == SUCCESS
            return _stamp(reader.u32()) if done else None
        except PayloadError:
            return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        """LinkTimeout where the meter has gone: later this would be the wrong time."""
        seconds = int((local - EPOCH).total_seconds())
        talk = _Conversation(link)
        await talk.begin()
        await talk.ask(SET_CLOCK + seconds.to_bytes(4, "little"))


async def _begun(link: SerialLink) -> "_Conversation":
    """Waits for a meter, for as long as the port is open."""
    while True:
        talk = _Conversation(link)
        try:
            await talk.begin()
        except (LinkTimeout, PayloadError):
            continue
        return talk


class _Conversation:
    """Every packet is acknowledged, and both sides count theirs modulo two."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self._counts = 0

    async def begin(self) -> None:
        await self._link.write(packet(b"", DISCONNECT))
        await self._packet()

    async def ask(self, message: bytes) -> bytes:
        await self._link.write(packet(message, self._counts))
        self._counts ^= SEQUENCE
        while (answer := await self._packet()).control & ACKNOWLEDGED:
            continue
        self._counts ^= EXPECTED
        await self._link.write(packet(b"", self._counts | ACKNOWLEDGED))
        return answer.message

    async def _packet(self) -> Packet:
        while (start := await self._link.read(1)) != bytes((STX,)):
            continue
        size = await self._link.read(1)
        return decode_packet(start + size + await self._link.read(max(size[0] - 2, 1)))
