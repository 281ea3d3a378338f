"""Omron cuffs whose measurements are read out of their memory: M7 Intelli, M4, RS7, X7 Smart …

Reads only; nothing is ever written to the memory, not even that something was read. Models:
omron_layouts.py; protocol, keys and sources: omron_memory.md. Tested against captured frames, not
on a device.
"""

import secrets
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from drivers.contract import NOTHING, BleDriver, BleMatch, Decoder, Memory, Said
from drivers.device_clock import CURRENT_TIME
from drivers.errors import LinkRefused, LinkTimeout, PayloadError, ProcedureFailed
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.device_information import MODEL_NUMBER, decode_text
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Learned
from drivers.vendor import omron_frames as frames
from drivers.vendor.omron_layouts import LAYOUTS, Layout, Unlock, layout_of
from drivers.vendor.omron_records import decode_answer, decode_clock, decode_record, is_empty

OMRON_HEALTHCARE = 0x020E  # assigned by the Bluetooth SIG
CUFF_WITH_KEY = "ecbe3980-c9a2-11e1-b1bd-0002a5d5c51b"
CUFF_WITH_BOND = uuid16(0xFE4A)
UNLOCK = "b305b680-aee7-11e1-a730-0002a5d5c51b"
ASKED = "db5b55e0-aee7-11e1-965e-0002a5d5c51b"  # commands are short: the first of four is enough
ANSWERED = (
    "49123040-aee8-11e1-a74d-0002a5d5c51b",
    "4d0bf320-aee8-11e1-a0d9-0002a5d5c51b",
    "5128ce60-aee8-11e1-b84b-0002a5d5c51b",
    "560f1420-aee8-11e1-8184-0002a5d5c51b",
)

SETTLE_S = 1.5  # the cuff drops links on which somebody is too quick (hass-omron)
REPLY_S = 2.0
ATTEMPTS = 3
CURSOR = 0xFF
CURSOR_LENGTH = 2


class OmronMemory(BleDriver):
    """A quirk is the name of a layout, for cuffs whose model number is none ("X2+ Connect")."""

    id = "omron-memory"
    match = BleMatch(company=OMRON_HEALTHCARE, service=(CUFF_WITH_KEY, CUFF_WITH_BOND))
    decoders: ClassVar[Mapping[str, Decoder]] = {ANSWERED[0]: decode_answer}
    quirks = frozenset(LAYOUTS)

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._key = memory.get("key")
        self._assembler = frames.Assembler()
        self._is_open = False

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        layout = await self._layout(link)
        if layout is None:
            async for said in self._standard(link):
                yield said
            return
        if layout.unlock is Unlock.KEY and self._key is None:
            self._key = secrets.token_hex(frames.KEY_LENGTH)
            yield Learned({"key": self._key})
        await self._open(link, layout)
        cursors = await self._bytes(link, layout.settings, CURSOR_LENGTH * len(layout.users))
        for user, base in enumerate(layout.users):
            at = user * CURSOR_LENGTH
            word = int.from_bytes(cursors[at : at + CURSOR_LENGTH], layout.cursors or layout.order)
            cursor = word & CURSOR
            async for said in self._user(link, layout, base, user + 1, cursor):
                yield said
        await self._ask(link, frames.CLOSE, frames.CLOSED)
        self._is_open = False

    async def read_clock(self, link: GattLink) -> datetime | None:
        """Current Time where it is offered, else what stands in the memory, once it has a key."""
        if link.has(CURRENT_TIME):
            return await super().read_clock(link)
        layout = await self._layout(link)
        if layout is None or (layout.unlock is Unlock.KEY and self._key is None):
            return None
        await self._open(link, layout)
        offset, length = layout.clock
        try:
            return decode_clock(
                await self._bytes(link, layout.settings + offset, length), layout.order
            )
        except PayloadError:
            return None

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        if not link.has(CURRENT_TIME):
            raise LinkRefused("set the clock", "it lies in the memory, which is never written")
        await super().set_clock(link, local)

    async def _layout(self, link: GattLink) -> Layout | None:
        for quirk in self.oddities:
            return LAYOUTS[quirk]
        payload = await read_if_offered(link, MODEL_NUMBER)
        return layout_of(decode_text(payload or b"") or "")

    async def _standard(self, link: GattLink) -> AsyncGenerator[Said, None]:
        """A cuff that nobody described may offer the standard profile as well."""
        if not link.has(BloodPressure.characteristic):
            raise LinkRefused("read", "no layout is known for this model's memory")
        async for said in BloodPressure(self.memory).read(link):
            yield said

    async def _open(self, link: GattLink, layout: Layout) -> None:
        if self._is_open:
            return
        await link.pause(SETTLE_S)
        for channel in filter(link.has, ANSWERED):
            await link.subscribe(channel)
        if layout.unlock is not Unlock.NOTHING:
            await link.subscribe(UNLOCK)
            await (self._show_token if layout.unlock is Unlock.TOKEN else self._show_key)(link)
        await self._ask(link, frames.OPEN, frames.OPENED)
        self._is_open = True

    async def _show_token(self, link: GattLink) -> None:
        said = await self._unlock(link, bytes((0x11,)) + frames.TOKEN + bytes(15))
        if said[:6] != bytes((frames.TOKEN_ACCEPTED, 0)) + frames.TOKEN:
            raise LinkRefused("unlock", _refusal(said))

    async def _show_key(self, link: GattLink) -> None:
        """The key that this cuff has; in pairing mode (-P- blinks) it takes ours."""
        key = bytes.fromhex(self._key or "")
        said = b""
        if "key" in self.memory:
            said = await self._unlock(link, bytes((0x01,)) + key)
        if said[:2] == bytes((frames.KEY_ACCEPTED, 0)):
            return
        entered = await self._unlock(link, frames.ENTER_PROGRAMMING)
        if entered[0] == frames.PROGRAMMING_ENTERED:
            stored = await self._unlock(link, bytes((0x00,)) + key)
            if stored[0] != frames.KEY_STORED:
                raise LinkRefused("store the key", _refusal(stored))
            said = await self._unlock(link, bytes((0x01,)) + key)
        if said[:1] != bytes((frames.KEY_ACCEPTED,)):
            raise LinkRefused("unlock", "hold the button until -P- blinks")

    async def _unlock(self, link: GattLink, command: bytes) -> bytes:
        for _ in range(ATTEMPTS):
            await link.write(UNLOCK, command)
            async for source, payload in link.notifications(REPLY_S):
                if source == UNLOCK and payload:
                    return payload
        raise LinkTimeout("unlock", ATTEMPTS * REPLY_S)

    async def _user(
        self, link: GattLink, layout: Layout, base: int, user: int, cursor: int
    ) -> AsyncGenerator[Said, None]:
        """One ring, oldest first; what was read before is left out when it is surely the same."""
        index = user if len(layout.users) > 1 else None
        for slots in _in_reads(await self._slots(link, layout, base, user, cursor), layout):
            asked = base + slots[0] * layout.size, len(slots) * layout.size
            octets = await self._bytes(link, *asked)
            for at in range(0, len(octets), layout.size):
                record = octets[at : at + layout.size]
                if not is_empty(record, layout.order):
                    yield replace(decode_record(record, layout.order), user_index=index)
        if cursor <= layout.slots:
            mark = await self._mark(link, layout, base, cursor)
            facts = {f"cursor_{user}": str(cursor), f"mark_{user}": mark}
            if not facts.items() <= self.memory.items():
                yield Learned(facts)

    async def _slots(
        self, link: GattLink, layout: Layout, base: int, user: int, cursor: int
    ) -> list[int]:
        known, everything = self.memory.get(f"cursor_{user}"), range(cursor, cursor + layout.slots)
        if known is None or cursor > layout.slots:
            return [slot % layout.slots for slot in everything]
        before = int(known)
        # A ring that went round more than once has another record where the last one was.
        if self.memory.get(f"mark_{user}") != await self._mark(link, layout, base, before):
            return [slot % layout.slots for slot in everything]
        new = (cursor - before) % layout.slots
        # One more: descriptions differ in whether the cursor is the last slot or the one after it.
        return [(before + offset) % layout.slots for offset in range(new + 1)]

    async def _mark(self, link: GattLink, layout: Layout, base: int, cursor: int) -> str:
        """What tells the record before the cursor from any other, without its numbers."""
        slot = (cursor - 1) % layout.slots
        record = await self._bytes(link, base + slot * layout.size, layout.size)
        return sha256(record).hexdigest()[:16]

    async def _bytes(self, link: GattLink, address: int, size: int) -> bytes:
        command = frames.read_command(address, size)
        return (await self._ask(link, command, frames.READ, address, size)).data

    async def _ask(
        self, link: GattLink, command: bytes, wanted: int, address: int = 0, size: int = 0
    ) -> frames.Frame:
        for _ in range(ATTEMPTS):
            await link.write(ASKED, command)
            async for source, part in link.notifications(REPLY_S):
                frame = self._frame(source, part)
                if frame is None or frame.type not in (wanted, frames.CLOSED):
                    continue
                if frame.type != wanted or frame.result:
                    raise ProcedureFailed(f"command {command[1:3].hex()}", frame.result, "refused")
                if wanted != frames.READ or (frame.address, len(frame.data)) == (address, size):
                    return frame
        raise LinkTimeout(f"command {command[1:3].hex()}", ATTEMPTS * REPLY_S)

    def _frame(self, source: str, part: bytes) -> frames.Frame | None:
        """The frame that this part completes; a damaged one is asked for again."""
        if source not in ANSWERED:
            return None
        whole = self._assembler.take(ANSWERED.index(source), part)
        try:
            return frames.decode_frame(whole) if whole is not None else None
        except PayloadError:
            return None


def _in_reads(slots: list[int], layout: Layout) -> list[list[int]]:
    """Neighbours together, as many as one read may ask for."""
    reads: list[list[int]] = []
    for slot in slots:
        last = reads[-1] if reads else []
        if last and last[-1] + 1 == slot and len(last) < layout.together:
            last.append(slot)
        else:
            reads.append([slot])
    return reads


def _refusal(said: bytes) -> str:
    try:
        return f"error {frames.decode_refusal(said):#04x}"
    except PayloadError:
        return f"answered {said.hex()}"
