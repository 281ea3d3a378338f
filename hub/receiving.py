"""Where readings come from: the radio with its pairing agent, and the serial ports."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

from drivers.contract import SerialDriver
from drivers.errors import NoDriver
from drivers.registry import by_id
from hub.acquire.agent import Agent, AgentRefused, register
from hub.acquire.ble import Backends, Radio
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import Receiver
from hub.acquire.serial_ports import SerialReceiver, wired_device
from hub.books import Books
from hub.clock import Now
from hub.home import Home
from hub.settings import SerialPort, Settings

log = logging.getLogger(__name__)

SYSTEM_RADIO = "system"


class Receiving:
    """`radio_changed` is told why there is no radio, or None when there is one."""

    def __init__(
        self,
        settings: Settings,
        pairing: Pairing,
        books: Books,
        home: Home,
        now: Now,
        radio_changed: Callable[[str | None], None],
    ) -> None:
        self._settings = settings
        self._pairing = pairing
        self._books = books
        self._home = home
        self._now = now
        self._radio_changed = radio_changed
        self._zone = ZoneInfo(settings.hub.timezone)
        self._radio: Radio | None = None

    async def by_radio(self) -> None:
        """For as long as the radio lasts."""
        settings = self._settings.ble
        receiver = Receiver(settings, self._pairing, self._books, self._home, self._now, self._zone)
        async with AsyncExitStack() as stack:
            backends = await self._open_radio(stack)
            self._radio = Radio(settings, receiver.heard, backends)
            stack.push_async_callback(self._radio.close)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._radio.listen(self._radio_changed))
                group.create_task(receiver.run(self._radio))

    async def by_wire(self, port: SerialPort) -> None:
        """For ever; the port may come and go. Raises NoDriver."""
        driver = by_id(port.driver)
        if not issubclass(driver, SerialDriver):
            raise NoDriver(f"{port.driver} on a serial port")
        found = wired_device(port.path, driver, port.name)
        if (device := self._home.device(found.key)) is None:
            device = found
            await self._home.joined(device)
        receiver = SerialReceiver(device, driver, self._books, self._now, self._zone)
        await receiver.run(self._home.status)

    async def forget(self, address: str) -> None:
        """Remove the bond with a device."""
        if self._radio is not None:
            await self._radio.forget(address)

    async def _open_radio(self, stack: AsyncExitStack) -> Backends | None:
        """None: bleak's own, which is BlueZ."""
        if self._settings.ble.radio != SYSTEM_RADIO:
            from hub.demo.radio import close_radio, open_radio

            state_dir = self._settings.hub.state_dir
            backends = await open_radio(self._settings.ble.radio, state_dir, self._ask_passkey)
            stack.push_async_callback(close_radio, backends)
            return backends
        agent = Agent(self._expects, self._show_passkey, self._ask_passkey)
        try:
            bus = await register(agent)
        except AgentRefused as error:
            log.warning("no pairing agent: %s", error)
        else:
            stack.callback(bus.disconnect)
        return None

    def _expects(self, address: str) -> bool:
        """Only with a device that the hub itself is connecting to."""
        return self._radio is not None and self._radio.connecting == address

    def _show_passkey(self, address: str, passkey: str | None) -> None:
        self._home.note("passkey", passkey and {"address": address, "passkey": passkey})

    async def _ask_passkey(self, address: str) -> int | None:
        log.info("%s shows a passkey, to be typed in here", address)
        return await self._home.passkeys.ask(address)
