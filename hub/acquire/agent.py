"""The hub's own pairing agent for BlueZ (org.bluez.Agent1, BlueZ doc/agent-api.txt).

Without an agent of ours, pairing works only while somebody has bluetoothctl open. Whoever is not
expected is refused here, so nobody pairs with the hub from outside.

No `from __future__ import annotations` in this module: dbus-fast reads the annotations as D-Bus
signatures.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dbus_fast import DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method

if TYPE_CHECKING:  # to a type checker the D-Bus signatures are ordinary types
    o = str
    s = str
    u = int
    q = int

log = logging.getLogger(__name__)

PATH = "/no/hjemmehub/agent"
CAPABILITY = "KeyboardDisplay"
REJECTED = "org.bluez.Error.Rejected"
CANCELED = "org.bluez.Error.Canceled"


class AgentRefused(Exception):
    """BlueZ did not take the agent; pairing with a passkey will not work (technician)."""


class Agent(ServiceInterface):
    """expected(address)   whether the hub itself is pairing with this device now
    show(address, passkey) a passkey to be typed on the device; None when it is over
    ask(address)           the passkey that the device shows; None when nobody answered
    passkeys_with          the device that a passkey was last exchanged with: that one can bond
    """

    def __init__(
        self,
        expected: Callable[[str], bool],
        show: Callable[[str, str | None], None],
        ask: Callable[[str], Awaitable[int | None]],
    ) -> None:
        super().__init__("org.bluez.Agent1")
        self._expected = expected
        self._show = show
        self._ask = ask
        self._asking: asyncio.Future[int | None] | None = None
        self._device = ""
        self.passkeys_with = ""

    def _check(self, path: str) -> str:
        address = path.rpartition("/dev_")[2].replace("_", ":")
        if not self._expected(address):
            log.warning("refused to pair with %s, which was not expected", address)
            raise DBusError(REJECTED, "not expected")
        self._device = address
        return address

    @dbus_method()
    def Release(self) -> None:
        """BlueZ has dropped the agent, as it does when it stops."""
        self.withdraw()

    async def _typed(self, device: str) -> int:
        address = self.passkeys_with = self._check(device)
        self._asking = asyncio.ensure_future(self._ask(address))
        try:
            passkey = await self._asking
        except asyncio.CancelledError as error:
            raise DBusError(CANCELED, "canceled by the device") from error
        finally:
            self._asking = None
        if passkey is None:
            raise DBusError(CANCELED, "nobody typed the passkey")
        return passkey

    @dbus_method()
    async def RequestPasskey(self, device: "o") -> "u":
        return await self._typed(device)

    @dbus_method()
    async def RequestPinCode(self, device: "o") -> "s":
        return f"{await self._typed(device):06d}"

    @dbus_method()
    def DisplayPasskey(self, device: "o", passkey: "u", entered: "q") -> None:
        self.passkeys_with = self._check(device)
        self._show(self.passkeys_with, f"{passkey:06d}")

    @dbus_method()
    def DisplayPinCode(self, device: "o", pincode: "s") -> None:
        self._show(self._check(device), pincode)

    @dbus_method()
    def RequestConfirmation(self, device: "o", passkey: "u") -> None:
        self._show(self._check(device), f"{passkey:06d}")

    @dbus_method()
    def RequestAuthorization(self, device: "o") -> None:
        self._check(device)

    @dbus_method()
    def AuthorizeService(self, device: "o", uuid: "s") -> None:
        self._check(device)

    @dbus_method()
    def Cancel(self) -> None:
        self.withdraw()

    def withdraw(self) -> None:
        """Nobody waits for an answer any more: BlueZ says so, or is gone without a word."""
        if self._asking:
            self._asking.cancel()
        self._show(self._device, None)


async def register(bus: MessageBus) -> None:
    """Make the agent, which `bus` exports at PATH, the one that BlueZ asks.

    Again whenever bluetoothd has come back: from 5.72 on it wants an agent even for Just Works.
    Raises AgentRefused when there is no BlueZ, or when it says no.
    """
    await _call(bus, "RegisterAgent", "os", [PATH, CAPABILITY])
    await _call(bus, "RequestDefaultAgent", "o", [PATH])


async def _call(bus: MessageBus, member: str, signature: str, body: list[str]) -> None:
    reply = await bus.call(
        Message(
            destination="org.bluez",
            path="/org/bluez",
            interface="org.bluez.AgentManager1",
            member=member,
            signature=signature,
            body=body,
        )
    )
    if reply is None or reply.message_type is MessageType.ERROR:
        raise AgentRefused(f"{member}: {reply.error_name if reply else 'no answer'}")
