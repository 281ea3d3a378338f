"""The hub's side of the wire, for tests: real books, the real uplink, no devices."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from hub import clock
from hub.records import Due, OutboxCounts, OutboxKind, Parked
from hub.settings import Mqtt, Patient
from hub.store.database import open_reader
from hub.uplink.backoff import Backoff
from hub.uplink.commands import Handler
from hub.uplink.patience import Pace
from hub.uplink.rows import Sealed
from hub.uplink.status import Facts
from hub.uplink.uplink import LinkState, Uplink, Wiring
from tests.books import KEY, documents_at, ledger_at

T = TypeVar("T")

FACTS = Facts(sw={"name": "hjemmehub", "version": "0.1.0", "channel": "test"})
QUICK = Backoff(first_s=0.05, cap_s=0.1, settled_s=0.0)


class Hub:
    """Change `settings`, `pace`, `handlers`, `seal`, `check` before `start`."""

    def __init__(self, directory: Path, port: int, tenant: str, hub_id: str) -> None:
        self.id = hub_id
        self.settings = Mqtt(
            host="127.0.0.1", port=port, tenant=tenant, tls=False, keepalive_s=5, backlog_per_s=0
        )
        self.pace = Pace(backlog_per_s=0, board_pause_s=0.0)
        self.backoff = QUICK
        self.handlers: dict[str, Handler] = {}
        self.seal: Callable[[Due], Sealed | None] = lambda due: None
        self.check: Callable[[dict[str, Any]], None] = lambda questionnaire: None
        self.states: list[LinkState] = []
        self.parked: list[tuple[OutboxKind, str]] = []
        self.changed: list[str] = []
        self._directory = directory
        self._thread = ThreadPoolExecutor(1, "books")
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._wrote = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.ledger = await self.call(lambda: ledger_at(self._directory / "ledger.db"))
        self.documents = documents_at(self._directory / "documents", writable=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self.call(self.ledger.close)
        self._thread.shutdown()

    async def start(self, *, online: bool = True) -> None:
        wiring = Wiring(
            on_ledger=self.transact,
            outbox=self.ledger.outbox,
            notes=self.ledger.notes,
            documents=self.documents,
            seal=lambda due: self.seal(due),
            now=lambda: clock.now("always"),
            facts=lambda: FACTS,
            handlers=self.handlers,
            check=lambda questionnaire: self.check(questionnaire),
            patient=Patient(system="urn:oid:2.999.1.2.3.4", value="p-1"),
            state=self._on_state,
            parked=lambda seq, kind, reason: self.parked.append((kind, reason)),
            document=self.changed.append,
        )
        self.uplink = Uplink(self.id, self.settings, wiring, pace=self.pace, backoff=self.backoff)
        self._task = asyncio.create_task(self.uplink.run())
        if online:
            await self.state("online")

    async def stop(self) -> None:
        """As `kill -9` would, but that the socket is closed with a goodbye to the broker."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def restart_task(self) -> None:
        """As a supervisor would after a failure: the same uplink, run again."""
        await self.stop()
        self._task = asyncio.create_task(self.uplink.run())

    async def state(self, state: str, number: int = 1) -> LinkState:
        """The n-th time that the connection came into this state; waits for it."""
        async with self._news:
            await self._news.wait_for(lambda: len(self._in(state)) >= number)
        return self._in(state)[number - 1]

    def call(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def transact(self, work: Callable[[], T]) -> T:
        result = await self.call(lambda: self.ledger.transact(work))
        self._wrote.set()
        return result

    async def put(
        self,
        body: bytes = b'{"resourceType":"Bundle"}',
        *,
        kind: OutboxKind = OutboxKind.OBSERVATION,
        urgent: bool = False,
        wake: bool = True,
        id: UUID | None = None,
    ) -> str:
        """A sealed row → its id, without `urn:uuid:`."""
        id = id or uuid4()
        now = clock.now("always")
        outbox = self.ledger.outbox
        await self.call(lambda: outbox.put(kind, id.urn, body, created=now, urgent=urgent))
        if wake:
            self.uplink.wake()
        return str(id)

    async def counts(self) -> OutboxCounts:
        return await self.call(self.ledger.outbox.counts)

    async def parked_rows(self) -> list[Parked]:
        return await self.call(self.ledger.outbox.parked)

    async def until(self, holds: Callable[[], T]) -> T:
        """Ask the ledger, after each of the uplink's transactions, until it says yes."""
        while True:
            self._wrote.clear()
            if found := await self.call(holds):
                return found
            await self._wrote.wait()

    async def emptied(self) -> None:
        await self.until(lambda: self.ledger.outbox.counts().waiting == 0)

    def times(self, column: str) -> list[str]:
        """Those set in a column of the outbox, read as another process would."""
        database = open_reader(self.ledger.path, KEY)
        try:
            return [row[column] for row in database.rows("SELECT * FROM outbox") if row[column]]
        finally:
            database.close()

    def _in(self, state: str) -> list[LinkState]:
        return [one for one in self.states if one.state == state]

    def _on_state(self, state: LinkState) -> None:
        self.states.append(state)
        self._announcing = asyncio.ensure_future(self._announce())

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()


def bare(id: str) -> str:
    return str(UUID(id.removeprefix("urn:uuid:")))
