"""A bleak backend whose "operating system" is a Bumble device: no kernel Bluetooth, no root.

    Scanner, Client = backends(device)
    async with BleakScanner(callback, backend=Scanner): ...
    async with BleakClient(found, pair=True, backend=Client) as client: ...

Errors come out as bleak's own. What this does not model: the D-Bus interface and BlueZ's habits
(device cache, InProgress errors, pairing by itself when a characteristic demands it).
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import (
    AdvertisementData,
    AdvertisementDataCallback,
    BaseBleakScanner,
)
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Device, Peer

T = TypeVar("T")

PREFERRED_MTU = 517
PROPERTIES: dict[int, CharacteristicPropertyName] = {
    0x01: "broadcast",
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
    0x40: "authenticated-signed-writes",
    0x80: "extended-properties",
}
UUID_WIDTH = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}  # AD type → octets


def backends(device: Device) -> tuple[type[BaseBleakScanner], type[BaseBleakClient]]:
    """The scanner and client classes bound to one Bumble device (bleak wants classes)."""
    return (
        type("BumbleScanner", (_Scanner,), {"radio": device}),
        type("BumbleClient", (_Client,), {"radio": device}),
    )


class _Scanner(BaseBleakScanner):
    radio: Device

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str = "active",
        **_kwargs: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        self.seen_devices = {}
        self.radio.on(Device.EVENT_ADVERTISEMENT, self._seen)
        await _as_bleak(self.radio.start_scanning(active=self._active, filter_duplicates=False))

    async def stop(self) -> None:
        self.radio.remove_listener(Device.EVENT_ADVERTISEMENT, self._seen)
        await _as_bleak(self.radio.stop_scanning())

    def _seen(self, heard: Advertisement) -> None:
        data = _advertisement_data(heard)
        if not self.is_allowed_uuid(data.service_uuids):
            return
        address = str(heard.address).split("/")[0]
        details = {"address": heard.address}
        found = self.create_or_update_device(address, address, data.local_name, details, data)
        self.call_detection_callbacks(found, data)


class _Client(BaseBleakClient):
    radio: Device

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._peer_address = hci.Address(self.address)
        self._name: str | None = None
        if isinstance(address_or_ble_device, BLEDevice):
            self._name = address_or_ble_device.name
            self._peer_address = address_or_ble_device.details["address"]
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._lost: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def name(self) -> str:
        return self._name or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        return int(self._connection.att_mtu) if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_kwargs: Any) -> None:
        try:
            connection = await self.radio.connect(self._peer_address, timeout=self._timeout)
        except (TimeoutError, core.BaseBumbleError, hci.HCI_Error) as error:
            raise BleakDeviceNotFoundError(self.address, f"{self.address}: {error!r}") from error
        self._connection = connection
        self._lost = asyncio.get_running_loop().create_future()
        connection.on(Connection.EVENT_DISCONNECTION, self._on_lost)
        try:
            if pair:
                await self.pair()
            await self._discover(connection)
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        if self._connection is None:
            return
        lost = self._lost
        try:
            await self._connection.disconnect()
        except (core.BaseBumbleError, hci.HCI_Error):
            self._on_lost(hci.HCI_ErrorCode.CONNECTION_TERMINATED_BY_LOCAL_HOST_ERROR)
        await lost

    async def pair(self, *_args: Any, **_kwargs: Any) -> None:
        """Encrypt with the stored bond, or make one."""
        connection = self._connected()
        if connection.is_encrypted:
            return
        if self.radio.keystore and await self.radio.keystore.get(str(connection.peer_address)):
            await self._do(connection.encrypt())
        else:
            await self._do(connection.pair())

    async def unpair(self) -> None:
        """Forget the bond; no error when there is none."""
        store, name = self.radio.keystore, str(self._peer_address)
        if store and await store.get(name):
            await store.delete(name)
        await self.disconnect()

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_kwargs: Any
    ) -> bytearray:
        return bytearray(await self._do(self._gatt().read_value(characteristic.obj)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_kwargs: Any
    ) -> bytearray:
        return bytearray(await self._do(self._gatt().read_value(descriptor.obj)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        write = self._gatt().write_value(characteristic.obj, bytes(data), with_response=response)
        await self._do(write)

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        await self._do(self._gatt().write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_kwargs: Any
    ) -> None:
        def received(value: bytes) -> None:
            callback(bytearray(value))

        await self._do(self._gatt().subscribe(characteristic.obj, received))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        await self._do(self._gatt().unsubscribe(characteristic.obj))

    def _connected(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    def _gatt(self) -> Peer:
        if self._peer is None:
            raise BleakError("Not connected")
        return self._peer

    async def _do(self, operation: Awaitable[T]) -> T:
        """Run one Bumble operation; a lost link ends it at once."""
        running = asyncio.ensure_future(operation)
        either: set[asyncio.Future[Any]] = {running, self._lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            # Bumble cancels a request whose link is lost.
            if not running.done() or running.cancelled():
                raise BleakError("disconnected")
            return await _as_bleak(running)
        finally:
            running.cancel()

    async def _discover(self, connection: Connection) -> None:
        self._peer = peer = Peer(connection)
        await self._do(peer.request_mtu(PREFERRED_MTU))
        await self._do(peer.discover_services())
        await self._do(peer.discover_characteristics())
        self.services = BleakGATTServiceCollection()
        for service in peer.services:
            known = BleakGATTService(service, service.handle, _uuid(service.uuid))
            self.services.add_service(known)
            for characteristic in service.characteristics:
                await self._do(peer.discover_descriptors(characteristic))
                self._add_characteristic(self.services, known, characteristic)

    def _add_characteristic(
        self, services: BleakGATTServiceCollection, service: BleakGATTService, found: Any
    ) -> None:
        properties = [name for bit, name in PROPERTIES.items() if found.properties & bit]
        characteristic = BleakGATTCharacteristic(
            found, found.handle, _uuid(found.uuid), properties, lambda: self.mtu_size - 3, service
        )
        services.add_characteristic(characteristic)
        for descriptor in found.descriptors:
            services.add_descriptor(
                BleakGATTDescriptor(
                    descriptor, descriptor.handle, _uuid(descriptor.type), characteristic
                )
            )

    def _on_lost(self, reason: int) -> None:
        self._connection = self._peer = self.services = None
        if not self._lost.done():
            self._lost.set_result(reason)
        if self._disconnected_callback:
            asyncio.get_running_loop().call_soon(self._disconnected_callback)


async def _as_bleak(operation: Awaitable[T]) -> T:
    try:
        return await operation
    except att.ATT_Error as error:
        raise BleakGATTProtocolError(error.error_code) from error
    except (core.BaseBumbleError, hci.HCI_Error, TimeoutError) as error:
        raise BleakError(f"{type(error).__name__}: {error}") from error


def _uuid(uuid: core.UUID) -> str:
    long = len(uuid.to_bytes()) == 16
    return normalize_uuid_str(uuid.to_hex_str("-") if long else uuid.to_hex_str())


def _advertisement_data(heard: Advertisement) -> AdvertisementData:
    services: dict[str, None] = {}
    companies: dict[int, bytes] = {}
    service_data: dict[str, bytes] = {}
    name: str | None = None
    power: int | None = None
    for kind, value in heard.data.ad_structures:
        if width := UUID_WIDTH.get(kind):
            for start in range(0, len(value) - width + 1, width):
                services[_uuid(core.UUID.from_bytes(value[start : start + width]))] = None
        elif kind in (
            AdvertisingData.COMPLETE_LOCAL_NAME,
            AdvertisingData.SHORTENED_LOCAL_NAME,
        ):
            name = value.decode("utf-8", "replace")
        elif kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA:
            companies[int.from_bytes(value[:2], "little")] = value[2:]
        elif kind == AdvertisingData.SERVICE_DATA_16_BIT_UUID and len(value) >= 2:
            service_data[normalize_uuid_str(value[1::-1].hex())] = value[2:]
        elif kind == AdvertisingData.TX_POWER_LEVEL:
            power = int.from_bytes(value[:1], "little", signed=True)
    return AdvertisementData(
        name, companies, service_data, list(services), power, heard.rssi, (heard,)
    )
