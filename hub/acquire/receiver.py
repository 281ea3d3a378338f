"""Hears devices and takes what they have: one at a time, each failure its own.

Known devices are read when they advertise; kit and window devices are joined first. A device
that keeps advertising after it gave everything is asked again ever more seldom, until it falls
silent and comes back.
"""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from drivers import catalogue
from drivers.contract import BleDriver, BroadcastDriver
from drivers.errors import DriverError, MatchError, NoDriver
from drivers.gatt.device_information import read_device_information
from drivers.links import GattLink
from drivers.measurement import DeviceInfo, Learned, Measurement
from drivers.registry import by_id
from hub.acquire import tasks
from hub.acquire.ble import Radio, Sighting
from hub.acquire.kit import NotLent
from hub.acquire.newcomer import newcomer, recognised
from hub.acquire.overhearing import Overhearing, only_advertises
from hub.acquire.ownership import whose
from hub.acquire.pairing import Candidate, Decision, Pairing
from hub.acquire.session import Books, Report, Session
from hub.clock import Now
from hub.records import Device, KitItem, Reception, Task, Whose
from hub.settings import Ble

log = logging.getLogger(__name__)

ASK_AGAIN_S = 3.0  # after a session, while the device still advertises …
ASK_AGAIN_AT_MOST_S = 300.0  # … doubling up to this
SILENT_MEANS_NEW_S = 4.0  # a device that was silent this long and is back has something new
NO_BOND = (Task.BOND_LOST, Task.PASSKEY_NEEDED)
PATIENCE_WITH_AT_MOST = 64  # whoever looks like a lent device is tried once, also a stranger's


class Home(Protocol):
    """What the receiver knows about this home and tells about it."""

    def devices(self) -> list[Device]: ...

    def joined(self, device: Device) -> Awaitable[None]:
        """A device became this patient's; durable on return."""

    def remove(self, key: str) -> Awaitable[Device | None]:
        """Another has taken its place; durable on return."""

    def learned(self, device_key: str, learned: Learned) -> Awaitable[None]:
        """For the driver's next session with this device; durable on return."""

    def receiving(self, device: Device | None) -> None:
        """A session runs with this device; None when it ended."""

    def status(self, device_key: str, **fields: Any) -> None:
        """Something about a device changed: last_seen, problem, battery_percent, …"""

    def window_changed(self) -> None: ...

    def recorded(
        self, device: Device, driver: BleDriver, link: GattLink
    ) -> AbstractAsyncContextManager[GattLink]:
        """`link`, written down if somebody asked for that."""


@dataclass(slots=True)
class _Patience:
    """When a device that is still advertising may be asked again (monotonic seconds)."""

    not_before: float = 0.0
    pause_s: float = ASK_AGAIN_S
    heard_at: float = 0.0

    def heard(self, now: float) -> None:
        if now - self.heard_at > SILENT_MEANS_NEW_S:
            self.pause_s = ASK_AGAIN_S
            self.not_before = 0.0
        self.heard_at = now

    def asked(self, now: float, *, brought: bool) -> None:
        self.pause_s = ASK_AGAIN_S if brought else min(self.pause_s * 2, ASK_AGAIN_AT_MOST_S)
        self.not_before = now + (0.0 if brought else self.pause_s)
        self.heard_at = now


class Receiver:
    def __init__(
        self,
        settings: Ble,
        pairing: Pairing,
        books: Books,
        home: Home,
        now: Now,
        zone: ZoneInfo,
    ) -> None:
        self._settings = settings
        self._pairing = pairing
        self._books = books
        self._home = home
        self._now = now
        self._zone = zone
        self._overhearing = Overhearing(books, now, self._whose, home.status)
        self._patience: dict[str, _Patience] = {}
        self._waiting: dict[str, Decision] = {}
        self._replaced: list[Device] = []
        self._work = asyncio.Event()
        self._shown = pairing.revision

    def heard(self, sighting: Sighting) -> None:
        """Called for every advertisement, so it must stay cheap."""
        moment, seen = self._now(), sighting.advertisement
        decision = self._pairing.decide(sighting, self._home.devices(), moment.mono_ms)
        if self._pairing.revision != self._shown:
            self._shown = self._pairing.revision
            self._home.window_changed()
        if decision.device is not None and only_advertises(decision.device):
            self._overhearing.hear(decision.device, seen)
        elif decision.action in ("read", "join"):
            patience = self._patience_with(seen.address)
            patience.heard(moment.mono_ms / 1000)
            if moment.mono_ms / 1000 >= patience.not_before:
                self._waiting.setdefault(seen.address, decision)
                self._work.set()

    async def run(self, radio: Radio) -> None:
        """Serve the devices that were heard, in order, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._overhearing.run())
            group.create_task(self._serve_all(radio))

    async def _serve_all(self, radio: Radio) -> None:
        while True:
            await self._work.wait()
            if not self._waiting:
                self._work.clear()
                continue
            address, decision = next(iter(self._waiting.items()))
            brought = False
            try:
                brought = await self._serve(radio, address, decision)
            finally:
                del self._waiting[address]
                patience = self._patience_with(address)
                patience.asked(self._now().mono_ms / 1000, brought=brought)

    async def _serve(self, radio: Radio, address: str, decision: Decision) -> bool:
        """Whether it brought something."""
        self._pairing.unanswered = None
        try:
            if decision.candidate is not None:
                return await self._welcome(radio, decision, decision.candidate)
            device = self._known(decision.device)
            if device is None:  # it was removed while it waited for its turn
                return False
            async with radio.connect(address) as link:
                return await self._read(device, link)
        except DriverError as error:
            log.warning("%s: %s", address, error)
            if decision.device:
                self._problem(decision.device, error)
            return False
        finally:
            self._home.receiving(None)

    async def _welcome(self, radio: Radio, decision: Decision, candidate: Candidate) -> bool:
        """Let it join, and take what it brings on the same link."""
        self._pairing.trying = decision
        try:
            if candidate.driver is not None and issubclass(candidate.driver, BroadcastDriver):
                device = await self._join(decision, candidate, DeviceInfo())
                self._overhearing.hear(device, candidate.seen)
                return False
            async with radio.connect(candidate.address) as link:
                info = await read_device_information(link)
                device = await self._join(decision, candidate, info)
                return await self._read(device, link)
        except DriverError as error:
            task = tasks.before(error, unanswered=self._is_unanswered(candidate.address))
            had_no_bond = task in (None, Task.BOND_LOST)
            self._pairing.failed(candidate.address, str(error) if had_no_bond else str(task))
            self._home.window_changed()
            if isinstance(error, NotLent):
                self._pairing.lent.refuse(candidate.address)
            if isinstance(error, NotLent | MatchError):
                await radio.forget(candidate.address)
            raise
        finally:
            self._pairing.trying = None
            while self._replaced:
                await radio.forget(self._replaced.pop().address)

    async def _read(self, device: Device, link: GattLink) -> bool:
        self._home.receiving(device)
        report = await self._session(device, link)
        self._afterwards(device, report)
        return report.kept > 0

    async def _session(self, device: Device, link: GattLink) -> Report:
        driver = by_id(device.driver)
        if not issubclass(driver, BleDriver):
            raise NoDriver(device.driver)
        model = catalogue.by_id(device.model)
        learn = partial(self._home.learned, device.key)
        mine = partial(self._whose, device.key)
        session = Session(device.key, self._books, self._now, self._zone, learn, mine)
        conversation = driver(device.memory, model.quirks if model else ())
        timeout_s = self._settings.session_timeout_s
        async with self._home.recorded(device, conversation, link) as overheard:
            return await session.run(conversation, link, timeout_s, overheard)

    async def _join(self, decision: Decision, candidate: Candidate, info: DeviceInfo) -> Device:
        """The device's identity must be known before its first measurement is stored."""
        item = self._kit_item(decision.kit, candidate, info)
        if decision.kit is not None and item is None and decision.is_lent:
            raise NotLent(candidate.address, decision.kit, info)
        devices = self._home.devices()
        old = next((one for one in devices if one.key == decision.replaces), None)
        device = newcomer(candidate, info, devices, item=item, old=old)
        await self._home.joined(device)
        if old is not None and await self._home.remove(old.key):
            self._replaced.append(old)
        if not decision.is_lent:
            self._pairing.close()
            self._home.window_changed()
        log.info("joined %s as %s", device.key, device.driver)
        return device

    def _kit_item(
        self, perhaps: KitItem | None, candidate: Candidate, info: DeviceInfo
    ) -> KitItem | None:
        if perhaps is None:
            return None
        model, _ = recognised(candidate, info)
        return self._pairing.lent.confirmed(perhaps, candidate.seen, info, model)

    def _whose(self, device_key: str, measurement: Measurement, reception: Reception) -> Whose:
        device = next((it for it in self._home.devices() if it.key == device_key), None)
        return whose(measurement, reception, device, self._zone)

    def _known(self, device: Device | None) -> Device | None:
        """As it is by now: something may have been learned while it waited."""
        keys = {one.key: one for one in self._home.devices()}
        return keys.get(device.key) if device else None

    def _patience_with(self, address: str) -> _Patience:
        patience = self._patience.pop(address, None) or _Patience()
        self._patience[address] = patience
        if len(self._patience) > PATIENCE_WITH_AT_MOST:
            del self._patience[next(iter(self._patience))]
        return patience

    def _afterwards(self, device: Device, report: Report) -> None:
        task = tasks.after(report, unanswered=self._is_unanswered(device.address))
        fields: dict[str, Any] = {
            "last_seen": datetime.now(UTC),
            "state": "auth-failed" if task in NO_BOND else "paired",
            "problem": str(report.problem or "; ".join(report.errors)) or None,
            "task": task,
        }
        if report.kept:
            fields["last_measurement"] = datetime.now(UTC)
        if report.clock_offset_s is not None:
            fields["clock_offset_s"] = round(report.clock_offset_s)
        if report.battery_percent is not None:
            fields["battery_percent"] = report.battery_percent
        self._home.status(device.key, **fields)
        log.info(
            "%s: %d new, %d already kept, %d unreadable%s",
            device.key,
            report.kept,
            report.repeated,
            report.rejected,
            f", ended by {report.problem}" if report.problem else "",
        )

    def _problem(self, device: Device, error: DriverError) -> None:
        task = tasks.before(error, unanswered=self._is_unanswered(device.address))
        fields: dict[str, Any] = {"state": "auth-failed" if task in NO_BOND else "unreachable"}
        if task is not None:
            fields["task"] = task
        now = datetime.now(UTC)
        self._home.status(device.key, last_seen=now, problem=str(error), **fields)

    def _is_unanswered(self, address: str) -> bool:
        return self._pairing.unanswered == address
