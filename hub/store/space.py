"""Room on the disk: how much is left, and what goes, in which order, when there is none.

1. Logs: journald's (systemd/journald-hjemmehub.conf), 16 MB at most, fewer when the disk fills up.
2. Rows that the central service has: past their retention each hour; then, when a reading finds no
   room, the oldest first, however young. There is a copy of each, and of the reading there is none.
3. The ballast, a file that only holds room, for what empties the outbox: on a full disk SQLite
   cannot even mark a row as received. Readings leave a quarter of it alone, also when it was let
   go of: else they would fill that too, and no receipt could ever make room again.

Never a row that the central service has not. A new reading is then refused: the device is not told
that it arrived, the screen says so (`obstacle`), the technician and the central service know.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from hub.records import Obstacle
from hub.store.database import Database
from hub.store.errors import DiskFull, system_errors

BALLAST_BYTES = 8 * 1024 * 1024
SPARED_BYTES = BALLAST_BYTES // 4
SPARED_PAGES = 64  # free ones inside the book: readings may fill these
FULL_BYTES = 128 * 1024  # less, and SQLite may not get the pages of one reading
PROBE = "probe"
LOW = 0.10
CRITICAL = 0.05


class Level(StrEnum):
    OK = "ok"
    LOW = "low"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Space:
    """Of the disk that holds the books. ballast: whether the reserve is there."""

    free_bytes: int
    total_bytes: int
    ballast: bool

    @property
    def free(self) -> float:
        """Of all, 0 to 1."""
        return self.free_bytes / self.total_bytes

    @property
    def level(self) -> Level:
        return (
            Level.CRITICAL if self.free < CRITICAL else Level.LOW if self.free < LOW else Level.OK
        )


def obstacle(folder: Path) -> Obstacle | None:
    """Why nothing can be kept in `folder`; writes nothing.

    An open for writing is refused where the file system has gone read-only; since Linux 6.15
    statvfs does not tell that of an ext4 (EMERGENCY_RO).
    """
    try:
        found = os.statvfs(folder)
        if found.f_flag & os.ST_RDONLY:
            return Obstacle.FAULT
        if found.f_bavail * found.f_frsize < FULL_BYTES or (found.f_files and not found.f_favail):
            return Obstacle.FULL
        os.close(os.open(folder / PROBE, os.O_WRONLY))
    except (FileNotFoundError, PermissionError):
        return None  # not there yet, or of the other process: statvfs is all that is known
    except OSError:
        return Obstacle.FAULT
    return None


def allow_probing(folder: Path) -> None:
    """By the process that writes in `folder`."""
    with suppress(OSError):  # `obstacle` says why
        (folder / PROBE).touch(0o600)


class Ballast:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "ballast.bin"

    @property
    def is_held(self) -> bool:
        return self.path.exists() and self.path.stat().st_size >= BALLAST_BYTES

    def restore(self) -> bool:
        """Take the reserve again, where there is room for it twice over."""
        if self.is_held:
            return True
        if shutil.disk_usage(self.path.parent).free < 2 * BALLAST_BYTES:
            return False
        try:
            with self.path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        except OSError:  # somebody else took the room meanwhile: the hub works without
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        return self.is_held

    def release(self) -> bool:
        """False when there was none to let go."""
        with system_errors(self.path):
            held = self.path.exists()
            self.path.unlink(missing_ok=True)
        return held

    @property
    def is_spent(self) -> bool:
        """It was let go of, and little is left of its room."""
        return not self.is_held and shutil.disk_usage(self.path.parent).free < SPARED_BYTES

    def spare(self, database: Database) -> None:
        """Before a reading. DiskFull where it would take what empties the outbox."""
        if self.is_spent and database.value("PRAGMA freelist_count") < SPARED_PAGES:
            raise DiskFull(database.path, "what is left is for emptying the outbox")

    def obstacle(self) -> Obstacle | None:
        """Why no reading can be kept beside this ballast."""
        return obstacle(self.path.parent) or (Obstacle.FULL if self.is_spent else None)

    def space(self) -> Space:
        usage = shutil.disk_usage(self.path.parent)
        return Space(usage.free, usage.total, self.is_held)


class Draining(Protocol):
    @property
    def ballast(self) -> Ballast: ...

    @property
    def is_in_transaction(self) -> bool: ...


D = TypeVar("D", bound=Draining)
P = ParamSpec("P")
R = TypeVar("R")


def drains(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """What empties the outbox works on a full disk too: without the ballast it goes again."""

    @wraps(method)
    def run(self: D, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except DiskFull:
            # Inside somebody else's transaction the whole of it is lost: that one must go again.
            if self.is_in_transaction or not self.ballast.release():
                raise
            return method(self, *args, **kwargs)

    return run
