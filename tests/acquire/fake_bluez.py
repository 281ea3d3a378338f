"""A small org.bluez on a private bus, standing on a Bumble device: bleak's own backend runs on it.

It keeps the habits of the real one that matter: devices stay known after discovery, a second
Connect is InProgress, properties tell what happens, a killed one says nothing. It does not filter,
pair by itself, or encrypt by itself at Connect as the kernel does for a bonded device.

    fail["Device1.Connect"]   errors that the next calls get, in order; ALWAYS repeats the last
    hang                      calls that are never answered
    deaf                      nothing that is advertised reaches it
    breaks_off                so many connections come up and break before one stays
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Device, Peer
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from hub.demo.bleak_on_bumble import PROPERTIES as GATT_FLAGS
from hub.demo.bleak_on_bumble import _uuid

BLUEZ = "org.bluez."
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
MANAGER = "org.bluez.AgentManager1"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
ROOT = "/org/bluez"
PATH = "/org/bluez/hci0"
CACHED = ("Paired", "Bonded", "Connected", "Trusted", "Blocked", "ServicesResolved")

Properties = dict[str, Variant]


@dataclass(frozen=True, slots=True)
class Fails(Exception):
    """An error of D-Bus: "Failed" is org.bluez.Error.Failed."""

    name: str
    text: str = ""
    always: bool = False


class FakeBlueZ:
    """
    calls      "Adapter1.StartDiscovery" …, in order
    called_at  when each was called last, by the performance counter
    agents     registrations
    """

    def __init__(self, radio: Device) -> None:
        self._radio = radio
        self._bus: MessageBus
        self._addresses: dict[str, hci.Address] = {}
        self._characteristics: dict[str, tuple[str, Any]] = {}
        self._peers: dict[str, Peer | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.objects: dict[str, dict[str, Properties]] = {ROOT: {MANAGER: {}}}
        self.fail: defaultdict[str, list[Fails]] = defaultdict(list)
        self.hang: set[str] = set()
        self.deaf = False
        self.breaks_off = 0
        self.calls: list[str] = []
        self.called_at: dict[str, float] = {}
        self.agents = 0
        self._stirred = asyncio.Condition()

    async def start(self, *, adapter: bool = True) -> Self:
        self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._on_message)
        if adapter:
            self.plug_in()
        await self._bus.request_name("org.bluez")
        self._radio.on(Device.EVENT_ADVERTISEMENT, self._heard)
        return self

    async def kill(self, *, forgetting: bool = True) -> None:
        """Its name is free, and that is all that anybody is told."""
        self._bus.disconnect()
        with suppress(EOFError, OSError):  # the bus may have gone before it
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        self._radio.remove_listener(Device.EVENT_ADVERTISEMENT, self._heard)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in [one for one in self._peers.values() if one is not None]:
            await peer.connection.disconnect()
        if self._radio.is_scanning:
            await self._radio.stop_scanning()
        if forgetting:
            self.objects = {ROOT: {MANAGER: {}}}

    def plug_in(self) -> None:
        named = {"Address": "C0:00:00:00:00:01", "Name": "hub", "Alias": "hub"}
        self._add(
            PATH,
            ADAPTER,
            **{name: Variant("s", text) for name, text in named.items()},
            Powered=Variant("b", True),
            Discovering=Variant("b", False),
            UUIDs=Variant("as", []),
            Roles=Variant("as", ["central"]),
        )

    def pull_out(self) -> None:
        self._remove(PATH)

    def know(self, address: str, **flags: bool) -> str:
        """A device from its storage; `flags` such as Paired, Connected."""
        path = f"{PATH}/dev_{address.replace(':', '_')}"
        self._addresses[path] = hci.Address(address)
        self._add(path, DEVICE, **self._described(address, flags))
        return path

    def flag(self, path: str, name: str) -> bool:
        return bool(self.objects[path][DEVICE][name].value)

    def set(self, path: str, interface: str, **changed: Variant) -> None:
        if path in self.objects:
            self.objects[path][interface].update(changed)
            body = [interface, changed, []]
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def count(self, call: str) -> int:
        return self.calls.count(call)

    async def until(self, reached: Callable[[], object]) -> None:
        """Looked at after each call that arrives, and after each answer."""
        async with asyncio.timeout(10), self._stirred:
            await self._stirred.wait_for(reached)

    # The object tree

    def _send(self, message: Message) -> None:
        if self._bus.connected:
            sent = self._bus.send(message)
            sent.add_done_callback(lambda it: it.cancelled() or it.exception())

    def _signal(self, path: str, interface: str, member: str, signature: str, body: Any) -> None:
        self._send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )

    def _add(self, path: str, interface: str, **properties: Variant) -> None:
        self.objects[path] = {interface: properties}
        body = [path, self.objects[path]]
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", body)

    def _remove(self, top: str) -> None:
        below = [path for path in self.objects if path == top or path.startswith(f"{top}/")]
        for path in reversed(below):
            body = [path, list(self.objects.pop(path))]
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", body)

    def _described(self, address: str, flags: dict[str, bool]) -> Properties:
        return {
            "Address": Variant("s", address),
            "AddressType": Variant("s", "random"),
            "Adapter": Variant("o", PATH),
            "Alias": Variant("s", ""),
            **{name: Variant("b", flags.get(name, False)) for name in CACHED},
        }

    # What arrives on the bus

    def _on_message(self, message: Message) -> Message | bool | None:
        called = message.message_type is MessageType.METHOD_CALL
        if not called or not (message.path or "").startswith(("/org/bluez", "/")):
            return None
        if message.member == "GetManagedObjects":
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [self.objects])
        if message.interface == PROPERTIES or (message.interface or "").startswith(BLUEZ):
            task = asyncio.ensure_future(self._answer(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return True
        return None

    async def _answer(self, message: Message) -> None:
        interface = (message.interface or "").rpartition(".")[2]
        call = f"{interface}.{message.member}"
        self.calls.append(call)
        self.called_at[call] = time.perf_counter()
        await self._stir()
        try:
            if call in self.hang:
                return
            self._fail(call)
            if message.path not in self.objects:
                raise Fails("org.freedesktop.DBus.Error.UnknownObject", message.path or "")
            method = getattr(self, f"_{interface}_{message.member}")
            body = await method(message.path, *message.body)
            reply = Message.new_method_return(message, *(body or ("", [])))
        except Fails as error:
            name = error.name if "." in error.name else f"org.bluez.Error.{error.name}"
            reply = Message.new_error(message, name, error.text)
        except (core.BaseBumbleError, hci.HCI_Error, att.ATT_Error, TimeoutError) as error:
            reply = Message.new_error(message, "org.bluez.Error.Failed", str(error))
        self._send(reply)
        await self._stir()

    async def _stir(self) -> None:
        async with self._stirred:
            self._stirred.notify_all()

    def _fail(self, call: str) -> None:
        if waiting := self.fail[call]:
            raise waiting[0] if waiting[0].always else waiting.pop(0)

    async def _Properties_Set(self, path: str, interface: str, name: str, value: Variant) -> None:
        self.set(path, interface, **{name: value})

    async def _AgentManager1_RegisterAgent(self, *_: str) -> None:
        self.agents += 1

    async def _AgentManager1_RequestDefaultAgent(self, *_: str) -> None: ...

    # org.bluez.Adapter1

    async def _Adapter1_SetDiscoveryFilter(self, path: str, wanted: Properties) -> None: ...

    async def _Adapter1_StartDiscovery(self, path: str) -> None:
        if not self.objects[path][ADAPTER]["Powered"].value:
            raise Fails("NotReady", "Resource Not Ready")
        if not self._radio.is_scanning:
            await self._radio.start_scanning(filter_duplicates=False)

    async def _Adapter1_StopDiscovery(self, path: str) -> None:
        if not self._radio.is_scanning:
            raise Fails("Failed", "No discovery started")
        await self._radio.stop_scanning()

    async def _Adapter1_RemoveDevice(self, _path: str, device: str) -> None:
        if device not in self.objects:
            raise Fails("DoesNotExist", "Does Not Exist")
        if (peer := self._peers.get(device)) is not None:
            await peer.connection.disconnect()
        if self._radio.keystore is not None:
            await self._radio.keystore.delete_all()
        self._remove(device)

    def _heard(self, heard: Advertisement) -> None:
        if self.deaf or PATH not in self.objects:
            return
        address = str(heard.address).split("/")[0]
        path = f"{PATH}/dev_{address.replace(':', '_')}"
        self._addresses[path] = heard.address
        said = {"RSSI": Variant("n", heard.rssi), **_said(heard.data)}
        if path in self.objects:
            self.set(path, DEVICE, **said)
        else:
            self._add(path, DEVICE, **{**self._described(address, {}), **said})

    # org.bluez.Device1

    async def _Device1_Connect(self, path: str) -> None:
        if path in self._peers:
            raise Fails("InProgress", "Operation already in progress")
        if self.breaks_off:
            self.breaks_off -= 1
            self.set(path, DEVICE, Connected=Variant("b", True))
            self.set(path, DEVICE, Connected=Variant("b", False))
            raise Fails("Failed", "le-connection-abort-by-local")
        self._peers[path] = None
        try:
            connection = await self._radio.connect(self._addresses[path], timeout=20)
        except BaseException:
            del self._peers[path]
            raise
        self._peers[path] = peer = Peer(connection)
        connection.on("disconnection", lambda _: self._lost(path))
        self.set(path, DEVICE, Connected=Variant("b", True))
        if self.flag(path, "Paired"):
            await connection.encrypt()
        task = asyncio.ensure_future(self._resolve(path, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve(self, path: str, peer: Peer) -> None:
        await peer.discover_services()
        await peer.discover_characteristics()
        for service in peer.services:
            await self._resolved(path, f"{path}/service{service.handle:04x}", service)
        self.set(path, DEVICE, ServicesResolved=Variant("b", True))

    async def _resolved(self, device: str, path: str, service: Any) -> None:
        self._add(
            path,
            SERVICE,
            UUID=Variant("s", _uuid(service.uuid)),
            Primary=Variant("b", True),
            Device=Variant("o", device),
            Includes=Variant("ao", []),
        )
        for one in service.characteristics:
            below = f"{path}/char{one.handle:04x}"
            flags = [name for bit, name in GATT_FLAGS.items() if one.properties & bit]
            self._characteristics[below] = (device, one)
            await self._peer(device).discover_descriptors(one)
            self._add(
                below,
                CHARACTERISTIC,
                UUID=Variant("s", _uuid(one.uuid)),
                Service=Variant("o", path),
                Value=Variant("ay", b""),
                Notifying=Variant("b", False),
                Flags=Variant("as", flags),
            )

    def _lost(self, path: str) -> None:
        self._peers.pop(path, None)
        off = Variant("b", False)
        self.set(path, DEVICE, ServicesResolved=off, Connected=off)
        for below in [one for one in self.objects if one.startswith(f"{path}/service")]:
            self._remove(below)

    async def _Device1_Disconnect(self, path: str) -> None:
        if (peer := self._peers.get(path)) is not None:
            await peer.connection.disconnect()
        elif self.flag(path, "Connected"):
            self._lost(path)

    async def _Device1_Pair(self, path: str) -> None:
        if self.flag(path, "Paired"):
            raise Fails("AlreadyExists", "Already Exists")
        await self._peer(path).connection.pair()
        self.set(path, DEVICE, Paired=Variant("b", True), Bonded=Variant("b", True))

    # org.bluez.GattCharacteristic1

    def _peer(self, device: str) -> Peer:
        peer = self._peers.get(device)
        if peer is None:
            raise Fails("Failed", "Not connected")
        return peer

    def _gatt(self, path: str) -> tuple[Peer, Any]:
        device, characteristic = self._characteristics[path]
        return self._peer(device), characteristic

    async def _GattCharacteristic1_ReadValue(self, path: str, _options: Any) -> tuple[str, Any]:
        peer, characteristic = self._gatt(path)
        return "ay", [bytes(await peer.read_value(characteristic))]

    async def _GattCharacteristic1_StartNotify(self, path: str) -> None:
        peer, characteristic = self._gatt(path)

        def arrived(value: bytes) -> None:
            self.set(path, CHARACTERISTIC, Value=Variant("ay", bytes(value)))

        await peer.subscribe(characteristic, arrived)


def _said(data: AdvertisingData) -> Properties:
    services: list[str] = []
    said: Properties = {}
    for kind, value in data.ad_structures:
        if kind in (0x02, 0x03):
            services += [
                _uuid(core.UUID.from_bytes(value[at : at + 2])) for at in range(0, len(value), 2)
            ]
        elif kind == AdvertisingData.COMPLETE_LOCAL_NAME:
            said["Name"] = said["Alias"] = Variant("s", value.decode())
    return {**said, "UUIDs": Variant("as", services)}
