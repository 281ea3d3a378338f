"""How much room the books have: watched, and told to who must know while it can still be told.

A disk that fails ends the process, also while nothing is measured. One that fills up does not:
the central service hears of it at 10 % and at 5 %, and when there is room again.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from hub.books import Books
from hub.bundles import Bundles
from hub.clock import Now
from hub.records import Obstacle
from hub.store.errors import DiskFault, DiskFull
from hub.store.space import CRITICAL, LOW, Level, Space
from hub.uplink.alerts import AlertCode, Severity

log = logging.getLogger(__name__)

LOOK_S = 2.0
TOLD = "room"  # the state that remembers which levels were told of: {level: since}
ROOM_AGAIN = 0.02  # of the disk, above the level: it is not told ten times of one full disk

LEVELS: Final[dict[Level, tuple[float, Severity, str]]] = {
    Level.LOW: (LOW, "moderate", "Boksen har lite lagringsplass igjen"),
    Level.CRITICAL: (CRITICAL, "high", "Boksen har snart ikke plass til flere målinger"),
}


class Room:
    """`changed` is called when the hub's status should say something else."""

    def __init__(
        self, books: Books, bundles: Bundles, now: Now, changed: Callable[[], None]
    ) -> None:
        self._books = books
        self._bundles = bundles
        self._now = now
        self._changed = changed
        self._was_full = False

    async def watch(self) -> None:
        """Raises DiskFault."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        ledger = self._books.ledger
        found = ledger.ballast.obstacle()
        if found is Obstacle.FAULT:
            raise DiskFault(ledger.path, "nothing can be written", "EROFS")
        if (found is Obstacle.FULL) != self._was_full:
            self._was_full = not self._was_full
            log.error("the disk is %s", "full" if self._was_full else "not full any more")
        try:
            if await self._books.call(self._has_news):
                await self._books.transact(self._tell)
                self._changed()
        except DiskFull as error:
            log.error("that the disk fills up is told later: %s", error)

    def _has_news(self) -> bool:
        ledger = self._books.ledger
        told = ledger.notes.state(TOLD) or {}
        return any(_changes(level, ledger.space(), told) for level in LEVELS)

    def _tell(self) -> None:
        """The alerts and the memory of them are one transaction."""
        ledger, now = self._books.ledger, self._now()
        told: dict[str, str] = ledger.notes.state(TOLD) or {}
        space = ledger.space()
        for level, (_, severity, text) in LEVELS.items():
            if not _changes(level, space, told):
                continue
            since = told.pop(level, None)
            if since is None:
                told[level] = now.wall.isoformat()
            self._bundles.alert(
                AlertCode.BUFFER_HIGH,
                f"room {level} {since or told[level]}",
                text,
                severity=severity,
                detail=f"{space.free:.0%} of the disk is free",
                clearing=since and "Det er plass igjen",
            )
        ledger.notes.put_state(TOLD, told)


def _changes(level: Level, space: Space, told: dict[str, str]) -> bool:
    """Reached and not told, or told and over."""
    bound, _, _ = LEVELS[level]
    return space.free >= bound + ROOM_AGAIN if level in told else space.free < bound
