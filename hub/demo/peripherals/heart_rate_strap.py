"""A heart rate strap: Heart Rate Service 1.0. It stores nothing, and is heard while it is worn."""

import asyncio
from typing import Any

from bumble import gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import Identity, Properties, pushed, readable, service
from hub.demo.peripherals.peripheral import Peripheral

CONTACT_ENERGY_INTERVALS = 0x02 | 0x04 | 0x08 | 0x10
CHEST = 1
BEAT_S = 1.0
INTERVALS_PER_S = 1024


class HeartRateStrap(Peripheral):
    """sent  the frames that it has pushed, oldest first"""

    service = 0x180D
    identity = Identity("Hjemmehub", "HRS-1", "DEMO0008", "1.0.0", "F0F1F2FFFEA10008")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent: list[bytes] = []
        self.is_worn = False
        self._subscriber: Connection | None = None
        self._stream: asyncio.Task[None] | None = None
        self._measurement = pushed(self._device, 0x2A37, Properties.NOTIFY)
        self._measurement.on(gatt.Characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    @property
    def unread(self) -> int:
        return int(self.is_worn)

    def services(self) -> list[gatt.Service]:
        return [service(self.service, self._measurement, readable(0x2A38, bytes((CHEST,))))]

    async def put_on(self) -> None:
        self.is_worn = True
        await self._settle()

    async def take_off(self) -> None:
        """It falls silent, and hangs up soon."""
        self.is_worn = False
        self.touched()
        await self._settle()

    def gone(self) -> None:
        self._subscriber = None
        if self._stream is not None:
            self._stream.cancel()

    def _subscribed(self, connection: Connection, notify: bool, _indicate: bool) -> None:
        self._subscriber = connection if notify else None
        self.touched()
        if notify:
            self._stream = self._start(self._push(connection))

    async def _push(self, hub: Connection) -> None:
        while self.is_worn and self._subscriber is hub:
            payload = self._frame(len(self.sent))
            self.sent.append(payload)
            await self._device.gatt_server.notify_subscriber(hub, self._measurement, payload)
            self.touched()
            await self._tell()
            await asyncio.sleep(BEAT_S)

    def _frame(self, number: int) -> bytes:
        """A rate that comes and goes; its wearer expends a kilojoule each second."""
        rate = 60 + number % 40
        interval = INTERVALS_PER_S * 60 // rate
        head = bytes((CONTACT_ENERGY_INTERVALS, rate))
        return head + number.to_bytes(2, "little") + interval.to_bytes(2, "little")
