"""Wired devices: one task for each configured port. The only importer of pyserial."""

import asyncio
import hashlib
import logging
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import serial

from drivers.contract import Reading, SerialDriver, SerialSettings
from drivers.errors import DriverError, LinkLost, LinkTimeout
from drivers.measurement import Measurement, Rejected, Status
from hub.acquire.session import Books
from hub.clock import Now
from hub.records import Device, Reception

log = logging.getLogger(__name__)

REOPEN_S = 2.0  # a port that went away comes back as the same /dev/serial/by-id path
READ_TIMEOUT_S = 5.0


class TellStatus(Protocol):
    """As `hub.acquire.receiver.Home.status`."""

    def __call__(self, device_key: str, **fields: Any) -> None: ...


class SerialPortLink:
    """A SerialLink (drivers/contract.py) over pyserial.

    The open file descriptor is watched by the event loop, so no thread waits on a silent port.
    """

    def __init__(self, port: serial.Serial, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._port = port
        self._timeout_s = timeout_s
        self._received = bytearray()
        self._more = asyncio.Event()
        self._error: str | None = None
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._port.fileno())
        self._port.close()

    async def read(self, count: int) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                while len(self._received) < count:
                    if self._error is not None:
                        raise LinkLost("read", self._error)
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError as error:
            raise LinkTimeout("read", self._timeout_s) from error
        payload = bytes(self._received[:count])
        del self._received[:count]
        return payload

    async def write(self, payload: bytes) -> None:
        try:
            self._port.write(payload)
        except serial.SerialException as error:
            raise LinkLost("write", str(error)) from error

    def _readable(self) -> None:
        try:
            arrived = self._port.read(self._port.in_waiting or 1)
        except (serial.SerialException, OSError) as error:
            self._fail(str(error))
        else:
            if arrived:
                self._received += arrived
                self._more.set()
            else:
                self._fail("the port was unplugged")

    def _fail(self, reason: str) -> None:
        self._error = reason
        asyncio.get_running_loop().remove_reader(self._port.fileno())
        self._more.set()


def open_port(path: str, settings: SerialSettings) -> serial.Serial:
    """Open for this process alone; raises serial.SerialException."""
    return serial.Serial(
        path,
        baudrate=settings.baud,
        bytesize=settings.data_bits,
        parity=settings.parity,
        stopbits=settings.stop_bits,
        timeout=0,
        exclusive=True,
    )


def wired_device(path: Path, driver: type[SerialDriver], name: str) -> Device:
    """A serial port says nothing about the device behind it, so its path is the identity."""
    return Device(
        key=hashlib.sha256(str(path).encode()).hexdigest()[:16].upper(),
        address=str(path),
        transport="serial",
        driver=driver.id,
        name=name or driver.id,
        joined_at=datetime.now(UTC),
    )


class SerialReceiver:
    """Reads one wired device for as long as the hub runs; the port may come and go."""

    def __init__(
        self, device: Device, driver: type[SerialDriver], books: Books, now: Now, zone: ZoneInfo
    ) -> None:
        self._device = device
        self._driver = driver
        self._books = books
        self._now = now
        self._zone = zone

    async def run(self, status: TellStatus) -> None:
        while True:
            try:
                port = open_port(self._device.address, self._driver.settings)
            except (serial.SerialException, ValueError) as error:
                status(self._device.key, state="unreachable", problem=str(error))
            else:
                status(self._device.key, state="paired", problem=None)
                await self._read(SerialPortLink(port), status)
            await asyncio.sleep(REOPEN_S)

    async def _read(self, link: SerialPortLink, status: TellStatus) -> None:
        driver = self._driver()
        try:
            # First of all: a Nonin tells its clock only in the first five seconds.
            offset_s = await self._clock_offset_s(driver, link)
            if offset_s is not None:
                status(self._device.key, clock_offset_s=round(offset_s))
            async with aclosing(driver.read(link)) as readings:
                async for reading in readings:
                    await self._store(reading, offset_s, status)
        except DriverError as error:
            status(self._device.key, problem=str(error))
            log.warning("%s: %s", self._device.address, error)
        finally:
            link.close()

    async def _clock_offset_s(self, driver: SerialDriver, link: SerialPortLink) -> float | None:
        device_now = await driver.read_clock(link)
        if device_now is None:
            return None
        local = self._now().wall.astimezone(self._zone).replace(tzinfo=None)
        return (local - device_now).total_seconds()

    async def _store(self, reading: Reading, offset_s: float | None, status: TellStatus) -> None:
        """Each reading is a session of its own: the port stays open for months."""
        now = self._now()
        reception = Reception(
            device_key=self._device.key,
            driver=self._driver.id,
            session=str(uuid4()),
            received=now,
            clock_offset_s=offset_s,
            live=isinstance(reading, Measurement) and Status.FROM_STORAGE not in reading.status,
        )
        if isinstance(reading, Rejected):
            await self._books.reject(reading, reception)
        elif await self._books.keep(reading, reception):
            status(self._device.key, last_seen=now.wall, last_measurement=now.wall, problem=None)
