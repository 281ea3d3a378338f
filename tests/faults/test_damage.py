"""A damaged book is moved aside; what is whole in it is still there and due, and the hub starts."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from hub.records import JournalKind
from hub.store.journal import Journal
from hub.store.ledger import Ledger
from tests.books import journal_at, key_at, ledger_at, ledger_reader_at
from tests.faults.tally import Tally
from tests.store.made import blood_pressure, moment, reception

PAGE = 2048
TABLE_LEAF = 0x0D
READINGS = 300
SEALED, RECEIVED = 120, 60
ENTRIES = 300


@dataclass(frozen=True)
class Filled:
    """names: of what must not be lost, as their octets stand in the file."""

    folder: Path
    names: frozenset[bytes]


@pytest.fixture(scope="module")
def ledger_files(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    folder = tmp_path_factory.mktemp("ledger")
    ledger = ledger_at(folder / "ledger.db")
    ids = []
    for number in range(READINGS):
        kept = ledger.append(blood_pressure(number), reception(f"s{number}"))
        assert kept
        ids.append(kept.id)
        if number < SEALED:
            ledger.outbox.seal(number + 1, f"b{number}", bytes(3000))
    ledger.outbox.acknowledge([f"b{number}" for number in range(RECEIVED)], moment().wall)
    ledger.close()  # a part of it is in -wal
    return Filled(folder, frozenset(id.encode() for id in ids[RECEIVED:]))


@pytest.fixture(scope="module")
def journal_files(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    folder = tmp_path_factory.mktemp("journal")
    journal = journal_at(folder / "journal.db")
    forms = [f"form-{number:06}-of-the-test" for number in range(ENTRIES)]
    for form in forms:
        journal.append(JournalKind.HELP_REQUESTED, {}, form=form, moment=moment())
    journal.close()
    return Filled(folder, frozenset(form.encode() for form in forms))


def flip_bits(content: bytearray, chance: Random) -> None:
    for _ in range(chance.choice([1, 1, 8])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def zero_a_page(content: bytearray, chance: Random) -> None:
    start = chance.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = bytes(PAGE)


def random_sector(content: bytearray, chance: Random) -> None:
    start = chance.randrange(len(content) // 512) * 512
    content[start : start + 512] = chance.randbytes(512)


def cut_short(content: bytearray, chance: Random) -> None:
    del content[chance.randrange(len(content)) :]


def all_zero(content: bytearray, chance: Random) -> None:
    content[:] = bytes(len(content))


def empty(content: bytearray, chance: Random) -> None:
    content.clear()


def no_database(content: bytearray, chance: Random) -> None:
    content[:] = b"This is a letter to a friend.\n" * 100


def foreign(content: bytearray, chance: Random) -> None:
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)")
        other.execute("PRAGMA user_version = 2")
        content[:] = other.serialize()


Damage = Callable[[bytearray, Random], None]
TO_THE_FILE: list[Damage] = [
    flip_bits,
    flip_bits,
    zero_a_page,
    zero_a_page,
    random_sector,
    cut_short,
    all_zero,
    empty,
    no_database,
    foreign,
]
TO_THE_WAL: list[Damage] = [flip_bits, random_sector, cut_short, empty]


def damaged(filled: Filled, folder: Path, name: str, chance: Random) -> tuple[str, Path]:
    """A copy with one damage → what was done, and the book."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(filled.folder, folder)
    path, in_wal = folder / name, chance.random() < 0.2
    how = chance.choice(TO_THE_WAL if in_wal else TO_THE_FILE)
    file = path.with_name(name + "-wal") if in_wal else path
    content = bytearray(file.read_bytes())
    how(content, chance)
    file.write_bytes(content)
    return f"{how.__name__} in {file.name}", path


def whole_rows(before: Path, after: Path, names: frozenset[bytes]) -> set[bytes]:
    """Names that stand on a leaf of a table, which is in the file as it was."""
    old, new = before.read_bytes(), after.read_bytes()
    found = set()
    for start in range(PAGE, len(old), PAGE):
        page = old[start : start + PAGE]
        if page[0] == TABLE_LEAF and page == new[start : start + PAGE]:
            found |= {name for name in names if name in page}
    return found


@pytest.mark.fault("F14")
def test_what_is_whole_in_a_damaged_ledger_is_still_due(
    tmp_path: Path, ledger_files: Filled, tally: Tally
) -> None:
    names, slowest_s = ledger_files.names, 0.0
    for cycle in tally.cycles(pr=12, night=350):
        folder = tmp_path / "home"
        what, path = damaged(ledger_files, folder, "ledger.db", Random(cycle))  # noqa: S311
        wal_is_whole = "-wal" not in what
        readable = whole_rows(ledger_files.folder / "ledger.db", path, names)
        began = time.monotonic()
        ledger = ledger_at(path)
        slowest_s = max(slowest_s, time.monotonic() - began)
        held = _left(ledger)
        lost = {name for name in readable if name.decode() not in held} if wal_is_whole else set()
        tally.add(accepted=len(readable), lost=len(lost))
        assert not lost, (cycle, what)
        if ledger.damaged is not None:
            assert ledger.damaged.moved_to.exists()
        assert ledger.append(blood_pressure(9000), reception("new")) is not None, what
        assert ledger._database.value("PRAGMA integrity_check") == "ok"
        ledger.close()
        ledger_reader_at(path).close()
        again = ledger_at(path)
        assert again.damaged is None, what
        again.close()
        tally.say("slowest start", f"{slowest_s:.1f} s")


def _left(ledger: Ledger) -> set[str]:
    """Every reading that is due, or is told of as damaged."""
    rows = ledger._database.rows(
        "SELECT id FROM measurement JOIN outbox USING (seq) WHERE state != 'acknowledged'"
    )
    return {row["id"] for row in rows}


@pytest.mark.fault("F14")
def test_what_is_whole_in_a_damaged_journal_is_there(
    tmp_path: Path, journal_files: Filled, tally: Tally
) -> None:
    for cycle in tally.cycles(pr=8, night=150):
        what, path = damaged(journal_files, tmp_path / "home", "journal.db", Random(cycle))  # noqa: S311
        readable = whole_rows(journal_files.folder / "journal.db", path, journal_files.names)
        journal = journal_at(path)
        left = {row["form"] for row in journal._database.rows("SELECT form FROM entry")}
        lost = set()
        if "-wal" not in what:
            lost = {name for name in readable if name.decode() not in left}
        tally.add(accepted=len(readable), lost=len(lost))
        assert not lost, (cycle, what)
        _goes_on(journal)
        journal.close()


def _goes_on(journal: Journal) -> None:
    last = journal.last(JournalKind.HELP_REQUESTED)
    written = journal.append(JournalKind.LANGUAGE, {}, form=None, moment=moment())
    assert last is None or written.number > last.number


@pytest.mark.fault("F14")
def test_the_root_of_a_table_hides_nothing(
    tmp_path: Path, ledger_files: Filled, tally: Tally
) -> None:
    """One bad page, below which is every reading."""
    for table in ("measurement", "outbox", "bundle"):
        folder = tmp_path / table
        shutil.copytree(ledger_files.folder, folder)
        path = folder / "ledger.db"
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
            root = database.execute(sql, (table,)).fetchone()[0]
        content = bytearray(path.read_bytes())
        assert content[(root - 1) * PAGE] != TABLE_LEAF
        content[(root - 1) * PAGE : root * PAGE] = bytes(PAGE)
        path.write_bytes(content)
        ledger = ledger_at(path)
        assert ledger.damaged is not None
        lost = {name for name in ledger_files.names if name.decode() not in _left(ledger)}
        tally.add(accepted=len(ledger_files.names), lost=len(lost))
        assert not lost, table
        assert ledger._database.value("SELECT count(*) FROM bundle") == SEALED
        ledger.close()


@pytest.mark.fault("F14")
def test_a_damaged_proof_of_the_key_is_not_another_key(
    tmp_path: Path, ledger_files: Filled, tally: Tally
) -> None:
    """One bit in the word that tells the key: the readings are sealed with this very key."""
    folder = tmp_path / "home"
    shutil.copytree(ledger_files.folder, folder)
    path = folder / "ledger.db"
    with closing(sqlite3.connect(path)) as database:
        [word] = database.execute("SELECT word FROM seal").fetchone()
        database.execute("UPDATE seal SET word = ?", (word[:-1] + bytes([word[-1] ^ 1]),))
        database.commit()
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    lost = {name for name in ledger_files.names if name.decode() not in _left(ledger)}
    tally.add(accepted=len(ledger_files.names), lost=len(lost))
    assert not lost
    ledger.close()
    assert key_at(folder)
