"""Children are started again when they die, and stay down when they are stopped."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.demo import child as child_module
from hub.demo.child import Child

CALL_HOME = "import socket, time; s = socket.create_connection(('127.0.0.1', {port})); {then}"


class Home:
    """Each start of a child is a call to here."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[None] = asyncio.Queue()

    async def __aenter__(self) -> "Home":
        self._server = await asyncio.start_server(self._called, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _called(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls.put_nowait(None)
        writer.close()

    async def called(self) -> None:
        await asyncio.wait_for(self.calls.get(), 30)


@pytest.fixture
async def home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    monkeypatch.setattr(child_module, "RESTART_S", 0.01)
    async with Home() as home:
        yield home


@pytest.fixture
async def sleeper(home: Home, tmp_path: Path) -> AsyncIterator[Child]:
    code = CALL_HOME.format(port=home.port, then="time.sleep(600)")
    child = Child("sleeper", [sys.executable, "-c", code], tmp_path / "log")
    yield child
    await child.stop()


async def test_killed_it_comes_back_with_another_pid(home: Home, sleeper: Child) -> None:
    sleeper.start()
    await home.called()
    first = sleeper.pid
    sleeper.kill()
    await home.called()
    assert (sleeper.starts, sleeper.pid != first) == (2, True)


async def test_stopped_it_stays_down_until_it_is_started(home: Home, sleeper: Child) -> None:
    sleeper.start()
    sleeper.start()
    await home.called()
    await sleeper.stop()
    assert (sleeper.pid, sleeper.is_wanted, sleeper.starts) == (None, False, 1)
    sleeper.start()
    await home.called()
    assert sleeper.is_wanted


async def test_one_that_ends_by_itself_is_started_again(home: Home, tmp_path: Path) -> None:
    code = CALL_HOME.format(port=home.port, then="pass")
    child = Child("short", [sys.executable, "-c", code], tmp_path / "log")
    child.start()
    for _ in range(3):
        await home.called()
    await child.stop()
