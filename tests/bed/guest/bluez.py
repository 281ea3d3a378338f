"""bluetoothd of the guest, as a child that can be stopped, killed and robbed of its memory."""

import asyncio
import shutil
from asyncio.subprocess import Process
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
DBUS = "org.freedesktop.DBus"
PROPERTIES = "org.freedesktop.DBus.Properties"
LOOK_S = 0.05
STORAGE = Path("/var/lib/bluetooth")  # a folder for each adapter, in it one for each device


class Daemon:
    """A child with a log. `options` as on its command line."""

    def __init__(self, log: Path, program: str, *options: str) -> None:
        self.log = log
        self._command = (program, *options)
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self._command[0]} does not run")
        return self._process.pid

    async def start(self) -> None:
        with self.log.open("ab") as log:
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
    def __init__(self, log: Path, *, debug: bool) -> None:
        super().__init__(log, BLUETOOTHD, "--nodetach", *(["--debug"] if debug else []))

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


async def adapter_property(adapter: str, name: str, of: str = "Adapter1") -> Any:
    """None while there is no such adapter."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    path, about = f"/org/bluez/{adapter}", [f"org.bluez.{of}", name]
    found = await _ask(bus, "org.bluez", path, PROPERTIES, "Get", about)
    bus.disconnect()
    return found and found.value


async def until_powered(adapter: str) -> None:
    while True:
        if await adapter_property(adapter, "Powered"):
            return
        await asyncio.sleep(LOOK_S)


async def refuse_bonds(adapter: str) -> None:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    body = ["org.bluez.Adapter1", "Pairable", Variant("b", False)]
    path = f"/org/bluez/{adapter}"
    await bus.call(Message("org.bluez", path, PROPERTIES, "Set", signature="ssv", body=body))
    bus.disconnect()


async def _is_there(bus: MessageBus) -> bool:
    return bool(await _ask(bus, DBUS, "/org/freedesktop/DBus", DBUS, "NameHasOwner", ["org.bluez"]))


async def _ask(
    bus: MessageBus, of: str, path: str, interface: str, member: str, about: list[str]
) -> Any:
    """The one value of the answer; None instead of an error."""
    signature = "s" * len(about)
    reply = await bus.call(Message(of, path, interface, member, signature=signature, body=about))
    return reply.body[0] if reply and reply.message_type is MessageType.METHOD_RETURN else None


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
