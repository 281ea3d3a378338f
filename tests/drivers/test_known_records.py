"""Reading on where the last session ended: what is asked for, and that nothing is ever lost."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from drivers.contract import Memory, Said
from drivers.errors import LinkLost, LinkRefused, ProcedureFailed
from drivers.gatt.glucose import Glucose
from drivers.links import uuid16
from drivers.measurement import Learned, Measurement
from drivers.reader import ByteReader
from drivers.replay import ReplayGattLink, Step, Trace

MEASUREMENT, CONTROL_POINT = uuid16(0x2A18), uuid16(0x2A52)
MARK = {"newest_sequence": "7", "newest_record": "020700ea070b16080f2f6fb011"}
FORGOTTEN = Learned({"newest_sequence": None, "newest_record": None})
ALL, FROM_7 = "0101", "0103010700"


def asked(payload: str) -> Step:
    return {"write": "2a52", "payload": payload}


def record(sequence: int, number: int = 0x6F) -> Step:
    payload = f"02{sequence.to_bytes(2, 'little').hex()}ea070b16080f2f{number:02x}b011"
    return {"notify": "2a18", "payload": payload}


def ended(code: int = 1) -> Step:
    return {"notify": "2a52", "payload": f"060001{code:02x}"}


def shown(said: list[Said]) -> list[int | dict[str, str | None] | None]:
    """Sequence numbers, and what was learned."""
    return [
        dict(one.facts)
        if isinstance(one, Learned)
        else one.sequence
        if isinstance(one, Measurement)
        else None
        for one in said
    ]


async def session(memory: Memory, *steps: Step) -> tuple[list[Said], list[str]]:
    """What was said, and what was asked for."""
    link = ReplayGattLink(Trace("", "", "", steps, offers=("2a18", "2a52")))
    said = [one async for one in Glucose(memory).read(link)]
    return said, [payload.hex() for _, payload in link.written]


def newest(sequence: int, parts: int = 0, number: int = 0x6F) -> dict[str, str | None]:
    return {
        "newest_sequence": str(sequence),
        "newest_record": record(sequence, number)["payload"],
        "reports_in_part": str(parts),
        "reports_broken_off": None,
    }


NOTHING_LEARNED = {
    "newest_sequence": None,
    "newest_record": None,
    "reports_in_part": None,
    "reports_broken_off": None,
}


async def test_the_newest_record_is_learned_after_the_last() -> None:
    said, requests = await session({}, asked(ALL), record(6), record(7), ended())
    assert shown(said) == [6, 7, newest(7)]
    assert requests == [ALL]


async def test_the_same_memory_is_read_on() -> None:
    said, requests = await session(MARK, asked(FROM_7), record(7), record(8), ended())
    assert requests == [FROM_7]
    assert shown(said) == [dict(FORGOTTEN.facts), 7, 8, newest(8, parts=1)]


async def test_the_mark_is_taken_away_before_it_is_used() -> None:
    """So that a meter which breaks off over the filter is asked for all the next time."""
    link = ReplayGattLink(Trace("", "", "", (asked(FROM_7),), offers=("2a18", "2a52")))
    said = Glucose(MARK).read(link)
    assert await anext(said) == FORGOTTEN
    assert link.written == []
    assert await anext(said) == Learned({"reports_broken_off": "1"})
    with pytest.raises(LinkLost):
        await anext(said)


async def remembered(memory: Memory, *steps: Step) -> tuple[dict[str, str], list[str]]:
    """What is known after a session, and what was asked for in it; it may break off."""
    link = ReplayGattLink(Trace("", "", "", steps, offers=("2a18", "2a52")))
    known: dict[str, str | None] = dict(memory)
    with suppress(LinkLost):
        async for said in Glucose(memory).read(link):
            known |= said.facts if isinstance(said, Learned) else {}
    requests = [payload.hex() for _, payload in link.written]
    return {name: value for name, value in known.items() if value is not None}, requests


async def test_a_meter_that_always_breaks_off_is_asked_for_all_in_the_end() -> None:
    """Else every other session with it would be lost."""
    memory: dict[str, str] = dict(MARK)
    every = (asked(ALL), record(7), ended())
    requests = []
    for _ in range(13):
        memory, sent = await remembered(memory, *every)
        requests += sent
    assert requests == [*[FROM_7, ALL] * 5, ALL, ALL, ALL]


async def test_a_meter_that_broke_off_is_forgiven_when_it_answers() -> None:
    part, whole = (asked(FROM_7), record(7), ended()), (asked(ALL), record(7), ended())
    memory, _ = await remembered(MARK)
    assert memory == {"reports_broken_off": "1"}
    memory, _ = await remembered(memory, *whole)
    assert memory["reports_broken_off"] == "1"
    memory, sent = await remembered(memory, *part)
    assert sent == [FROM_7]
    assert "reports_broken_off" not in memory


async def test_a_link_lost_after_the_first_record_is_no_fault_of_the_filter() -> None:
    memory, sent = await remembered(MARK, asked(FROM_7), record(7))
    assert (memory, sent) == ({}, [FROM_7])


class RefusingLink(ReplayGattLink):
    """Its meter refuses the filter below the control point, with an ATT error."""

    async def write(self, characteristic: str, payload: bytes) -> None:
        if len(payload) > 2:
            raise LinkRefused("write", "invalid attribute value length")
        await super().write(characteristic, payload)


async def test_a_meter_that_refuses_the_write_is_asked_for_all() -> None:
    link = RefusingLink(Trace("", "", "", (asked(ALL), record(7), ended()), offers=("2a18",)))
    said = [one async for one in Glucose(MARK).read(link)]
    assert shown(said)[1:] == [7, newest(7)]


@pytest.mark.parametrize("code", [2, 3, 4, 5, 9])
async def test_a_meter_without_the_filter_is_asked_for_all(code: int) -> None:
    said, requests = await session(
        MARK, asked(FROM_7), ended(code), asked(ALL), record(6), record(7), ended()
    )
    assert requests == [FROM_7, ALL]
    assert shown(said)[1:] == [6, 7, newest(7)]


@pytest.mark.parametrize(
    "answer",
    [
        [ended(6)],  # erased, or it counts anew and has not come so far
        [record(8), ended()],  # the known one is gone
        [record(7, number=0x70), record(8), ended()],  # another reading has its number
    ],
    ids=["no records", "missing", "different"],
)
async def test_another_memory_is_read_whole(answer: list[Step]) -> None:
    steps = (asked(FROM_7), *answer, asked(ALL), record(1), record(2), ended())
    said, requests = await session(MARK, *steps)
    assert requests == [FROM_7, ALL]
    assert shown(said)[-3:] == [1, 2, newest(2)]


async def test_a_failure_of_the_whole_report_is_one() -> None:
    with pytest.raises(ProcedureFailed):
        await session(MARK, asked(FROM_7), ended(2), asked(ALL), ended(8))


async def test_numbers_that_do_not_ascend_are_no_mark() -> None:
    said, _ = await session({}, asked(ALL), record(1), record(0), ended())
    assert shown(said) == [1, 0]
    said, _ = await session(MARK, asked(FROM_7), record(7), record(9), record(8), ended())
    assert shown(said)[-1] == NOTHING_LEARNED


async def test_a_number_that_may_wrap_is_no_mark() -> None:
    said, _ = await session({}, asked(ALL), record(0x7FFF), ended())
    assert shown(said)[-1] == newest(0x7FFF)
    said, _ = await session({}, asked(ALL), record(0x7FFF), record(0x8000), ended())
    assert shown(said) == [0x7FFF, 0x8000]


async def test_every_tenth_report_is_of_all() -> None:
    memory: dict[str, str] = {}
    requests = []
    for _ in range(11):
        first = FROM_7 if memory.get("reports_in_part", "9") != "9" else ALL
        said, asked_for = await session(memory, asked(first), record(7), ended())
        requests += asked_for
        memory = {name: value for name, value in newest(7).items() if value}
        assert isinstance(said[-1], Learned)
        memory = {name: value for name, value in said[-1].facts.items() if value is not None}
    assert requests == [ALL, *[FROM_7] * 9, ALL]


async def test_an_empty_meter_teaches_nothing() -> None:
    assert await session({}, asked(ALL), ended(6)) == ([], [ALL])


class Meter:
    """A meter with a memory of its own mind; also the link to it."""

    CAPACITY = 12

    def __init__(
        self,
        chance: random.Random,
        first: int = 1,
        *,
        backwards: bool = False,
        filters: bool = True,
    ) -> None:
        self._chance = chance
        self._backwards = backwards
        self._filters = filters
        self._next = first
        self._minute = 0
        self._kept: list[tuple[int, bytes]] = []
        self._arrivals: list[tuple[str, bytes]] = []

    def measure(self) -> None:
        self._minute += 1
        time = bytes((self._minute // 60 % 24, self._minute % 60, 0))
        rest = bytes.fromhex("ea070b16") + time + bytes.fromhex("6fb011")
        self._kept = [*self._kept, (self._next, rest)][-self.CAPACITY :]
        self._next = (self._next + 1) % 65_536

    def erase(self) -> None:
        self._kept, self._next = [], self._chance.choice([0, 1, self._next])

    def records(self) -> list[bytes]:
        """Oldest first, or with the newest as number 0 in front of the others."""
        kept = [
            (place if self._backwards else number, rest)
            for place, (number, rest) in enumerate(
                reversed(self._kept) if self._backwards else self._kept
            )
        ]
        return [b"\2" + number.to_bytes(2, "little") + rest for number, rest in kept]

    def has(self, characteristic: str) -> bool:
        return characteristic in (MEASUREMENT, CONTROL_POINT)

    async def read(self, characteristic: str) -> bytes:
        raise NotImplementedError

    async def subscribe(self, characteristic: str) -> None: ...

    async def pause(self, seconds: float) -> None: ...

    async def write(self, characteristic: str, payload: bytes) -> None:
        code, found = 1, self.records()
        if payload != b"\1\1":
            first = int.from_bytes(payload[3:], "little")
            found = [one for one in found if ByteReader(one[1:3]).u16() >= first]
            code, found = (1 if found else 6, found) if self._filters else (4, [])
        self._arrivals += [(MEASUREMENT, one) for one in found]
        self._arrivals.append((CONTROL_POINT, bytes((6, 0, 1, code))))

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        while self._arrivals:
            yield self._arrivals.pop(0)


@pytest.mark.parametrize("seed", range(60))
async def test_nothing_is_lost_by_any_meter(seed: int) -> None:
    """Erased, counting anew, wrapping, numbering backwards, full, without the filter."""
    chance = random.Random(seed)  # noqa: S311  the same meters in every run
    meter = Meter(
        chance,
        chance.choice([0, 1, 32_760, 65_530]),
        backwards=chance.random() < 0.3,
        filters=chance.random() < 0.8,
    )
    memory: dict[str, str] = {}
    kept: set[bytes] = set()
    for _ in range(25):
        if chance.random() < 0.1:
            meter.erase()
        for _ in range(chance.randrange(5)):
            meter.measure()
        async for said in Glucose(memory).read(meter):
            if isinstance(said, Learned):
                merged = {**memory, **said.facts}
                memory = {name: value for name, value in merged.items() if value is not None}
            elif isinstance(said, Measurement):
                kept.add(said.raw[0])
        assert set(meter.records()) <= kept


async def test_a_part_is_shorter_than_the_whole() -> None:
    """The point of it all: what is known is not sent again."""
    meter = Meter(random.Random(0))  # noqa: S311
    for _ in range(10):
        meter.measure()
    whole = [said async for said in Glucose().read(meter)]
    assert isinstance(whole[-1], Learned)
    memory = {name: value for name, value in whole[-1].facts.items() if value is not None}
    meter.measure()
    part = [said async for said in Glucose(memory).read(meter)]
    assert len([one for one in whole if isinstance(one, Measurement)]) == 10
    assert len([one for one in part if isinstance(one, Measurement)]) == 2
