"""One session with one device: clock, records (store, then acknowledge), set the clock.

The order is the point. The device's clock is read before anything else, because its offset is
part of every reading; it is set only after the last record, because setting it destroys the
offset; and a clock that cannot be set never stops a reading.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from drivers.contract import BleDriver, Said
from drivers.errors import DriverError, LinkError, LinkLost, LinkRefused, LinkTimeout
from drivers.gatt.device_information import read_battery_percent
from drivers.links import GattLink
from drivers.measurement import Learned, Measurement, Rejected, Status
from hub.clock import Moment, Now
from hub.records import Reception, Whose

log = logging.getLogger(__name__)

LIVE_WITHIN = timedelta(minutes=2)  # by the device's own clock: taken, then sent at once
LIVE_AFTER_CONNECT_MS = 10_000  # without a device clock: the first record, right after connecting
QUIET_S = 1.0
CLOCK_IS_RIGHT_WITHIN = timedelta(seconds=5)
CLOCK_IS_LOST_BEYOND = timedelta(days=1)  # no clock drifts that far: its battery was out


class Books(Protocol):
    """What a session writes; every call returns only after COMMIT."""

    def keep(
        self, measurement: Measurement, reception: Reception, whose: Whose = Whose.PATIENT
    ) -> Awaitable[bool]:
        """Durable on return; False when this very record is already kept."""

    def reject(self, rejected: Rejected, reception: Reception) -> Awaitable[None]: ...


@dataclass(slots=True)
class Report:
    """What a session brought. `problem` is None when it ended as it should.

    clock_is_lost  the device forgot the date, and it could not be set
    """

    session: str
    kept: int = 0
    repeated: int = 0
    rejected: int = 0
    clock_offset_s: float | None = None
    clock_is_lost: bool = False
    battery_percent: int | None = None
    problem: DriverError | None = None
    errors: list[str] = field(default_factory=list)


class Session:
    """
    learn  keeps what the driver wants to know in its next session; durable on return
    whose  asked for each measurement anew: a driver may learn the patient's user slot on its way
    """

    def __init__(
        self,
        device_key: str,
        books: Books,
        now: Now,
        zone: ZoneInfo,
        learn: Callable[[Learned], Awaitable[None]],
        whose: Callable[[Measurement, Reception], Whose],
    ) -> None:
        self._device_key = device_key
        self._books = books
        self._now = now
        self._zone = zone
        self._learn = learn
        self._whose = whose
        self._last: Measurement | None = None
        self._looked_after = False
        self._may_set_clock = True
        self.report = Report(session=str(uuid4()))

    async def run(
        self,
        driver: BleDriver,
        link: GattLink,
        timeout_s: float,
        overheard: GattLink | None = None,
    ) -> Report:
        """Read everything the device holds. Never raises DriverError: it is in the report.

        overheard  the same link, for the driver's conversation alone
        """
        try:
            async with asyncio.timeout(timeout_s):
                connected = self._now()
                device_now = await self._read_clock(driver, link)
                await self._pull(driver, link, overheard or link, connected, device_now)
                await self._look_after(driver, link, device_now)
                with suppress(LinkError):  # gone or not, everything is read
                    await driver.part(link)
        except TimeoutError:
            self.report.problem = LinkTimeout("session", timeout_s)
        except DriverError as error:
            self.report.problem = error
        return self.report

    async def _read_clock(self, driver: BleDriver, link: GattLink) -> datetime | None:
        try:
            device_now = await driver.read_clock(link)
        except LinkRefused as error:
            self.report.errors.append(str(error))
            self._may_set_clock = False
            return None
        if device_now is not None:
            now = self._now()
            offset = self._local(now) - device_now
            self.report.clock_offset_s = offset.total_seconds()
            self.report.clock_is_lost = now.trusted and abs(offset) > CLOCK_IS_LOST_BEYOND
        return device_now

    async def _pull(
        self,
        driver: BleDriver,
        link: GattLink,
        overheard: GattLink,
        connected: Moment,
        device_now: datetime | None,
    ) -> None:
        async with aclosing(driver.read(overheard)) as readings:
            while True:
                coming = asyncio.ensure_future(anext(readings, None))
                try:
                    await self._use_the_quiet(coming, driver, link, device_now)
                    reading = await coming
                finally:
                    if not coming.done():
                        coming.cancel()
                        await asyncio.wait({coming})
                if reading is None:
                    return
                # The generator goes on, and acknowledges, only after this has returned.
                await self._store(reading, driver, connected, device_now)

    async def _use_the_quiet(
        self,
        coming: asyncio.Future[Said | None],
        driver: BleDriver,
        link: GattLink,
        device_now: datetime | None,
    ) -> None:
        """A device that only indicates never says that it is done; it falls quiet and hangs up.

        So it is looked after in that quiet. Records from a numbered memory announce their end.
        """
        if self._last is None or self._last.sequence is not None or self._looked_after:
            return
        await asyncio.wait({coming}, timeout=QUIET_S)
        if not coming.done():
            await self._look_after(driver, link, device_now)

    async def _look_after(
        self, driver: BleDriver, link: GattLink, device_now: datetime | None
    ) -> None:
        """Battery and clock, once, when there is nothing more to read."""
        if self._looked_after:
            return
        self._looked_after = True
        try:
            self.report.battery_percent = await read_battery_percent(link)
            await self._set_clock(driver, link, device_now)
        except LinkLost:
            return  # most devices disconnect themselves after the last record
        except LinkError as error:
            self.report.errors.append(str(error))

    async def _store(
        self, reading: Said, driver: BleDriver, connected: Moment, device_now: datetime | None
    ) -> None:
        if isinstance(reading, Learned):
            await self._learn(reading)
            return
        received = self._now()
        if isinstance(reading, Rejected):
            await self._books.reject(reading, self._reception(driver, received, live=False))
            self.report.rejected += 1
            return
        live = self._is_live(reading, received, connected, device_now)
        reception = self._reception(driver, received, live=live)
        new = await self._books.keep(reading, reception, self._whose(reading, reception))
        self._last = reading
        if new:
            self.report.kept += 1
        else:
            self.report.repeated += 1

    def _reception(self, driver: BleDriver, received: Moment, *, live: bool) -> Reception:
        return Reception(
            device_key=self._device_key,
            driver=driver.id,
            session=self.report.session,
            received=received,
            clock_offset_s=self.report.clock_offset_s,
            live=live,
        )

    def _is_live(
        self,
        reading: Measurement,
        received: Moment,
        connected: Moment,
        device_now: datetime | None,
    ) -> bool:
        if Status.FROM_STORAGE in reading.status:
            return False
        if reading.device_time is not None and device_now is not None:
            elapsed = timedelta(milliseconds=received.mono_ms - connected.mono_ms)
            return abs(device_now + elapsed - reading.device_time) <= LIVE_WITHIN
        prompt = received.mono_ms - connected.mono_ms <= LIVE_AFTER_CONNECT_MS
        numbered = reading.sequence is not None  # so it comes from the device's memory
        return self._last is None and prompt and not numbered

    async def _set_clock(
        self, driver: BleDriver, link: GattLink, device_now: datetime | None
    ) -> None:
        """Set, then read back: some devices accept a time and keep the wrong one.

        A device that does not know its date tells none, and is set; one without a clock ignores it.
        """
        offset_s, step_s = self.report.clock_offset_s, driver.clock_step_s
        right = offset_s is not None and is_right(offset_s, step_s)
        if right or not self._may_set_clock or not self._now().trusted:
            return
        try:
            await driver.set_clock(link, self._local(self._now()))
        except LinkRefused:
            if device_now is None:  # one that shows no time may as well take none
                return
            raise
        after = await driver.read_clock(link)
        if after and is_right((self._local(self._now()) - after).total_seconds(), step_s):
            self.report.clock_is_lost = False
        elif after or device_now:
            self.report.errors.append(f"the clock was set but shows {after}")

    def _local(self, moment: Moment) -> datetime:
        return moment.wall.astimezone(self._zone).replace(tzinfo=None)


def is_right(offset_s: float, step_s: int) -> bool:
    """Whether a clock that is off by so much needs not be set.

    step_s  what a clock shows may be as much older than the instant: 60 where it has no seconds
    """
    tolerated_s = CLOCK_IS_RIGHT_WITHIN.total_seconds()
    return -tolerated_s <= offset_s <= tolerated_s + step_s - 1
