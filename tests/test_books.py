"""The books have one hub, and after a fault of the disk nobody writes in them any more."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hub.books import Books
from hub.store import hold
from hub.store.errors import Contended, DiskFault, DiskFull, StoreError
from hub.store.hold import Hold, is_held
from tests.books import KEY

FAULT = DiskFault(Path("ledger.db"), "disk I/O error", "SQLITE_IOERR_WRITE")
FULL = DiskFull(Path("ledger.db"), "database or disk is full")


def fails(error: StoreError) -> None:
    raise error


@pytest.mark.parametrize("nobody_waits", [False, True], ids=["awaited", "a note"])
async def test_after_a_fault_the_handle_is_not_used_again(
    tmp_path: Path, nobody_waits: bool
) -> None:
    told: list[StoreError] = []
    async with Books(tmp_path, KEY, lambda _: None, told.append) as books:
        if nobody_waits:
            books.soon(fails, FAULT)
        else:
            with pytest.raises(DiskFault):
                await books.call(fails, FAULT)
        with pytest.raises(DiskFault):
            await books.call(books.ledger.notes.put_state, "after", 1)
        assert told == [FAULT]
    async with Books(tmp_path, KEY, lambda _: None) as again:
        assert await again.call(again.ledger.notes.put_state, "after", 1), "it was written"


async def test_a_full_disk_is_no_reason_to_stop(tmp_path: Path) -> None:
    told: list[StoreError] = []
    async with Books(tmp_path, KEY, lambda _: None, told.append) as books:
        with pytest.raises(DiskFull):
            await books.call(fails, FULL)
        assert await books.call(books.ledger.notes.put_state, "after", 1)
    assert told == []


async def test_a_second_hub_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "PATIENCE_S", 0.1)
    async with Books(tmp_path, KEY, lambda _: None):
        with pytest.raises(Contended, match="another hub"):
            async with Books(tmp_path, KEY, lambda _: None):
                pass
    async with Books(tmp_path, KEY, lambda _: None):
        pass


async def test_the_next_hub_waits_for_the_end_of_the_one_before(tmp_path: Path) -> None:
    before = Hold(tmp_path)
    opening = asyncio.ensure_future(asyncio.to_thread(Hold, tmp_path))
    await asyncio.sleep(0)
    before.release()
    (await opening).release()


def test_whether_a_hub_runs_is_seen_from_outside(tmp_path: Path) -> None:
    assert is_held(tmp_path) is None
    script = (
        "import sys; from pathlib import Path; from hub.store.hold import Hold;"
        "hold = Hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert is_held(tmp_path)
        process.kill()
        process.wait()
        assert is_held(tmp_path) is False
