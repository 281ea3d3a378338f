"""One home in the guest: BlueZ with its adapter, the devices of the demo's kit, a hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.demo.air import Air
from hub.demo.household import LENT
from hub.demo.peripherals.peripheral import Peripheral
from tests.bed.guest.adapter import Adapter
from tests.bed.guest.bluez import Bluetoothd, Daemon, forget_everything
from tests.bed.guest.hub_process import HubProcess

PATIENT_HUB = "tests.bed.guest.patient_hub"
SCRATCH = Path("/tmp")  # noqa: S108 - of the guest, which is ours alone


@dataclass(frozen=True, slots=True)
class House:
    air: Air
    adapter: Adapter
    bluetoothd: Bluetoothd
    hub: HubProcess
    stack: AsyncExitStack
    problems: list[str | None] = field(default_factory=list)

    async def device(self, key: str, passkey: int | None = None) -> Any:
        """One of the kit, switched on; a scenario knows its kind. It keeps its bonds."""
        lent = next(one for one in LENT if one.key == key)
        return await self.switch_on(lent.kind(self.air, lent.advertised, lent.address), passkey)

    async def switch_on(self, device: Peripheral, passkey: int | None = None) -> Any:
        bonds = SCRATCH / f"{device.address}-bonds.json"
        bonds.unlink(missing_ok=True)
        await device.switch_on(bonds, passkey)
        self.stack.push_async_callback(device.switch_off)
        return device

    async def everything(self) -> None:
        """Bluetooth and the hub, from the boot on."""
        await self.adapter.plug_in()
        await self.bluetoothd.start()
        self.hub.lend()
        await self.hub.start()
        await self.hub.until(listens)


def listens(hub: HubProcess) -> bool:
    """Whether it has started, and said that there is a radio."""
    radio = hub.state("radio")
    return radio is not None and radio["problem"] is None


def _empty(logs: Path) -> Path:
    """The folder of the hub; `logs` is made, too."""
    directory = SCRATCH / logs.name
    for folder in (logs, directory):
        folder.mkdir()
    return directory


@asynccontextmanager
async def house(logs: Path, *, quiet: bool = False) -> AsyncIterator[House]:
    """Nothing runs in it yet; everything has ended afterwards.

    quiet  without BlueZ's traces, and with a hub that looks seldom
    """
    directory = _empty(logs)
    forget_everything()
    air = Air()
    async with AsyncExitStack() as stack:
        made = House(
            air,
            Adapter(air),
            Bluetoothd(logs / "bluetoothd.log", debug=not quiet),
            HubProcess(directory, logs / "hub.log", module=PATIENT_HUB if quiet else "hub"),
            stack,
        )
        if not quiet:
            monitor = Daemon(logs / "btmon.log", "btmon")
            await monitor.start()
            stack.push_async_callback(monitor.stop)
        stack.push_async_callback(air.close)
        stack.push_async_callback(made.adapter.pull_out)
        stack.push_async_callback(made.bluetoothd.stop)
        stack.push_async_callback(made.hub.stop)
        yield made
    await asyncio.sleep(1)  # the kernel lets go of hci0
