"""The radio: hear advertisements, hold one connection at a time. The only importer of bleak.

Bluetooth on a Pi does one thing well at a time, so scanning pauses while a device is connected.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError
from bleak_retry_connector import establish_connection

from drivers.contract import Advertisement
from drivers.errors import LinkLost, LinkRefused, LinkTimeout
from hub.settings import Ble

log = logging.getLogger(__name__)

HEARD_AT_MOST = 200  # addresses remembered; a hostile advertiser must not fill the memory
NAME_AT_MOST = 64
DISCOVERABLE = 0x01 | 0x02  # limited, general (Core Specification Supplement, Part A §1.3)
RADIO_ABSENT_RETRY_S = 5.0
LEAVE_TIMEOUT_S = 10.0  # BlueZ itself takes two to three seconds to let go of a device
CONNECT_ATTEMPTS = 3  # a first connection can fail at service discovery

# What dbus-fast raises when bluetoothd goes away in the middle of a call.
BUS_GONE = (OSError, EOFError)

T = TypeVar("T")
Backends = tuple[type[BaseBleakScanner], type[BaseBleakClient]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One advertisement, and how strongly it was heard (dBm).

    is_discoverable  by its flags: the device wants to be found by hosts that it does not know;
                     None where BlueZ does not tell them (Device1.AdvertisingFlags, experimental)
    """

    advertisement: Advertisement
    rssi: int
    is_discoverable: bool | None = None


class Radio:
    """
    heard       called for every sighting
    backends    the demo's virtual air in the place of BlueZ
    connecting  the address that the hub is connected to, or is connecting to
    """

    def __init__(
        self, settings: Ble, heard: Callable[[Sighting], None], backends: Backends | None = None
    ) -> None:
        self._settings = settings
        self._heard = heard
        self._scanner_backend = backends[0] if backends else None
        self._client_backend = backends[1] if backends else None
        self._devices: dict[str, BLEDevice] = {}
        self._connecting = asyncio.Lock()
        self._scan_again = asyncio.Event()
        self._scanner: BleakScanner | None = None
        self.connecting: str | None = None

    async def listen(self, changed: Callable[[str | None], None]) -> None:
        """Scan for ever; `changed` is told why there is no radio, or None when there is one."""
        problem: str | None = None
        while True:
            try:
                async with self._connecting:
                    # Sessions that followed each other before this got its turn are one wish.
                    self._scan_again.clear()
                    await self._start_scanning()
            except (BleakError, OSError, EOFError) as error:
                before, problem = problem, _in_words(error)
                if problem != before:  # a radio that is away for weeks must not fill the log
                    log.warning("no radio: %s", problem)
                changed(problem)
                await asyncio.sleep(RADIO_ABSENT_RETRY_S)
            else:
                problem = None
                changed(None)
                await self._scan_again.wait()

    @asynccontextmanager
    async def connect(self, address: str) -> AsyncIterator["BleLink"]:
        """Connect and bond; raises LinkError. The link is closed on every way out."""
        async with self._connecting:
            await self._stop_scanning()
            self.connecting = address
            try:
                async with self._connected(address) as link:
                    yield link
            finally:
                self.connecting = None
                self._scan_again.set()

    async def close(self) -> None:
        await self._stop_scanning()

    async def forget(self, address: str) -> None:
        """Remove the bond, so that the device can be paired anew."""
        if device := self._devices.get(address):
            client = BleakClient(device, backend=self._client_backend)
            with suppress(BleakError, OSError, EOFError):
                await client.unpair()

    @asynccontextmanager
    async def _connected(self, address: str) -> AsyncIterator["BleLink"]:
        device = self._devices.get(address)
        if device is None:
            raise LinkLost("connect", "not heard")
        link = BleLink(self._settings)
        client = await link.run(
            "connect", self._establish(device, link), self._settings.connect_timeout_s
        )
        try:
            await link.attach(client)
            yield link
        finally:
            await _leave(client)

    async def _establish(self, device: BLEDevice, link: "BleLink") -> BleakClient:
        return await establish_connection(
            BleakClient,
            device,
            device.name or device.address,
            disconnected_callback=lambda _: link.lost(),
            max_attempts=CONNECT_ATTEMPTS,
            use_services_cache=False,  # a device's services may change with its firmware
            backend=self._client_backend,
        )

    async def _start_scanning(self) -> None:
        adapter = {"adapter": self._settings.adapter} if self._settings.adapter else {}
        scanner = BleakScanner(
            self._detected,
            bluez=adapter,  # type: ignore[arg-type]  # a TypedDict whose keys are all optional
            backend=self._scanner_backend,
        )
        await scanner.start()
        self._scanner = scanner

    async def _stop_scanning(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner:
            with suppress(BleakError, OSError, EOFError):
                await scanner.stop()

    def _detected(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._devices.pop(device.address, None)
        self._devices[device.address] = device
        while len(self._devices) > HEARD_AT_MOST:
            del self._devices[next(iter(self._devices))]
        self._heard(
            Sighting(
                Advertisement(
                    address=device.address,
                    name=(data.local_name or device.name or "")[:NAME_AT_MOST] or None,
                    services=frozenset(data.service_uuids),
                    service_data=dict(data.service_data),
                    company_data=dict(data.manufacturer_data),
                ),
                data.rssi,
                _is_discoverable(data),
            )
        )


class BleLink:
    """A GattLink (drivers/contract.py) over bleak; `bonded` when the device agreed to bond."""

    def __init__(self, settings: Ble) -> None:
        self._settings = settings
        self._client: BleakClient | None = None
        self._arrivals: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._gone = False
        self.bonded = False

    async def attach(self, client: BleakClient) -> None:
        """Bond before anything else: BlueZ's implicit pairing at the first subscription is
        unreliable, and some cuffs switch off when their services are read unencrypted."""
        self._client = client
        try:
            await self.run("pair", client.pair(), self._settings.connect_timeout_s)
        except LinkRefused as refused:
            log.info("%s does not bond: %s", client.address, refused.reason)
        else:
            self.bonded = True

    def lost(self) -> None:
        self._gone = True
        self._arrivals.put_nowait(None)

    @property
    def connected(self) -> bool:
        return self._client is not None and not self._gone and self._client.is_connected

    def has(self, characteristic: str) -> bool:
        offered = self._open().services.characteristics.values()
        return any(one.uuid == characteristic for one in offered)

    @property
    def offered(self) -> dict[str, frozenset[str]]:
        """Characteristic → what it can do: "read", "write", "notify", "indicate" …"""
        found = self._open().services.characteristics.values()
        return {one.uuid: frozenset(one.properties) for one in found}

    async def read(self, characteristic: str) -> bytes:
        return bytes(await self.run("read", self._open().read_gatt_char(characteristic)))

    async def write(self, characteristic: str, payload: bytes) -> None:
        # Without `response`, bleak takes the one that the characteristic offers, if possible with.
        await self.run("write", self._open().write_gatt_char(characteristic, payload))

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._open()

    async def subscribe(self, characteristic: str) -> None:
        def arrived(_: BleakGATTCharacteristic, payload: bytearray) -> None:
            self._arrivals.put_nowait((characteristic, bytes(payload)))

        await self.run("subscribe", self._open().start_notify(characteristic, arrived))

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            try:
                async with asyncio.timeout(idle_s or self._settings.idle_s):
                    arrival = await self._arrivals.get()
            except TimeoutError:
                return
            if arrival is None:
                return
            yield arrival

    async def run(self, step: str, action: Awaitable[T], seconds: float | None = None) -> T:
        """Await one radio operation with a deadline; bleak's errors come out as LinkError."""
        limit = seconds or self._settings.step_timeout_s
        try:
            async with asyncio.timeout(limit):
                return await action
        except TimeoutError as error:
            raise LinkTimeout(step, limit) from error
        except BUS_GONE as error:
            raise LinkLost(step, repr(error)) from error
        except BleakError as error:
            broken = self._gone or (self._client is not None and not self._client.is_connected)
            raise (LinkLost if broken else LinkRefused)(step, str(error)) from error

    def _open(self) -> BleakClient:
        if self._client is None or self._gone:
            raise LinkLost("link", "the device has disconnected")
        return self._client


def _is_discoverable(data: AdvertisementData) -> bool | None:
    properties = data.platform_data[1] if len(data.platform_data) > 1 else {}
    flags = properties.get("AdvertisingFlags") if isinstance(properties, dict) else None
    return bool(flags[0] & DISCOVERABLE) if flags else None


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "D-Bus does not run, and so neither does Bluetooth"
    return str(error) or repr(error)


async def _leave(client: BleakClient) -> None:
    try:
        async with asyncio.timeout(LEAVE_TIMEOUT_S):
            await client.disconnect()
    except (BleakError, TimeoutError, OSError, EOFError) as error:
        log.warning("could not disconnect from %s: %r", client.address, error)
