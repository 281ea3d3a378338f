"""Every wired driver's trace, played on a pseudo-terminal, through the hub's own receiver."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.contract import Said, SerialDriver
from drivers.registry import DRIVERS, by_id
from drivers.replay import Trace, load_trace
from hub.acquire.serial_ports import SerialReceiver, wired_device
from hub.replay import shown, written
from tests.acquire.conftest import OSLO, Hub

TIMEOUT_S = 0.3
CLOCKS = {
    b"\x11\rDMF\r": b'F "SAT","11/22/26","08:00:00   " 05FA\r\n',
    # answered, then the acknowledgement of the conversation that reads the memory
    bytes.fromhex("020d000520020000000003ec61"): bytes.fromhex(
        "02060603cd41020c02050600a1026b0352e402060c0306ae"
    ),
    b"$colq\r\n": b"Clock:\tNov  22 2026\t08:00:00\r\nCMD OK\r\n",
}
"""Meters that tell their clock before anything else; the traces begin after that."""

TRACES = [
    path
    for path in sorted((Path(__file__).parents[1] / "traces").glob("*.json"))
    if issubclass(by_id(load_trace(path).driver), SerialDriver)
]


class Player:
    """Plays a trace at the device's end of a pseudo-terminal."""

    def __init__(self) -> None:
        self._device, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._device, False)
        self.path = Path(os.ttyname(self._port))
        self._heard = b""
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._device, self._hear)

    async def play(self, trace: Trace) -> None:
        for step in trace.steps:
            if "receive" in step:
                os.write(self._device, bytes.fromhex(step["receive"]))
            elif "write" in step:
                await self._until_heard(bytes.fromhex(step["write"]))
            else:
                await asyncio.sleep(TIMEOUT_S * 1.5)  # what silence is

    async def _until_heard(self, payload: bytes) -> None:
        while payload not in self._heard:
            self._more.clear()
            await self._more.wait()
        self._heard = self._heard.partition(payload)[2]

    def _hear(self) -> None:
        self._heard += os.read(self._device, 4096)
        for question, clock in CLOCKS.items():
            if question in self._heard:
                self._heard = self._heard.replace(question, b"")
                os.write(self._device, clock)
        self._more.set()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._device)
        os.close(self._device)
        os.close(self._port)


@pytest.fixture
async def player(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Player]:
    monkeypatch.setattr("hub.acquire.serial_ports.REOPEN_S", 60)
    monkeypatch.setattr("hub.acquire.serial_ports.READ_TIMEOUT_S", TIMEOUT_S)
    player = Player()
    yield player
    player.close()


def test_every_wired_driver_has_a_trace() -> None:
    wired = {driver.id for driver in DRIVERS if issubclass(driver, SerialDriver)}
    assert wired == {load_trace(path).driver for path in TRACES}


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
async def test_a_conversation(path: Path, hub: Hub, player: Player) -> None:
    trace = load_trace(path)
    driver = by_id(trace.driver)
    assert issubclass(driver, SerialDriver)
    device = wired_device(player.path, driver, "")
    task = asyncio.ensure_future(SerialReceiver(device, driver, hub, hub.now, OSLO).run(hub.status))
    await hub.until(lambda: device.key in hub.statuses)
    async with asyncio.timeout(30):
        await player.play(trace)
    await hub.until(lambda: len(hub.kept) + len(hub.rejected) == len(trace.expect))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    stored: list[Said] = [*(measurement for measurement, _ in hub.kept), *hub.rejected]
    assert sorted(written(map(shown, stored))) == sorted(written(trace.expect))
