"""How a book is opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.store import database as module
from hub.store.database import Database, open_reader, open_writer, statements
from hub.store.errors import (
    Contended,
    DiskFault,
    NotThereYet,
    PragmaRefused,
    SchemaTooNew,
    StoreError,
    Unreadable,
    translated,
)
from hub.store.schema import JOURNAL, LEDGER, Schema
from tests.books import KEY

ONE = "CREATE TABLE thing (n INTEGER);\nINSERT INTO thing VALUES (1);\n"
TWO = "ALTER TABLE thing ADD COLUMN name TEXT;\nUPDATE thing SET name = 'a; b';\n"
HALF_WRONG = "ALTER TABLE thing ADD COLUMN name TEXT;\nSELECT no_such_column FROM thing;\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "book.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(open_writer(path, Schema("thing", [ONE]), KEY)) as database:
        yield database


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("wal_autocheckpoint", 256),
        ("journal_size_limit", 1048576),
        ("busy_timeout", 5000),
        ("foreign_keys", 1),
        ("temp_store", 2),
        ("secure_delete", 1),
        ("auto_vacuum", 2),
    ],
)
def test_durability_is_asked_for(database: Database, pragma: str, value: object) -> None:
    assert database.value(f"PRAGMA {pragma}") == value


def test_a_setting_that_is_not_taken_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.PRAGMAS, "wal_autocheckpoint", (256, "10"))
    with pytest.raises(PragmaRefused) as caught:
        open_writer(path, Schema("thing", [ONE]), KEY)
    assert caught.value.pragma == "wal_autocheckpoint"
    assert (caught.value.wanted, caught.value.got) == (256, 10)


class TestSteps:
    def test_a_new_book_takes_all_of_them(self, path: Path) -> None:
        with closing(open_writer(path, Schema("thing", [ONE, TWO]), KEY)) as database:
            assert tuple(database.rows("SELECT * FROM thing")[0]) == (1, "a; b")
            assert database.value("PRAGMA user_version") == 2

    def test_an_old_book_takes_the_rest(self, path: Path) -> None:
        open_writer(path, Schema("thing", [ONE]), KEY).close()
        with closing(open_writer(path, Schema("thing", [ONE, TWO]), KEY)) as database:
            assert database.value("SELECT name FROM thing") == "a; b"

    def test_a_step_that_fails_leaves_nothing_behind(self, path: Path) -> None:
        open_writer(path, Schema("thing", [ONE]), KEY).close()
        with pytest.raises(sqlite3.OperationalError):
            open_writer(path, Schema("thing", [ONE, HALF_WRONG]), KEY)
        with closing(open_writer(path, Schema("thing", [ONE]), KEY)) as database:
            assert [column["name"] for column in database.rows("PRAGMA table_info(thing)")] == ["n"]

    def test_a_book_of_a_newer_hub_is_refused(self, path: Path) -> None:
        open_writer(path, Schema("thing", [ONE, TWO]), KEY).close()
        with pytest.raises(SchemaTooNew) as caught:
            open_writer(path, Schema("thing", [ONE]), KEY)
        assert (caught.value.found, caught.value.known) == (2, 1)

    def test_a_book_has_its_name_only_when_it_is_whole(self, path: Path) -> None:
        with pytest.raises(sqlite3.OperationalError):
            open_writer(path, Schema("thing", ["CREATE TABLE thing (n);\nno sql;\n"]), KEY)
        assert not path.exists()
        open_writer(path, Schema("thing", [ONE]), KEY).close()

    @pytest.mark.parametrize("book", [LEDGER, JOURNAL])
    def test_ours_are_found(self, book: Schema) -> None:
        assert all(list(statements(step)) for step in book.steps)
        assert book.steps

    @pytest.mark.parametrize("book", [LEDGER, JOURNAL])
    def test_every_statement_of_ours_ends(self, book: Schema) -> None:
        for step in book.steps:
            assert "".join(statements(step)).rstrip() == step.rstrip()


class TestTransaction:
    def test_is_all_or_nothing(self, database: Database) -> None:
        with pytest.raises(ZeroDivisionError), database.transaction():
            database.insert("INSERT INTO thing VALUES (2)")
            raise ZeroDivisionError
        assert database.value("SELECT count(*) FROM thing") == 1
        assert not database.is_in_transaction

    def test_an_inner_one_is_kept_with_the_outer(self, database: Database, path: Path) -> None:
        with closing(open_reader(path, KEY)) as reader, database.transaction():
            with database.transaction():
                database.insert("INSERT INTO thing VALUES (2)")
            assert reader.value("SELECT count(*) FROM thing") == 1
        with closing(open_reader(path, KEY)) as reader:
            assert reader.value("SELECT count(*) FROM thing") == 2


def test_there_is_one_writer(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.PRAGMAS, "busy_timeout", (0, "0"))
    with (
        closing(open_writer(path, Schema("thing", [ONE]), KEY)) as other,
        database.transaction(),
        pytest.raises(Contended),
    ):
        other.insert("INSERT INTO thing VALUES (2)")


class TestReader:
    def test_of_a_book_that_is_not_there(self, path: Path) -> None:
        with pytest.raises(NotThereYet) as caught:
            open_reader(path, KEY)
        assert caught.value.path == path

    def test_never_makes_a_file(self, path: Path) -> None:
        with pytest.raises(NotThereYet):
            open_reader(path, KEY)
        assert not path.exists()


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC", DiskFault),
        (sqlite3.SQLITE_READONLY, "SQLITE_READONLY", DiskFault),
        (sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT", Unreadable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT", Contended),
    ],
)
def test_errors_say_who_can_act(code: int, name: str, expected: type[StoreError]) -> None:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    assert type(translated(Path("book.db"), error)) is expected


def test_a_mistake_in_our_own_sql_is_not_hidden(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.rows("SELECT * FROM no_such_table")
