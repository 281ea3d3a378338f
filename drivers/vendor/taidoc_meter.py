"""TaiDoc, FORA and GlucoRx meters over Bluetooth: cuffs, thermometers, scales, oximeters, glucose.

Protocol and sources: taidoc.md. What is stored stays in the meter. Tested against documented
frames and one captured weight, not on a device.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from drivers.contract import (
    NOTHING,
    BleDriver,
    BleMatch,
    Decoder,
    Memory,
    Reading,
    Said,
    attempt,
)
from drivers.errors import LinkTimeout
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink
from drivers.measurement import Learned, Measurement, Rejected
from drivers.vendor.taidoc_conversation import ALL_USERS, Conversation
from drivers.vendor.taidoc_frames import (
    OXIMETER_ON,
    OXIMETER_VALUE,
    START,
    TURN_OFF,
    ask,
    frame_length,
)
from drivers.vendor.taidoc_records import decode_record

SERVICE = "00001523-1212-efde-1523-785feabcd123"
CHARACTERISTIC = "00001524-1212-efde-1523-785feabcd123"
# TD4206 and TD4216 speak the Glucose Profile and are not among these.
NAMES = (
    "FORA D40",
    "FORA GD40",
    "FORA IR40",
    "FORA IR42",
    "FORA MD6",
    "FORA P30 PLUS",
    "FORA W310",
    "TAIDOC TD1",
    "TAIDOC TD25",
    "TAIDOC TD3",
    "TAIDOC TD4141",
    "TAIDOC TD4257",
    "TAIDOC TD4277",
    "TAIDOC TD8",
)

ANSWER_WITHIN_S = 5.0
FINGER_GONE_S = 10.0  # an oximeter sends every second while a finger is in
ENOUGH_FRAMES = 60  # the session has a deadline, and what is only held would be lost
LIVE = bytes((2, 0, 0, 0))
FOUR_USERS = "four-users"
USERS = (1, 2, 3, 4)
NEWEST = "newest_record_"


class TaidocMeter(BleDriver):
    """Yields what the meter holds; an oximeter: one measurement for each finger insertion."""

    id = "taidoc-meter"
    # The service is the example of Nordic's developer kit, so radon meters and pens have it too.
    match = BleMatch(service=SERVICE, name_prefix=NAMES)
    decoders: ClassVar[Mapping[str, Decoder]] = {CHARACTERISTIC: decode_record}
    quirks = frozenset({FOUR_USERS})
    clock_step_s = 60

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._talking: Conversation | None = None

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        talk = await self._talk(link)
        if await talk.is_oximeter():
            said: AsyncGenerator[Said, None] = self._insertions(link, await talk.model())
        else:
            said = self._records(talk)
        async with aclosing(said):
            async for reading in said:
                yield reading

    async def read_clock(self, link: GattLink) -> datetime | None:
        return await (await self._talk(link)).read_clock()

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        await (await self._talk(link)).set_clock(local)

    async def part(self, link: GattLink) -> None:
        """Switch it off: it would stay awake, and advertise what was read."""
        await link.write(CHARACTERISTIC, ask(TURN_OFF))

    async def _talk(self, link: GattLink) -> Conversation:
        if self._talking is None:
            await link.subscribe(CHARACTERISTIC)
            self._talking = Conversation(_Wire(link).exchange, CHARACTERISTIC)
        return self._talking

    async def _records(self, talk: Conversation) -> AsyncGenerator[Said, None]:
        for user in USERS if FOUR_USERS in self.oddities else (ALL_USERS,):
            known, newest = self.memory.get(f"{NEWEST}{user}", ""), ""
            async with aclosing(talk.records(user, bytes.fromhex(known))) as readings:
                async for reading in readings:
                    newest = newest or _octets(reading).hex()
                    yield _of_user(reading, user)
            if newest:
                # Only now that everything before it is stored.
                yield Learned({f"{NEWEST}{user}": newest})

    async def _insertions(self, link: GattLink, model: bytes) -> AsyncGenerator[Said, None]:
        insertion = FingerInsertion(answer_after=ENOUGH_FRAMES)
        await link.write(CHARACTERISTIC, ask(OXIMETER_ON, LIVE))
        async for source, payload in link.notifications(FINGER_GONE_S):
            if source != CHARACTERISTIC or payload[1:2] != bytes((OXIMETER_VALUE,)):
                continue
            frame = attempt(decode_record, source, model + payload)
            if isinstance(frame, Rejected):
                continue  # a damaged second is not missed
            if whole := insertion.take(frame):
                yield whole
        if held := insertion.end():
            yield held


class _Wire:
    """Commands and their answers, which may be split over notifications."""

    def __init__(self, link: GattLink) -> None:
        self._link = link
        self._one_at_a_time = asyncio.Lock()

    async def exchange(self, command: bytes) -> bytes:
        async with self._one_at_a_time:  # the clock may be set while records are read
            return await self._exchange(command)

    async def _exchange(self, command: bytes) -> bytes:
        await self._link.write(CHARACTERISTIC, command)
        arrived = bytearray()
        async for source, payload in self._link.notifications(ANSWER_WITHIN_S):
            if source != CHARACTERISTIC:
                continue
            if not arrived and payload[:1] != bytes((START,)):
                continue
            arrived += payload
            if len(arrived) < frame_length(arrived):
                continue
            if arrived[1] == command[1]:
                return bytes(arrived)
            arrived.clear()  # said without being asked
        raise LinkTimeout(f"command {command[1]:02x}", ANSWER_WITHIN_S)


def _octets(reading: Reading) -> bytes:
    return reading.raw[0] if isinstance(reading, Measurement) else reading.payload


def _of_user(reading: Reading, user: int) -> Reading:
    if user == ALL_USERS or not isinstance(reading, Measurement):
        return reading
    return replace(reading, user_index=user)
