"""What the hub does by the clock: note the time, look after it, tell how it is, tidy up."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from hub import health, systemd
from hub.books import Books
from hub.clock import Moment
from hub.health import Fact
from hub.home import Home
from hub.settings import Settings
from hub.store.errors import DiskFull
from hub.trust import Doubt, Guard

log = logging.getLogger(__name__)

BEAT_S = 60.0
CLOCK_LOOK_S = 2.0
HEALTH_LOOK_S = 15.0
TIDY_S = 3600.0

DOUBTED = {
    Doubt.TOO_EARLY: "says a time before one that is known",
    Doubt.TOO_LATE: "says a time long after the last one that is known",
    Doubt.STEPPED: "has jumped",
}
CURE = "look at the time server; then confirm the time on the setup page, or with time.sync"


class Rounds:
    """`synchronised` is called once the hub's time can be trusted, and rows were re-stamped."""

    def __init__(
        self,
        settings: Settings,
        books: Books,
        home: Home,
        guard: Guard,
        *,
        synchronised: Callable[[], None],
        anomalies: Callable[[], dict[str, int]],
    ) -> None:
        self._settings = settings
        self._books = books
        self._home = home
        self._guard = guard
        self._synchronised = synchronised
        self._anomalies = anomalies
        self._seen: tuple[bool, Doubt | None, Moment | None] | None = None
        self._measured_by = guard.first
        self._noted_at = -BEAT_S
        self.doubts = 0
        self.problems: dict[str, str] = {}

    async def beat(self) -> None:
        """Proves to the watchdog that the event loop, the books' thread and the disk still answer.

        Once a minute by a durable note of the time, which bounds what a later boot cannot know;
        in between without one, because each costs the card more than ten kilobytes.
        """
        interval_s = min(BEAT_S, systemd.watchdog_interval_s())
        await health.feed_watchdog({"books": self._answer}, interval_s)

    async def _answer(self) -> None:
        if monotonic() - self._noted_at >= BEAT_S:
            await self.note_time()
        else:
            await self._books.call(_nothing)

    async def note_time(self) -> None:
        """Durable on return."""
        self._noted_at = monotonic()
        try:
            # Not `transact`: a beat must not take the ballast.
            await self._books.call(self._books.ledger.dating.note, self._guard.now())
        except DiskFull as error:
            # The disk has answered. Starting anew, as the watchdog would, does not empty it.
            log.error("%s", error)

    async def watch_clock(self) -> None:
        while True:
            await self.look_at_clock()
            await asyncio.sleep(CLOCK_LOOK_S)

    async def look_at_clock(self) -> None:
        now, doubt = self._guard.now(), self._guard.doubt()
        before, self._seen = self._seen, (now.trusted, doubt, self._guard.first)
        if self._seen != before:
            await self._clock_changed(now, doubt)

    async def told(self, earliest: datetime, latest: datetime) -> None:
        """The central service says that it is now between these two."""
        self._guard.told(earliest, latest)
        await self.look_at_clock()

    async def confirm_time(self) -> bool:
        """A technician says that the clock is right."""
        confirmed = self._guard.confirm()
        await self.look_at_clock()
        return confirmed

    async def report_health(self) -> None:
        while True:
            facts = [self._storage(), *self._failures()]
            self._home.note("health", {"facts": [fact.json() for fact in facts]})
            self._home.note("anomalies", self._anomalies())
            await asyncio.sleep(HEALTH_LOOK_S)

    async def tidy(self) -> None:
        while True:
            ledger, days = self._books.ledger, self._settings.retention.days
            if pruned := await self._books.call(ledger.prune, self._guard.now(), days):
                log.info("let go of %d bundles that were received long ago", pruned)
            await asyncio.sleep(TIDY_S)

    async def _clock_changed(self, now: Moment, doubt: Doubt | None) -> None:
        self._tell_doubt(doubt)
        self._home.note(
            "clock", {"synchronised": now.trusted, "doubt": doubt, "boot_id": now.boot_id}
        )
        restamped = await self._books.transact(lambda: self._restamp(now))
        if restamped:
            log.info("the time is known: %d readings were re-stamped", restamped)
        if now.trusted:
            self._synchronised()

    def _restamp(self, now: Moment) -> int:
        ledger, first = self._books.ledger, self._guard.first
        if self._measured_by not in (None, first):
            ledger.dating.disbelieve(now)
        self._measured_by = first
        ledger.dating.believe_since(first)
        return ledger.restamp(now) if now.trusted else 0

    def _tell_doubt(self, doubt: Doubt | None) -> None:
        self.failed("time", f"the clock {DOUBTED[doubt]}: {CURE}" if doubt else None)
        if doubt is not None:
            self.doubts += 1
            log.warning("the clock %s and is not believed", DOUBTED[doubt])

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


def _nothing() -> None:
    """For the books' thread: that it answers is all."""
