"""What can go wrong with the books.

StoreError
├── NotThereYet      the writing process has not made the file yet (page: "starting")
├── DiskFull         nothing more can be kept; what was kept is safe (page: "cannot save")
├── DiskFault        the disk did not take or give what it should: no retry, end the process
├── Contended        another process writes this file (developer: one writer each)
├── Unreadable       the content is not a database, or a damaged one, while it was in use
│   └── OtherKey     it was sealed with another key than this hub's
├── SchemaTooNew     a newer hub wrote this file (technician: install that version)
├── KeyUnusable      the file of the data key is not a key, or may not be read (technician)
└── PragmaRefused    SQLite did not take a setting that durability rests on (developer)
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAULTS = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})
# A reader found no -wal and -shm, which only the writing process can make.
NO_WRITER = frozenset({"SQLITE_READONLY_DIRECTORY", "SQLITE_READONLY_CANTINIT"})
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class StoreError(Exception):
    """Base of everything that the store raises about the file at `path`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class NotThereYet(StoreError):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "not there yet")


class DiskFull(StoreError):
    """The disk is full, or the database is as large as it may become."""


class DiskFault(StoreError):
    """`code` is SQLite's extended result code, such as SQLITE_IOERR_FSYNC."""

    def __init__(self, path: Path, reason: str, code: str) -> None:
        super().__init__(path, f"{reason} ({code})")
        self.code = code


class Contended(StoreError):
    """Another process held the file for longer than five seconds."""


class Unreadable(StoreError):
    """SQLite says that the file is damaged."""


class OtherKey(Unreadable):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "sealed with another key")


class SchemaTooNew(StoreError):
    def __init__(self, path: Path, *, found: int, known: int) -> None:
        super().__init__(path, f"has schema {found}, this hub knows {known}")
        self.found = found
        self.known = known


class KeyUnusable(StoreError):
    """What stands in the books cannot be read without it."""


class PragmaRefused(StoreError):
    def __init__(self, path: Path, *, pragma: str, wanted: object, got: object) -> None:
        super().__init__(path, f"{pragma} is {got}, must be {wanted}")
        self.pragma = pragma
        self.wanted = wanted
        self.got = got


def translated(path: Path, error: sqlite3.Error) -> StoreError | None:
    """The store's word for SQLite's error; None for a mistake in our own SQL."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(path, str(error))
    if code == sqlite3.SQLITE_READONLY and error.sqlite_errorname in NO_WRITER:
        return NotThereYet(path)
    if code in FAULTS:
        return DiskFault(path, str(error), error.sqlite_errorname)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Contended(path, str(error))
    if code in DAMAGE:
        return Unreadable(path, str(error))
    return None


def from_system(path: Path, error: OSError) -> StoreError:
    """The same for a call that does not go through SQLite."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path, str(error))
    return DiskFault(path, str(error), errno.errorcode.get(error.errno or 0, "?"))


@contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """An OSError inside becomes the store's."""
    try:
        yield
    except OSError as error:
        raise from_system(path, error) from error
