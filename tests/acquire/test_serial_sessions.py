"""When a wired device's clock is set, when a meter is read again, and Bluetooth's serial port."""

import asyncio
import errno
import os
import socket
import tty
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from drivers.contract import Reading, SerialDriver, SerialSettings
from drivers.errors import LinkLost, LinkTimeout
from drivers.links import SerialLink
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from hub.acquire.rfcomm import RfcommPort, open_rfcomm
from hub.acquire.serial_link import SerialPortLink
from hub.acquire.serial_ports import SerialReceiver, said, wired_device
from hub.clock import ClockState
from tests.acquire.conftest import OSLO, Hub

NONIN = "00:1C:05:01:02:03"
HOUR = timedelta(hours=1)


def weight(raw: bytes, taken: datetime | None = None, *status: Status) -> Measurement:
    value = Value(Decimal(70), Unit.KILOGRAM)
    values = {Quantity.BODY_WEIGHT: value}
    return Measurement(Kind.BODY_WEIGHT, values, (raw,), device_time=taken, status=status)


class Clocked(SerialDriver):
    """Its octets are readings; a full stop is the end of its memory. The clock is the test's."""

    id: ClassVar[str] = "clocked"
    settings = SerialSettings(9600)
    decoders: ClassVar = {}
    behind = timedelta(0)
    has_clock = True
    done: ClassVar[list[str]] = []

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        while True:
            try:
                octet = await link.read(1)
            except LinkTimeout:
                continue
            if octet == b".":
                return
            yield weight(octet, self.shows() if octet == b"n" else None)

    def shows(self) -> datetime:
        return datetime.now(OSLO).replace(tzinfo=None) - type(self).behind

    async def read_clock(self, link: SerialLink) -> datetime | None:
        self.done.append("read")
        return self.shows() if self.has_clock else None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        self.done.append("set")
        type(self).behind = timedelta(0)


class Cable:
    """The device's end of a pseudo-terminal; `path` is a link, as /dev/serial/by-id is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plug_in()

    def plug_in(self) -> None:
        self._device, self._port = os.openpty()
        tty.setraw(self._port)
        self.path.symlink_to(os.ttyname(self._port))

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._device)
        os.close(self._port)

    def send(self, octets: bytes) -> None:
        os.write(self._device, octets)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.acquire.serial_ports.REOPEN_S", 0.05)
    monkeypatch.setattr("hub.acquire.serial_ports.REOPEN_BLUETOOTH_S", 0.05)
    monkeypatch.setattr("hub.acquire.serial_ports.READ_TIMEOUT_S", 0.1)
    monkeypatch.setattr("hub.acquire.serial_ports.QUIET_S", 1.0)
    monkeypatch.setattr(Clocked, "behind", timedelta(0))
    monkeypatch.setattr(Clocked, "has_clock", True)
    monkeypatch.setattr(Clocked, "done", [])


@pytest.fixture
async def cable(tmp_path: Path) -> AsyncIterator[Cable]:
    cable = Cable(tmp_path / "usb-meter")
    yield cable
    cable.unplug()


Start = Callable[[], str]


@pytest.fixture
async def start(hub: Hub, cable: Cable) -> AsyncIterator[Start]:
    """Begins to read the cable, when the test has set the device's clock; returns its key."""
    device = wired_device(cable.path, Clocked, "")
    receiver = SerialReceiver(device, Clocked, hub, lambda: hub.now(), OSLO)
    tasks: list[asyncio.Future[None]] = []

    def run() -> str:
        tasks.append(asyncio.ensure_future(receiver.run(hub.status)))
        return device.key

    yield run
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until_done(hub: Hub, *done: str) -> None:
    """Every opening reads the clock and tells its offset."""
    await hub.until(lambda: Clocked.done == list(done))


async def test_the_clock_is_set_in_the_quiet_after_the_readings(
    hub: Hub, cable: Cable, start: Start
) -> None:
    Clocked.behind = HOUR
    start()
    await until_done(hub, "read")
    cable.send(b"n")
    await hub.until(lambda: hub.kept)
    assert Clocked.done == ["read"]
    await until_done(hub, "read", "set", "read")
    [(_, reception)] = hub.kept
    assert round(reception.clock_offset_s or 0) == HOUR.total_seconds()
    assert reception.live
    cable.send(b"b")
    await hub.until(lambda: len(hub.kept) == 2)
    assert round(hub.kept[1][1].clock_offset_s or 0) == 0


@pytest.mark.parametrize("has_clock", [True, False])
async def test_a_clock_that_is_right_or_missing_is_left_alone(
    hub: Hub, cable: Cable, start: Start, monkeypatch: pytest.MonkeyPatch, has_clock: bool
) -> None:
    monkeypatch.setattr("hub.acquire.serial_ports.QUIET_S", 0.1)
    monkeypatch.setattr(Clocked, "has_clock", has_clock)
    key = start()
    await hub.until(lambda: hub.statuses.get(key))
    await asyncio.sleep(0.5)  # some times the quiet
    assert Clocked.done == ["read"]


async def test_a_clock_that_does_not_obey_is_set_once(
    hub: Hub, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(self: Clocked, link: SerialLink, local: datetime) -> None:
        self.done.append("set")

    monkeypatch.setattr("hub.acquire.serial_ports.QUIET_S", 0.1)
    monkeypatch.setattr(Clocked, "set_clock", deaf)
    Clocked.behind = HOUR
    start()
    await until_done(hub, "read", "set", "read")
    await asyncio.sleep(0.5)  # some times the quiet
    assert Clocked.done == ["read", "set", "read"]


async def test_an_untrusted_hub_sets_no_clock(
    hub: Hub, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = replace(hub.now(), state=ClockState.RESTORED)
    monkeypatch.setattr("hub.acquire.serial_ports.QUIET_S", 0.1)
    monkeypatch.setattr(hub, "now", lambda: moment)
    Clocked.behind = HOUR
    start()
    await until_done(hub, "read")
    await asyncio.sleep(0.5)  # some times the quiet
    assert Clocked.done == ["read"]


async def test_a_meter_is_set_when_it_has_told_everything(
    hub: Hub, cable: Cable, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.serial_ports.READ_AGAIN_S", 0.1)
    Clocked.behind = HOUR
    start()
    await until_done(hub, "read")
    cable.send(b"a.")
    await until_done(hub, "read", "set", "read")
    assert round(hub.kept[0][1].clock_offset_s or 0) == HOUR.total_seconds()


async def test_a_meter_that_told_everything_is_read_again_when_it_is_plugged_in_again(
    hub: Hub, cable: Cable, start: Start
) -> None:
    key = start()
    await until_done(hub, "read")
    cable.send(b"a.")
    await hub.until(lambda: len(hub.kept) == 1)
    await asyncio.sleep(0.3)  # some times the pause after a lost port
    assert Clocked.done == ["read"]
    cable.unplug()
    await hub.until(lambda: hub.statuses[key]["problem"] == "not plugged in")
    cable.plug_in()
    await hub.until(lambda: hub.statuses[key]["state"] == "paired")
    cable.send(b"b.")
    await hub.until(lambda: len(hub.kept) == 2)


async def test_records_without_a_time_are_not_stored_again_with_the_memory(
    hub: Hub, cable: Cable, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.serial_ports.READ_AGAIN_S", 0.1)
    stored: list[bytes] = []

    async def keep(measurement: Measurement, *_: object) -> bool:
        stored.extend(measurement.raw)
        return True

    monkeypatch.setattr(hub, "keep", keep)
    start()
    await until_done(hub, "read")
    cable.send(b"aab.")
    await until_done(hub, "read", "read")
    cable.send(b"caaab.")
    await until_done(hub, "read", "read", "read")
    assert stored == [b"a", b"a", b"b", b"c", b"a"]


async def count(hub: Hub, times: list[object], measurement: Measurement, *_: object) -> bool:
    times.append(measurement)
    hub.status("", counted=len(times))
    return True


async def test_a_stream_repeats_itself_with_reason(
    hub: Hub, cable: Cable, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[object] = []
    monkeypatch.setattr(hub, "keep", partial(count, hub, times))
    key = start()
    await until_done(hub, "read")
    cable.send(b"aa")
    await hub.until(lambda: len(times) == 2)
    cable.unplug()
    await hub.until(lambda: hub.statuses[key]["problem"] == "not plugged in")
    cable.plug_in()
    await until_done(hub, "read", "read")
    cable.send(b"a")
    await hub.until(lambda: len(times) == 3)


async def test_a_meter_that_stays_plugged_in_is_read_again_after_a_while(
    hub: Hub, cable: Cable, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.serial_ports.READ_AGAIN_S", 0.1)
    start()
    await until_done(hub, "read")
    cable.send(b".")
    await until_done(hub, "read", "read")


def test_what_is_live() -> None:
    hub = Hub()
    receiver = SerialReceiver(wired_device(NONIN, Clocked, ""), Clocked, hub, hub.now, OSLO)
    now = datetime.now(OSLO).replace(tzinfo=None)
    assert receiver._is_live(weight(b"", now - HOUR), 3600)
    assert not receiver._is_live(weight(b"", now - HOUR), 0)
    assert receiver._is_live(weight(b"", now - HOUR), None)
    assert not receiver._is_live(weight(b"", None, Status.FROM_STORAGE), None)


def test_a_bluetooth_address_is_a_key_and_a_path_is_not() -> None:
    assert wired_device(NONIN, Clocked, "").key == "001C05010203"
    assert len(wired_device(Path("/dev/ttyUSB0"), Clocked, "").key) == 16


@pytest.fixture
async def other_end(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    async def opened(address: str, channel: int) -> RfcommPort:
        assert (address, channel) == (NONIN, 3)
        if ours.fileno() < 0:
            raise OSError(errno.EHOSTDOWN, "Host is down")
        return RfcommPort(ours)

    monkeypatch.setattr("hub.acquire.serial_ports.open_rfcomm", opened)
    yield theirs
    theirs.close()
    ours.close()


async def test_bluetooth_s_serial_port(hub: Hub, other_end: socket.socket) -> None:
    device = wired_device(NONIN, Clocked, "")
    receiver = SerialReceiver(device, Clocked, hub, hub.now, OSLO, channel=3)
    task = asyncio.ensure_future(receiver.run(hub.status))
    await hub.until(lambda: hub.statuses.get(device.key, {}).get("state") == "paired")
    other_end.send(b"ab")
    await hub.until(lambda: len(hub.kept) == 2)
    other_end.close()
    await hub.until(lambda: hub.statuses[device.key]["state"] == "unreachable")
    assert "does not answer" in hub.statuses[device.key]["problem"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_written_arrives_and_a_closed_socket_is_a_lost_link() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    link = SerialPortLink(RfcommPort(ours), timeout_s=5)
    await link.write(b"ask")
    assert theirs.recv(8) == b"ask"
    theirs.close()
    with pytest.raises(LinkLost):
        await link.read(1)
    with pytest.raises(LinkLost):
        await link.write(b"again")
    link.close()


async def test_a_socket_is_opened_to_address_and_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the internet's family in Bluetooth's place, which takes the same pair."""
    monkeypatch.setattr(socket, "AF_BLUETOOTH", socket.AF_INET, raising=False)
    monkeypatch.setattr(socket, "BTPROTO_RFCOMM", 0, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = await open_rfcomm("127.0.0.1", server.getsockname()[1])
        connected, _ = server.accept()
        connected.send(b"hello")
        link = SerialPortLink(port, timeout_s=5)
        assert await link.read(5) == b"hello"
        link.close()
        connected.close()


async def test_a_python_without_bluetooth_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_BLUETOOTH", raising=False)
    with pytest.raises(OSError, match="without Bluetooth"):
        await open_rfcomm(NONIN, 1)


def test_words_for_what_is_wrong() -> None:
    assert said(OSError(errno.EBUSY, "x")) == "another program is using the port"
    assert said(FileNotFoundError(errno.ENOENT, "x")) == "not plugged in"
    assert said(ValueError("no such baud rate")) == "no such baud rate"
