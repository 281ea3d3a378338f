"""Scenarios: what goes away in the middle of things, and comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from hub.demo.peripherals.spot import SpotDevice
from tests.bed.guest.bluez import bonds
from tests.bed.guest.house import House
from tests.bed.guest.pairing import numbers, statuses

RECORDS = 20
DELIVERED_BEFORE = 5
AWAY_S = 10.0


async def bluetoothd_restarted(house: House) -> dict[str, Any]:
    return await _in_mid_transfer(house, house.bluetoothd.restart)


async def bluetoothd_killed(house: House) -> dict[str, Any]:
    async def kill() -> None:
        await house.bluetoothd.kill()
        await asyncio.sleep(AWAY_S)
        await house.bluetoothd.start()

    return await _in_mid_transfer(house, kill)


async def adapter_gone(house: House) -> dict[str, Any]:
    """Pulled out and put back, as a dongle is, or as a driver resets it."""

    async def pull_out() -> None:
        await house.adapter.pull_out()
        await asyncio.sleep(AWAY_S)
        house.problems.append(house.hub.state("radio")["problem"])
        await house.adapter.plug_in()

    return await _in_mid_transfer(house, pull_out)


async def out_of_range(house: House) -> dict[str, Any]:
    return await _in_mid_transfer(house, None)


async def bluetoothd_restarted_while_idle(house: House) -> dict[str, Any]:
    """Nothing is connected, so nothing tells the hub that its scan has ended."""
    await house.everything()
    cuff = await house.device("cuff")
    await house.bluetoothd.restart()
    await asyncio.sleep(AWAY_S)
    await cuff.take_measurement(120)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 1)
    return {"seconds": seconds}


async def adapter_gone_while_idle(house: House) -> dict[str, Any]:
    await house.everything()
    cuff = await house.device("cuff")
    await house.adapter.pull_out()
    await house.hub.until(lambda hub: hub.state("radio")["problem"])
    problem = house.hub.state("radio")["problem"]
    await house.adapter.plug_in()
    await cuff.take_measurement(120)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 1)
    return {"problem": problem, "seconds": seconds}


async def nothing_at_boot(house: House) -> dict[str, Any]:
    """The hub is up long before bluetoothd, and that long before an adapter."""
    cuff = await house.device("cuff")
    house.hub.lend()
    await house.hub.start()
    await house.hub.until(lambda hub: hub.state("radio"))
    problems = [house.hub.state("radio")["problem"]]
    await house.bluetoothd.start()
    await asyncio.sleep(AWAY_S)
    problems.append(house.hub.state("radio")["problem"])
    await house.adapter.plug_in()
    await cuff.take_measurement(120)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 1)
    return {"problems": problems, "seconds": seconds, "bonded": sorted(bonds())}


async def three_at_once(house: House) -> dict[str, Any]:
    """Three devices advertise in the same moment: one after the other is read."""
    await house.everything()
    cuff, scale, meter = [await house.device(key) for key in ("cuff", "scale", "glucose")]
    await asyncio.gather(
        cuff.take_measurement(120),
        scale.take_measurement(Decimal("81.2")),
        meter.take_measurement(Decimal("5.6")),
    )
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 3)
    return {"seconds": seconds, "kinds": _kinds(house), "bonded": sorted(bonds())}


async def _in_mid_transfer(
    house: House, fault: Callable[[], Awaitable[None]] | None
) -> dict[str, Any]:
    """Many records wait in the device; the fault comes after some of them. None: it is the
    device that is carried away."""
    await house.everything()
    cuff = await house.device("cuff")
    await cuff.take_measurement(100)
    await house.hub.until(lambda hub: len(hub.readings()) == 1)
    cuff.walk_away()
    for count in range(1, RECORDS):
        await cuff.take_measurement(100 + count)
    cuff.walk_away(away=False)
    await _delivered(cuff, DELIVERED_BEFORE)
    if fault is None:
        cuff.walk_away()
        await asyncio.sleep(AWAY_S)
        cuff.walk_away(away=False)
    else:
        await fault()
    at_fault = len(cuff.delivered)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) >= RECORDS)
    await cuff.until(lambda: cuff.unread == 0)
    return {
        "systolic": [int(systolic) for systolic, *_ in numbers(house)],
        "delivered_at_fault": at_fault,
        "seconds": seconds,
        "pairings": cuff.pairings,
        "problems": house.problems,
        "statuses": statuses(house),
    }


async def _delivered(device: SpotDevice, count: int) -> None:
    await device.until(lambda: len(device.delivered) >= count)


def _kinds(house: House) -> list[str]:
    return sorted(reading.kept.measurement.kind.value for reading in house.hub.readings())
