"""Every shape that a book ever had can be opened. `books/` holds one dump of each; none is edited.

A dump also holds the JSON inside the rows, so a field or a code that is renamed fails here.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from drivers.measurement import Status
from hub.records import JournalKind, OutboxKind, Outcome, Step
from hub.store.schema import JOURNAL, LEDGER, Schema
from tests.books import journal_at, ledger_at, ledger_reader_at
from tests.store.made import blood_pressure, moment, reception

BOOKS = Path(__file__).parent / "books"


def numbered(schema: Schema) -> list[int]:
    return [number for number, _ in enumerate(schema.steps, start=1)]


def laid_out(folder: Path, book: str, number: int) -> Path:
    """The file as a hub with schema `number` left it."""
    path = folder / f"{book}.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.executescript((BOOKS / f"{book}-{number}.sql").read_text("utf-8"))
    return path


@pytest.mark.parametrize("number", numbered(LEDGER))
def test_ledger(tmp_path: Path, number: int) -> None:
    path = laid_out(tmp_path, "ledger", number)
    ledger, reader = ledger_at(path), ledger_reader_at(path)
    assert ledger.damaged is None
    third, second, first = reader.readings(10)
    assert first.kept.measurement == blood_pressure(1)
    assert first.kept.reception == reception("s1", moment(0))
    assert list(first.steps) == [Step.SAVED, Step.SENT, Step.RECEIVED]
    assert second.kept.measurement.status == (Status.IRREGULAR_PULSE,)
    assert not third.kept.reception.received.trusted
    assert [(row.seq, row.kind, row.id) for row in ledger.outbox.due(10)] == [
        (2, OutboxKind.OBSERVATION, None),
        (3, OutboxKind.ALERT, "a1"),
    ]
    assert [row.reason for row in ledger.outbox.parked()] == ["refused"]
    assert ledger.append(blood_pressure(1), reception("again")) is None
    assert ledger.bounds(third.kept) == (moment(1).wall, moment(6).wall)
    assert (reader.taken(), reader.outcome(7)) == (7, Outcome(ok=True, detail="asked"))
    assert reader.device_statuses()["0123456789AB"].battery_percent == 80
    assert ledger.notes.command("c1") == {"state": "succeeded"}
    assert ledger.notes.next_session() == 2
    assert reader.rejected(1)[0].payload == b"\x1e"
    reader.close()
    ledger.close()


@pytest.mark.parametrize("number", numbered(JOURNAL))
def test_journal(tmp_path: Path, number: int) -> None:
    journal = journal_at(laid_out(tmp_path, "journal", number))
    assert str(journal.answers("c1")["1"]["valueDecimal"]) == "36.70"
    last = journal.last(JournalKind.HELP_REQUESTED)
    assert last is not None
    assert (last.number, last.written) == (102, moment(1))
    assert journal.append(JournalKind.ANSWER, {}, form="f1", moment=moment()).again
    assert journal.append(JournalKind.ANSWER, {}, form="f2", moment=moment()).number == 103
    journal.close()
