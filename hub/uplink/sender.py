"""What may leave now: alerts first, then fresh rows, then the backlog at its pace.

A row is *ready* (fetched), *in flight* (until PUBACK), *waiting* (for a receipt, or for the end of
a back-off), or *settling* (its fate is known and about to be written). All of this is memory: in
the book a row stays due until its receipt, so after a crash whatever has none simply goes again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal, NoReturn, Protocol
from uuid import UUID

from hub.records import OutboxKind
from hub.uplink.bookkeeper import Bookkeeper
from hub.uplink.endings import Ending, TooLarge
from hub.uplink.envelope import FHIR_JSON, Publication, compressed
from hub.uplink.patience import Pace, Patience
from hub.uplink.receipts import Fate, Verdict
from hub.uplink.rows import Fetched, Lane, OnLedger, Outbox, Row, Seal, fetch
from hub.uplink.topics import Topics


class Line(Protocol):
    """As `hub.uplink.mqtt.Connection`."""

    @property
    def in_flight_limit(self) -> int: ...
    def publish(self, publication: Publication, /) -> asyncio.Future[int]: ...


OnParked = Callable[[int, OutboxKind, str], None]
"""Told of each row that was parked, and why: somebody has to look."""


class Sender:
    """One for the life of the process; `drain` for each connection."""

    def __init__(
        self,
        outbox: Outbox,
        on_ledger: OnLedger,
        seal: Seal,
        topics: Topics,
        books: Bookkeeper,
        *,
        receipts: Literal["central", "broker"] = "central",
        pace: Pace | None = None,
        on_parked: OnParked = lambda seq, kind, reason: None,
    ) -> None:
        self._outbox = outbox
        self._on_ledger = on_ledger
        self._seal = seal
        self._topics = topics
        self._books = books
        self._receipts = receipts
        self._pace = pace or Pace()
        self._on_parked = on_parked
        self._patience = Patience(self._pace)
        self._stirred = asyncio.Event()
        self._ready: deque[Row] = deque()
        self._look = True  # what is ready may be out of date
        self._more = False  # there was more than fitted into the last fetch
        self._unready: frozenset[int] = frozenset()
        self._mark = 0
        self._backlog_at = 0.0
        self._in_flight: dict[int, Row] = {}
        self._suspects: set[int] = set()
        self._unreceipted: dict[UUID, Row] = {}  # without their bytes

    @property
    def problem(self) -> str | None:
        """Why the broker takes nothing, or nothing of a kind, in words for the technician."""
        said = [f"{kind}: {reason}" for kind, reason in self._patience.problems.items()]
        return "; ".join(said) or None

    def wake(self) -> None:
        """A row was put into the outbox, or one may now be ready to be sealed."""
        self._unready = frozenset()
        self._look = True
        self._stirred.set()

    async def drain(self, line: Line, *, session_present: bool) -> NoReturn:
        """Send until cancelled, or until publishing raises ConnectionEnded."""
        loop = asyncio.get_running_loop()
        self._mark = await self._on_ledger(self._outbox.newest)
        self._patience.reconnected(loop.time(), session_present=session_present)
        self._look = True
        while True:
            self._stirred.clear()
            self._look |= self._patience.recall(loop.time())
            await self._refill()
            self._publish_ready(line)
            alarms = [loop.call_at(at, self._stirred.set) for at in self._alarms()]
            await self._stirred.wait()
            for alarm in alarms:
                alarm.cancel()

    def interrupted(self, ending: Ending) -> None:
        """The connection is gone, and what was in flight is due again.

        Where the broker hung up over a message, the rows then in flight go one at a time, so that
        the one at fault is found, and only that one is parked.
        """
        if ending.blames_a_message:
            open_rows = [row for row in self._in_flight.values() if row.uuid in self._unreceipted]
            self._suspects |= {row.seq for row in open_rows}
            if len(open_rows) == 1:
                row = open_rows[0]
                self._judge(row, self._patience.blamed(row, ending.reason, _now()))
        self._in_flight.clear()
        self._ready.clear()

    def receive(self, verdict: Verdict) -> None:
        """A receipt came. It may overtake its PUBACK."""
        row = self._unreceipted.pop(verdict.bundle, None)
        seq, id = (row.seq, row.id) if row is not None else (None, verdict.bundle.urn)
        if verdict.fate is Fate.STORED:
            self._books.done(seq, id)
            if verdict.seen_at is not None:
                self._books.seen(id, verdict.seen_at)
        # Without a row: if it is ours it is still due, goes again, and then the answer finds it.
        if row is None:
            return
        self._patience.forget(row.seq)
        self._suspects.discard(row.seq)
        if verdict.fate is Fate.DEAD:
            self._park(row, verdict.reason)
        elif verdict.fate is Fate.LATER:
            until = _now() + verdict.after_s
            self._patience.put_off(row.seq, until)
            self._backlog_at = max(self._backlog_at, until)  # the service asked for time
        self._stirred.set()

    async def _refill(self) -> None:
        while self._look or (self._more and not self._ready):
            await self._fetch()

    async def _fetch(self) -> None:
        self._look = False
        busy = self._in_flight.keys() | self._patience.seqs | self._books.settling | self._unready
        fetched: Fetched = await self._on_ledger(
            partial(
                fetch,
                self._outbox,
                self._seal,
                limit=self._pace.fetch,
                mark=self._mark,
                excluding=busy,
            )
        )
        self._ready = fetched.rows
        self._more = fetched.more
        if not self._look:  # else somebody woke us meanwhile, and they may be ready now
            self._unready |= fetched.unready
        for due, reason in fetched.parked:
            self._on_parked(due.seq, due.kind, reason)

    def _publish_ready(self, line: Line) -> None:
        limit = 1 if self._suspects else line.in_flight_limit
        while self._ready and len(self._in_flight) < limit and self._may_go(self._ready[0].lane):
            self._launch(line, self._ready.popleft())

    def _may_go(self, lane: Lane) -> bool:
        if len(self._in_flight) + len(self._patience) >= self._pace.window_of(lane):
            return False
        return lane is not Lane.BACKLOG or self._backlog_at <= _now()

    def _alarms(self) -> list[float]:
        """When there may be something to do without anything happening."""
        alarms = [at for at in (self._patience.earliest,) if at is not None]
        if self._ready and self._ready[0].lane is Lane.BACKLOG and self._backlog_at > _now():
            alarms.append(self._backlog_at)
        return alarms

    def _launch(self, line: Line, row: Row) -> None:
        paused_until = self._patience.paused_until(row.kind, _now())
        if paused_until is not None:
            self._patience.put_off(row.seq, paused_until)
            return
        try:
            answer = line.publish(self._publication(row))
        except TooLarge as error:
            self._park(row, str(error))
            return
        if row.lane is Lane.BACKLOG and self._pace.backlog_per_s:
            self._backlog_at = max(self._backlog_at, _now()) + 1 / self._pace.backlog_per_s
        self._in_flight[row.seq] = row
        self._unreceipted[row.uuid] = replace(row, body=b"")
        answer.add_done_callback(partial(self._answered, row))

    def _publication(self, row: Row) -> Publication:
        payload, encoding = compressed(row.body)
        return Publication(
            topic=self._topics.fhir(row.kind),
            payload=payload,
            content_type=FHIR_JSON,
            id=row.uuid,
            created=row.created_at,
            response_topic=self._topics.receipt,
            encoding=encoding,
            urgent=row.lane is Lane.URGENT,
        )

    def _answered(self, row: Row, answer: asyncio.Future[int]) -> None:
        """PUBACK, or the end of the connection (which `interrupted` deals with)."""
        if answer.cancelled() or answer.exception() is not None:
            return
        self._in_flight.pop(row.seq, None)
        self._suspects.discard(row.seq)
        self._stirred.set()
        code = answer.result()
        if code >= 0x80:
            self._judge(row, self._patience.refused(row, code, _now()))
            return
        self._patience.taken(row)
        if self._receipts == "broker":
            self._unreceipted.pop(row.uuid, None)
            self._patience.forget(row.seq)
            self._books.done(row.seq, row.id, received=False)
        elif row.uuid in self._unreceipted:
            self._books.sent(row.seq)
            self._patience.await_receipt(row.seq, _now())

    def _judge(self, row: Row, poisonous: str | None) -> None:
        if poisonous is not None:
            self._suspects.discard(row.seq)
            self._park(row, poisonous)

    def _park(self, row: Row, reason: str) -> None:
        self._unreceipted.pop(row.uuid, None)
        self._patience.forget(row.seq)
        self._books.change(row.seq, lambda outbox: outbox.park(row.seq, reason))
        self._on_parked(row.seq, row.kind, reason)


def _now() -> float:
    return asyncio.get_running_loop().time()
