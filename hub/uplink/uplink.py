"""The uplink as the hub sees it: give it the books, let it run, wake it when there is something.

At each connect, in this order (contract §1): subscribe, say that we are online, say what changed
about the devices, drain the outbox.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NoReturn, Protocol

from hub.clock import Now
from hub.records import OutboxCounts
from hub.settings import Mqtt, Patient
from hub.uplink import rows, status
from hub.uplink.anomalies import Anomalies
from hub.uplink.backoff import Backoff
from hub.uplink.board import Board
from hub.uplink.bookkeeper import Bookkeeper
from hub.uplink.commands import CommandBook, Commands, Handler, Reply
from hub.uplink.connection import Connection
from hub.uplink.desired import Check
from hub.uplink.dialect import DIALECTS
from hub.uplink.endings import NOT_YET, STOPPED, ConnectionEnded, Ending, EndingKind
from hub.uplink.envelope import Publication
from hub.uplink.inbox import Inbox
from hub.uplink.orders import State
from hub.uplink.patience import Pace
from hub.uplink.rows import OnLedger, Seal
from hub.uplink.sender import Sender
from hub.uplink.shelf import Documents, Shelf
from hub.uplink.status import DeviceStatus, Facts
from hub.uplink.stock import OnParked
from hub.uplink.together import until_one_raises
from hub.uplink.topics import Topics

log = logging.getLogger(__name__)

STATUS_EVERY_S = 900.0  # a hub that is connected and says nothing new still says that it is there
LEAVE_TIMEOUT_S = 2.0
REFUSALS = frozenset({EndingKind.CERTIFICATE, EndingKind.REFUSED, EndingKind.TAKEN_OVER})


class Outbox(rows.Outbox, Protocol):
    def counts(self) -> OutboxCounts: ...


class Notes(CommandBook, Protocol):
    """As `hub.store.notes.Notes`."""

    def next_session(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LinkState:
    """How the connection is, for the pages. `reason` is for a technician; "online" may have one,
    too: the broker is there and takes nothing of a kind."""

    state: Literal["online", "offline", "refused"]
    since: datetime
    reason: str | None
    server: str


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What the hub gives to its uplink. All callables run on the event loop, but for `seal`.

    facts      for the hub's status, asked at each connect and each `refresh`
    handlers   by command type
    check      `hub.questionnaire.check`
    state      told of each change of the connection
    parked     told of each row that was parked
    document   told the name of each desired document that came into force or was withdrawn
    """

    on_ledger: OnLedger
    outbox: Outbox
    notes: Notes
    documents: Documents
    seal: Seal
    now: Now
    facts: Callable[[], Facts]
    handlers: Mapping[str, Handler]
    check: Check
    patient: Patient
    state: Callable[[LinkState], None] = lambda state: None
    parked: OnParked = lambda seq, kind, reason: None
    document: Callable[[str], None] = lambda document: None


class Uplink:
    """`run` is its one task; `leave` before cancelling it."""

    def __init__(
        self,
        hub_id: str,
        mqtt: Mqtt,
        wiring: Wiring,
        *,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._hub_id = hub_id
        self._mqtt = mqtt
        self._wiring = wiring
        self._backoff = backoff or Backoff(cap_s=mqtt.retry_max_s)
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._hurry = asyncio.Event()
        self._answering = asyncio.Lock()
        self._session = 0
        self._online_at: float | None = None
        self._status_is_old = True
        self._pace = pace or Pace(backlog_per_s=mqtt.backlog_per_s)
        self._leaving = False
        self.anomalies = Anomalies()
        self.topics = Topics(mqtt.tenant, hub_id)
        self._board = Board(first=self.topics.status)
        self._books = Bookkeeper(wiring.outbox, wiring.on_ledger, self.anomalies)
        self._sender = Sender(
            wiring.outbox,
            wiring.on_ledger,
            wiring.seal,
            self.topics,
            self._books,
            receipts=mqtt.receipts,
            pack=DIALECTS[mqtt.protocol].pack,
            pace=self._pace,
            on_parked=wiring.parked,
            on_problem=lambda: self._tell(None),
        )
        self._commands = Commands(
            self.topics,
            wiring.notes,
            wiring.on_ledger,
            wiring.handlers,
            self._publish,
            self.anomalies,
        )
        self._shelf = Shelf(
            wiring.documents,
            wiring.on_ledger,
            wiring.check,
            wiring.patient,
            lambda document, payload: self._board.put(self.topics.reported(document), payload),
            self.anomalies,
            wiring.document,
        )
        self._inbox = Inbox(
            self.topics, self._shelf, self._commands, self._sender.receive, self.anomalies
        )
        self.state = self._state(NOT_YET)

    async def run(self) -> None:
        """Connected for ever, but for the back-off. Errors of the books come out of it."""
        await self._shelf.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._books.run())
            group.create_task(self._inbox.run())
            group.create_task(self._stay_connected())

    def wake(self) -> None:
        """There is a new row in the outbox. From any thread."""
        self._loop.call_soon_threadsafe(self._sender.wake)

    def retry_now(self) -> None:
        """Do not wait for the end of the back-off: the network came back, or a person asked."""
        self._hurry.set()

    def refresh(self) -> None:
        """The facts changed: say so in the hub's status."""
        self._status_is_old = True
        self._board.changed.set()

    def put_device(self, device: DeviceStatus) -> None:
        self._board.put(self.topics.device(device.device_key), device.payload())

    def remove_device(self, key: str) -> None:
        self._board.put(self.topics.device(key), b"")

    async def complete(self, command: str, detail: Reply, *, ends: bool = True) -> None:
        """The late end of a command, or what is known before it (`Commands.complete`)."""
        state = State.SUCCEEDED if ends else State.IN_PROGRESS
        await self._commands.complete(command, detail, state=state)

    async def leave(self, reason: Literal["shutdown", "reboot", "update"]) -> None:
        """Say goodbye, so that nobody takes this for a loss, and stay away."""
        self._leaving = True
        self._hurry.set()
        if (connection := self._connection) is not None:
            payload = status.offline(
                self._hub_id, self._session, self._wiring.now().boot_id, reason
            )
            word = Publication(topic=self.topics.status, payload=payload, retain=True)
            try:
                async with asyncio.timeout(LEAVE_TIMEOUT_S):
                    await connection.publish(word)
            except (TimeoutError, ConnectionEnded):
                log.info("the broker did not hear that the hub leaves")
            connection.close()
        await self._books.flush()

    async def _stay_connected(self) -> None:
        while not self._leaving:
            self._online_at = None
            ending = await self._one_connection()
            lasted_s = 0.0 if self._online_at is None else self._loop.time() - self._online_at
            await self._wait(self._backoff.wait_s(ending, lasted_s))

    async def _wait(self, wait_s: float) -> None:
        log.info("next attempt in %.0f s", wait_s)
        self._hurry.clear()
        if self._leaving:
            return
        alarm = self._loop.call_later(wait_s, self._hurry.set)
        await self._hurry.wait()
        alarm.cancel()

    async def _one_connection(self) -> Ending:
        self._session = await self._wiring.on_ledger(self._wiring.notes.next_session)
        boot_id = self._wiring.now().boot_id
        gone = status.offline(self._hub_id, self._session, boot_id, "connection-lost")
        connection = Connection(
            self._mqtt,
            self._hub_id,
            will=Publication(topic=self.topics.status, payload=gone, retain=True),
            deliver=self._inbox.deliver,
        )
        ending = STOPPED
        try:
            await self._use(connection)
        except ConnectionEnded as error:
            ending = error.ending
        finally:  # also when this task is ended: it may be started again
            self._connection = None
            connection.close()
            self._sender.interrupted(ending)
            self._tell(ending if self._online_at is None else self._backoff.explained(ending))
        return ending

    async def _use(self, connection: Connection) -> NoReturn:
        self._connection = connection  # a command may come before `open` has returned
        session_present = await connection.open()
        await connection.subscribe(self.topics.everything_down)
        if not session_present:
            self._board.forget()
        await self._put_status()
        await self._board.flush(connection.publish)
        self._online_at = self._loop.time()
        self._tell(None)
        await until_one_raises(
            self._sender.drain(connection, session_present=session_present),
            self._keep_board(connection),
            connection.watch(),
        )

    async def _keep_board(self, connection: Connection) -> NoReturn:
        while True:
            alarm = self._loop.call_later(STATUS_EVERY_S, self.refresh)
            await self._board.changed.wait()
            alarm.cancel()
            if self._status_is_old and not self._leaving:  # "offline" is the last word
                await self._put_status()
            await self._board.flush(connection.publish)
            await asyncio.sleep(self._pace.board_pause_s)

    async def _put_status(self) -> None:
        self._status_is_old = False
        counts = await self._wiring.on_ledger(self._wiring.outbox.counts)
        facts, now = self._wiring.facts(), self._wiring.now()
        reported = self._shelf.in_force()
        text = status.online(self._hub_id, self._session, now, facts, counts, reported)
        self._board.put(self.topics.status, text)

    async def _publish(self, publication: Publication) -> int:
        """For commands: on whatever connection there is."""
        async with self._answering:  # one at a time beside the rows: `connection.BESIDE`
            if self._connection is None:
                raise ConnectionEnded(NOT_YET)
            return await self._connection.publish(publication)

    def _tell(self, ending: Ending | None) -> None:
        """None: connected."""
        new = self._state(ending)
        if (new.state, new.reason) != (self.state.state, self.state.reason):
            log.info("the uplink is %s: %s", new.state, new.reason or new.server)
            self.state = new
            self._wiring.state(new)

    def _state(self, ending: Ending | None) -> LinkState:
        server = f"{self._mqtt.host}:{self._mqtt.port}"
        at = datetime.now(UTC)
        if ending is None:
            return LinkState("online", at, self._sender.problem, server)
        refused = ending.kind in REFUSALS
        return LinkState("refused" if refused else "offline", at, ending.reason, server)
