"""bluetoothd over D-Bus: is it there, what does it know of a device; and what bleak does not ask.

BlueZ doc/org.bluez.Adapter.rst and org.bluez.Device.rst; NameOwnerChanged is in the D-Bus
specification, "Standard Interfaces". A bluetoothd that is killed says nothing at all: only the bus
tells that its name has lost its owner.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from hub.acquire.agent import PATH, Agent, AgentRefused, register
from hub.acquire.deadline import BUS_GONE

log = logging.getLogger(__name__)

BLUEZ = "org.bluez"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
THE_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
ADAPTERS_WATCHED = 4  # hci0 … hci3: the one on the board, and dongles

RESTART_WISH = "restart-bluetooth"

CALL_S = 10.0
AGAIN_S = 5.0
POWER_OFF_S = 1.0  # for the controller to lose what it was stuck in


class BlueZError(Exception):
    """bluetoothd did not do what it was asked; `name` is its D-Bus error, "" when none came."""

    def __init__(self, call: str, name: str, text: str = "") -> None:
        super().__init__(f"{call}: {name or 'no answer'}{f' ({text})' if text else ''}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Known:
    """A device as bluetoothd knows it. `paired` is a bond that BlueZ has the key of."""

    path: str
    adapter: str
    address: str
    paired: bool
    connected: bool


class BlueZ:
    """
    adapter  "hci0" …; None takes the first that is there
    agent    registered whenever bluetoothd comes, as it asks nobody else about a pairing
    came     bluetoothd is there, or came back, or an adapter did
    gone     bluetoothd, or an adapter, went away
    """

    def __init__(
        self,
        adapter: str | None,
        agent: Agent,
        came: Callable[[], Awaitable[None]],
        gone: Callable[[str], None],
    ) -> None:
        self._adapter = adapter
        self._agent = agent
        self._came = came
        self._gone = gone
        self._bus: MessageBus | None = None
        self._news = asyncio.Event()
        self._restarted = False
        self._aborted: dict[str, Callable[[], None]] = {}

    async def run(self) -> None:
        """For ever, also over a restart of the bus."""
        told = ""
        while True:
            try:
                await self._attend()
                problem = "D-Bus went away"
            except (*BUS_GONE, BlueZError) as error:
                problem = f"no D-Bus: {error!r}"
            if problem != told:
                log.warning("%s", problem)
            told = problem
            self._gone(problem)
            await asyncio.sleep(AGAIN_S)

    async def devices(self) -> list[Known]:
        """Raises BlueZError, as everything here."""
        reply = await self._call("/", OBJECTS, "GetManagedObjects")
        return [
            _known(path, {name: it.value for name, it in interfaces[DEVICE].items()})
            for path, interfaces in reply.body[0].items()
            if DEVICE in interfaces
        ]

    async def device(self, address: str) -> Known | None:
        """None when BlueZ has never heard of it, or has forgotten it."""
        known = [one for one in await self.devices() if one.address == address]
        return next((one for one in known if one.paired), next(iter(known), None))

    async def remove(self, address: str) -> None:
        """The device with its bond; no error when there is none."""
        if known := await self.device(address):
            await self._call(known.adapter, ADAPTER, "RemoveDevice", "o", known.path)

    def can_bond(self, address: str) -> bool:
        """Whether it is known to: a passkey was on its way."""
        return self._agent.passkeys_with == address

    async def let_go(self, is_left_over: Callable[[str], bool]) -> None:
        """A hub that was killed leaves its device connected, and so unheard, for ever."""
        try:
            for known in await self.devices():
                if known.connected and is_left_over(known.address):
                    log.warning("%s is still connected from before", known.address)
                    await self._call(known.path, DEVICE, "Disconnect")
        except BlueZError as error:
            log.warning("stale connections: %s", error)

    async def power_cycle(self) -> None:
        """The adapter off and on again; on, also when it was off."""
        reply = await self._call("/", OBJECTS, "GetManagedObjects")
        found = sorted(path for path, interfaces in reply.body[0].items() if ADAPTER in interfaces)
        wanted = [f"/org/bluez/{self._adapter}"] if self._adapter else found[:1]
        for path in (one for one in wanted if one in found):
            await self._power(path, on=False)
            await asyncio.sleep(POWER_OFF_S)
            await self._power(path, on=True)

    @asynccontextmanager
    async def watching(self, path: str, aborted: Callable[[], None]) -> AsyncIterator[None]:
        """`aborted` is told of each connection of the device at `path` that broke."""
        rule = f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',path='{path}'"
        self._aborted[path] = aborted
        await self._match("AddMatch", rule)
        try:
            yield
        finally:
            del self._aborted[path]
            with suppress(BlueZError):
                await self._match("RemoveMatch", rule)

    def restart(self) -> None:
        """Ask the helper for a new bluetoothd (systemd/hub-radio.path). Raises BlueZError."""
        folder = os.environ.get("RUNTIME_DIRECTORY")
        if folder is None:
            raise BlueZError("restart", "", "systemd did not start the hub")
        try:
            Path(folder, RESTART_WISH).touch()
        except OSError as error:
            raise BlueZError("restart", "", repr(error)) from error

    async def _match(self, member: str, rule: str) -> None:
        if self._bus is None:
            raise BlueZError(member, "", "not connected to D-Bus")
        await self._ask(self._bus, *THE_BUS, member, "s", rule)

    async def _power(self, path: str, *, on: bool) -> None:
        await self._call(path, PROPERTIES, "Set", "ssv", ADAPTER, "Powered", Variant("b", on))

    async def _attend(self) -> None:
        """As long as one connection to the bus lasts."""
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        try:
            bus.add_message_handler(self._signal)
            bus.export(PATH, self._agent)
            for rule in _rules():
                await self._ask(bus, *THE_BUS, "AddMatch", "s", rule)
            self._bus = bus
            reply = await self._ask(bus, *THE_BUS, "NameHasOwner", "s", BLUEZ)
            if reply.body[0]:
                self._has_come(restarted=True)
            async with asyncio.TaskGroup() as group:
                greeting = group.create_task(self._greet(bus))
                with suppress(*BUS_GONE):
                    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
                greeting.cancel()
        finally:
            self._bus = None
            bus.disconnect()

    async def _greet(self, bus: MessageBus) -> None:
        """Whenever bluetoothd comes: the agent first, as pairing does not work without."""
        while True:
            await self._news.wait()
            self._news.clear()
            restarted, self._restarted = self._restarted, False
            if restarted:
                try:
                    async with asyncio.timeout(CALL_S):
                        await register(bus)
                except (AgentRefused, TimeoutError, *BUS_GONE) as error:
                    log.warning("no pairing agent: %s", error or repr(error))
            await self._came()

    def _has_come(self, *, restarted: bool) -> None:
        self._restarted = self._restarted or restarted
        self._news.set()

    def _signal(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == BLUEZ:
            if message.body[2]:
                self._has_come(restarted=True)
            else:
                self._agent.withdraw()
                self._gone("bluetoothd went away")
        elif message.member == "InterfacesRemoved" and ADAPTER in message.body[1]:
            self._gone("the Bluetooth adapter was taken out")
        elif message.member == "InterfacesAdded" and ADAPTER in message.body[1]:
            self._has_come(restarted=False)
        elif message.member == "PropertiesChanged":
            self._changed(message.path or "", message.body[0], message.body[1])

    def _changed(self, path: str, interface: str, changed: dict[str, Variant]) -> None:
        if interface == ADAPTER and "Powered" in changed:
            if changed["Powered"].value:
                self._has_come(restarted=False)
            else:
                self._gone("the Bluetooth adapter was switched off")
        elif path in self._aborted and "Connected" in changed and not changed["Connected"].value:
            self._aborted[path]()

    async def _call(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Message:
        if self._bus is None:
            raise BlueZError(member, "", "not connected to D-Bus")
        return await self._ask(self._bus, BLUEZ, path, interface, member, signature, *body)

    async def _ask(
        self,
        bus: MessageBus,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
    ) -> Message:
        message = Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
        )
        try:
            async with asyncio.timeout(CALL_S):  # wait_for() of 3.11 may lose a cancellation
                reply = await bus.call(message)
        except (TimeoutError, *BUS_GONE) as error:
            raise BlueZError(member, "", repr(error)) from error
        if reply is None:
            raise BlueZError(member, "")
        if reply.message_type is MessageType.ERROR:
            raise BlueZError(member, reply.error_name or "", str(*reply.body[:1]))
        return reply


def _rules() -> Iterator[str]:
    yield f"type='signal',member='NameOwnerChanged',arg0='{BLUEZ}'"
    for number in range(ADAPTERS_WATCHED):
        path = f"/org/bluez/hci{number}"
        yield f"type='signal',sender='{BLUEZ}',interface='{OBJECTS}',arg0path='{path}'"
        yield f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',path='{path}'"


def _known(path: str, properties: dict[str, Any]) -> Known:
    return Known(
        path=path,
        adapter=properties["Adapter"],
        address=properties["Address"],
        paired=properties.get("Paired", False),
        connected=properties.get("Connected", False),
    )
