"""A damaged book is moved aside, and nothing that can still be read is lost."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.records import JournalKind, OutboxKind
from hub.store.errors import Unreadable
from hub.store.ledger import Ledger
from hub.store.mend import LOST
from hub.store.salvage import open_book
from hub.store.schema import LEDGER
from tests.books import KEY, journal_at, ledger_at
from tests.store.made import blood_pressure, moment, reception

PAGE = 2048
SESSIONS = 120


def filled(path: Path) -> list[str]:
    """A ledger of some hundred pages → the ids in it."""
    ledger = ledger_at(path)

    def fill() -> list[str]:
        with ledger.notes.taking(41):
            ledger.notes.next_session()
        kept = [
            ledger.append(blood_pressure(number), reception(f"s{number}"))
            for number in range(SESSIONS)
        ]
        for seq in range(1, 41):
            ledger.outbox.seal(seq, f"b{seq}", b"{}" + bytes(3000))
        ledger.outbox.acknowledge([f"b{seq}" for seq in range(1, 21)], moment().wall)
        return [one.id for one in kept if one]

    ids = ledger.transact(fill)
    ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    return ids


def all_zero(content: bytearray) -> None:
    content[:] = bytes(len(content))


def half(content: bytearray) -> None:
    del content[len(content) // 2 // PAGE * PAGE :]


def empty(content: bytearray) -> None:
    content.clear()


def no_header(content: bytearray) -> None:
    content[:100] = bytes(100)


def a_page_in_the_middle(content: bytearray) -> None:
    middle = len(content) // PAGE // 2 * PAGE
    content[middle : middle + PAGE] = b"\xa5" * PAGE


Spoil = Callable[[bytearray], None]


def spoil(path: Path, how: Spoil) -> bytes:
    content = bytearray(path.read_bytes())
    how(content)
    path.write_bytes(content)
    return bytes(content)


@pytest.mark.parametrize("how", [all_zero, half, empty, no_header, a_page_in_the_middle])
def test_the_hub_starts_and_the_damaged_file_is_kept(tmp_path: Path, how: Spoil) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    bad = spoil(path, how)
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    assert ledger.damaged.path == path
    assert ledger.damaged.moved_to.read_bytes() == bad
    assert ledger.append(blood_pressure(5000), reception("new")) is not None
    ledger.close()
    again = ledger_at(path)
    assert again.damaged is None
    again.close()


def test_one_bad_page_costs_what_was_on_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ids = filled(path)
    spoil(path, a_page_in_the_middle)
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    left = {kept.id for seq in range(1, SESSIONS + 1) for kept in ledger.measurements_of(seq)}
    assert len(left) > 0.9 * len(ids)
    assert ledger.damaged.salvaged > SESSIONS
    ledger.close()


def test_the_first_half_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    spoil(path, half)
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    assert ledger.damaged.salvaged > SESSIONS / 3
    ledger.close()


@pytest.mark.parametrize("page", range(2, 60, 3))
def test_whatever_page_is_bad_every_reading_left_is_still_due_or_done(
    tmp_path: Path, page: int
) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    spoil(
        path,
        lambda content: content.__setitem__(slice(page * PAGE, page * PAGE + PAGE), bytes(PAGE)),
    )
    ledger = ledger_at(path)
    database = ledger._database
    assert database.rows("PRAGMA foreign_key_check") == []
    assert database.value("PRAGMA integrity_check") == "ok"
    nowhere = database.value("SELECT count(*) FROM measurement WHERE seq IS NULL")
    assert nowhere == 0
    empty_and_due = database.value(
        "SELECT count(*) FROM outbox WHERE state = 'due' AND seq NOT IN (SELECT seq FROM bundle)"
        " AND seq NOT IN (SELECT seq FROM measurement)"
    )
    assert empty_and_due == 0
    ledger.close()


def test_bytes_and_measurements_whose_row_is_gone_are_due_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = ledger_at(path)
    ledger.append(blood_pressure(), reception())
    ledger.outbox.put(
        OutboxKind.QUESTIONNAIRE_RESPONSE, "q", b'{"x":"QuestionnaireResponse"}', created=moment()
    )
    ledger.outbox.put(OutboxKind.ALERT, "a", b'{"x":"DetectedIssue"}', created=moment())
    ledger.append(blood_pressure(2), reception("s2"))
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM outbox WHERE seq < 4")
        database.execute("DELETE FROM measurement WHERE seq = 4")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(path, lambda content: content.extend(b"\xff" * PAGE))
    spoil_header_page_count(path)
    again = ledger_at(path)
    assert again.damaged is not None
    assert [(row.seq, row.kind, row.id) for row in again.outbox.due(10)] == [
        (1, OutboxKind.OBSERVATION, None),
        (2, OutboxKind.QUESTIONNAIRE_RESPONSE, "q"),
        (3, OutboxKind.ALERT, "a"),
    ]
    assert [(row.seq, row.reason) for row in again.outbox.parked()] == [(4, LOST)]
    again.close()


def spoil_header_page_count(path: Path) -> None:
    """A wrong freelist count (offset 36): quick_check sees it, and every row can be read."""
    spoil(path, lambda content: content.__setitem__(slice(36, 40), b"\0\0\0\x05"))


def test_what_was_taken_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    spoil_header_page_count(path)
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    assert (ledger.notes.taken(), ledger.notes.next_session()) == (41, 2)
    ledger.close()


def test_a_power_cut_in_the_middle_of_the_rescue(tmp_path: Path) -> None:
    """The rescued file has its name, but the damaged one and its -wal are still in its place."""
    path, rescued = tmp_path / "ledger.db", tmp_path / "rescued.db"
    filled(rescued)
    damaged_one = ledger_at(path)
    damaged_one.append(blood_pressure(), reception())
    damaged_one.close()
    assert path.with_name("ledger.db-wal").stat().st_size > 0
    rescued.rename(tmp_path / "ledger.db.salvaged")
    database, damaged = open_book(path, LEDGER, KEY)
    assert damaged is None
    assert database.value("SELECT count(*) FROM measurement") == SESSIONS
    database.close()


def test_random_bits_never_stop_the_hub(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    whole = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - the same damage in every run
    for round in range(20):
        for file in tmp_path.iterdir():
            if file.name != "ballast.bin":
                file.unlink()
        content = bytearray(whole)
        start = chance.randrange(len(content) - 512)
        content[start : start + 512] = chance.randbytes(512)
        path.write_bytes(content)
        try:
            use(ledger_at(path), round)
        except Unreadable:  # the process ends, and the next one looks at the whole file
            use(ledger_at(path), round)


def use(ledger: Ledger, round: int) -> None:
    try:
        ledger.append(blood_pressure(9000 + round), reception("new"))
        assert ledger.append(blood_pressure(9000 + round), reception("new")) is None
        ledger.outbox.due(1000)
        for seq in range(1, SESSIONS + 1):
            ledger.measurements_of(seq)
    finally:
        ledger.close()


@pytest.mark.parametrize("how", [all_zero, half, empty, a_page_in_the_middle])
def test_a_damaged_journal_keeps_taking_answers(tmp_path: Path, how: Spoil) -> None:
    path = tmp_path / "journal.db"
    journal = journal_at(path)
    body = {"check_in": "c", "questionnaire": "q", "link_id": "1", "answer": {"valueString": "x"}}
    last = 0
    for _ in range(300):
        last = journal.append(JournalKind.ANSWER, body, form=None, moment=moment()).number
    journal._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    journal.close()
    spoil(path, how)
    again = journal_at(path)
    assert again.damaged is not None
    assert again.append(JournalKind.ANSWER, body, form=None, moment=moment()).number > last
    again.close()


def test_a_reading_that_an_index_misses_is_found_again(tmp_path: Path) -> None:
    """It is in its table, so it looks whole; by its outbox row nobody would find it."""
    path = tmp_path / "ledger.db"
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        sql = "SELECT sql FROM sqlite_schema WHERE name = 'measurement_seq'"
        whole = database.execute(sql).fetchone()[0]
        database.execute(
            "UPDATE sqlite_schema SET sql = sql || ' WHERE seq != 100' WHERE sql = ?", (whole,)
        )
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("REINDEX measurement_seq")
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "UPDATE sqlite_schema SET sql = ? WHERE name = 'measurement_seq'", (whole,)
        )
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger = ledger_at(path)
    assert ledger.damaged is not None
    assert len(ledger.measurements_of(100)) == 1
    ledger.close()
