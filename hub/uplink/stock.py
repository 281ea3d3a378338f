"""Rows fetched ahead of time, so that the line does not wait for the disk."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from hub.records import OutboxKind
from hub.uplink.envelope import Pack, compressed
from hub.uplink.rows import Fetched, OnLedger, Outbox, Parcel, Seal, fetch

OnParked = Callable[[int, OutboxKind, str], None]
"""Told of each row that was parked, and why: somebody has to look."""


class Stock:
    """`parcels` are ready to leave, in their order. `stirred` is called when there may be more.

    busy  rows that are due in the book, but not to be sent now
    """

    def __init__(
        self,
        outbox: Outbox,
        on_ledger: OnLedger,
        seal: Seal,
        size: int,
        busy: Callable[[], set[int]],
        stirred: Callable[[], None],
        on_parked: OnParked,
        pack: Pack = compressed,
    ) -> None:
        self._outbox = outbox
        self._on_ledger = on_ledger
        self._seal = seal
        self._size = size
        self._busy = busy
        self._stirred = stirred
        self._on_parked = on_parked
        self._pack = pack
        self.parcels: deque[Parcel] = deque()
        self._is_stale = True
        self._more = False
        self._unready: frozenset[int] = frozenset()
        self._mark = 0
        self._fetching: asyncio.Task[Fetched] | None = None

    async def open(self) -> None:
        """A connection begins: what is in the outbox now is the backlog."""
        self._mark = await self._on_ledger(self._outbox.newest)
        self.renew()

    def renew(self) -> None:
        """Other rows may be due than those that were fetched."""
        self._is_stale = True
        self.parcels.clear()
        self._stirred()

    def wake(self) -> None:
        """There is a new row, or one that had nothing to send may have something now."""
        self._unready = frozenset()
        self.renew()

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            self._fetching = None
        self.parcels.clear()

    def refill(self) -> None:
        """Take what has come, and ask for more in good time. Errors of the book come out here."""
        if self._fetching is not None:
            if not self._fetching.done():
                return
            self._take(self._fetching.result())
            self._fetching = None
        if self._is_stale or (self._more and len(self.parcels) <= self._size // 2):
            self._ask()

    def _ask(self) -> None:
        self._is_stale = False
        here = {parcel.row.seq for parcel in self.parcels}
        job = partial(
            fetch,
            self._outbox,
            self._seal,
            limit=self._size,
            mark=self._mark,
            excluding=self._busy() | self._unready | here,
            pack=self._pack,
        )
        self._fetching = asyncio.ensure_future(self._on_ledger(job))
        self._fetching.add_done_callback(lambda _: self._stirred())

    def _take(self, fetched: Fetched) -> None:
        for due, reason in fetched.parked:
            self._on_parked(due.seq, due.kind, reason)
        if self._is_stale:
            return  # somebody woke us meanwhile: it is fetched again, in the right order
        self.parcels.extend(fetched.parcels)
        self._more = fetched.more
        self._unready |= fetched.unready
