"""A wired oximeter on a pseudo-terminal, read through pyserial and the hub's own receiver."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from drivers.contract import Reading
from drivers.errors import LinkLost, LinkTimeout
from drivers.links import SerialLink
from drivers.measurement import Measurement, Quantity
from drivers.wired.nonin import Nonin
from hub.acquire.serial_link import SerialPortLink
from hub.acquire.serial_ports import SerialReceiver, open_port, wired_device
from hub.demo.peripherals.nonin import NoninOximeter
from hub.records import Whose
from tests.acquire.conftest import OSLO, Hub


@pytest.fixture
async def oximeter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NoninOximeter]:
    monkeypatch.setattr("hub.acquire.serial_ports.REOPEN_S", 0.05)
    monkeypatch.setattr("hub.acquire.serial_ports.READ_TIMEOUT_S", 0.2)
    oximeter = NoninOximeter(tmp_path / "dev" / "ttyNonin").plug_in()
    oximeter.frame_s = 0
    yield oximeter
    oximeter.unplug()


@pytest.fixture
async def reading(hub: Hub, oximeter: NoninOximeter) -> AsyncIterator[str]:
    device = wired_device(oximeter.path, Nonin, "Oksymeter")
    receiver = SerialReceiver(device, Nonin, hub, hub.now, OSLO)
    task = asyncio.ensure_future(receiver.run(hub.status))
    yield device.key
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def link(oximeter: NoninOximeter) -> AsyncIterator[SerialPortLink]:
    link = SerialPortLink(open_port(str(oximeter.path), Nonin.settings), timeout_s=0.2)
    yield link
    link.close()


async def test_one_finger_is_one_measurement(
    hub: Hub, oximeter: NoninOximeter, reading: str
) -> None:
    await hub.until(lambda: reading in hub.statuses)
    await oximeter.take_measurement(oxygen_saturation=97, pulse=185)
    await hub.until(lambda: hub.kept)
    [(measurement, reception)] = hub.kept
    assert measurement.values[Quantity.OXYGEN_SATURATION].number == Decimal(97)
    assert measurement.values[Quantity.PULSE_RATE].number == Decimal(185)
    assert reception.device_key == reading
    assert reception.live


class OfUserOne(Nonin):
    """The same, with a user slot."""

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        async for reading in super().read(link):
            yield replace(reading, user_index=1) if isinstance(reading, Measurement) else reading


async def test_the_slot_tells_whose_it_is(hub: Hub, oximeter: NoninOximeter) -> None:
    device = msgspec.structs.replace(wired_device(oximeter.path, Nonin, "Mors"), user_index=2)
    receiver = SerialReceiver(device, OfUserOne, hub, hub.now, OSLO)
    task = asyncio.ensure_future(receiver.run(hub.status))
    await hub.until(lambda: device.key in hub.statuses)
    await oximeter.take_measurement()
    await hub.until(lambda: hub.kept)
    assert hub.owners == [Whose.ANOTHER]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.fault("F37")
async def test_a_port_that_was_unplugged_is_opened_again(
    hub: Hub, oximeter: NoninOximeter, reading: str
) -> None:
    await hub.until(lambda: reading in hub.statuses)
    oximeter.unplug()
    await hub.until(lambda: hub.statuses[reading].get("state") == "unreachable")
    oximeter.plug_in()
    await hub.until(lambda: hub.statuses[reading].get("state") == "paired")
    await oximeter.take_measurement()
    await hub.until(lambda: hub.kept)


async def test_two_programs_cannot_have_the_port(hub: Hub, oximeter: NoninOximeter) -> None:
    port = open_port(str(oximeter.path), Nonin.settings)
    device = wired_device(oximeter.path, Nonin, "Oksymeter")
    task = asyncio.ensure_future(SerialReceiver(device, Nonin, hub, hub.now, OSLO).run(hub.status))
    await hub.until(lambda: "problem" in hub.statuses.get(device.key, {}))
    assert hub.statuses[device.key]["problem"] == "another program is using the port"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    port.close()


async def test_octets_that_do_not_come_are_a_timeout(link: SerialPortLink) -> None:
    with pytest.raises(LinkTimeout):
        await link.read(1)


async def test_octets_come_in_any_portions(link: SerialPortLink, oximeter: NoninOximeter) -> None:
    await oximeter.send(b"\x01\x02")
    await oximeter.send(b"\x03")
    assert await link.read(3) == b"\x01\x02\x03"


@pytest.mark.fault("F37")
async def test_a_cable_that_is_pulled_is_a_lost_link(oximeter: NoninOximeter) -> None:
    link = SerialPortLink(open_port(str(oximeter.path), Nonin.settings), timeout_s=5)
    oximeter.unplug()
    with pytest.raises(LinkLost):
        await link.read(1)
    link.close()
    oximeter.plug_in()
