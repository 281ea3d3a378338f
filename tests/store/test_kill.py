"""`kill -9` at any moment: whatever was acknowledged is there, once, and nothing is damaged."""

import random
import subprocess
import sys
from pathlib import Path

from tests.books import documents_at, journal_at, ledger_at

KILLS = 20

HUB = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hub.records import JournalKind, OutboxKind
from tests.books import documents_at
from tests.books import journal_at
from tests.books import ledger_at
from tests.store.made import blood_pressure, moment, reception

folder, start = Path(sys.argv[1]), int(sys.argv[2])
ledger = ledger_at(folder / "ledger.db")
journal = journal_at(folder / "journal.db")
documents = documents_at(folder / "documents")
for number in range(start, start + 100_000):
    kept = ledger.append(blood_pressure(number), reception(f"s{number // 3}"))
    print("reading", kept.id, flush=True)
    seq = ledger.outbox.newest()
    if number % 3 == 2:
        ledger.outbox.seal(seq, f"b{seq}", b"x" * 5000, members=len(ledger.measurements_of(seq)))
        print("sealed", seq, flush=True)
    if number % 7 == 6:
        known = ledger.outbox.acknowledge([f"b{seq - 1}"], moment().wall)
        print("received", *known or "-", flush=True)
    written = journal.append(JournalKind.LANGUAGE, {}, form=f"f{number}", moment=moment())
    print("entry", written.number, flush=True)
    if number % 5 == 0:
        documents.put("plan", {"n": number, "text": "x" * (number % 11 * 300)}, version=str(number))
        print("plan", number, flush=True)
    ledger.prune(moment(200 * 86400), 90) if number % 40 == 39 else None
"""


def run_and_kill(folder: Path, start: int, after: int) -> list[list[str]]:
    """→ what the child said before it was killed, `after` lines or a little more."""
    child = subprocess.Popen(
        [sys.executable, "-c", HUB, folder, str(start)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(after)]
    child.kill()
    said += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    return [line.split() for line in said if line.endswith("\n")]


def test_nothing_acknowledged_is_missing(tmp_path: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - moments, not secrets
    said: list[list[str]] = []
    for kill in range(KILLS):
        said += run_and_kill(tmp_path, kill * 100_000, chance.randrange(1, 60))
        check(tmp_path, said)


def check(folder: Path, said: list[list[str]]) -> None:
    ledger, journal = ledger_at(folder / "ledger.db"), journal_at(folder / "journal.db")
    assert (ledger.damaged, journal.damaged) == (None, None)
    database = ledger._database
    assert database.value("PRAGMA integrity_check") == "ok"
    readings = [row["id"] for row in database.rows("SELECT id FROM measurement")]
    pruned = [row["id"] for row in database.rows("SELECT id FROM pruned")]
    assert {line[1] for line in said if line[0] == "reading"} <= {*readings, *pruned}
    entries = {row["number"] for row in journal._database.rows("SELECT number FROM entry")}
    assert {int(line[1]) for line in said if line[0] == "entry"} <= entries
    for row in ledger.outbox.due(100_000):
        assert row.body in (None, b"x" * 5000)
    due = {row.id for row in ledger.outbox.due(100_000)}
    assert not due & {line[1] for line in said if line[0] == "received"}
    plans = [line[1] for line in said if line[0] == "plan"]
    plan = documents_at(folder / "documents", writable=False).version("plan")
    assert int(plan or -1) >= int(plans[-1] if plans else -1)
    ledger.close()
    journal.close()
