"""A damaged book is moved aside, never deleted; what can be read of it goes into a new one."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.store.database import Database, open_writer
from hub.store.durable import fsync_directory
from hub.store.errors import OtherKey, Unreadable, system_errors
from hub.store.key import Key
from hub.store.schema import Schema

LARGEST_ROWID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Damaged:
    """The file at `path` was damaged: it is `moved_to` now, and `salvaged` rows were rescued."""

    path: Path
    moved_to: Path
    salvaged: int
    reason: str


def open_book(
    path: Path,
    schema: Schema,
    key: Key,
    mend: Callable[[Database], None] = lambda database: None,
) -> tuple[Database, Damaged | None]:
    """`open_writer`, also for a damaged file. Its -wal goes aside with it.

    mend  makes the salvaged rows fit together again, before anybody sees the new file
    """
    with system_errors(path):
        _swap(path)
        try:
            return open_writer(path, schema, key), None
        except Unreadable as error:
            moved_to = _keep_evidence(path)
            # What another key has sealed could be copied, and not be read.
            source = None if isinstance(error, OtherKey) else path
            salvaged = _rescue(path, source, schema, key, mend)
            _swap(path)
            return open_writer(path, schema, key), Damaged(path, moved_to, salvaged, error.reason)


def _with_suffix(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _keep_evidence(path: Path) -> Path:
    moved_to = _with_suffix(path, f".damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    for suffix in ("", "-wal", "-shm"):
        if (file := _with_suffix(path, suffix)).exists():
            _with_suffix(moved_to, suffix).hardlink_to(file)
    return moved_to


def _rescue(
    path: Path,
    source: Path | None,
    schema: Schema,
    key: Key,
    mend: Callable[[Database], None],
) -> int:
    """Make PATH.salvaged: from the moment it has that name it is the book."""
    new = _with_suffix(path, ".fresh")
    _remove(new)
    salvaged = _copied(source, new, schema, key) if source is not None else 0
    target = open_writer(new, schema, key)
    try:
        mend(target)
        target.gather()
    finally:
        target.close()
    new.replace(_with_suffix(path, ".salvaged"))
    fsync_directory(path.parent)
    return salvaged


def _copied(path: Path, new: Path, schema: Schema, key: Key) -> int:
    """A book of the same shape as the damaged one, so that the later steps change its rows, too."""
    # Opening a book replays its -wal into it, so this is done to a copy.
    scratch = _with_suffix(path, ".scratch")
    _remove(scratch)
    for suffix in ("", "-wal"):
        if (file := _with_suffix(path, suffix)).exists():
            shutil.copyfile(file, _with_suffix(scratch, suffix))
    target = open_writer(new, schema.upto(_version(scratch, len(schema.steps))), key)
    try:
        return salvage(scratch, target)
    finally:
        target.close()
        _remove(scratch)


def _version(damaged: Path, newest: int) -> int:
    """The newest, where the file does not tell."""
    with closing(sqlite3.connect(damaged)) as source:
        try:
            found: int = source.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            return newest
    return found if 0 < found < newest else newest


def _swap(path: Path) -> None:
    """Put PATH.salvaged in its place; also after a power cut in the middle of doing so."""
    salvaged = _with_suffix(path, ".salvaged")
    if not salvaged.exists():
        return
    # A -wal is not tied to its file: the old one would be replayed into the new book.
    for suffix in ("-wal", "-shm"):
        _with_suffix(path, suffix).unlink(missing_ok=True)
    fsync_directory(path.parent)
    salvaged.replace(path)
    fsync_directory(path.parent)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        _with_suffix(path, suffix).unlink(missing_ok=True)


def salvage(damaged: Path, target: Database) -> int:
    """Copy every row of `damaged` that can be read and that `target` accepts → how many."""
    source = sqlite3.connect(damaged, isolation_level=None)
    source.execute("PRAGMA writable_schema = ON")  # else a file that was cut short is not read
    target.rows("PRAGMA foreign_keys = OFF")
    try:
        with target.transaction():
            return sum(_copy(source, target, table) for table in _tables(target))
    finally:
        source.close()
        target.rows("PRAGMA foreign_keys = ON")


def _tables(target: Database) -> list[str]:
    found = target.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'seal'"
        " AND name NOT LIKE 'sqlite_%'"
    )
    return [row["name"] for row in found]


def _copy(source: sqlite3.Connection, target: Database, table: str) -> int:
    wanted = [row["name"] for row in target.rows(f"PRAGMA table_info({table})")]
    columns = [name for name in wanted if name in _columns(source, table)]
    if not columns:
        return 0
    listed = ", ".join(columns)
    insert = f"INSERT OR IGNORE INTO {table} ({listed}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    return sum(max(0, target.change(insert, row)) for row in readable(source, table, listed))


def _columns(source: sqlite3.Connection, table: str) -> set[str]:
    try:
        return {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        return set()


def readable(source: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Rows from the front until damage, then from the back; of a rowid table also in between."""
    try:
        source.execute(f"SELECT rowid FROM {table} LIMIT 0")  # noqa: S608
    except sqlite3.DatabaseError:
        for order in ("ASC", "DESC"):
            sql = f"SELECT {columns} FROM {table} ORDER BY 1 {order}"  # noqa: S608
            yield from _until_damage(source, sql, ())
        return
    start, step = 0, 1
    while start < LARGEST_ROWID:
        last = None
        sql = f"SELECT rowid, {columns} FROM {table} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608
        for rowid, *row in _until_damage(source, sql, (start,)):
            last = int(str(rowid))
            yield tuple(row)
        if last is not None:
            start, step = last + 1, 1
        else:
            start, step = start + step, step * 2


def _until_damage(
    source: sqlite3.Connection, sql: str, parameters: tuple[object, ...]
) -> Iterator[tuple[object, ...]]:
    try:
        yield from source.execute(sql, parameters)
    except sqlite3.DatabaseError:
        return
