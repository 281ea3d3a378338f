"""A damaged book is moved aside, never deleted; what can be read of it goes into a new one."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.store import leaves
from hub.store.database import Database, open_writer
from hub.store.durable import fsync_directory
from hub.store.errors import OtherKey, Unreadable, system_errors
from hub.store.key import Key
from hub.store.schema import Schema

LARGEST_ROWID = 2**63 - 1

PROOFS: Final = {
    "measurement": "unsealed(body, 'measurement', id, number)",
    "entry": "unsealed(body, 'entry', number)",
}

# What SQLite gives for a column of this type; what is sealed are octets, in whatever column.
PYTHONS: Final[dict[str, tuple[type, ...]]] = {
    "INTEGER": (int,),
    "REAL": (int, float),
    "TEXT": (str, bytes),
    "BLOB": (bytes, str),
}


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
            salvaged = _rescue(path, schema, key, mend, doubted=isinstance(error, OtherKey))
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
    path: Path, schema: Schema, key: Key, mend: Callable[[Database], None], *, doubted: bool
) -> int:
    """Make PATH.salvaged: from the moment it has that name it is the book.

    doubted  perhaps another key has sealed it: that could be copied, and not be read
    """
    new = _with_suffix(path, ".fresh")
    _remove(new)
    salvaged = _copied(path, new, schema, key)
    if doubted and not _opens(new, schema, key):
        _remove(new)
        salvaged = 0
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


def _opens(book: Path, schema: Schema, key: Key) -> bool:
    """Whether this key opens any row: then only the word that proves the key is damaged."""
    with closing(open_writer(book, schema, key)) as database:
        sql = f"SELECT 1 FROM {schema.table} WHERE {PROOFS[schema.table]} IS NOT NULL LIMIT 1"  # noqa: S608
        return database.value(sql) is not None


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
    """Copy every row of `damaged` that can be read and that `target` accepts → how many.

    By SQL; and where that meets damage, from the pages themselves.
    """
    # Before SQL: a connection may take -wal into the file, or give it up.
    pages = leaves.Pages(damaged)
    source = _Source(damaged)
    target.rows("PRAGMA foreign_keys = OFF")
    try:
        with target.transaction(), closing(source), closing(pages):
            found = sum(_copy(source, target, table) for table in _tables(target))
            return found + (_from_pages(pages, target) if source.is_hurt else 0)
    finally:
        target.rows("PRAGMA foreign_keys = ON")


def _tables(target: Database) -> list[str]:
    found = target.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'seal'"
        " AND name NOT LIKE 'sqlite_%'"
    )
    return [row["name"] for row in found]


def _copy(source: "_Source", target: Database, table: str) -> int:
    wanted = [row["name"] for row in target.rows(f"PRAGMA table_info({table})")]
    columns = [name for name in wanted if name in source.columns(table)]
    if not columns:
        return 0
    insert = _insert(table, columns)
    return sum(max(0, target.change(insert, row)) for row in source.rows(table, ", ".join(columns)))


def _insert(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608


class _Source:
    """`is_hurt`: something in it could not be read."""

    def __init__(self, damaged: Path) -> None:
        self.is_hurt = False
        self._connection = sqlite3.connect(damaged, isolation_level=None)
        # Else a file that was cut short is not read.
        self._connection.execute("PRAGMA writable_schema = ON")

    def close(self) -> None:
        self._connection.close()

    def columns(self, table: str) -> set[str]:
        return {row[1] for row in self._until_damage(f"PRAGMA table_info({table})")}

    def rows(self, table: str, columns: str) -> Iterator[tuple[object, ...]]:
        """From the front until damage, then from the back; of a rowid table also in between."""
        try:
            self._connection.execute(f"SELECT rowid FROM {table} LIMIT 0")  # noqa: S608
        except sqlite3.DatabaseError:
            for order in ("ASC", "DESC"):
                sql = f"SELECT {columns} FROM {table} ORDER BY 1 {order}"  # noqa: S608
                yield from self._until_damage(sql)
            return
        start, step = 0, 1
        while start < LARGEST_ROWID:
            last = None
            sql = f"SELECT rowid, {columns} FROM {table} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608
            for rowid, *row in self._until_damage(sql, start):
                last = int(str(rowid))
                yield tuple(row)
            if last is not None:
                start, step = last + 1, 1
            else:
                start, step = start + step, step * 2

    def _until_damage(self, sql: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(sql, parameters)
        except sqlite3.DatabaseError:
            self.is_hurt = True


def _from_pages(pages: leaves.Pages, target: Database) -> int:
    shapes = [
        _Shape(table, target.rows(f"PRAGMA table_info({table})")) for table in _tables(target)
    ]
    found = 0
    for row in pages.rows():
        shape = next((shape for shape in shapes if shape.fits(row)), None)
        if shape is not None:
            found += max(0, target.change(shape.insert, shape.values(row)))
    return found


class _Shape:
    """What the rows of a table look like in the pages: a value for each column, but for those that
    a later step added; the one that is the rowid is left empty."""

    def __init__(self, table: str, columns: Sequence[sqlite3.Row]) -> None:
        self._types = [PYTHONS[row["type"]] for row in columns]
        self._may_be_empty = [bool(row["pk"]) or not row["notnull"] for row in columns]
        self._defaults = [row["dflt_value"] for row in columns]
        self._rowid = [bool(row["pk"]) and row["type"] == "INTEGER" for row in columns]
        self.insert = _insert(table, [row["name"] for row in columns])

    def fits(self, row: leaves.Row) -> bool:
        missing = len(self._types) - len(row.values)
        if missing < 0 or not any(self._rowid):
            return False
        if any(default is None for default in self._defaults[len(row.values) :]):
            return False
        return all(
            empty if value is None else isinstance(value, kind)
            for value, kind, empty in zip(row.values, self._types, self._may_be_empty, strict=False)
        )

    def values(self, row: leaves.Row) -> list[leaves.Value]:
        late = [int(default) for default in self._defaults[len(row.values) :]]
        return [
            row.rowid if is_rowid else value
            for value, is_rowid in zip([*row.values, *late], self._rowid, strict=True)
        ]
