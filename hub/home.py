"""This home as the hub process knows it: its devices, its kit, the join window, what goes on.

Everything that a page shows beside readings is written here, as small JSON notes in the ledger.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from drivers import catalogue
from drivers.contract import Advertisement, BleDriver
from drivers.errors import AmbiguousDriver
from drivers.links import GattLink
from drivers.measurement import Learned
from hub.acquire.pairing import Candidate, Pairing
from hub.books import Books
from hub.clock import Moment, Now
from hub.passkeys import WANTED, Passkeys
from hub.recordings import Recordings
from hub.records import Device, Kit, KitItem, Task
from hub.store.notes import DeviceStatus

PASSING = ("join_window", "passkey", WANTED, "receiving")  # notes that end with what they tell of


class Home:
    """
    changed(device_key)  its retained status should be published
    stirred()            a session began or ended, or the join window changed
    """

    def __init__(
        self,
        books: Books,
        pairing: Pairing,
        now: Now,
        changed: Callable[[str], None],
        stirred: Callable[[], None],
    ) -> None:
        self._books = books
        self._pairing = pairing
        self._now = now
        self._changed = changed
        self._stirred = stirred
        self.receives = False
        self._devices: dict[str, Device] = {}
        self.statuses: dict[str, DeviceStatus] = {}
        self.recordings = Recordings(now, self.note)
        self.passkeys = Passkeys(
            now, self.note, self._known, self._remembered, self._passkey_unanswered
        )

    async def load(self) -> None:
        documents = self._books.documents
        for passing in PASSING:  # a hub that was killed could not take them back
            self.note(passing, None)
        for device in await self._books.call(documents.devices):
            self._devices[device.key] = _recognised(device)
            self.statuses[device.key] = await self._books.call(
                self._books.ledger.notes.device_status, device.key
            )
        await self.load_kit()

    def devices(self) -> list[Device]:
        return list(self._devices.values())

    def device(self, key: str) -> Device | None:
        return self._devices.get(key)

    def described(self, key: str) -> Device | None:
        """The device with the charge that its battery had last."""
        device, status = self._devices.get(key), self.statuses.get(key)
        if device is None or status is None or status.battery_percent is None:
            return device
        info = replace(device.info, battery_percent=status.battery_percent)
        return msgspec.structs.replace(device, info=info)

    async def load_kit(self) -> None:
        """At start, and when the central service lends another set of devices."""
        document = await self._books.call(self._books.documents.get, "kit")
        self._pairing.kit = msgspec.convert(document or {}, Kit).devices

    async def joined(self, device: Device) -> None:
        await self._books.call(self._books.documents.put_device, device)
        self._devices[device.key] = device
        self.status(device.key, state="paired", last_seen=datetime.now(UTC))

    async def learned(self, key: str, learned: Learned) -> None:
        """What a driver wants to know in its next session with this device."""
        device = self._devices.get(key)
        if device is None:
            return
        known = {**device.memory, **learned.facts}
        memory = {name: fact for name, fact in known.items() if fact is not None}
        if memory != device.memory:
            slot = _slot(learned) or device.user_index
            await self._change(device, memory=memory, user_index=slot)

    async def consent(self, key: str, user_index: int, consent: str) -> bool:
        """The technician typed in which user of the device the patient is, and the code."""
        device = self._devices.get(key)
        if device is None:
            return False
        facts = {"user_index": str(user_index), "consent": consent}
        await self._change(device, memory={**device.memory, **facts}, user_index=user_index)
        self.status(key, task=None, problem=None)
        return True

    async def remove(self, key: str) -> Device | None:
        device = self._devices.pop(key, None)
        if device:
            self.statuses.pop(key, None)
            self.recordings.forget(key)
            await self._books.call(self._books.documents.remove_device, key)
            await self._books.call(self._books.ledger.notes.forget_device, key)
            self._changed(key)
        return device

    async def rename(self, key: str, name: str) -> bool:
        device = self._devices.get(key)
        if device is None:
            return False
        await self._change(device, name=name)
        return True

    async def _change(self, device: Device, **fields: Any) -> None:
        self._devices[device.key] = msgspec.structs.replace(device, **fields)
        await self._books.call(self._books.documents.put_device, self._devices[device.key])

    def recorded(
        self, device: Device, driver: BleDriver, link: GattLink
    ) -> AbstractAsyncContextManager[GattLink]:
        return self.recordings.of(device, driver, link)

    def receiving(self, device: Device | None) -> None:
        self.receives = device is not None
        if device is None:
            self.note("passkey", None)  # BlueZ does not say when the device has taken it
        else:
            self._let_in(device)
        self.note("receiving", device and {"device": device.name})
        self._stirred()

    def status(self, device_key: str, **fields: Any) -> None:
        old = self.statuses.get(device_key, DeviceStatus(device_key=device_key))
        self.statuses[device_key] = msgspec.structs.replace(old, **fields)
        self._books.soon(self._books.ledger.notes.device_status, device_key, **fields)
        self._changed(device_key)

    def open_window(
        self,
        seconds: float | None = None,
        expected: KitItem | None = None,
        replacing: Device | None = None,
    ) -> None:
        now_ms = self._now().mono_ms
        open_s = (self._pairing.open(now_ms, seconds, expected, replacing) - now_ms) / 1000
        asyncio.get_running_loop().call_later(open_s, self.window_changed)
        self.window_changed()

    def close_window(self) -> None:
        self._pairing.close()
        self.window_changed()

    def window_changed(self) -> None:
        now = self._now()
        until = self._pairing.open_until(now.mono_ms)
        self.note("join_window", None if until is None else self._window(now, until))
        self._stirred()

    def note(self, key: str, value: object) -> None:
        self._books.soon(self._books.ledger.notes.put_state, key, value)

    def _window(self, now: Moment, until_ms: int) -> dict[str, Any]:
        left = timedelta(milliseconds=until_ms - now.mono_ms)
        return {
            "until_mono_ms": until_ms,
            "boot_id": now.boot_id,
            "until": (now.wall + left).isoformat(),
            "candidates": [_listed(one) for one in self._pairing.candidates.values()],
        }

    def _at(self, address: str) -> Device | None:
        return next((one for one in self._devices.values() if one.address == address), None)

    def _known(self, address: str) -> Mapping[str, str | None]:
        """How people know the device that asks for its passkey."""
        if device := self._at(address):
            return {"name": device.name, "model": device.model}
        trying = self._pairing.trying
        if trying is None or trying.candidate is None or trying.candidate.address != address:
            return {"name": None, "model": None}
        listed, name = _listed(trying.candidate), trying.kit and trying.kit.name
        return {"name": name or listed["known_as"] or listed["name"], "model": listed["model"]}

    def _remembered(self, address: str) -> str | None:
        device = self._at(address)
        return device.memory.get("passkey") if device else None

    def _passkey_unanswered(self, address: str) -> None:
        self._pairing.unanswered = address
        if device := self._at(address):
            self.status(device.key, task=Task.PASSKEY_NEEDED)

    def _let_in(self, device: Device) -> None:
        passkey, model = self.passkeys.let_in(device.address), catalogue.by_id(device.model)
        if passkey is None or model is None or not model.passkey_stays:
            return
        memory = {**device.memory, "passkey": passkey}
        self._devices[device.key] = msgspec.structs.replace(device, memory=memory)
        self._books.soon(self._books.documents.put_device, self._devices[device.key])


def _listed(candidate: Candidate) -> dict[str, Any]:
    """As the technician's page reads it."""
    model, driver = candidate.model, candidate.driver
    return {
        "address": candidate.address,
        "name": candidate.name,
        "driver": driver.id if driver else None,
        "model": model.id if model else None,
        "known_as": f"{model.maker} {model.name}" if model else None,
        "problem": candidate.problem,
        "rssi": candidate.rssi,
    }


def _recognised(device: Device) -> Device:
    """One that joined before its model was in the catalogue; what reads it never changes."""
    if device.model is not None:
        return device
    try:
        model = catalogue.find(Advertisement(device.address), device.info)
    except AmbiguousDriver:
        return device
    if model is None or model.driver != device.driver:
        return device
    return msgspec.structs.replace(device, model=model.id)


def _slot(learned: Learned) -> int | None:
    """The patient's slot in a device where its driver has registered the patient."""
    slot = learned.facts.get("user_index")
    return int(slot) if slot and slot.isdecimal() else None
