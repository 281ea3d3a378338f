"""One SQLite file, opened the one way in which a COMMIT survives a power cut.

Each file has one writing process and one writing connection, which also does every checkpoint:
SQLite before 3.51.3 can corrupt a WAL that two connections write (sqlite.org/wal.html#walresetbug).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final

from hub.store import sealing
from hub.store.durable import fsync_directory
from hub.store.errors import (
    NotThereYet,
    OtherKey,
    PragmaRefused,
    SchemaTooNew,
    StoreError,
    Unreadable,
    system_errors,
    translated,
)
from hub.store.key import Broken, Key
from hub.store.schema import Schema

Params = Sequence[object] | dict[str, object]

PRAGMAS: Final = {
    "auto_vacuum": (2, "INCREMENTAL"),  # before journal_mode: fixed by the first write
    "journal_mode": ("wal", "WAL"),
    "synchronous": (2, "FULL"),  # NORMAL lost rows in 55 of 60 simulated power cuts
    "wal_autocheckpoint": (256, "256"),
    "journal_size_limit": (1048576, "1048576"),
    "busy_timeout": (5000, "5000"),
    "foreign_keys": (1, "ON"),
    "temp_store": (2, "MEMORY"),
    "secure_delete": (1, "ON"),
}


class Database:
    """A connection whose errors are those of `hub.store.errors`, usable from any thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, key: Key) -> None:
        connection.row_factory = sqlite3.Row
        connection.text_factory = _text
        sealing.teach(connection, key)
        self.path = path
        self.key = key
        self._connection = connection
        self._lock = RLock()
        self._depth = 0

    def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        return self._run(sql, params)[1]

    def row(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        found = self.rows(sql, params)
        return found[0] if found else None

    def value(self, sql: str, params: Params = ()) -> Any:
        """The first column of the first row; None where there is no row."""
        found = self.row(sql, params)
        return found[0] if found else None

    def change(self, sql: str, params: Params = ()) -> int:
        """How many rows were changed."""
        return self._run(sql, params)[0].rowcount

    def insert(self, sql: str, params: Params = ()) -> int:
        """The rowid of the new row."""
        return self._run(sql, params)[0].lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is durable on return, or nothing is. An inner one joins the outer."""
        with self._lock:
            begin, commit, rollback = self._bounds()
            self.change(begin)
            self._depth += 1
            try:
                yield
                self.change(commit)
            except BaseException:
                # A full disk or an I/O error may have ended the transaction by itself.
                if self._connection.in_transaction:
                    self.change(rollback)
                raise
            finally:
                self._depth -= 1

    def give_back(self, pages: int) -> None:
        """Return up to `pages` free pages to the disk."""
        try:
            with self._lock:
                # Only executescript steps a PRAGMA without columns to its end, page by page.
                self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")
        except sqlite3.Error as error:
            if (ours := translated(self.path, error)) is None:
                raise
            raise ours from error

    @property
    def is_in_transaction(self) -> bool:
        return self._depth > 0

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def gather(self) -> None:
        """Bring all of -wal into the file, which is about to get another name.

        Closing does so too, but it does not tell when the disk refuses.
        """
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close_for_readers(self) -> None:
        """Close the writing connection and leave -wal and -shm, which SQLite would remove.

        A reader of another account may not make them again, so it could not read without a writer.
        The last to close is therefore a connection that may not remove anything.
        """
        with self._lock:
            with suppress(sqlite3.Error):
                last = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
                with closing(last):
                    last.execute("SELECT 1 FROM sqlite_schema").fetchall()
                    self._connection.close()
            self._connection.close()

    def _bounds(self) -> tuple[str, str, str]:
        if self._depth == 0:
            return "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
        name = f"inner_{self._depth}"
        return f"SAVEPOINT {name}", f"RELEASE {name}", f"ROLLBACK TO {name}"

    def _run(self, sql: str, params: Params = ()) -> tuple[sqlite3.Cursor, list[sqlite3.Row]]:
        try:
            with self._lock:
                cursor = self._connection.execute(sql, params)
                return cursor, cursor.fetchall()
        except sqlite3.Error as error:
            if (ours := translated(self.path, error)) is None:
                raise
            raise ours from error


def _text(raw: bytes) -> str:
    """A damaged text is a wrong text, and not the end of the whole search."""
    return raw.decode(errors="replace")


def open_writer(path: Path, schema: Schema, key: Key) -> Database:
    """The one writing connection. A new file appears under its name only when it is whole.

    Raises Unreadable for a damaged file; `hub.store.salvage.open_book` deals with that.
    """
    with system_errors(path):
        if not path.exists():
            _make(path, schema, key)
        if path.stat().st_size == 0:
            raise Unreadable(path, "empty")
    database = Database(path, _connect(path, f"{path.absolute().as_uri()}?mode=rw"), key)
    try:
        _prepare(database)
        _check(database, schema)
        _migrate(database, schema)
        _prove(database)
    except BaseException:
        database.close_for_readers()  # a damaged file stays as it was found
        raise
    return database


def open_reader(path: Path, key: Key) -> Database:
    """Reads a file that another process writes. NotThereYet until that process has made it."""
    if not path.exists():
        raise NotThereYet(path)
    database = Database(path, _connect(path, f"{path.absolute().as_uri()}?mode=ro"), key)
    database.rows("PRAGMA busy_timeout = 5000")
    return database


def _make(path: Path, schema: Schema, key: Key) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    for left in (new, new.with_name(new.name + "-wal"), new.with_name(new.name + "-shm")):
        left.unlink(missing_ok=True)
    database = Database(new, _connect(new, f"{new.absolute().as_uri()}?mode=rwc"), key)
    try:
        database.rows("PRAGMA page_size = 2048")  # half of the default: a reading touches 7 pages
        _prepare(database)
        _migrate(database, schema)
        database.gather()
    finally:
        database.close()
    new.replace(path)
    fsync_directory(path.parent)


def _connect(path: Path, uri: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise translated(path, error) or StoreError(path, str(error)) from error


def _prepare(database: Database) -> None:
    for pragma, (wanted, setting) in PRAGMAS.items():
        if database.value(f"PRAGMA {pragma}") == wanted:
            continue  # setting auto_vacuum again would write to the file
        database.rows(f"PRAGMA {pragma} = {setting}")
        if (got := database.value(f"PRAGMA {pragma}")) != wanted:
            raise PragmaRefused(database.path, pragma=pragma, wanted=wanted, got=got)


def _check(database: Database, schema: Schema) -> None:
    # Not quick_check: it does not see that an index misses a row, and a reading that the index by
    # outbox row misses would never leave. 200 MB take 2.3 s instead of 1.3 s.
    found = database.value("PRAGMA integrity_check(1)")
    if found != "ok":
        raise Unreadable(database.path, str(found))
    if database.value("PRAGMA user_version") == 0:
        # A book gets its name after its first step, so this one lost its first page.
        raise Unreadable(database.path, "empty")
    if database.value("SELECT 1 FROM sqlite_schema WHERE name = ?", (schema.table,)) is None:
        raise Unreadable(database.path, f"has no {schema.table}: not one of ours")


def _migrate(database: Database, schema: Schema) -> None:
    done = database.value("PRAGMA user_version")
    if done > len(schema.steps):
        raise SchemaTooNew(database.path, found=done, known=len(schema.steps))
    for number, step in enumerate(schema.steps[done:], start=done + 1):
        with database.transaction():
            for statement in statements(step):
                database.change(statement)
            database.change(f"PRAGMA user_version = {number}")


def _prove(database: Database) -> None:
    """Whether this key is the one."""
    if database.value("SELECT 1 FROM sqlite_schema WHERE name = 'seal'") is None:
        return
    word = database.value("SELECT word FROM seal LIMIT 1")
    try:
        database.key.unseal(word or b"", "seal")
    except Broken as error:
        raise OtherKey(database.path) from error


def statements(script: str) -> Iterator[str]:
    """One at a time: sqlite3's own executescript would commit before the step is recorded."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
