"""Devices that are never connected to: what they advertise is all that they ever say."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from drivers.contract import Advertisement, BroadcastDriver, Reading
from drivers.errors import DriverError, NoDriver
from drivers.measurement import Measurement, Rejected
from drivers.registry import by_id
from hub.acquire.session import Books
from hub.clock import Moment, Now
from hub.records import Device, Reception, Whose

log = logging.getLogger(__name__)

WAITING_AT_MOST = 50  # results not stored yet; anybody can advertise, and the disk may be slow


class Overhearing:
    """
    whose   asked for each measurement
    status  told that something came of a device
    """

    def __init__(
        self,
        books: Books,
        now: Now,
        whose: Callable[[str, Measurement, Reception], Whose],
        status: Callable[..., None],
    ) -> None:
        self._books = books
        self._now = now
        self._whose = whose
        self._status = status
        self._ears: dict[str, BroadcastDriver] = {}
        self._results: asyncio.Queue[tuple[Device, Reading, Moment]] = asyncio.Queue(
            WAITING_AT_MOST
        )

    def hear(self, device: Device, seen: Advertisement) -> None:
        """Called for every advertisement of a device that has joined, so it must stay cheap."""
        try:
            result = self._ear(device).hear(seen)
        except DriverError as error:
            log.warning("%s: %s", device.key, error)
            return
        if result is None:
            return
        try:
            self._results.put_nowait((device, result, self._now()))
        except asyncio.QueueFull:
            log.warning("%s advertises more than can be stored", device.key)

    async def run(self) -> None:
        """Store what was heard, for ever; it never waits for a connection to another device."""
        while True:
            device, result, moment = await self._results.get()
            await self._keep(device, result, moment)

    async def _keep(self, device: Device, result: Reading, moment: Moment) -> None:
        live = not isinstance(result, Rejected)
        reception = Reception(device.key, device.driver, str(uuid4()), moment, None, live)
        fields: dict[str, Any] = {"last_seen": datetime.now(UTC), "state": "paired"}
        if isinstance(result, Rejected):
            await self._books.reject(result, reception)
            fields["problem"] = result.reason
        elif await self._books.keep(result, reception, self._whose(device.key, result, reception)):
            fields |= {"last_measurement": datetime.now(UTC), "problem": None}
        self._status(device.key, **fields)

    def _ear(self, device: Device) -> BroadcastDriver:
        """Raises NoDriver."""
        if device.key not in self._ears:
            driver = by_id(device.driver)
            if not issubclass(driver, BroadcastDriver):
                raise NoDriver(device.driver)
            self._ears[device.key] = driver()
        return self._ears[device.key]


def only_advertises(device: Device) -> bool:
    try:
        return issubclass(by_id(device.driver), BroadcastDriver)
    except NoDriver:
        return False
