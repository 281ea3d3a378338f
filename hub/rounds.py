"""What the hub does by the clock: note the time, look after it, tell how it is, tidy up."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from hub import health, systemd
from hub.books import Books
from hub.clock import Moment, Now
from hub.health import Fact
from hub.home import Home
from hub.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 60.0
CLOCK_LOOK_S = 2.0
HEALTH_LOOK_S = 15.0
TIDY_S = 3600.0


class Rounds:
    """`synchronised` is called once the hub's time can be trusted, and rows were re-stamped."""

    def __init__(
        self,
        settings: Settings,
        books: Books,
        home: Home,
        now: Now,
        *,
        synchronised: Callable[[], None],
        anomalies: Callable[[], dict[str, int]],
    ) -> None:
        self._settings = settings
        self._books = books
        self._home = home
        self._now = now
        self._synchronised = synchronised
        self._anomalies = anomalies
        self._trusted: bool | None = None
        self.problems: dict[str, str] = {}

    async def beat(self) -> None:
        """A durable note of the time: it bounds what a later boot cannot know, and it proves to
        the watchdog that the event loop, the books' thread and the disk still answer."""
        interval_s = min(BEAT_S, systemd.watchdog_interval_s())
        await health.feed_watchdog({"commit": self._note_time}, interval_s)

    async def watch_clock(self) -> None:
        while True:
            now = self._now()
            if now.trusted != self._trusted:
                self._trusted = now.trusted
                await self._clock_changed(now)
            await asyncio.sleep(CLOCK_LOOK_S)

    async def report_health(self) -> None:
        while True:
            facts = [self._storage(), *self._failures()]
            self._home.note("health", {"facts": [fact.json() for fact in facts]})
            self._home.note("anomalies", self._anomalies())
            await asyncio.sleep(HEALTH_LOOK_S)

    async def tidy(self) -> None:
        while True:
            ledger, days = self._books.ledger, self._settings.retention.days
            if pruned := await self._books.call(ledger.prune, self._now(), days):
                log.info("let go of %d bundles that were received long ago", pruned)
            await asyncio.sleep(TIDY_S)

    async def _note_time(self) -> None:
        now, ledger = self._now(), self._books.ledger

        def note() -> None:
            ledger.notes.put_state("alive", {"mono_ms": now.mono_ms, "boot_id": now.boot_id})
            if now.trusted:
                ledger.restamp(now)

        await self._books.transact(note)

    async def _clock_changed(self, now: Moment) -> None:
        self._home.note("clock", {"synchronised": now.trusted})
        if now.trusted:
            restamped = await self._books.call(self._books.ledger.restamp, now)
            if restamped:
                log.info("the time is known: %d readings were re-stamped", restamped)
            self._synchronised()

    def _storage(self) -> Fact:
        return health.storage(self._settings.hub.state_dir)

    def _failures(self) -> list[Fact]:
        return [Fact(name, False, reason) for name, reason in self.problems.items()]

    def failed(self, name: str, reason: str | None) -> None:
        """For the supervisor, and for a radio that is not there."""
        if reason is None:
            self.problems.pop(name, None)
        else:
            self.problems[name] = reason


def clock_json(now: Moment) -> dict[str, Any]:
    """`clock` in the hub's status (contract, hub-status example)."""
    return {"synced": now.trusted, **({"source": "NTPv4"} if now.trusted else {})}
