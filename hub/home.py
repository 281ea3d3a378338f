"""This home as the hub process knows it: its devices, its kit, the join window, what goes on.

Everything that a page shows beside readings is written here, as small JSON notes in the ledger.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hub.acquire.pairing import KitItem, Pairing
from hub.books import Books
from hub.clock import Moment, Now
from hub.records import Device
from hub.store.notes import DeviceStatus

log = logging.getLogger(__name__)

DEVICES = "devices"  # the kit's document, beside the devices that have joined


class Kit(msgspec.Struct, frozen=True):
    """The desired `devices` document, `dho.devices/1.0`."""

    schema: str
    version: str
    devices: tuple[KitItem, ...] = ()


class Home:
    """`changed(device_key)` is called when a device's retained status should be published."""

    def __init__(
        self, books: Books, pairing: Pairing, now: Now, changed: Callable[[str], None]
    ) -> None:
        self._books = books
        self._pairing = pairing
        self._now = now
        self._changed = changed
        self._devices: dict[str, Device] = {}
        self.statuses: dict[str, DeviceStatus] = {}

    async def load(self) -> None:
        documents = self._books.documents
        for device in await self._books.call(documents.devices):
            self._devices[device.key] = device
            self.statuses[device.key] = await self._books.call(
                self._books.ledger.notes.device_status, device.key
            )
        if kit := await self._books.call(documents.get, "kit"):
            self.take_kit(kit)

    def devices(self) -> list[Device]:
        return list(self._devices.values())

    def device(self, key: str) -> Device | None:
        return self._devices.get(key)

    def take_kit(self, document: dict[str, Any] | None) -> None:
        """Raises msgspec.ValidationError when it is not a kit; None withdraws it."""
        kit = msgspec.convert(document, Kit) if document else Kit("", "")
        self._pairing.kit = kit.devices

    async def joined(self, device: Device) -> None:
        await self._books.call(self._books.documents.put_device, device)
        self._devices[device.key] = device
        self.status(device.key, state="paired", last_seen=datetime.now(UTC))

    async def remove(self, key: str) -> Device | None:
        device = self._devices.pop(key, None)
        if device:
            self.statuses.pop(key, None)
            await self._books.call(self._books.documents.remove_device, key)
            await self._books.call(self._books.ledger.notes.forget_device, key)
            self._changed(key)
        return device

    async def rename(self, key: str, name: str) -> bool:
        device = self._devices.get(key)
        if device is None:
            return False
        self._devices[key] = msgspec.structs.replace(device, name=name)
        await self._books.call(self._books.documents.put_device, self._devices[key])
        return True

    def receiving(self, device: Device | None) -> None:
        self.note("receiving", device and {"device": device.name})

    def status(self, device_key: str, **fields: Any) -> None:
        old = self.statuses.get(device_key, DeviceStatus(device_key=device_key))
        self.statuses[device_key] = msgspec.structs.replace(old, **fields)
        self._books.soon(self._books.ledger.notes.device_status, device_key, **fields)
        self._changed(device_key)

    def open_window(self, seconds: float | None = None) -> None:
        self._pairing.open(self._now().mono_ms, seconds)
        self.window_changed()

    def close_window(self) -> None:
        self._pairing.close()
        self.window_changed()

    def window_changed(self) -> None:
        now = self._now()
        until = self._pairing.open_until(now.mono_ms)
        self.note("join_window", None if until is None else self._window(now, until))

    def note(self, key: str, value: object) -> None:
        self._books.soon(self._books.ledger.notes.put_state, key, value)

    def _window(self, now: Moment, until_ms: int) -> dict[str, Any]:
        left = timedelta(milliseconds=until_ms - now.mono_ms)
        return {
            "until_mono_ms": until_ms,
            "boot_id": now.boot_id,
            "until": (now.wall + left).isoformat(),
            "candidates": [
                {
                    "address": one.address,
                    "name": one.name,
                    "driver": one.driver.id,
                    "rssi": one.rssi,
                }
                for one in self._pairing.candidates.values()
            ],
        }
