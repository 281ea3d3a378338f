"""Scenario: a peer that nobody here wrote, on controllers that nobody here wrote either.

BlueZ's own emulator has two controllers; its example heart rate sensor is on one, the hub on the
other. One bluetoothd serves both, and asks the hub's agent about both: the sensor's adapter is told
to bond with nobody, as many a strap does not.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bed.guest.bluez import LOOK_S, Daemon, adapter_property, refuse_bonds, until_powered
from tests.bed.guest.house import House, listens
from tests.bed.guest.hub_process import until

EXAMPLES = Path("/opt/examples/usr/share/doc/bluez-test-scripts/examples")
ADVERTISES_FOR_S = 3.0
ADAPTERS = ("hci0", "hci1")
PATIENCE_S = 600.0  # virtual; sensor and hub share a bluetoothd, and not every connection succeeds

CALLED = "'TestAdvertisement'"
HAS_BATTERY = "self.add_service(BatteryService(bus, 1))"


async def foreign_strap(house: House) -> dict[str, Any]:
    """Under a name by which the catalogue knows that it bonds with nobody."""
    polar = _example(house, "example-advertisement", CALLED, "'Polar H10 12345678'")
    return await _read(house, EXAMPLES / "example-gatt-server", polar)


async def foreign_peer(house: House) -> dict[str, Any]:
    """Under a name that nobody has heard of, and without a battery: a link that ends while its
    level is being read makes a bluetoothd that serves it use what it has freed, five seconds later
    (5.66, read_complete_cb with ETIMEDOUT)."""
    batteryless = _example(house, "example-gatt-server", HAS_BATTERY, "pass")
    return await _read(house, batteryless, EXAMPLES / "example-advertisement")


async def _read(house: House, serves: Path, advertises: Path) -> dict[str, Any]:
    log = house.hub.log.with_name("peer.log")
    emulator = Daemon(log, "btvirt", "-l2")
    sensor = [Daemon(log, "python3", "-u", str(script)) for script in (serves, advertises)]
    for child in (emulator, *sensor):
        house.stack.push_async_callback(child.stop)
    await emulator.start()
    await house.bluetoothd.start()
    for adapter in ADAPTERS:
        await until_powered(adapter)
    server, advertiser = sensor
    await server.start()
    await until(lambda: "GATT application registered" in log.read_text())
    await advertiser.start()
    theirs = await _who_advertises()
    [ours] = set(ADAPTERS) - {theirs}
    house.hub.configure(adapter=ours)
    address = await adapter_property(theirs, "Address")
    house.hub.lend([{"model": "", "address": address, "name": "Pulsbelte"}])
    await house.hub.start()
    await house.hub.until(listens)
    await refuse_bonds(theirs)
    seconds = await _advertised(advertiser, lambda: bool(house.hub.readings()))
    measurement = house.hub.readings()[0].kept.measurement
    return {
        "kind": measurement.kind.value,
        "rate": int(next(iter(measurement.values.values())).number or 0),
        "site": measurement.details.get("body_site"),
        "frames": len(measurement.raw),
        "seconds": seconds,
    }


def _example(house: House, name: str, words: str, instead: str) -> Path:
    """One of BlueZ's, with a few words changed."""
    script = (EXAMPLES / name).read_text()
    if words not in script:
        raise ValueError(f"{name} does not say {words}")
    changed = house.hub.directory / name
    changed.write_text(script.replace(words, instead))
    return changed


async def _advertised(advertiser: Daemon, reached: Callable[[], bool]) -> float:
    """The emulator tells of an advertiser when it begins, not again and again: it begins anew."""

    async def begin_anew() -> None:
        while True:
            await asyncio.sleep(ADVERTISES_FOR_S)
            await advertiser.stop()
            await advertiser.start()

    beginning = asyncio.ensure_future(begin_anew())
    seconds = await until(reached, PATIENCE_S)
    beginning.cancel()
    return seconds


async def _who_advertises() -> str:
    """The example takes the adapter that D-Bus lists first, which is one or the other."""
    while True:
        for adapter in ADAPTERS:
            if await adapter_property(adapter, "ActiveInstances", "LEAdvertisingManager1"):
                return adapter
        await asyncio.sleep(LOOK_S)
