"""Scenarios: to find a device, to bond with it, to find it again."""

import asyncio
from typing import Any

from hub.acquire.ble import Radio, Sighting
from hub.demo.household import LENT
from hub.settings import Ble
from tests.bed.guest.answered_hub import AnsweredHub
from tests.bed.guest.bluez import bonds, forget_everything
from tests.bed.guest.cuff_with_keys import CuffWithKeys
from tests.bed.guest.house import House
from tests.bed.guest.hub_process import until

PASSKEY = 314159


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


async def scan(house: House) -> dict[str, Any]:
    """What the hub's radio hears: two devices, each once it advertises."""
    await house.adapter.plug_in()
    await house.bluetoothd.start()
    heard: dict[str, Sighting] = {}
    radio = Radio(Ble(), lambda it: heard.update({it.advertisement.address: it}))
    listening = asyncio.ensure_future(radio.listen(lambda _: None))
    for key in ("cuff", "scale"):
        await (await house.device(key)).press()
    await until(lambda: len(heard) == 2)
    listening.cancel()
    await radio.close()
    return {
        address: {"name": it.advertisement.name, "services": sorted(it.advertisement.services)}
        for address, it in sorted(heard.items())
    }


async def passkey_shown(house: House) -> dict[str, Any]:
    """The device has keys: its user types what the hub's page shows."""
    await house.everything()
    shown: list[dict[str, str]] = []

    async def type_what_is_shown() -> int:
        await house.hub.until(lambda hub: hub.state("passkey"))
        shown.append(house.hub.state("passkey"))
        return int(shown[-1]["passkey"])

    lent = LENT[0]
    cuff = await house.switch_on(
        CuffWithKeys(house.air, lent.advertised, lent.address, type_what_is_shown)
    )
    await cuff.take_measurement(132)
    await house.hub.until(lambda hub: len(hub.readings()) == 1)
    await cuff.until(lambda: cuff.connection is None)
    await house.hub.until(lambda hub: hub.state("receiving") is None)
    return {
        "shown": [it["address"] for it in shown],
        "still_shown": house.hub.state("passkey"),
        "bonded": sorted(bonds()),
        "authenticated": cuff.is_authenticated,
    }


async def passkey_typed(house: House) -> dict[str, Any]:
    """The device has a display: somebody types in at the hub what it shows."""
    await house.adapter.plug_in()
    await house.bluetoothd.start()
    house.hub.lend()
    cuff = await house.device("cuff", passkey=PASSKEY)
    async with AnsweredHub(house.hub.directory, PASSKEY) as hub:
        await cuff.take_measurement(132)
        await until(lambda: len(house.hub.readings()) == 1)
        await cuff.until(lambda: cuff.connection is None)
    return {"asked": hub.asked, "pairings": cuff.pairings, "bonded": sorted(bonds())}


async def wrong_passkey(house: House) -> dict[str, Any]:
    """Somebody mistypes: no bond, nothing read; typed right the next time, it is."""
    await house.adapter.plug_in()
    await house.bluetoothd.start()
    house.hub.lend()
    cuff = await house.device("cuff", passkey=PASSKEY)
    async with AnsweredHub(house.hub.directory, PASSKEY + 1) as hub:
        await cuff.take_measurement(132)
        await until(lambda: bool(hub.asked))
        await cuff.until(lambda: cuff.connection is None)
        before = {"readings": len(house.hub.readings()), "bonded": sorted(bonds())}
        hub.passkey = PASSKEY
        await until(lambda: len(house.hub.readings()) == 1)
    return {"before": before, "bonded": sorted(bonds())}


async def refused(house: House) -> dict[str, Any]:
    """A device that does not want to pair: the technician is told; when it wants to, it is read."""
    await house.everything()
    cuff = await house.device("cuff")
    await cuff.take_measurement(120)
    await house.hub.until(lambda hub: len(hub.readings()) == 1)
    await house.hub.until(lambda hub: hub.state("receiving") is None)
    await house.hub.stop()
    await house.bluetoothd.stop()
    forget_everything()
    cuff.refuse_pairing = True
    await cuff.forget_bonds()
    await house.bluetoothd.start()
    await house.hub.start()
    await cuff.take_measurement(121)
    await house.hub.until(lambda hub: any(it.problem for it in hub.statuses().values()))
    told = statuses(house)
    unread = cuff.unread
    cuff.refuse_pairing = False
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 2)
    return {"told": told, "unread": unread, "numbers": numbers(house), "seconds": seconds}


async def bond_lost_by_device(house: House) -> dict[str, Any]:
    """The device was reset, or paired elsewhere: BlueZ still has a key for it."""
    await house.everything()
    cuff = await house.device("cuff")
    await cuff.take_measurement(120)
    await house.hub.until(lambda hub: len(hub.readings()) == 1)
    await cuff.until(lambda: cuff.connection is None)
    await cuff.forget_bonds()
    await cuff.take_measurement(121)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 2)
    return {"numbers": numbers(house), "pairings": cuff.pairings, "seconds": seconds}


async def bond_lost_by_hub(house: House) -> dict[str, Any]:
    """A new card in the hub, or a file system repaired: the device still has a key."""
    await house.everything()
    cuff = await house.device("cuff")
    await cuff.take_measurement(120)
    await house.hub.until(lambda hub: len(hub.readings()) == 1)
    await cuff.until(lambda: cuff.connection is None)
    await house.bluetoothd.stop()
    forget_everything()
    await house.bluetoothd.start()
    await cuff.take_measurement(121)
    seconds = await house.hub.until(lambda hub: len(hub.readings()) == 2)
    return {"numbers": numbers(house), "bonded": sorted(bonds()), "seconds": seconds}


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
