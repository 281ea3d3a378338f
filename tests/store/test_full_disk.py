"""A full disk: new readings are refused loudly, what is kept stays, and the outbox can empty."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub.records import JournalKind, Obstacle
from hub.store.errors import DiskFull
from hub.store.ledger import Ledger
from hub.store.space import BALLAST_BYTES, SPARED_BYTES, Ballast, Level, Space, drains
from tests.books import journal_at, ledger_at
from tests.store.made import blood_pressure, moment, reception


def fill(ledger: Ledger, first: int = 0) -> int:
    """Append until there is no room → how many were kept."""
    for number in range(first, first + 100_000):
        try:
            ledger.append(blood_pressure(number), reception(f"s{number}"))
        except DiskFull:
            return number - first
    raise AssertionError("there is no end to the disk")


@pytest.fixture
def small(ledger: Ledger) -> Ledger:
    """A ledger that may become 200 pages larger."""
    allow(ledger, 200)
    return ledger


def allow(ledger: Ledger, pages: int) -> None:
    now = ledger._database.value("PRAGMA page_count")
    ledger._database.rows(f"PRAGMA max_page_count = {now + pages}")


def test_what_was_kept_before_it_was_full_is_there(small: Ledger) -> None:
    kept = fill(small)
    assert kept > 50
    assert len(small.outbox.due(100_000)) == kept
    assert small._database.value("PRAGMA integrity_check") == "ok"
    with pytest.raises(DiskFull):
        small.append(blood_pressure(999_999), reception("refused"))
    assert len(small.outbox.due(100_000)) == kept


def test_received_rows_make_room_and_unsent_ones_never_do(small: Ledger) -> None:
    kept = fill(small)
    allow(small, 20)  # as if the ballast had been let go
    for seq in range(1, 61):
        small.outbox.seal(seq, f"b{seq}", b"")
    small.outbox.acknowledge([f"b{seq}" for seq in range(1, 61)], moment().wall)
    assert small.append(blood_pressure(500_000), reception("new")) is not None
    more = 1 + fill(small, 600_000)
    unsent = {row.seq for row in small.outbox.due(100_000)}
    assert set(range(61, kept + 1)) <= unsent
    assert len(unsent) == kept - 60 + more
    done = "SELECT count(*) FROM outbox WHERE state = 'acknowledged'"
    assert small._database.value(done) == 0
    assert small.append(blood_pressure(3), reception("again", live=False)) is None


def test_in_a_batch_the_whole_batch_fails(small: Ledger) -> None:
    kept = fill(small)
    with pytest.raises(DiskFull):
        small.transact(lambda: fill_and_raise(small))
    assert len(small.outbox.due(100_000)) == kept
    assert not small.is_in_transaction


def fill_and_raise(ledger: Ledger) -> None:
    for number in range(800_000, 900_000):
        ledger.append(blood_pressure(number), reception("batch"))


def test_the_journal_says_that_it_cannot_save(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "journal.db")
    pages = journal._database.value("PRAGMA page_count")
    journal._database.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull):
        for _ in range(1000):
            journal.append(JournalKind.HELP_REQUESTED, {}, form=None, moment=moment())
    assert journal.last(JournalKind.HELP_REQUESTED) is not None
    journal.close()


class TestBallast:
    def test_is_there_from_the_start(self, ledger: Ledger) -> None:
        assert ledger.ballast.path.stat().st_blocks * 512 >= BALLAST_BYTES
        assert ledger.space().ballast

    def test_is_let_go_once(self, tmp_path: Path) -> None:
        ballast = Ballast(tmp_path)
        assert ballast.restore()
        assert ballast.release()
        assert not ballast.release()
        assert not ballast.is_held

    def test_is_not_taken_from_a_disk_that_is_nearly_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(tmp_path)._replace(free=BALLAST_BYTES + 1)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        assert not Ballast(tmp_path).restore()

    def test_is_kept_when_the_whole_batch_must_go_again(self, tmp_path: Path) -> None:
        batch = Batch(Ballast(tmp_path))
        with pytest.raises(DiskFull):
            batch.work()
        assert batch.ballast.is_held

    @pytest.mark.parametrize(
        ("free", "level"), [(11, Level.OK), (9, Level.LOW), (4, Level.CRITICAL)]
    )
    def test_levels(self, free: int, level: Level) -> None:
        assert Space(free, 100, ballast=True).level is level


class Batch:
    """Work inside a transaction of somebody else."""

    is_in_transaction = True

    def __init__(self, ballast: Ballast) -> None:
        self.ballast = ballast
        ballast.restore()

    @drains
    def work(self) -> None:
        raise DiskFull(self.ballast.path, "full")


ON_A_FULL_DISK = """
import json, sys
from pathlib import Path
from drivers.measurement import Rejected
from hub.store.errors import DiskFull
from tests.books import ledger_at
from tests.store.made import blood_pressure, moment, reception
from tests.store.test_full_disk import fill

folder = Path(sys.argv[1])
ledger = ledger_at(folder / "ledger.db")
for number in range(200):
    ledger.append(blood_pressure(number), reception(f"s{number}"))
    ledger.outbox.seal(number + 1, f"b{number}", bytes(2000))
with (folder / "somebody_elses").open("wb", buffering=0) as file:
    for size in (1 << 16, 1):
        try:
            while file.write(bytes(size)):
                pass
        except OSError:
            pass
more = fill(ledger, 1000)
try:
    ledger.reject(Rejected("2A35", bytes(10_000_000), "too large a payload"), reception())
    refused = False
except DiskFull:
    refused = True
held = ledger.ballast.is_held
known = ledger.outbox.acknowledge([f"b{number}" for number in range(200)], moment().wall)
after = ledger.outbox.counts().waiting
kept = ledger.append(blood_pressure(5000), reception("after")) is not None
print(json.dumps({
    "more": more, "refused": refused, "held": held, "known": len(known), "waiting": after,
    "still_held": ledger.ballast.is_held, "kept": kept,
    "check": ledger._database.value("PRAGMA integrity_check"),
}))
"""


def test_receipts_are_taken_on_a_disk_that_is_really_full(tmp_path: Path) -> None:
    mount = (
        f'mount -t tmpfs -o size=24m none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    )
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, ON_A_FULL_DISK],
        capture_output=True,
        text=True,
        check=False,
    )
    if "mount" in ran.stderr and not ran.stdout:
        pytest.skip("may not mount a small disk here")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said == {
        "more": said["more"],
        "refused": True,
        "held": True,
        "known": 200,
        "waiting": said["more"],
        "still_held": False,
        "kept": True,
        "check": "ok",
    }


WITH_A_FAULTY_DISK = """
import resource, sys
from pathlib import Path
from hub.store.errors import DiskFault
from tests.books import ledger_at
from tests.store.made import blood_pressure, reception

ledger = ledger_at(Path(sys.argv[1]))
limit = (Path(sys.argv[1]).parent / "ledger.db-wal").stat().st_size + 300_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # write fails with EFBIG, as with EIO
for number in range(100_000):
    try:
        ledger.append(blood_pressure(number), reception(f"s{number}"))
    except DiskFault as error:
        print(number, error.code)
        break
"""


def test_a_disk_that_does_not_take_a_write_is_a_fault_and_not_a_full_disk(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITH_A_FAULTY_DISK, path],
        capture_output=True,
        text=True,
        check=False,
    )
    number, code = ran.stdout.split()
    assert code == "SQLITE_IOERR_WRITE"
    ledger = ledger_at(path)
    assert len(ledger.outbox.due(100_000)) == int(number)
    ledger.close()


class Nearly:
    """A disk whose free bytes the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = 10**9
        real = shutil.disk_usage
        monkeypatch.setattr(
            shutil, "disk_usage", lambda path: real(path)._replace(total=10**9, free=self.free)
        )


def test_readings_leave_what_is_left_of_the_ballast_to_the_outbox(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Nearly(monkeypatch)
    ledger.append(blood_pressure(1), reception("s1"))
    disk.free = SPARED_BYTES - 1
    assert ledger.append(blood_pressure(2), reception("s2")), "the ballast is there"
    ledger.ballast.release()
    with pytest.raises(DiskFull, match="for emptying the outbox"):
        ledger.append(blood_pressure(3), reception("s3"))
    assert ledger.outbox.seal(1, "b1", bytes(100_000))
    assert ledger.ballast.obstacle() is Obstacle.FULL
    ledger.outbox.acknowledge(["b1"], moment().wall)
    assert ledger.append(blood_pressure(3), reception("s3")), "the received one has made room"
    disk.free = 10**9
    assert ledger.ballast.obstacle() is None
