"""Is the whole path alive? Tells systemd, and tells a technician what is wrong in words.

The watchdog is fed only when a commit, the event loop and the uplink's thread have all answered:
a hub that merely exists is not healthy. A quiet home is healthy; idleness never restarts anything.
"""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub import systemd
from hub.records import Obstacle
from hub.store.space import Ballast

log = logging.getLogger(__name__)

LOW_SPACE_PERCENT = 10
NOTHING_KEPT = {
    Obstacle.FAULT: "nothing can be written: put in another memory card",
    Obstacle.FULL: "full: new readings are refused; see what has filled it with du -x /",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was checked; `detail` says what a technician can do when it is not ok."""

    name: str
    ok: bool
    detail: str

    def json(self) -> dict[str, Any]:
        return asdict(self)


Check = Callable[[], Awaitable[None]]


async def feed_watchdog(checks: Mapping[str, Check], interval_s: float) -> None:
    """Feed while every check returns in time; a check that hangs or raises starves the watchdog."""
    while True:
        hanging = ""
        try:
            async with asyncio.timeout(interval_s):
                for name, check in checks.items():
                    hanging = name
                    await check()
        except TimeoutError:
            log.error("the watchdog is not fed: %s does not answer", hanging)
        else:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(interval_s)


def storage(path: Path) -> Fact:
    """Of the folder of the books."""
    found = Ballast(path).obstacle()
    if found is not None:
        return Fact("storage", False, NOTHING_KEPT[found])
    free = free_percent(path)
    return Fact("storage", free >= LOW_SPACE_PERCENT, f"{free} % free")


def free_percent(path: Path) -> int:
    usage = shutil.disk_usage(path)
    return 100 * usage.free // usage.total
