"""Writes down what came of the rows, many at a time: losing a batch only makes a duplicate (I4)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hub.uplink.anomalies import Anomalies, Anomaly
from hub.uplink.rows import OnLedger, Outbox

LINGER_S = 0.01  # a receipt often follows its PUBACK within this, and then both are one write


@dataclass(slots=True)
class _Batch:
    seqs: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    received: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    seen: dict[str, datetime] = field(default_factory=dict)
    changes: list[Callable[[Outbox], object]] = field(default_factory=list)

    def write(self, outbox: Outbox) -> set[str]:
        """→ the ids that the outbox does not know. Runs on the ledger's thread."""
        at = datetime.now(UTC)
        if self.sent:
            outbox.sent(self.sent, at)
        known = outbox.acknowledge(self.received, at) if self.received else set()
        if self.taken:
            known |= outbox.acknowledge(self.taken, at, received=False)
        known |= {id for id, seen_at in self.seen.items() if outbox.seen(id, seen_at)}
        for change in self.changes:
            change(outbox)
        return (self.received | self.taken | self.seen.keys()) - known


class Bookkeeper:
    """One for the life of the process; `run` is its task."""

    def __init__(self, outbox: Outbox, on_ledger: OnLedger, anomalies: Anomalies) -> None:
        self._outbox = outbox
        self._on_ledger = on_ledger
        self._anomalies = anomalies
        self._next = _Batch()
        self._writing = _Batch()
        self._waiting = asyncio.Event()

    @property
    def settling(self) -> set[int]:
        """Rows whose state in the book is older than what is known."""
        return self._next.seqs | self._writing.seqs

    def is_settling(self, seq: int) -> bool:
        return seq in self._next.seqs or seq in self._writing.seqs

    def sent(self, seq: int) -> None:
        """The broker has it. The row stays due, so it does not settle anything."""
        self._next.sent.add(seq)
        self._waiting.set()

    def done(self, seq: int | None, id: str, *, received: bool = True) -> None:
        """`received`: the central service said so; else the broker's word must do."""
        (self._next.received if received else self._next.taken).add(id)
        if seq is not None:
            self._next.sent.discard(seq)  # being done says that it was sent, too
        self._settle(seq)

    def seen(self, id: str, at: datetime) -> None:
        self._next.seen[id] = at
        self._settle(None)

    def change(self, seq: int, change: Callable[[Outbox], object]) -> None:
        """Park, defer: in the order of the calls."""
        self._next.changes.append(change)
        self._settle(seq)

    async def run(self) -> None:
        while True:
            await self._waiting.wait()
            await asyncio.sleep(LINGER_S)
            await self.flush()

    async def flush(self) -> None:
        self._waiting.clear()
        self._writing, self._next = self._next, _Batch()
        try:
            unknown = await self._on_ledger(lambda: self._writing.write(self._outbox))
        finally:
            self._writing = _Batch()
        for id in unknown:
            self._anomalies.note(Anomaly.UNKNOWN_BUNDLE, id)

    def _settle(self, seq: int | None) -> None:
        if seq is not None:
            self._next.seqs.add(seq)
        self._waiting.set()
