"""A cuff with a keypad and no display, on which its user types a passkey (Passkey Entry)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from bumble.device import Connection
from bumble.keys import PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate

from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff


class CuffWithKeys(BloodPressureCuff):
    """type_passkey  what its user types, when the device asks for it"""

    def __init__(
        self, air: Air, name: str, address: str, type_passkey: Callable[[], Awaitable[int]]
    ) -> None:
        super().__init__(air, name, address)
        self._type_passkey = type_passkey
        self.is_authenticated = False

    async def switch_on(self, bonds: Path | None = None, passkey: int | None = None) -> Self:
        await super().switch_on(bonds, passkey)
        delegate = _Keypad(self._type_passkey)
        self._device.pairing_config_factory = lambda _: PairingConfig(mitm=True, delegate=delegate)
        self._device.on("connection", self._watch)
        return self

    def _watch(self, connection: Connection) -> None:
        connection.on(Connection.EVENT_PAIRING, self._keep_strength)

    def _keep_strength(self, keys: PairingKeys) -> None:
        self.is_authenticated = bool(keys.ltk and keys.ltk.authenticated)


class _Keypad(PairingDelegate):
    def __init__(self, type_passkey: Callable[[], Awaitable[int]]) -> None:
        super().__init__(PairingDelegate.IoCapability.KEYBOARD_INPUT_ONLY)
        self._type_passkey = type_passkey

    async def get_number(self) -> int:
        return await self._type_passkey()
