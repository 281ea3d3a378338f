"""Scenarios: to find a device, to bond with it, to find it again."""

from typing import Any

from hub.demo.household import LENT
from tests.bed.guest.bluez import bonds
from tests.bed.guest.house import House

CUFF = LENT[0].address


async def just_works(house: House) -> dict[str, Any]:
    """First contact with a device of the kit that has neither display nor keys."""
    await house.everything()
    cuff = await house.device("cuff")
    await cuff.take_measurement(132, 85, 71)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 1)
    await house.hub.until(lambda hub: any(it.battery_percent for it in hub.statuses().values()))
    return {
        "numbers": numbers(house),
        "live": house.hub.readings()[0].kept.reception.live,
        "pairings": cuff.pairings,
        "unread": cuff.unread,
        "bonded": sorted(bonds()),
        "statuses": statuses(house),
        "seconds": seconds,
    }


async def kept_bond(house: House) -> dict[str, Any]:
    """Three readings over a restart of the hub and of bluetoothd: one pairing serves them all."""
    await house.everything()
    cuff = await house.device("cuff")
    for count, systolic in enumerate((120, 121, 122), 1):
        await cuff.take_measurement(systolic)
        await house.hub.until(lambda hub, count=count: len(hub.readings()) == count)  # type: ignore[misc]
        await cuff.until(lambda: cuff.connection is None)
        await house.hub.stop()
        await house.bluetoothd.restart()
        await house.hub.start()
    return {"numbers": numbers(house), "pairings": cuff.pairings, "bonded": sorted(bonds())}


def numbers(house: House) -> list[list[str]]:
    """The values of each stored reading."""
    return [
        [str(value.number) for value in reading.kept.measurement.values.values()]
        for reading in house.hub.readings()
    ]


def statuses(house: House) -> dict[str, Any]:
    return {
        key: {"state": it.state, "problem": it.problem, "battery": it.battery_percent}
        for key, it in house.hub.statuses().items()
    }
