"""Devices that push each record once, by indication, and count it as read when it is confirmed."""

import asyncio
from collections import deque
from typing import Any, ClassVar

from bumble import gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import Properties, date_time, pushed, service
from hub.demo.peripherals.peripheral import Peripheral


class SpotDevice(Peripheral):
    """Cuff, scale, oximeter, thermometer.

    delivered  the payloads that were confirmed, oldest first
    """

    measurement: ClassVar[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivered: list[bytes] = []
        self._records: deque[bytes] = deque()
        self._delivery: asyncio.Task[None] | None = None
        self._measurement = pushed(self._device, self.measurement, Properties.INDICATE)
        self._measurement.on(gatt.Characteristic.EVENT_SUBSCRIPTION, self._subscribed)
        self._subscriber: Connection | None = None

    @property
    def unread(self) -> int:
        return len(self._records)

    def features(self) -> list[gatt.Characteristic[Any]]:
        """Further characteristics of the health service."""
        return []

    def services(self) -> list[gatt.Service]:
        return [
            service(
                self.service,
                self._measurement,
                *self.features(),
                date_time(self.clock, self.touched),
            )
        ]

    async def keep(self, record: bytes) -> None:
        """A measurement is done: keep it until a hub has confirmed it."""
        self._records.append(record)
        self._deliver()
        await self._settle()

    def gone(self) -> None:
        self._subscriber = None
        if self._delivery is not None:
            self._delivery.cancel()

    def _subscribed(self, connection: Connection, _notify: bool, indicate: bool) -> None:
        self._subscriber = connection if indicate else None
        self.touched()
        self._deliver()

    def _deliver(self) -> None:
        if self._subscriber is None or (self._delivery and not self._delivery.done()):
            return
        self._delivery = self._start(self._indicate_all(self._subscriber))

    async def _indicate_all(self, hub: Connection) -> None:
        # The cancellation of a lost link may not get here: Python 3.11's wait_for forgets one that
        # comes with the confirmation, and without a subscriber Bumble indicates to nobody.
        while self._records and self._subscriber is hub:
            payload = self._on_the_wire(self._records[0])
            await self._device.gatt_server.indicate_subscriber(hub, self._measurement, payload)
            self.delivered.append(self._records.popleft())
            self.touched()
            await self._tell()
