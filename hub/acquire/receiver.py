"""Hears devices and takes what they have: one at a time, each failure its own.

Known devices are read when they advertise; kit and window devices are joined first. A device
that keeps advertising after it gave everything is asked again ever more seldom, until it falls
silent and comes back.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from drivers import catalogue
from drivers.contract import BleDriver
from drivers.errors import DriverError, LinkRefused, NoDriver
from drivers.gatt.device_information import read_device_information
from drivers.links import GattLink
from drivers.measurement import Learned, Measurement
from drivers.registry import by_id
from hub.acquire.ble import Radio, Sighting
from hub.acquire.pairing import Decision, Pairing
from hub.acquire.session import Books, Report, Session, whose
from hub.clock import Now
from hub.records import Device, Task, Whose
from hub.settings import Ble

log = logging.getLogger(__name__)

ASK_AGAIN_S = 3.0  # after a session, while the device still advertises …
ASK_AGAIN_AT_MOST_S = 300.0  # … doubling up to this
SILENT_MEANS_NEW_S = 4.0  # a device that was silent this long and is back has something new


class Home(Protocol):
    """What the receiver knows about this home and tells about it."""

    def devices(self) -> list[Device]: ...

    def joined(self, device: Device) -> Awaitable[None]:
        """A device became this patient's; durable on return."""

    def learned(self, device_key: str, learned: Learned) -> Awaitable[None]:
        """For the driver's next session with this device; durable on return."""

    def receiving(self, device: Device | None) -> None:
        """A session runs with this device; None when it ended."""

    def status(self, device_key: str, **fields: Any) -> None:
        """Something about a device changed: last_seen, problem, battery_percent, …"""

    def window_changed(self) -> None: ...


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
        self._patience: dict[str, _Patience] = {}
        self._waiting: dict[str, Decision] = {}
        self._work = asyncio.Event()

    def heard(self, sighting: Sighting) -> None:
        """Called for every advertisement, so it must stay cheap."""
        moment = self._now()
        before = len(self._pairing.candidates)
        decision = self._pairing.decide(sighting, self._home.devices(), moment.mono_ms)
        if len(self._pairing.candidates) != before:
            self._home.window_changed()
        if decision.action not in ("read", "join"):
            return
        address = sighting.advertisement.address
        patience = self._patience.setdefault(address, _Patience())
        patience.heard(moment.mono_ms / 1000)
        if address not in self._waiting and moment.mono_ms / 1000 >= patience.not_before:
            self._waiting[address] = decision
            self._work.set()

    async def run(self, radio: Radio) -> None:
        """Serve the devices that were heard, in order, for ever."""
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
                self._patience[address].asked(self._now().mono_ms / 1000, brought=brought)

    async def _serve(self, radio: Radio, address: str, decision: Decision) -> bool:
        try:
            async with radio.connect(address) as link:
                device = decision.device or await self._join(address, link, decision)
                self._home.receiving(device)
                report = await self._session(device, link)
                self._afterwards(device, report)
                return report.kept > 0
        except DriverError as error:
            log.warning("%s: %s", address, error)
            if decision.device:
                self._problem(decision.device, error)
            return False
        finally:
            self._home.receiving(None)

    async def _session(self, device: Device, link: GattLink) -> Report:
        driver = by_id(device.driver)
        if not issubclass(driver, BleDriver):
            raise NoDriver(device.driver)
        model = catalogue.by_id(device.model)
        learn = partial(self._home.learned, device.key)
        mine = partial(self._whose, device.key)
        session = Session(device.key, self._books, self._now, self._zone, learn, mine)
        conversation = driver(device.memory, model.quirks if model else ())
        return await session.run(conversation, link, self._settings.session_timeout_s)

    def _whose(self, device_key: str, measurement: Measurement) -> Whose:
        slots = [one.user_index for one in self._home.devices() if one.key == device_key]
        return whose(measurement, slots[0] if slots else None)

    async def _join(self, address: str, link: GattLink, decision: Decision) -> Device:
        """The device's identity must be known before its first measurement is stored."""
        if decision.driver is None:
            raise NoDriver(address)
        info = await read_device_information(link)
        item = decision.kit
        device = Device(
            key=info.system_id or address.replace(":", "").upper(),
            address=address,
            transport="ble",
            driver=decision.driver.id,
            name=(item and item.name) or info.model or decision.driver.id,
            info=info,
            user_index=item.user_index if item else None,
            joined_at=datetime.now(UTC),
        )
        await self._home.joined(device)
        if item is None:
            self._pairing.close()
            self._home.window_changed()
        log.info("joined %s as %s", device.key, device.driver)
        return device

    def _afterwards(self, device: Device, report: Report) -> None:
        fields: dict[str, Any] = {
            "last_seen": datetime.now(UTC),
            "state": "paired",
            "problem": str(report.problem or "; ".join(report.errors)) or None,
        }
        if report.kept:
            fields["last_measurement"] = datetime.now(UTC)
        if report.clock_offset_s is not None:
            fields["clock_offset_s"] = round(report.clock_offset_s)
        if report.battery_percent is not None:
            fields["battery_percent"] = report.battery_percent
        if report.problem is None or report.kept:
            fields["task"] = Task.CLOCK_LOST if report.clock_is_lost else None
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
        refused = isinstance(error, LinkRefused) and error.step == "pair"
        self._home.status(
            device.key,
            last_seen=datetime.now(UTC),
            state="auth-failed" if refused else "unreachable",
            problem=str(error),
            **({"task": Task.BOND_LOST} if refused else {}),
        )
