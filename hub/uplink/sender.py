"""What may leave now: alerts first, then fresh rows, then the backlog at its pace.

A row is *ready* (fetched), *in flight* (until PUBACK), *waiting* (for a receipt, or for the end of
a back-off), or *settling* (its fate is known and about to be written). All of this is memory: in
the book a row stays due until its receipt, so after a crash whatever has none simply goes again.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Literal, NoReturn, Protocol
from uuid import UUID

from hub.uplink.bookkeeper import Bookkeeper
from hub.uplink.endings import Ending, TooLarge
from hub.uplink.envelope import FHIR_JSON, Pack, Publication, compressed
from hub.uplink.patience import Pace, Patience
from hub.uplink.receipts import Fate, Verdict
from hub.uplink.rows import Lane, OnLedger, Outbox, Parcel, Row, Seal
from hub.uplink.stock import OnParked, Stock
from hub.uplink.topics import Topics


class Line(Protocol):
    """As `hub.uplink.mqtt.Connection`."""

    @property
    def in_flight_limit(self) -> int: ...
    def publish(self, publication: Publication, /) -> asyncio.Future[int]: ...


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
        pack: Pack = compressed,
        pace: Pace | None = None,
        on_parked: OnParked = lambda seq, kind, reason: None,
        on_problem: Callable[[], None] = lambda: None,
    ) -> None:
        self._topics = topics
        self._books = books
        self._receipts = receipts
        self._pace = pace or Pace()
        self._on_parked = on_parked
        self._patience = Patience(self._pace, on_problem)
        self._stirred = asyncio.Event()
        self._stock = Stock(
            outbox,
            on_ledger,
            seal,
            self._pace.fetch,
            busy=self._busy,
            stirred=self._stirred.set,
            on_parked=on_parked,
            pack=pack,
        )
        self._backlog_at = 0.0
        self._in_flight: dict[int, Row] = {}
        self._suspects: set[int] = set()
        self._unreceipted: dict[UUID, Row] = {}

    @property
    def problem(self) -> str | None:
        """Why the broker takes nothing, or nothing of a kind, in words for the technician."""
        said = [f"{kind}: {reason}" for kind, reason in self._patience.problems.items()]
        return "; ".join(said) or None

    def wake(self) -> None:
        """A row was put into the outbox, or one may now be ready to be sealed."""
        self._stock.wake()

    async def drain(self, line: Line, *, session_present: bool) -> NoReturn:
        """Send until cancelled, or until publishing raises ConnectionEnded."""
        loop = asyncio.get_running_loop()
        await self._stock.open()
        self._patience.reconnected(loop.time(), session_present=session_present)
        while True:
            self._stirred.clear()
            if self._patience.recall(loop.time()):
                self._stock.renew()
            self._stock.refill()
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
        self._stock.close()

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

    def _busy(self) -> set[int]:
        return self._in_flight.keys() | self._patience.seqs | self._books.settling

    def _publish_ready(self, line: Line) -> None:
        limit = 1 if self._suspects else line.in_flight_limit
        ready = self._stock.parcels
        while ready and len(self._in_flight) < limit and self._may_go(ready[0].lane):
            self._launch(line, ready.popleft())

    def _may_go(self, lane: Lane) -> bool:
        if len(self._in_flight) + len(self._patience) >= self._pace.window_of(lane):
            return False
        return lane is not Lane.BACKLOG or self._backlog_at <= _now()

    def _alarms(self) -> list[float]:
        """When there may be something to do without anything happening."""
        alarms = [at for at in (self._patience.earliest,) if at is not None]
        ready = self._stock.parcels
        if ready and ready[0].lane is Lane.BACKLOG and self._backlog_at > _now():
            alarms.append(self._backlog_at)
        return alarms

    def _launch(self, line: Line, parcel: Parcel) -> None:
        row = parcel.row
        if self._books.is_settling(row.seq):
            return  # its receipt came after it was fetched to go again
        paused_until = self._patience.paused_until(row.kind, _now())
        if paused_until is not None:
            self._patience.put_off(row.seq, paused_until)
            return
        try:
            answer = line.publish(self._publication(parcel))
        except TooLarge as error:
            self._park(row, str(error))
            return
        if parcel.lane is Lane.BACKLOG and self._pace.backlog_per_s:
            self._backlog_at = max(self._backlog_at, _now()) + 1 / self._pace.backlog_per_s
        self._in_flight[row.seq] = row
        self._unreceipted[row.uuid] = row
        answer.add_done_callback(partial(self._answered, row))

    def _publication(self, parcel: Parcel) -> Publication:
        return Publication(
            topic=self._topics.fhir(parcel.row.kind),
            payload=parcel.payload,
            content_type=FHIR_JSON,
            id=parcel.row.uuid,
            created=parcel.created_at,
            response_topic=self._topics.receipt,
            encoding=parcel.encoding,
            urgent=parcel.lane is Lane.URGENT,
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
