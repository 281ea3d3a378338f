"""What hears advertisements and holds a connection. The only importer of bleak."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
)
from bleak_retry_connector import establish_connection

from drivers.contract import Advertisement
from drivers.errors import LinkError, LinkLost, LinkRefused, LinkTimeout
from hub.acquire.deadline import BUS_GONE, Ended, within
from hub.acquire.sighting import Sighting
from hub.settings import Ble

log = logging.getLogger(__name__)

HEARD_AT_MOST = 200  # addresses remembered; a hostile advertiser must not fill the memory
NAME_AT_MOST = 64
DISCOVERABLE = 0x01 | 0x02  # limited, general (Core Specification Supplement, Part A §1.3)
LEAVE_TIMEOUT_S = 10.0  # BlueZ itself takes two to three seconds to let go of a device
SCAN_TIMEOUT_S = 15.0
PAIR_TIMEOUT_S = 65.0  # a person types a passkey; BlueZ asks its agent for 60 s (src/agent.c)
HANG_UP_S = 1.0
CONNECT_ATTEMPTS = 3  # a first connection can fail at service discovery
NO_RSSI_DBM = -127  # bleak's word for a device that BlueZ knows and has not heard

# Nobody answered, or somebody said no: BlueZ's words where a device that cannot bond says "Failed".
NOT_WANTED = ("AuthenticationCanceled", "AuthenticationRejected", "AuthenticationTimeout")

# ATT errors 0x05 and 0x0F (Core Specification, Vol 3, Part F, 3.4.1.1), in bleak's words.
WANTS_KEY = ("Insufficient Authentication", "Insufficient Encryption")

T = TypeVar("T")
Device = BLEDevice
Backends = tuple[type[BaseBleakScanner], type[BaseBleakClient]]


class NoRadio(Exception):
    """Nothing can be heard; `absent` when there is no adapter at all, or no D-Bus."""

    def __init__(self, reason: str, *, absent: bool) -> None:
        super().__init__(reason)
        self.absent = absent


class Ears:
    """One scan, and who was heard by it lately."""

    def __init__(
        self,
        adapter: str | None,
        heard: Callable[[Sighting], None],
        backend: type[BaseBleakScanner] | None,
    ) -> None:
        self._adapter = adapter
        self._heard = heard
        self._backend = backend
        self._scanner: BleakScanner | None = None
        self.devices: dict[str, BLEDevice] = {}

    async def open(self) -> None:
        """Raises NoRadio."""
        await self.close()
        adapter = {"adapter": self._adapter} if self._adapter else {}
        scanner = BleakScanner(
            self._detected,
            bluez=adapter,  # type: ignore[arg-type]  # a TypedDict whose keys are all optional
            backend=self._backend,
        )
        try:
            await within(SCAN_TIMEOUT_S, scanner.start())
        except (BleakError, TimeoutError, *BUS_GONE) as error:
            raise NoRadio(_in_words(error), absent=_is_absent(error)) from error
        self._scanner = scanner

    async def close(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner:
            with suppress(BleakError, TimeoutError, *BUS_GONE):
                await within(SCAN_TIMEOUT_S, scanner.stop())

    def _detected(self, device: BLEDevice, data: AdvertisementData) -> None:
        if data.rssi == NO_RSSI_DBM:
            return
        self.devices.pop(device.address, None)
        self.devices[device.address] = device
        while len(self.devices) > HEARD_AT_MOST:
            del self.devices[next(iter(self.devices))]
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
    """A GattLink (drivers/contract.py) over bleak.

    bonded     the device agreed to bond, now or before
    wants_key  it refused something for want of a key
    refusal    it did not bond; what fails on this link fails for that
    refused    something failed
    """

    def __init__(self, settings: Ble, backend: type[BaseBleakClient] | None) -> None:
        self._settings = settings
        self._backend = backend
        self._client: BleakClient | None = None
        self._arrivals: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._why: LinkError | None = None
        self.refusal: LinkRefused | None = None
        self.bonded = False
        self.wants_key = False
        self.refused = False
        self._gave = False

    async def open(self, device: BLEDevice) -> None:
        """Connect. Whether a bond is needed is the caller's business."""
        action = establish_connection(
            BleakClient,
            device,
            device.name or device.address,
            disconnected_callback=self._disconnected,
            max_attempts=CONNECT_ATTEMPTS,
            use_services_cache=False,  # a device's services may change with its firmware
            backend=self._backend,
        )
        client = await self.run("connect", action, self._settings.connect_timeout_s)
        self._client = client
        if not client.is_connected:
            self.lost()

    async def pair(self) -> None:
        """A device that only does not bond stays; one that is refused for it hangs up.

        Raises LinkRefused at step "pair" then, and for whatever fails on this link later.
        """
        try:
            await self.run("pair", self._open().pair(), PAIR_TIMEOUT_S)
        except LinkLost as lost:
            if "Authentication" in lost.reason:
                raise LinkRefused("pair", lost.reason) from lost
            raise
        except LinkRefused as refused:
            with suppress(TimeoutError):
                async with asyncio.timeout(HANG_UP_S):
                    await self._gone.wait()
            if not self.connected or any(it in refused.reason for it in NOT_WANTED):
                raise
            self.refusal = refused
            log.info("it does not bond: %s", refused.reason)
        else:
            self.bonded = True

    async def close(self) -> None:
        client, self._client = self._client, None
        self.lost()
        if client is None:
            return
        try:
            await within(LEAVE_TIMEOUT_S, client.disconnect())
        except (BleakError, TimeoutError, *BUS_GONE) as error:
            log.warning("could not disconnect from %s: %r", client.address, error)

    def lost(self, why: LinkError | None = None) -> None:
        """The link is gone, whether or not bleak knows: what waits on it ends now, with `why`."""
        self._why = self._why or why
        self._gone.set()
        self._arrivals.put_nowait(None)

    @property
    def connected(self) -> bool:
        return self._client is not None and not self._gone.is_set() and self._client.is_connected

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
            self._gave = True
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
            return await within(limit, action, self._gone)
        except TimeoutError as error:
            raise self._explained(LinkTimeout(step, limit)) from error
        except Ended as error:
            lost = LinkLost(step, "the device has disconnected")
            raise self._why or self._explained(lost) from error
        except BUS_GONE as error:
            raise LinkLost(step, repr(error)) from error
        except BleakError as error:
            self.wants_key = self.wants_key or any(it in _in_words(error) for it in WANTS_KEY)
            broken = self._client is not None and not self.connected
            kind = LinkLost if broken else LinkRefused
            raise self._explained(kind(step, _in_words(error))) from error

    def _explained(self, error: LinkError) -> LinkError:
        """Without the bond that was asked for, and before it gave anything, it is for that."""
        self.refused = True
        return error if self.refusal is None or self._gave else self.refusal

    def _disconnected(self, client: BleakClient) -> None:
        """An attempt that fails is followed by another: only the one that was taken counts."""
        if client is self._client:
            self.lost()

    def _open(self) -> BleakClient:
        if self._client is None or self._gone.is_set():
            raise self._explained(LinkLost("link", "the device has disconnected"))
        return self._client


async def unpair(device: BLEDevice, backend: type[BaseBleakClient] | None) -> None:
    """Remove the bond where BlueZ cannot be asked to."""
    client = BleakClient(device, backend=backend)
    with suppress(BleakError, *BUS_GONE):
        await client.unpair()


def _is_discoverable(data: AdvertisementData) -> bool | None:
    properties = data.platform_data[1] if len(data.platform_data) > 1 else {}
    flags = properties.get("AdvertisingFlags") if isinstance(properties, dict) else None
    return bool(flags[0] & DISCOVERABLE) if flags else None


def _is_absent(error: Exception) -> bool:
    """Against one that is only switched off, something can be done."""
    if isinstance(error, BleakBluetoothNotAvailableError):
        return error.reason is not BleakBluetoothNotAvailableReason.POWERED_OFF
    gone = "not found" in str(error)  # bleak's word for an adapter that it saw before
    return gone or isinstance(error, OSError)


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "D-Bus does not run, and so neither does Bluetooth"
    if isinstance(error, TimeoutError):
        return "bluetoothd does not answer"
    if isinstance(error, BleakBluetoothNotAvailableError):
        return str(error.args[0])
    return str(error) or repr(error)
