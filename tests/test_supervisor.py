"""One task that fails does not take the others with it; a disk that fails ends the process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub import supervisor
from hub.store.errors import DiskFault
from hub.supervisor import EX_IOERR, Supervisor, end_tasks

Told = list[tuple[str, str | None]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(supervisor, "AGAIN_S", 0)
    return []


@pytest.fixture
async def keeping(told: Told) -> AsyncIterator[Supervisor]:
    keeping = Supervisor(lambda name, reason: told.append((name, reason)))
    yield keeping
    await keeping.close()


async def test_a_task_that_fails_runs_again(keeping: Supervisor, told: Told) -> None:
    again = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("no radio")
        again.set()

    keeping.start("bluetooth", work)
    await again.wait()
    assert told == [("bluetooth", "no radio"), ("bluetooth", None)]


async def test_a_failure_that_lasts_is_logged_once(
    keeping: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    reasons = iter(["disk is full", "disk is full", "disk is full", "no radio", "disk is full"])
    over = asyncio.Event()

    async def work() -> None:
        for reason in reasons:
            raise ValueError(reason)
        over.set()

    keeping.start("uplink", work)
    await over.wait()
    logged = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert logged == ["disk is full", "no radio", "disk is full"]


async def test_a_failure_is_logged_anew_after_it_ran_well(
    keeping: Supervisor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MENDED_AFTER_S", 0)
    runs = iter(range(3))
    over = asyncio.Event()

    async def work() -> None:
        for _ in runs:
            raise ValueError("no radio")
        over.set()

    keeping.start("bluetooth", work)
    await over.wait()
    assert len(caplog.records) == 3


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "in a group"])
async def test_a_failing_disk_ends_the_process(keeping: Supervisor, wrapped: bool) -> None:
    fault = DiskFault(Path("ledger.db"), "disk I/O error", "SQLITE_IOERR_WRITE")

    async def work() -> None:
        raise ExceptionGroup("tasks", [fault]) if wrapped else fault

    keeping.start("uplink", work)
    assert await keeping.wait() == EX_IOERR


async def test_sigterm_ends_it_well(keeping: Supervisor) -> None:
    waiting = asyncio.ensure_future(keeping.wait())
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await waiting == 0


async def test_a_swallowed_cancellation_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.supervisor.CANCEL_AGAIN_S", 0.01)
    swallowed = asyncio.Event()

    async def deaf_once() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(deaf_once())
    await asyncio.sleep(0)
    await end_tasks([task])
    assert swallowed.is_set()
    assert task.cancelled()


async def test_a_fault_that_somebody_met_elsewhere_ends_the_process(keeping: Supervisor) -> None:
    fault = DiskFault(Path("ledger.db"), "disk I/O error", "SQLITE_IOERR_FSYNC")
    await asyncio.to_thread(keeping.disk_failed, fault)
    assert await keeping.wait() == EX_IOERR
