"""A virtual BLE device: its radio, its bonds, its sleep. What it measures is in the other files.

It advertises only while it holds records that nobody has read, or for a while after a press; it
demands a bond before it gives anything away; and it hangs up by itself when it has no more to say.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from bumble import core, gatt, hci
from bumble.core import AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.host import Host
from bumble.keys import JsonKeyStore, MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

from hub.demo.air import Air, Controller
from hub.demo.peripherals.attributes import (
    Identity,
    battery,
    device_information,
    uuid,
)
from hub.demo.peripherals.clock import DeviceClock

log = logging.getLogger(__name__)

ADVERTISING_INTERVAL_MS = 100
GENERAL_DISCOVERABLE_LE_ONLY = bytes((0x06,))
SHORT_SERVICES = AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
LONG_SERVICES = AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
NORWAY = ZoneInfo("Europe/Oslo")

Damage = Callable[[bytes], bytes]


class Peripheral(ABC):
    """One device on the air.

    linger_s        silence after its last word, before it hangs up
    patience_s      it hangs up on a hub that asks for nothing for so long
    pause_s         between a lost link and advertising again
    discoverable_s  how long it advertises after a press

    What can go wrong: `refuse_pairing`, `damage` (changes payloads on their way out), `clock`
    (make it wrong), `drop_after`, `walk_away`, `forget_bonds`.
    """

    service: ClassVar[int | str]
    identity: ClassVar[Identity]
    battery_percent: ClassVar[int] = 87

    linger_s = 2.0
    patience_s = 30.0
    pause_s = 0.2
    discoverable_s = 30.0

    def __init__(self, air: Air, name: str, address: str, *, zone: ZoneInfo = NORWAY) -> None:
        self.name = name
        self.address = address
        self.clock = DeviceClock(zone)
        self.refuse_pairing = False
        self.damage: Damage | None = None
        self.pairings = 0
        self.connection: Connection | None = None
        self.is_away = False
        self._air = air
        self._controller = Controller(name, air.link)
        self._device = Device(
            host=Host(self._controller, AsyncPipeSink(self._controller)),
            config=DeviceConfiguration(name=name, address=hci.Address(address)),
        )
        self._hang_up_timer: asyncio.TimerHandle | None = None
        self._discoverable_timer: asyncio.TimerHandle | None = None
        self._settling = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    def services(self) -> list[gatt.Service]:
        """The health service, and a clock where that is a service of its own."""

    @property
    @abstractmethod
    def unread(self) -> int:
        """How many records nobody has read yet."""

    async def switch_on(self, bonds: Path | None = None, passkey: int | None = None) -> Self:
        """`bonds`: a file, so that it remembers its hub; `passkey`: shown on its display."""
        delegate = _Delegate(self, passkey)
        self._device.keystore = JsonKeyStore(self.name, str(bonds)) if bonds else MemoryKeyStore()
        self._device.pairing_config_factory = lambda _: PairingConfig(
            mitm=passkey is not None, delegate=delegate
        )
        for service in self.services():
            self._device.add_service(service)
        self._device.add_service(device_information(self.identity))
        self._device.add_service(battery(self.battery_percent))
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        await self._device.power_on()
        return self

    async def switch_off(self) -> None:
        for timer in (self._hang_up_timer, self._discoverable_timer):
            if timer is not None:
                timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._air.link.remove(self._controller)
        await self._device.power_off()

    async def press(self) -> None:
        """Its button, without a measurement: it can be found for a while."""
        if self._discoverable_timer is not None:
            self._discoverable_timer.cancel()
        self._discoverable_timer = asyncio.get_running_loop().call_later(
            self.discoverable_s, self._end_discoverable
        )
        await self._settle()

    def drop_after(self, packets: int) -> None:
        """Radio loss in the place of the next packet after so many more, either way."""
        self._air.link.cut_after(self._controller, packets)

    @property
    def drop_is_due(self) -> bool:
        """Whether `drop_after` is still counting."""
        return self._air.link.is_cut_due(self._controller)

    def walk_away(self, away: bool = True) -> None:
        """Out of the hub's range, or back."""
        self.is_away = away
        self._air.link.out_of_range(self._controller, away)

    async def forget_bonds(self) -> None:
        """What a factory reset does."""
        if self._device.keystore is not None:
            await self._device.keystore.delete_all()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for a state of this device; it is looked at whenever something happens to it."""
        async with self._changed:
            await self._changed.wait_for(reached)

    @property
    def is_advertising(self) -> bool:
        return bool(self._device.is_advertising)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s: %r", self.name, error)

    def _end_discoverable(self) -> None:
        self._discoverable_timer = None
        self._start(self._settle())

    async def _settle(self, after_s: float = 0) -> None:
        """Advertise or sleep, whichever is right now."""
        await asyncio.sleep(after_s)
        async with self._settling:
            awake = self.connection is None and (self.unread or self._discoverable_timer)
            if awake and not self._device.is_advertising:
                await self._advertise()
            elif not awake and self._device.is_advertising:
                await self._device.stop_advertising()
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _advertise(self) -> None:
        short = isinstance(self.service, int)
        data = AdvertisingData(
            [
                (AdvertisingData.FLAGS, GENERAL_DISCOVERABLE_LE_ONLY),
                (SHORT_SERVICES if short else LONG_SERVICES, uuid(self.service).to_bytes()),
                (AdvertisingData.COMPLETE_LOCAL_NAME, self.name.encode()),
            ]
        )
        await self._device.start_advertising(
            advertising_data=bytes(data),
            advertising_interval_min=ADVERTISING_INTERVAL_MS,
            advertising_interval_max=ADVERTISING_INTERVAL_MS,
        )

    def _connected(self, connection: Connection) -> None:
        self.connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        connection.on(Connection.EVENT_PAIRING, self._paired)
        self._hang_up_after(self.patience_s)
        self._start(self._tell())

    def _paired(self, _keys: object) -> None:
        self.pairings += 1

    def _disconnected(self, _reason: int) -> None:
        self.connection = None
        if self._hang_up_timer is not None:
            self._hang_up_timer.cancel()
        self.gone()
        self._start(self._settle(self.pause_s))

    @abstractmethod
    def gone(self) -> None:
        """The link is lost: a subclass ends what it was doing on it."""

    def touched(self) -> None:
        """The hub did something: the silence begins anew."""
        self._hang_up_after(self.patience_s if self.unread else self.linger_s)

    def _hang_up_after(self, seconds: float) -> None:
        if self._hang_up_timer is not None:
            self._hang_up_timer.cancel()
        loop = asyncio.get_running_loop()
        self._hang_up_timer = loop.call_later(seconds, lambda: self._start(self._hang_up()))

    async def _hang_up(self) -> None:
        if self.connection is not None:
            try:
                await self.connection.disconnect()
            except (core.BaseBumbleError, hci.HCI_Error) as error:
                log.debug("%s: the hub was faster: %r", self.name, error)

    def _on_the_wire(self, payload: bytes) -> bytes:
        return self.damage(payload) if self.damage is not None else payload


class _Delegate(PairingDelegate):
    def __init__(self, peripheral: Peripheral, passkey: int | None) -> None:
        super().__init__(
            PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT
            if passkey is None
            else PairingDelegate.IoCapability.DISPLAY_OUTPUT_ONLY
        )
        self._peripheral = peripheral
        self._passkey = passkey

    async def accept(self) -> bool:
        return not self._peripheral.refuse_pairing

    async def generate_passkey(self) -> int:
        return await super().generate_passkey() if self._passkey is None else self._passkey
