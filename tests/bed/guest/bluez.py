"""bluetoothd of the guest, as a child that can be stopped, killed and robbed of its memory."""

import asyncio
import shutil
from asyncio.subprocess import Process
from configparser import ConfigParser
from pathlib import Path

from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus

BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
LOOK_S = 0.05
STORAGE = Path("/var/lib/bluetooth")  # a folder for each adapter, in it one for each device


class Daemon:
    """A child with a log. `options` as on its command line."""

    def __init__(self, log: Path, program: str, *options: str) -> None:
        self._log = log
        self._command = (program, *options)
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self._command[0]} does not run")
        return self._process.pid

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def stop(self) -> None:
        """SIGTERM; returns its exit status."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        await self._ended()

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._ended()

    async def _ended(self) -> None:
        if self._process is not None:
            await self._process.wait()
        self._process = None


class Bluetoothd(Daemon):
    def __init__(self, log: Path) -> None:
        super().__init__(
            log, BLUETOOTHD, "--nodetach", "--debug=src/device.c:src/adapter.c:src/agent.c"
        )

    async def start(self) -> None:
        """On return it answers on D-Bus, as after systemd has started it on demand."""
        await super().start()
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        while True:
            if await _is_there(bus):
                break
            await asyncio.sleep(LOOK_S)
        bus.disconnect()

    async def restart(self) -> None:
        await self.stop()
        await self.start()


async def _is_there(bus: MessageBus) -> bool:
    reply = await bus.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="NameHasOwner",
            signature="s",
            body=["org.bluez"],
        )
    )
    return bool(reply and reply.body[0])


def bonds() -> set[str]:
    """Addresses of the devices whose long-term key BlueZ keeps."""
    return {info.parent.name for info in STORAGE.glob("*/*/info") if _has_key(info)}


def forget_everything() -> None:
    """As a new card in the hub would. Only while bluetoothd is not running."""
    for adapter in STORAGE.glob("*"):
        shutil.rmtree(adapter)


def _has_key(info: Path) -> bool:
    keys = ConfigParser(interpolation=None)
    keys.read(info)
    return "LongTermKey" in keys or "PeripheralLongTermKey" in keys
