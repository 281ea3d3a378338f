"""Omron cuffs: the way into the memory, and what is read of it; nothing is ever written."""

from collections.abc import AsyncIterator, Collection, Mapping
from functools import reduce
from operator import xor

import pytest

from drivers.contract import Advertisement, Said
from drivers.errors import (
    BadChecksum,
    BadFrame,
    LinkRefused,
    LinkTimeout,
    ProcedureFailed,
    TruncatedPayload,
)
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.device_information import MODEL_NUMBER
from drivers.measurement import Learned, Measurement, Quantity, Status
from drivers.registry import choose
from drivers.vendor.omron_frames import (
    CLOSE,
    OPEN,
    Assembler,
    decode_frame,
    decode_refusal,
    read_command,
)
from drivers.vendor.omron_layouts import LAYOUTS, layout_of
from drivers.vendor.omron_memory import (
    ANSWERED,
    ASKED,
    CUFF_WITH_BOND,
    CUFF_WITH_KEY,
    UNLOCK,
    OmronMemory,
)
from drivers.vendor.omron_records import ByteOrder, decode_clock, decode_record

KEY = "00112233445566778899aabbccddeeff"
MORNING = bytes.fromhex("6558541a331ade1800004c00ba00")  # HEM-7142T2, captured
EARLIER = bytes.fromhex("6457431a7316161c000046001900")  # the same cuff
BIG = bytes.fromhex("45615a310f06179a000000897f80")  # HEM-6232T, captured
EMPTY = bytes.fromhex("ff" * 14)


class Cuff:
    """A cuff with a memory. `read_at` are the addresses that were asked for."""

    def __init__(self, model: str, memory: Mapping[int, bytes], channels: int = 1) -> None:
        self.model = model
        self.cells = bytearray(b"\xff" * 0x1000)
        for address, octets in memory.items():
            self.cells[address : address + len(octets)] = octets
        self.channels = channels
        self.key = ""
        self.is_pairing = False
        self.damaged = 0
        self.closes_with = 0
        self.opens_with = 0
        self.written: list[bytes] = []
        self.read_at: list[int] = []
        self._arrived: list[tuple[str, bytes]] = []

    def has(self, characteristic: str) -> bool:
        return characteristic in (MODEL_NUMBER, UNLOCK, ASKED, *ANSWERED[: self.channels])

    async def read(self, characteristic: str) -> bytes:
        assert characteristic == MODEL_NUMBER
        return self.model.encode()

    async def subscribe(self, characteristic: str) -> None:
        assert self.has(characteristic)

    async def pause(self, seconds: float) -> None:
        """Nothing waits for a fake."""

    async def write(self, characteristic: str, payload: bytes) -> None:
        self.written.append(payload)
        if characteristic == UNLOCK:
            self._arrived.append((UNLOCK, self._unlocked(payload)))
        else:
            self._answer(self._asked(payload))

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        while self._arrived:
            yield self._arrived.pop(0)

    def _unlocked(self, payload: bytes) -> bytes:
        if payload[0] == 0x11:
            return bytes((0x91, 0)) + payload[1:5]
        if payload[0] == 0x02:
            return b"\x82\x00" if self.is_pairing else b"\xff\x26"
        if payload[0] == 0x00:
            self.key = payload[1:].hex()
            return bytes((0x80, 0))
        return bytes((0x81, 0)) if payload[1:].hex() == self.key else b"\xff\x0f"

    def _asked(self, command: bytes) -> bytes:
        if self.closes_with:
            frame = bytes.fromhex("088f00000000") + bytes((self.closes_with,))
            return frame + bytes((reduce(xor, frame),))
        if command == OPEN:
            frame = bytes.fromhex("088000000010") + bytes((self.opens_with,))
            return frame + bytes((reduce(xor, frame),))
        if command == CLOSE:
            return bytes.fromhex("088f000000000087")
        assert command[1:3] == b"\x01\x00", "a cuff's memory is only read"
        address, size = int.from_bytes(command[3:5], "big"), command[5]
        self.read_at.append(address)
        head = (
            bytes((size + 8, 0x81, 0)) + command[3:6] + self.cells[address : address + size] + b"\0"
        )
        return head + bytes((reduce(xor, head),))

    def _answer(self, frame: bytes) -> None:
        if self.damaged:
            self.damaged -= 1
            frame = frame[:-1] + bytes((frame[-1] ^ 1,))
        if self.channels == 1:
            self._arrived.append((ANSWERED[0], frame))
            return
        padded = frame + bytes(-len(frame) % 16)
        for number, at in enumerate(range(0, len(padded), 16)):
            self._arrived.append((ANSWERED[number], padded[at : at + 16]))


def small(*records: bytes, cursor: int) -> Cuff:
    """A HEM-7142T2: one user, fourteen slots from 0x2E8, nothing but a token in the way."""
    return Cuff("HEM-7142T2-Z", {0x0260: bytes((cursor, 0x80)), 0x02E8: b"".join(records)})


async def said(
    cuff: Cuff, memory: Mapping[str, str] | None = None, quirks: Collection[str] = ()
) -> list[Said]:
    return [one async for one in OmronMemory(memory or {}, quirks).read(cuff)]


def swapped(record: bytes) -> bytes:
    """The same record as an older cuff has it."""
    return b"".join(record[at : at + 2][::-1] for at in range(0, len(record), 2))


def systolics(found: list[Said]) -> list[int]:
    return [
        int(one.values[Quantity.SYSTOLIC].number or 0)
        for one in found
        if isinstance(one, Measurement)
    ]


def learned(found: list[Said]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for one in found:
        if isinstance(one, Learned):
            facts |= {name: value for name, value in one.facts.items() if value is not None}
    return facts


async def test_a_new_cuff_is_read_whole_oldest_first() -> None:
    cuff = small(MORNING, EARLIER, cursor=1)
    assert systolics(await said(cuff)) == [125, 126]
    assert cuff.written[-1] == CLOSE


async def test_the_next_session_reads_only_what_is_new() -> None:
    cuff = small(EARLIER, cursor=1)
    memory = learned(await said(cuff))
    assert set(memory) == {"cursor_1", "mark_1"}
    cuff = small(EARLIER, MORNING, cursor=2)
    assert systolics(await said(cuff, memory)) == [126]
    assert len(cuff.read_at) < 14 / 3


async def test_nothing_new_is_nothing() -> None:
    cuff = small(EARLIER, MORNING, cursor=2)
    memory = learned(await said(cuff))
    assert await said(cuff, memory) == []


async def test_a_cursor_that_is_the_last_slot_loses_nothing() -> None:
    memory = learned(await said(small(EARLIER, EARLIER, cursor=1)))
    assert systolics(await said(small(EARLIER, EARLIER, MORNING, cursor=2), memory))[-1] == 126


async def test_a_ring_that_went_round_is_read_whole() -> None:
    memory = learned(await said(small(EARLIER, cursor=1)))
    full = small(*[MORNING] * 14, cursor=2)
    assert len(systolics(await said(full, memory))) == 14


async def test_the_measurements_are_stored_before_the_cursor_is_remembered() -> None:
    found = await said(small(EARLIER, MORNING, cursor=2))
    assert [type(one) for one in found] == [Measurement, Measurement, Learned]


async def test_two_users_and_four_channels() -> None:
    cuff = Cuff("HEM-6232T-E", {0x0260: bytes.fromhex("80018001"), 0x02E8: BIG, 0x0860: BIG}, 4)
    cuff.key = KEY
    found = [one for one in await said(cuff, {"key": KEY}) if isinstance(one, Measurement)]
    assert [one.user_index for one in found] == [1, 2]
    assert [one.raw for one in found] == [(BIG,), (BIG,)]


async def test_a_cuff_whose_cursors_are_stored_otherwise_than_its_records() -> None:
    memory = {0x0260: bytes.fromhex("80018000"), 0x02AC: MORNING}
    cuff = Cuff("HEM-7320T-Z", memory, 4)
    cuff.key = KEY
    found = await said(cuff, {"key": KEY})
    assert systolics(found) == [126]
    assert {"cursor_1": "1", "cursor_2": "0"}.items() <= learned(found).items()


async def test_a_cuff_in_pairing_mode_takes_a_key_that_is_durable_before() -> None:
    cuff = Cuff("HEM-6161T-E", {0x0260: bytes.fromhex("8001"), 0x02E8: BIG}, 4)
    cuff.is_pairing = True
    reading = OmronMemory().read(cuff)
    first = await anext(reading)
    assert isinstance(first, Learned)
    assert cuff.written == []
    assert systolics([one async for one in reading]) == [122]
    assert cuff.key == first.facts["key"]
    assert len(bytes.fromhex(cuff.key)) == 16


async def test_each_cuff_gets_a_key_of_its_own() -> None:
    keys = []
    for _ in range(2):
        first = await anext(OmronMemory().read(Cuff("HEM-6161T-E", {}, 4)))
        assert isinstance(first, Learned)
        keys.append(first.facts["key"])
    assert keys[0] != keys[1]


async def test_a_cuff_that_forgot_the_key_takes_the_same_again() -> None:
    cuff = Cuff("HEM-6161T-E", {0x0260: bytes.fromhex("8001"), 0x02E8: BIG}, 4)
    cuff.is_pairing = True
    assert systolics(await said(cuff, {"key": KEY})) == [122]
    assert cuff.key == KEY


async def test_a_cuff_with_another_key_says_what_to_do() -> None:
    cuff = Cuff("HEM-6161T-E", {}, 4)
    cuff.key = "ff" * 16
    with pytest.raises(LinkRefused, match="-P-"):
        await said(cuff, {"key": KEY})


async def test_a_damaged_answer_is_asked_for_again() -> None:
    cuff = small(MORNING, cursor=1)
    cuff.damaged = 2
    assert systolics(await said(cuff)) == [126]
    cuff.damaged = 3
    with pytest.raises(LinkTimeout):
        await said(cuff)


async def test_a_cuff_that_closes_its_memory() -> None:
    cuff = small(MORNING, cursor=1)
    cuff.closes_with = 3
    with pytest.raises(ProcedureFailed) as caught:
        await said(cuff)
    assert caught.value.code == 3


async def test_an_answer_with_an_error_is_no_answer() -> None:
    cuff = small(MORNING, cursor=1)
    cuff.opens_with = 5
    with pytest.raises(ProcedureFailed) as caught:
        await said(cuff)
    assert caught.value.code == 5


async def test_a_cursor_beyond_the_ring_is_not_believed_or_remembered() -> None:
    found = await said(small(MORNING, EARLIER, cursor=200), {"cursor_1": "1", "mark_1": ""})
    assert sorted(systolics(found)) == [125, 126]
    assert learned(found) == {}


@pytest.mark.parametrize(
    ("services", "driver"),
    [
        ({CUFF_WITH_KEY}, OmronMemory),
        ({CUFF_WITH_BOND}, OmronMemory),
        ({CUFF_WITH_BOND, BloodPressure.service}, OmronMemory),
        ({BloodPressure.service}, BloodPressure),
    ],
)
def test_which_of_omrons_cuffs_it_reads(services: set[str], driver: object) -> None:
    omron = {0x020E: bytes.fromhex("08000200f1001e010006")}
    seen = Advertisement("", "X2+ Connect_C1C5", frozenset(services), company_data=omron)
    assert choose(seen) is driver


def test_the_assigned_number_of_its_service() -> None:
    assert CUFF_WITH_BOND == "0000fe4a-0000-1000-8000-00805f9b34fb"


async def test_a_model_that_nobody_described_is_not_guessed_at() -> None:
    with pytest.raises(LinkRefused, match="layout"):
        await said(Cuff("HEM-9999T", {}))


async def test_a_marketing_name_is_read_by_its_row_in_the_catalogue() -> None:
    cuff = Cuff("X2+ Connect", {0x0010: bytes((1, 0)), 0x01C4: MORNING + bytes(2)})
    assert systolics(await said(cuff, quirks=["hem-7188t1"])) == [126]


async def test_the_clock_in_the_memory() -> None:
    cuff = Cuff("HEM-7142T2-Z", {0x028C: bytes.fromhex("c8a80000000000001a06120e3509ee00")})
    clock = await OmronMemory().read_clock(cuff)
    assert str(clock) == "2026-06-18 14:53:09"
    with pytest.raises(LinkRefused, match="never written"):
        await OmronMemory().set_clock(cuff, clock)  # type: ignore[arg-type]


async def test_the_clock_is_not_asked_for_before_the_key_is_durable() -> None:
    cuff = Cuff("HEM-6161T-E", {}, 4)
    assert await OmronMemory().read_clock(cuff) is None
    assert cuff.written == []


def test_the_older_clock() -> None:
    """Captured from a HEM-7280T (omblepy issue #57) on the day before it was reported."""
    assert str(decode_clock(bytes.fromhex("08c8091912122c1b855d"), "big")) == "2025-09-18 18:27:44"


@pytest.mark.parametrize("length", [0, 9, 11, 15, 17])
def test_a_clock_of_another_length(length: int) -> None:
    with pytest.raises(BadFrame):
        decode_clock(bytes(length), "big")
    with pytest.raises(BadChecksum):
        decode_clock(bytes.fromhex("09c8091912122c1b855d"), "big")


def test_seconds_up_to_63_are_the_last_of_the_minute() -> None:
    record = bytes.fromhex("6558541a331aff18000000000000")
    assert str(decode_record(record, "little").device_time) == "2026-06-17 19:35:59"


def test_a_date_that_is_none_is_a_time_fault() -> None:
    seen = decode_record(bytes.fromhex("6558541a1300de18000000000000"), "little")
    assert seen.device_time is None
    assert Status.TIME_FAULT in seen.status


@pytest.mark.parametrize(
    ("date", "time", "status"),
    [
        ("339a", "de18", Status.BODY_MOVEMENT),
        ("335a", "de18", Status.IRREGULAR_PULSE),
        ("331a", "de08", Status.CUFF_TOO_LOOSE),
        ("331a", "de38", Status.BATTERY_LOW),
        ("331a", "de58", Status.IMPROPER_POSITION),
        ("331a", "de98", Status.IMPROPER_POSITION),
    ],
)
def test_status_bits(date: str, time: str, status: Status) -> None:
    little = bytes.fromhex(f"6558541a{date}{time}000000000000")
    assert decode_record(little, "little").status == (status,)
    assert decode_record(swapped(little), "big").status == (status,)


@pytest.mark.parametrize(("systolic", "is_one"), [("e1", True), ("e2", False), ("ff", False)])
def test_the_highest_systolic_of_a_record(systolic: str, is_one: bool) -> None:
    little = bytes.fromhex(f"{systolic}58541a331ade18000000000000")
    orders: tuple[tuple[ByteOrder, bytes], ...] = (("little", little), ("big", swapped(little)))
    for order, record in orders:
        if is_one:
            seen = decode_record(record, order)
            assert seen.values[Quantity.SYSTOLIC].number == 250
        else:
            with pytest.raises(BadFrame, match="empty"):
                decode_record(record, order)


def test_nothing_here_can_write() -> None:
    assert read_command(0x0260, 0x26).hex() == "080100026026004d"


def test_a_frame_and_its_damage() -> None:
    frame = bytes.fromhex("16810002e80e53444f19ed263a1700001400770000b7")
    assert decode_frame(frame).data.hex() == "53444f19ed263a17000014007700"
    with pytest.raises(TruncatedPayload):
        decode_frame(frame[:-1])
    with pytest.raises(BadChecksum):
        decode_frame(frame[:-1] + b"\xb6")
    with pytest.raises(BadFrame):
        decode_frame(bytes.fromhex("0480008c"))


def test_a_frame_over_channels_forgets_what_came_before_its_beginning() -> None:
    """Captured from a HEM-7280T (omblepy issue #57)."""
    parts = [
        bytes.fromhex("2e8100026026401e802d80008000094d"),
        bytes.fromhex("ff09865e094dff09865e08c809191212"),
        bytes.fromhex("2c1b855df835685114e002da00ff0000"),
    ]
    assembler = Assembler()
    assert [assembler.take(1, bytes(16)), assembler.take(2, bytes(16))] == [None, None]
    assert [assembler.take(*one) for one in enumerate(parts)] == [None, None, b"".join(parts)]
    assert assembler.take(2, parts[2]) is None


def test_a_refusal() -> None:
    assert decode_refusal(bytes.fromhex("ff26")) == 0x26


@pytest.mark.parametrize(
    ("number", "identifier"),
    [
        ("HEM-7361T-EBK", "hem-7361t"),
        ("HEM-7155T-EBK", "hem-7155t"),
        ("HEM-7280T-E", "hem-7322t"),
        ("HEM-7382T1-AZAZ", "hem-7382t1"),
        ("HEM-7155T_K4-EBK", None),
        ("HEM-7155T-MW3", None),
        ("", None),
    ],
)
def test_models(number: str, identifier: str | None) -> None:
    assert layout_of(number) is (LAYOUTS[identifier] if identifier else None)


def test_the_table_is_consistent() -> None:
    numbers = [number for layout in LAYOUTS.values() for number in layout.numbers]
    assert len(set(numbers)) == len(numbers)
    for identifier, layout in LAYOUTS.items():
        ends = [start + layout.slots * layout.size for start in layout.users]
        assert all(end <= start for end, start in zip(ends, layout.users[1:], strict=False)), (
            identifier
        )
        assert layout.together * layout.size + 8 <= 64, identifier
