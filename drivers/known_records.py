"""Reading on from where the last session ended, in a memory whose records are numbered.

The newest known record is asked for again, and all after it. When it comes back with the same
octets, the memory is still the one that was read. When it does not, everything is asked for: the
meter was erased, counts anew, or numbers backwards (DM30b firmware 1.2.4: number 0 is the newest,
so that every number moves; xDrip, BluetoothGlucoseMeter).

What could lose a record is not remembered or not relied upon:

- records that did not come in ascending order say nothing about the next one's number;
- a number in the upper half of its range may wrap before the next session;
- the mark is taken away before it is used, so a device that breaks off over it is asked for all;
  one that has always done so before its first record, five times, is never asked for a part again;
- every tenth report is of all records, for whatever else a memory may do, and for a meal that
  somebody adds to an old reading.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from drivers.contract import Memory, Reading, Said
from drivers.errors import LinkError, LinkRefused, ProcedureFailed
from drivers.measurement import Learned, Rejected

SEQUENCE = "newest_sequence"
RECORD = "newest_record"
IN_PART = "reports_in_part"
BROKEN_OFF = "reports_broken_off"
FORGET = Learned({SEQUENCE: None, RECORD: None})
HIGHEST_MARK = 0x7FFF
IN_PART_AT_MOST = 9
BROKEN_OFF_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One record: its number, and what it must come back as."""

    sequence: int
    record: str


class Seen:
    """The records of one report, in the order of their arrival.

    proof  octets without which a record is not the same (a sensor's start)
    """

    def __init__(self, proof: bytes = b"") -> None:
        self._proof = proof.hex()
        self._marks: set[Mark] = set()
        self._newest: Mark | None = None
        self._ascending = True

    def add(self, record: Reading) -> None:
        if isinstance(record, Rejected) or record.sequence is None:
            return
        mark = Mark(record.sequence, self._proof + record.raw[0].hex())
        if self._newest is not None and mark.sequence < self._newest.sequence:
            self._ascending = False
        self._marks.add(mark)
        self._newest = mark

    def __contains__(self, mark: Mark) -> bool:
        return mark in self._marks

    @property
    def newest(self) -> Mark | None:
        """None where it cannot be told, or where the next number may be a low one again."""
        fit = self._newest is not None and self._newest.sequence <= HIGHEST_MARK
        return self._newest if fit and self._ascending else None


Report = Callable[[int | None, Seen], AsyncGenerator[Reading, None]]


async def read_on(memory: Memory, report: Report, proof: bytes = b"") -> AsyncGenerator[Said, None]:
    """Everything new, or everything.

    report  asks for the records from a number on (None: for all), yields what they say, and adds
            each to what was seen as it arrives
    proof   what else must be as it was for a record to be the same
    """
    known, parts = _mark(memory), _number(memory, IN_PART)
    broken_off = _number(memory, BROKEN_OFF)
    if known and parts < IN_PART_AT_MOST and broken_off < BROKEN_OFF_AT_MOST:
        yield FORGET
        seen, answered = Seen(proof), False
        try:
            async with aclosing(report(known.sequence, seen)) as readings:
                async for reading in readings:
                    answered = True
                    yield reading
        except (ProcedureFailed, LinkRefused):
            pass  # it does not know the filter: it is asked for all
        except LinkError:
            if not answered:
                yield Learned({BROKEN_OFF: str(broken_off + 1)})
            raise
        broken_off = 0
        if known in seen:
            yield _learned(seen.newest, parts + 1, broken_off)
            return
    seen = Seen(proof)
    async with aclosing(report(None, seen)) as readings:
        async for reading in readings:
            yield reading
    if seen.newest or memory:
        yield _learned(seen.newest, 0, broken_off)


def _learned(newest: Mark | None, parts: int, broken_off: int) -> Learned:
    return Learned(
        {
            SEQUENCE: str(newest.sequence) if newest else None,
            RECORD: newest.record if newest else None,
            IN_PART: str(parts) if newest else None,
            BROKEN_OFF: str(broken_off) if broken_off else None,
        }
    )


def _mark(memory: Memory) -> Mark | None:
    if SEQUENCE not in memory or RECORD not in memory:
        return None
    return Mark(_number(memory, SEQUENCE), memory[RECORD])


def _number(memory: Memory, name: str) -> int:
    text = memory.get(name, "")
    return int(text) if text.isdecimal() else 0
