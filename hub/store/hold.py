"""Who has the books of a folder: a lock that ends with the process, however that ends.

It refuses a second hub on the same books, and it tells the pages at once that no hub runs.
"""

import fcntl
import os
import time
from pathlib import Path

from hub.store.errors import Contended, system_errors

NAME = "hub.lock"
PATIENCE_S = 5.0  # as for the books: the one before may still be ending, or a page be looking
AGAIN_S = 0.05


class Hold:
    """Held until `release`. Raises Contended, DiskFull or DiskFault."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        with system_errors(self._path):
            self._handle = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o640)
        try:
            self._take()
        except Contended:
            self.release()
            raise

    def release(self) -> None:
        os.close(self._handle)

    def _take(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not _locked(self._handle, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                raise Contended(self._path, "another hub has these books")
            time.sleep(AGAIN_S)


def is_held(folder: Path) -> bool | None:
    """None where it cannot be known: no hub has had these books yet."""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY)
    except (FileNotFoundError, PermissionError):
        return None
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
