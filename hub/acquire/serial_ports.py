"""Wired devices: one task for each configured port. The only importer of pyserial.

A port may come and go. It is told by its stable path (/dev/serial/by-id/…) or its Bluetooth
address, never by the chip in the cable, which may belong to anything.
"""

import asyncio
import errno
import fcntl
import hashlib
import logging
import termios
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import serial

from drivers.contract import Reading, SerialDriver, SerialSettings
from drivers.errors import DriverError
from drivers.measurement import Measurement, Rejected, Status
from hub.acquire.ownership import whose
from hub.acquire.rfcomm import open_rfcomm
from hub.acquire.serial_link import Port, SerialPortLink
from hub.acquire.session import LIVE_WITHIN, Books, is_right
from hub.clock import PLAUSIBLE_SINCE, Now
from hub.records import Device, Reception, Whose

log = logging.getLogger(__name__)

REOPEN_S = 2.0  # a port that went away comes back as the same /dev/serial/by-id path
REOPEN_BLUETOOTH_S = 15.0  # a Nonin needs as long after a lost link; and each attempt is a page
READ_AGAIN_S = 600.0  # a meter that told everything and stays plugged in
READ_TIMEOUT_S = 5.0
QUIET_S = 6.0  # longer than READ_TIMEOUT_S: what a driver still holds has been handed over

NEVER = datetime.min  # noqa: DTZ901 - compared with device clocks, which have no zone

WORDS = {
    errno.EAGAIN: "another program is using the port",
    errno.EBUSY: "another program is using the port",
    errno.ENOENT: "not plugged in",
    errno.EACCES: "the hub may not open the port",
    errno.EHOSTDOWN: "the device does not answer: switched off or out of reach",
    errno.EAFNOSUPPORT: "the hub may not open Bluetooth's serial port: see hub.toml",
    errno.ECONNREFUSED: "the device refuses: it must be paired anew",
}


class _ClockWasSetError(Exception):
    """The port is to be opened anew: later readings are by another clock."""


class TellStatus(Protocol):
    """As `hub.acquire.receiver.Home.status`."""

    def __call__(self, device_key: str, **fields: Any) -> None: ...


class TtyPort:
    """A `Port` (serial_link.py) over pyserial."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def fileno(self) -> int:
        return int(self._port.fileno())

    def take(self) -> bytes:
        return bytes(self._port.read(self._port.in_waiting or 1))

    def send(self, payload: bytes) -> None:
        self._port.write(payload)

    def close(self) -> None:
        self._port.close()


def open_port(path: str, settings: SerialSettings) -> TtyPort:
    """Open for this process alone: locked, and closed to who ignores locks. Raises OSError."""
    port = serial.Serial(
        path,
        baudrate=settings.baud,
        bytesize=settings.data_bits,
        parity=settings.parity,
        stopbits=settings.stop_bits,
        timeout=0,
        exclusive=True,
    )
    fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    return TtyPort(port)


def wired_device(where: Path | str, driver: type[SerialDriver], name: str) -> Device:
    """A serial port says nothing about the device behind it, so its path is the identity.

    Behind a Bluetooth address there is one device, and the address is its key.
    """
    address = str(where)
    by_radio = not isinstance(where, Path)
    return Device(
        key=address.replace(":", "").upper()
        if by_radio
        else hashlib.sha256(address.encode()).hexdigest()[:16].upper(),
        address=address,
        transport="serial",
        driver=driver.id,
        name=name or driver.id,
        joined_at=datetime.now(UTC),
    )


class SerialReceiver:
    """Reads one wired device for as long as the hub runs; the port may come and go.

    channel  the RFCOMM channel, where the device's address is a Bluetooth one
    """

    def __init__(
        self,
        device: Device,
        driver: type[SerialDriver],
        books: Books,
        now: Now,
        zone: ZoneInfo,
        channel: int | None = None,
    ) -> None:
        self._device = device
        self._driver = driver
        self._books = books
        self._now = now
        self._zone = zone
        self._channel = channel
        self._clock_was_set = False
        self._told: Counter[bytes] = Counter()  # nameless records of the memory as last read

    async def run(self, status: TellStatus) -> None:
        while True:
            try:
                port = await self._open()
            except (OSError, ValueError) as error:
                status(self._device.key, state="unreachable", problem=said(error))
                is_done = False
            else:
                status(self._device.key, state="paired", problem=None)
                is_done = await self._read(SerialPortLink(port, READ_TIMEOUT_S), status)
            await self._rest(is_done)

    async def _open(self) -> Port:
        if self._channel is not None:
            return await open_rfcomm(self._device.address, self._channel)
        return open_port(self._device.address, self._driver.settings)

    async def _rest(self, is_done: bool) -> None:
        """Until it is worth opening the port again.

        is_done  everything was read: it is plugged in anew, or a long time has passed
        """
        pause_s = REOPEN_S if self._channel is None else REOPEN_BLUETOOTH_S
        rested_s = 0.0
        while True:
            await asyncio.sleep(pause_s)
            rested_s += pause_s
            if not is_done or self._is_unplugged() or rested_s >= READ_AGAIN_S:
                return

    def _is_unplugged(self) -> bool:
        return self._channel is None and not Path(self._device.address).exists()

    async def _read(self, link: SerialPortLink, status: TellStatus) -> bool:
        """True when the driver says that it has everything."""
        driver = self._driver()
        try:
            # First of all: a Nonin tells its clock only in the first five seconds.
            offset_s = await self._clock_offset_s(driver, link)
            if offset_s is not None:
                status(self._device.key, clock_offset_s=round(offset_s))
            told: Counter[bytes] = Counter()
            async with aclosing(driver.read(link)) as readings:
                while (reading := await self._next(readings, driver, link, offset_s)) is not None:
                    if not self._is_known(reading, told):
                        await self._store(reading, offset_s, status)
            self._told = told
            await self._set_clock(driver, link, offset_s)
        except _ClockWasSetError:
            return False  # what it shows now is read when the port is opened again
        except DriverError as error:
            status(self._device.key, problem=str(error))
            log.warning("%s: %s", self._device.address, error)
            return False
        finally:
            link.close()
        return True

    async def _next(
        self,
        readings: AsyncGenerator[Reading, None],
        driver: SerialDriver,
        link: SerialPortLink,
        offset_s: float | None,
    ) -> Reading | None:
        """None at the end. The clock is set when the wire has fallen quiet."""
        coming = asyncio.ensure_future(anext(readings, None))
        try:
            while not coming.done():
                await asyncio.wait({coming}, timeout=QUIET_S)
                quiet = not coming.done() and link.silent_s >= QUIET_S
                if quiet and await self._set_clock(driver, link, offset_s):
                    raise _ClockWasSetError
            return coming.result()
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.wait({coming})

    def _is_known(self, reading: Reading, told: Counter[bytes]) -> bool:
        """Whether a record that has no time of its own was in the memory before.

        A memory is told whole each time, and the books know a record by its time. `told` counts
        what it holds this time: two equal ones are two.
        """
        if isinstance(reading, Measurement) and (reading.device_time or NEVER) >= PLAUSIBLE_SINCE:
            return False
        octets = b"".join(reading.raw) if isinstance(reading, Measurement) else reading.payload
        told[octets] += 1
        return told[octets] <= self._told[octets]

    async def _set_clock(
        self, driver: SerialDriver, link: SerialPortLink, offset_s: float | None
    ) -> bool:
        """Once, after everything was read: the offset belongs to what was read before."""
        if offset_s is None or not self._now().trusted:
            return False
        if is_right(offset_s, driver.clock_step_s):
            self._clock_was_set = False
            return False
        if self._clock_was_set:
            return False
        self._clock_was_set = True
        await driver.set_clock(link, self._local())
        return True

    async def _clock_offset_s(self, driver: SerialDriver, link: SerialPortLink) -> float | None:
        device_now = await driver.read_clock(link)
        return None if device_now is None else (self._local() - device_now).total_seconds()

    def _local(self) -> datetime:
        return self._now().wall.astimezone(self._zone).replace(tzinfo=None)

    async def _store(self, reading: Reading, offset_s: float | None, status: TellStatus) -> None:
        """Each reading is a session of its own: the port stays open for months."""
        now = self._now()
        reception = Reception(
            device_key=self._device.key,
            driver=self._driver.id,
            session=str(uuid4()),
            received=now,
            clock_offset_s=offset_s,
            live=isinstance(reading, Measurement) and self._is_live(reading, offset_s),
        )
        if isinstance(reading, Rejected):
            await self._books.reject(reading, reception)
        elif await self._books.keep(reading, reception, self._whose(reading, reception)):
            status(self._device.key, last_seen=now.wall, last_measurement=now.wall, problem=None)

    def _whose(self, reading: Measurement, reception: Reception) -> Whose:
        return whose(reading, reception, self._device, self._zone)

    def _is_live(self, reading: Measurement, offset_s: float | None) -> bool:
        """By the device's clock where it tells it; else it sends what it has just measured."""
        if Status.FROM_STORAGE in reading.status:
            return False
        if reading.device_time is None or offset_s is None:
            return True
        ago = self._local() - reading.device_time - timedelta(seconds=offset_s)
        return abs(ago) <= LIVE_WITHIN


def said(error: Exception) -> str:
    """Why a port could not be opened, for the technician."""
    number = error.errno if isinstance(error, OSError) else None
    return WORDS.get(number or 0, str(error))
