"""What the pages see of the ledger while the hub writes it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.measurement import Kind
from hub.records import Step
from hub.store.database import open_reader
from hub.store.errors import DiskFault, NotThereYet
from hub.store.ledger import Ledger
from hub.store.readings import LedgerReader
from tests.books import KEY, ledger_at, ledger_reader_at
from tests.store.made import blood_pressure, moment, reception


def test_before_the_hub_has_started(path: Path) -> None:
    reader = ledger_reader_at(path)
    with pytest.raises(NotThereYet):
        reader.version()
    with pytest.raises(NotThereYet):
        reader.readings(10)
    ledger = ledger_at(path)
    assert reader.readings(10) == []
    reader.close()
    ledger.close()


def test_the_newest_reading_is_first(ledger: Ledger, reader: LedgerReader) -> None:
    for sequence in range(5):
        ledger.append(blood_pressure(sequence), reception(at=moment(sequence)))
    assert [reading.kept.measurement.sequence for reading in reader.readings(3)] == [4, 3, 2]
    since = reader.readings(10, since=moment(3).wall)
    assert [reading.kept.measurement.sequence for reading in since] == [4, 3]


def test_one_kind_of_readings(ledger: Ledger, reader: LedgerReader) -> None:
    ledger.append(blood_pressure(1), reception())
    weight = replace(blood_pressure(2), kind=Kind.BODY_WEIGHT)
    ledger.append(weight, reception())
    assert [r.kept.measurement for r in reader.readings(9, kind=Kind.BODY_WEIGHT)] == [weight]
    assert reader.readings(9, kind=Kind.GLUCOSE) == []
    assert len(reader.readings(9)) == 2


def test_a_reading_says_how_far_it_has_come(ledger: Ledger, reader: LedgerReader) -> None:
    kept = ledger.append(blood_pressure(), reception())
    assert kept is not None
    (reading,) = reader.readings(1)
    assert reading.kept == kept
    assert reading.steps == {Step.SAVED: moment(0).wall}
    ledger.outbox.seal(1, "b1", b"{}")
    ledger.outbox.sent([1], moment(1).wall)
    ledger.outbox.acknowledge(["b1"], moment(2).wall)
    (reading,) = reader.readings(1)
    assert list(reading.steps) == [Step.SAVED, Step.SENT, Step.RECEIVED]
    assert reader.reading(kept.id) == reading
    assert reader.reading("no such id") is None


def test_a_parked_reading_says_why(ledger: Ledger, reader: LedgerReader) -> None:
    ledger.append(blood_pressure(), reception())
    ledger.outbox.park(1, "too large")
    assert reader.readings(1)[0].parked == "too large"
    assert [parked.reason for parked in reader.parked()] == ["too large"]
    assert reader.counts().parked == 1
    ledger.outbox.send_again(1)
    assert reader.readings(1)[0].parked is None


def test_a_disowned_reading_is_marked(ledger: Ledger, reader: LedgerReader) -> None:
    kept = ledger.append(blood_pressure(), reception())
    assert kept is not None
    ledger.disown(kept.id)
    (reading,) = reader.readings(1)
    assert reading.kept.disowned
    assert reading.steps == {Step.SAVED: moment(0).wall}


def test_the_version_changes_with_what_is_written_and_not_otherwise(
    ledger: Ledger, reader: LedgerReader
) -> None:
    before = reader.version()
    assert reader.version() == before
    ledger.append(blood_pressure(), reception())
    assert reader.version() != before


def test_a_page_follows_a_ledger_that_was_begun_anew(path: Path) -> None:
    ledger, reader = ledger_at(path), ledger_reader_at(path)
    ledger.append(blood_pressure(), reception())
    before = reader.version()
    ledger.close()
    path.write_bytes(bytes(path.stat().st_size))
    path.with_name("ledger.db-wal").write_bytes(b"")
    again = ledger_at(path)
    assert again.damaged is not None
    assert reader.version() != before
    assert reader.readings(10) == []
    again.append(blood_pressure(2), reception())
    assert len(reader.readings(10)) == 1
    reader.close()
    again.close()


def test_a_page_cannot_write(ledger: Ledger, path: Path) -> None:
    database = open_reader(path, KEY)
    with pytest.raises(DiskFault) as caught:
        database.change("DELETE FROM outbox")
    assert caught.value.code == "SQLITE_READONLY"
    database.close()


def test_a_reader_never_waits_for_the_writer(ledger: Ledger, reader: LedgerReader) -> None:
    def in_the_middle() -> int:
        ledger.append(blood_pressure(), reception())
        return len(reader.readings(10))

    assert ledger.transact(in_the_middle) == 0
    assert len(reader.readings(10)) == 1


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from tests.books import ledger_reader_at
os.setgid(65534); os.setuid(65534)
print(len(ledger_reader_at(Path(sys.argv[1])).readings(10)))
"""

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from tests.books import ledger_at
from tests.store.made import blood_pressure, reception
ledger_at(Path(sys.argv[1])).append(blood_pressure(), reception())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("hub", ["running", "stopped", "killed"])
def test_another_user_reads_whatever_the_hub_does(hub: str, tmp_path: Path) -> None:
    """The web process has its own account and may not write in the hub's folder."""
    folder = tmp_path
    for parent in (folder, *folder.parents[:2]):
        if parent.stat().st_uid == 0:
            parent.chmod(0o755)
    path = folder / "ledger.db"
    if hub == "killed":
        subprocess.run([sys.executable, "-c", KILLED_WRITER, path], check=False)
    else:
        ledger = ledger_at(path)
        ledger.append(blood_pressure(), reception())
        if hub == "stopped":
            ledger.close()
    found = subprocess.run(
        [sys.executable, "-c", READ_AS_NOBODY, path], capture_output=True, text=True, check=False
    )
    assert found.stdout == "1\n", found.stderr
