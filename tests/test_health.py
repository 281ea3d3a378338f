"""The watchdog is fed only while everything answers, and systemd hears it."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import health, systemd


@pytest.fixture
def systemd_hears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield channel


async def answers() -> None: ...


async def test_a_hub_that_answers_feeds_the_watchdog(systemd_hears: socket.socket) -> None:
    feeding = asyncio.ensure_future(health.feed_watchdog({"commit": answers}, 0.01))
    heard = await asyncio.get_running_loop().sock_recv(systemd_hears, 100)
    feeding.cancel()
    assert heard == b"WATCHDOG=1"


async def test_a_check_that_hangs_starves_it(
    systemd_hears: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    asked = 0
    twice = asyncio.Event()

    async def hangs() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            twice.set()
        await asyncio.Event().wait()

    feeding = asyncio.ensure_future(health.feed_watchdog({"commit": hangs}, 0.01))
    await twice.wait()
    feeding.cancel()
    assert "commit does not answer" in caplog.text
    with pytest.raises(BlockingIOError):
        systemd_hears.recv(100)


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.notify("READY=1")


def test_the_watchdog_is_fed_three_times_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "90000000")
    assert systemd.watchdog_interval_s() == 30
