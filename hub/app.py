"""Composition root of the hub process: build the rooms, hand each what it needs, start them."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from drivers.registry import DRIVERS
from hub import VERSION, clock, health, questionnaire, systemd
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.bundles import Bundles
from hub.calls import Calls
from hub.commands import CommandHandlers
from hub.day import Day
from hub.home import Home
from hub.messages import Messages
from hub.panel import Light, Panel
from hub.receiving import Receiving
from hub.records import Kept, OutboxKind, Outcome
from hub.requests import Requests
from hub.room import Room
from hub.rounds import Rounds, clock_json
from hub.settings import Settings
from hub.store.errors import StoreError
from hub.store.journal import JournalReader
from hub.store.key import Key, load_or_make
from hub.supervisor import Supervisor
from hub.takeover import Takeover
from hub.trust import Guard
from hub.uplink.identifiers import device_urn
from hub.uplink.status import DeviceStatus, Facts
from hub.uplink.uplink import LinkState, Uplink, Wiring

log = logging.getLogger(__name__)

CONNECTION_TEST_S = 10.0


async def run(settings: Settings) -> int:
    """The hub, until it is told to stop; the exit status."""
    async with AsyncExitStack() as stack:
        key = load_or_make(settings.hub.key_path)
        app = App(settings, key)
        supervisor = Supervisor(app.failed)
        opening = Books(settings.hub.state_dir, key, app.kept, supervisor.disk_failed)
        books = await stack.enter_async_context(opening)
        await app.build(books)
        stack.callback(app.panel.close)
        stack.push_async_callback(supervisor.close)
        stack.push_async_callback(app.leave)
        app.start(supervisor)
        systemd.notify("READY=1")
        log.info("hub %s %s runs", settings.hub.id, VERSION)
        status = await supervisor.wait()
        systemd.notify("STOPPING=1")
    return status


class App:
    """Built in two steps: most rooms need the open books, and the books tell of what was kept."""

    books: Books
    home: Home
    panel: Panel
    uplink: Uplink
    rounds: Rounds
    guard: Guard

    def __init__(self, settings: Settings, key: Key) -> None:
        self._settings = settings
        self._key = key
        self._pairing = Pairing(settings.ble.join_window_s)
        self._online = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()

    async def build(self, books: Books) -> None:
        settings = self._settings
        self.books = books
        source = settings.clock.trust
        past = await books.call(books.ledger.dating.past)
        self.guard = Guard(partial(clock.now, source), past, bounded=source == "ntp")
        self._now = self.guard.now
        self.panel = Panel(
            settings.panel,
            pressed=self._open_window,
            held=self._open_setup,
            called=lambda: self._soon(self._calls.press()),
        )
        self.home = Home(books, self._pairing, self._now, self._device_changed, self._light)
        self._bundles = Bundles(
            settings, books.ledger, self.home.described, self._now, lambda: self.uplink.wake()
        )
        self._receiving = Receiving(
            settings, self._pairing, books, self.home, self._now, self._radio_changed
        )
        self._messages = Messages(books, lambda *it, ends: self.uplink.complete(*it, ends=ends))
        self._commands = CommandHandlers(
            self._messages,
            self.home,
            self._now,
            forget=self._receiving.forget,
            identify=self.panel.identify,
            told=lambda *between: self.rounds.told(*between),
        )
        self.uplink = Uplink(settings.hub.id, settings.mqtt, self._wiring())
        self.rounds = Rounds(
            settings,
            books,
            self.home,
            self.guard,
            synchronised=self._synchronised,
            anomalies=self._anomalies,
        )
        self._day = Day(
            books,
            self._bundles,
            ZoneInfo(settings.hub.timezone),
            self.guard.known,
            self._now,
            rings=lambda due: self.panel.beep(),
            stirred=self._light,
        )
        self._calls = Calls(books, self._bundles, self._now, confirmed=self.panel.beep)
        for damage in books.damage:
            self.rounds.failed("books", damage)
        await self.home.load()
        for device in self.home.devices():
            self._device_changed(device.key)

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start("uplink", self.uplink.run)
        supervisor.start("pages", self._takeover().run)
        supervisor.start("watchdog", self.rounds.beat)
        supervisor.start("disk", self._room().watch)
        supervisor.start("clock", self.rounds.watch_clock)
        supervisor.start("health", self.rounds.report_health)
        supervisor.start("retention", self.rounds.tidy)
        self._day.start(supervisor)
        if self._settings.ble.enabled:
            supervisor.start("bluetooth", self._receiving.by_radio)
        for port in self._settings.serial:
            supervisor.start(f"port {port.where}", partial(self._receiving.by_wire, port))

    async def leave(self) -> None:
        with suppress(StoreError):  # a receipt that is not written down: the row goes again
            await self.uplink.leave("shutdown")

    def failed(self, name: str, reason: str | None) -> None:
        self.rounds.failed(name, reason)

    def kept(self, kept: Kept) -> None:
        """A new measurement is durable."""
        self.panel.beep()
        self.uplink.wake()

    def _wiring(self) -> Wiring:
        ledger = self.books.ledger
        return Wiring(
            on_ledger=self.books.transact,
            outbox=ledger.outbox,
            notes=ledger.notes,
            documents=self.books.documents,
            seal=self._bundles.seal,
            now=self._now,
            facts=self._facts,
            handlers=self._commands.handlers,
            check=questionnaire.check,
            patient=self._settings.patient,
            state=self._connection_changed,
            parked=self._parked,
            document=self._document_changed,
        )

    def _room(self) -> Room:
        return Room(self.books, self._bundles, self._now, self.uplink.refresh)

    def _takeover(self) -> Takeover:
        requests = Requests(
            self.books,
            self.home,
            self._bundles,
            self._messages,
            self._calls,
            self._day.diary,
            choose=self._pairing.choose,
            forget=self._receiving.forget,
            test_connection=self._test_connection,
            confirm_time=lambda: self.rounds.confirm_time(),
            wake=self.uplink.wake,
        )
        journal = JournalReader(self._settings.web.state_dir / "journal.db", self._key)
        in_ledger = {**requests.in_ledger, **self._day.in_ledger}
        return Takeover(self.books, journal, in_ledger, requests.live, self._now)

    async def _test_connection(self) -> Outcome:
        """A person asked: do not wait for the end of a back-off."""
        self.uplink.retry_now()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._online.wait(), CONNECTION_TEST_S)
        state = self.uplink.state
        return Outcome(ok=state.state == "online", detail=state.reason or state.server)

    def _open_window(self) -> None:
        self.home.open_window()

    def _open_setup(self) -> None:
        now = self._now()
        self.home.note(
            "setup",
            {
                "opened_at": now.wall.isoformat(),
                "opened_mono_ms": now.mono_ms,
                "boot_id": now.boot_id,
            },
        )

    def _light(self) -> None:
        if self.home.receives:
            self.panel.show(Light.RECEIVING)
        elif self._pairing.open_until(self._now().mono_ms) is not None:
            self.panel.show(Light.JOINING)
        else:
            calm = Light.TROUBLE if self.rounds.problems else Light.READY
            self.panel.show(Light.DUE if self._day.waits else calm)

    def _radio_changed(self, problem: str | None, code: str | None) -> None:
        self.rounds.failed("bluetooth", problem)
        self.home.note("radio", {"problem": problem, "code": code})
        self._light()

    def _connection_changed(self, state: LinkState) -> None:
        self.home.note("connection", msgspec.to_builtins(state))
        self._online.clear()
        if state.state == "online":
            self._online.set()
            self._soon(self._messages.tell())

    def _document_changed(self, name: str) -> None:
        self.uplink.refresh()
        self._day.documents_changed()
        if name == "devices":
            self._soon(self.home.load_kit())

    def _soon(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _parked(self, seq: int, kind: OutboxKind, reason: str) -> None:
        self.uplink.refresh()
        if kind is not OutboxKind.ALERT:  # an alert about an alert would never end
            self.books.soon(self._bundles.tell_parked, seq, reason)

    def _device_changed(self, key: str) -> None:
        device, status = self.home.device(key), self.home.statuses.get(key)
        if device is None or status is None:
            self.uplink.remove_device(key)
            return
        self.uplink.put_device(
            DeviceStatus(
                device_key=key,
                state=status.state,
                last_seen=status.last_seen,
                last_measurement=status.last_measurement,
                battery_pct=status.battery_percent,
                clock_offset_s=status.clock_offset_s,
                fhir=device_urn(self._settings.hub.id, device),
                task=status.task,
            )
        )

    def _synchronised(self) -> None:
        self.uplink.wake()
        self.uplink.refresh()

    def _facts(self) -> Facts:
        return Facts(
            sw={"name": "hjemmehub", "version": VERSION, "channel": "stable"},
            clock=clock_json(self._now()),
            storage={"freePct": health.free_percent(self._settings.hub.state_dir)},
            drivers=tuple(driver.id for driver in DRIVERS),
            questionnaires=questionnaire.FEATURES,
            anomalies=self._anomalies(),
        )

    def _anomalies(self) -> dict[str, int]:
        """Counts without contents, for the technician and for the central service."""
        counts = self.uplink.anomalies.counts() | self._receiving.anomalies()
        counts |= {"clock_doubted": self.rounds.doubts} if self.rounds.doubts else {}
        return counts | ({"books_damaged": len(self.books.damage)} if self.books.damage else {})
