"""`hub capture`: record one device's whole session as a trace that a bug report can carry.

For a device that has not joined: what it sends is stored nowhere else, and many devices send a
record only once. Its driver converses with it where there is one; otherwise everything that can
be read is read and everything that notifies is listened to. What tells who or where is blanked
(drivers/recording.py).
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from drivers import catalogue
from drivers.contract import Advertisement, BleDriver
from drivers.errors import DriverError, LinkError, LinkRefused, MatchError
from drivers.gatt.device_information import read_device_information
from drivers.measurement import DeviceInfo
from drivers.recording import RecordingGattLink
from drivers.registry import by_id, choose
from hub import state
from hub.acquire.agent import Agent
from hub.acquire.ble import Backends, BleLink, Radio, Sighting
from hub.acquire.bluez import BlueZ
from hub.settings import Settings
from hub.store.errors import NotThereYet
from hub.supervisor import end_tasks
from hub.traces import as_trace, expected, written

SEND_WITH_A_RESULT = {"notify", "indicate"}


class CaptureError(Exception):
    """Nothing can be recorded; the text says why and what to do (technician)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """device     part of a name or an address
    seconds    how long to wait for it, and then to listen to a device that no driver reads
    driver     its id, where the advertisement does not tell
    """

    device: str
    seconds: float
    driver: str | None = None

    def is_for(self, seen: Advertisement) -> bool:
        return self.device.casefold() in f"{seen.address} {seen.name or ''}".casefold()


def run(settings: Settings, wish: Wish, file: Path, out: TextIO) -> int:
    """Exit 0 with the trace in `file`; 1 when there is nothing to record, with the reason."""
    try:
        trace = asyncio.run(capture(settings, wish, out))
    except (CaptureError, DriverError) as error:
        out.write(f"{error}\n")
        return 1
    file.write_text(written(trace), "utf-8")
    out.write(f"{file}: {len(trace['steps'])} steps, {len(trace['expect'])} readings\n")
    return 0


async def capture(
    settings: Settings,
    wish: Wish,
    out: TextIO,
    backends: Backends | None = None,
    keyboard: TextIO = sys.stdin,
) -> dict[str, Any]:
    """The members of a trace (drivers/replay.py). Raises CaptureError, DriverError."""
    found: asyncio.Future[Sighting] = asyncio.get_running_loop().create_future()

    def heard(sighting: Sighting) -> None:
        if wish.is_for(sighting.advertisement) and not found.done():
            found.set_result(sighting)

    def expects(address: str) -> bool:
        return radio.connecting == address

    bluez = None if backends else _bluez(settings, expects, out, keyboard)
    radio = Radio(settings.ble, heard, backends, bluez)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(radio.close)
        if bluez is not None:
            attending = asyncio.ensure_future(bluez.run())
            stack.push_async_callback(end_tasks, [attending])
        listening = asyncio.ensure_future(radio.listen(lambda _: None))
        stack.push_async_callback(end_tasks, [listening])
        out.write(f"listening for {wish.device}: switch it on, or make it send\n")
        out.flush()
        seen = await _heard(found, wish)
        _refuse_joined(settings, seen)
        async with radio.connect(seen.address) as link:
            trace = await _recorded(link, seen, wish)
    return {**trace, **await expected(trace)}


def _bluez(
    settings: Settings, expects: Callable[[str], bool], out: TextIO, keyboard: TextIO
) -> BlueZ:
    """BlueZ pairs with nobody while there is no agent, and the hub's own expects its devices only.

    The agent that came last is asked, so the hub has its place again when this one is gone.
    """

    def show(address: str, passkey: str | None) -> None:
        if passkey is not None:
            out.write(f"{address}: type {passkey} on the device\n")
            out.flush()

    async def ask(address: str) -> int | None:
        out.write(f"{address}: type the number that the device shows: ")
        out.flush()
        typed = (await _line(keyboard)).strip()
        return int(typed) if typed.isdecimal() else None

    async def came() -> None:
        """The scan has been started already, or is tried again."""

    agent = Agent(expects, show, ask)
    return BlueZ(settings.ble.adapter, agent, came, lambda _: None)


async def _line(keyboard: TextIO) -> str:
    """Without a thread, which would keep the command from ending while nobody types."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(keyboard, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(keyboard)
    return keyboard.readline()


async def _heard(found: asyncio.Future[Sighting], wish: Wish) -> Advertisement:
    try:
        async with asyncio.timeout(wish.seconds):
            return (await found).advertisement
    except TimeoutError as error:
        raise CaptureError(f"{wish.device} was not heard in {wish.seconds:g} s") from error


def _refuse_joined(settings: Settings, seen: Advertisement) -> None:
    try:
        joined = state.documents(settings).devices()
    except NotThereYet:
        return
    if any(device.address == seen.address for device in joined):
        raise CaptureError(
            f"{seen.address} has joined: its readings would be lost here; "
            "its page in the setup records the next session"
        )


async def _recorded(link: BleLink, seen: Advertisement, wish: Wish) -> dict[str, Any]:
    recording = RecordingGattLink(link)
    info = await read_device_information(recording)
    driver = _driver(seen, info, wish)
    problem = None
    try:
        if driver is None:
            await _explore(link, recording, wish.seconds)
        else:
            await _converse(driver, recording)
    except LinkError as error:
        problem = str(error)
    today = datetime.now(UTC).date()
    return as_trace(recording, seen, driver, info, today) | {"ended": problem}


def _driver(seen: Advertisement, info: DeviceInfo, wish: Wish) -> BleDriver | None:
    model = catalogue.find(seen, info)
    named = wish.driver or (model and model.driver)
    try:
        kind = by_id(named) if named else choose(seen)
    except MatchError:
        if named:
            raise
        return None
    return kind(oddities=model.quirks if model else ()) if issubclass(kind, BleDriver) else None


async def _converse(driver: BleDriver, recording: RecordingGattLink) -> None:
    await driver.read_clock(recording)
    async with aclosing(driver.read(recording)) as readings:
        async for _ in readings:
            pass


async def _explore(link: BleLink, recording: RecordingGattLink, seconds: float) -> None:
    """Everything that can be had without writing anything."""
    for characteristic, properties in link.offered.items():
        recording.has(characteristic)
        try:
            if "read" in properties:
                await recording.read(characteristic)
            if properties & SEND_WITH_A_RESULT:
                await recording.subscribe(characteristic)
        except LinkRefused:
            continue  # the recording says so
    async for _ in recording.notifications(seconds):
        pass
