"""Viatom / Wellue O2Ring and its relatives (Checkme O2, SleepO2, KidsO2 …): worn oximeters.

Asked, not streamed. Protocol, sources, what is stored and what an O2Ring-S would need:
viatom_o2ring.md. Tested against documented frames, not on a device.
"""

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from drivers.contract import NOTHING, BleDriver, BleMatch, Decoder, Memory, Said
from drivers.errors import BadChecksum, BadFrame, LinkTimeout, PayloadError, ProcedureFailed
from drivers.finger_insertion import FINGER_IS_OUT, FingerInsertion
from drivers.links import GattLink
from drivers.measurement import (
    Absent,
    Kind,
    Learned,
    Measurement,
    Quantity,
    Status,
    Unit,
    Value,
)
from drivers.reader import ByteReader

SERVICE = "14839ac4-7d7e-415c-9a42-167340cf2339"  # of scales and cuffs by this maker as well
ANSWERS = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
COMMANDS = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"
NAMES = ("O2Ring", "Checkme O2", "CheckmeO2", "SleepO2", "KidsO2", "WearO2", "O2M")

ASK, ANSWER = 0xAA, 0x55
HEAD_LENGTH = 7
INFO, SETTINGS, SENSORS = 0x14, 0x16, 0x17
CHUNK = 20  # octets of one write

NO_SATURATION = {0, 0xFF}
NO_PULSE = {0, 0xFFFF}
WORN = 0x01
TIME = "%Y-%m-%d,%H:%M:%S"

REPLY_S = 2.0
ATTEMPTS = 3
BETWEEN_S = 1.0
ENOUGH_ANSWERS = 10  # of them the last is taken
ASK_AT_MOST = 60  # a ring that is calibrating, or lies on the table
NOT_AGAIN_WITHIN = timedelta(minutes=15)
SPOT_AT = "spot_at"


def command(code: int, data: bytes = b"") -> bytes:
    head = bytes((ASK, code, code ^ 0xFF, 0, 0)) + len(data).to_bytes(2, "little") + data
    return head + bytes((crc8(head),))


def decode_answer(payload: bytes) -> bytes:
    """The data of one whole answer: `55 result ~result block(2) size(2) data… crc`."""
    reader = ByteReader(payload)
    mark, result, inverted = reader.octets(3)
    reader.u16()
    data, wire = reader.octets(reader.u16()), reader.u8()
    reader.end(padded=False)
    if mark != ANSWER or result != inverted ^ 0xFF:
        raise BadFrame(payload, mark="head")
    if wire != (calculated := crc8(payload[:-1])):
        raise BadChecksum(payload, wire=wire, calculated=calculated)
    if result:
        raise BadFrame(payload, mark=f"result: refused with {result}")
    return data


def decode_sensors(payload: bytes) -> Measurement:
    """One answer to SENSORS: saturation, pulse, steps, battery, charging, motion, index, state."""
    reader = ByteReader(decode_answer(payload))
    saturation, pulse = reader.u8(), reader.u16()
    reader.octets(8)
    state = reader.u8()  # newer rings add an octet of alarms
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, NO_SATURATION, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, NO_PULSE, Unit.PER_MINUTE),
        },
        raw=(payload,),
        status=() if state & WORN else (Status.SENSOR_UNCONNECTED_TO_USER,),
    )


def decode_clock(payload: bytes) -> datetime | None:
    """What an answer to INFO (a JSON object in which all is text) says of the ring's clock."""
    try:
        members = json.loads(decode_answer(payload).rstrip(b"\0 ").decode("utf-8", "replace"))
        return datetime.strptime(str(members["CurTIME"]), TIME)  # noqa: DTZ007  a device's clock has no zone
    except (TypeError, KeyError, ValueError, RecursionError):
        return None


def crc8(octets: bytes) -> int:
    """CRC-8: x⁸ + x² + x + 1, most significant bit first, beginning with 0."""
    remainder = 0
    for octet in octets:
        remainder ^= octet
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x07 if remainder & 0x80 else 0)) & 0xFF
    return remainder


class ViatomO2Ring(BleDriver):
    """Stores one measurement a quarter of an hour while it is worn in the hub's range."""

    id = "viatom-o2ring"
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {ANSWERS: decode_sensors}

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._is_listening = False

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        now = await self.read_clock(link)
        if now is not None and self._was_asked_lately(now):
            return
        insertion = FingerInsertion(answer_after=ENOUGH_ANSWERS)
        for _ in range(ASK_AT_MOST):
            frame = decode_sensors(await self._ask(link, command(SENSORS)))
            if reading := insertion.take(frame):
                yield reading
                yield Learned({SPOT_AT: now.isoformat() if now is not None else None})
                return
            if not FINGER_IS_OUT.isdisjoint(frame.status):
                return
            await link.pause(BETWEEN_S)

    async def read_clock(self, link: GattLink) -> datetime | None:
        return decode_clock(await self._ask(link, command(INFO)))

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        text = json.dumps({"SetTIME": local.strftime(TIME)}, separators=(",", ":"))
        await self._ask(link, command(SETTINGS, text.encode()))

    def _was_asked_lately(self, now: datetime) -> bool:
        before = self.memory.get(SPOT_AT)
        return before is not None and abs(now - datetime.fromisoformat(before)) < NOT_AGAIN_WITHIN

    async def _ask(self, link: GattLink, octets: bytes) -> bytes:
        """The whole answer; a damaged one is asked for again."""
        if not self._is_listening:
            await link.subscribe(ANSWERS)
            self._is_listening = True
        for _ in range(ATTEMPTS):
            for at in range(0, len(octets), CHUNK):
                await link.write(COMMANDS, octets[at : at + CHUNK])
            arrived = b""
            async for source, part in link.notifications(REPLY_S):
                arrived += part if source == ANSWERS else b""
                if not _is_whole(arrived):
                    continue
                if arrived[1]:
                    raise ProcedureFailed(f"command {octets[1]:#04x}", arrived[1], "refused")
                if _is_sound(arrived):
                    return arrived
                break
        raise LinkTimeout(f"command {octets[1]:#04x}", ATTEMPTS * REPLY_S)


def _is_whole(arrived: bytes) -> bool:
    size = int.from_bytes(arrived[5:HEAD_LENGTH], "little")
    return len(arrived) > HEAD_LENGTH + size


def _is_sound(arrived: bytes) -> bool:
    try:
        decode_answer(arrived)
    except PayloadError:
        return False
    return True


def _value(count: int, missing: set[int], unit: Unit) -> Value:
    if count in missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(count), unit)
