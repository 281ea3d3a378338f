"""Where readings come from: the radio with its pairing agent, and the serial ports."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

from drivers import catalogue
from drivers.catalogue import Model
from drivers.contract import SerialDriver
from drivers.errors import NoDriver
from drivers.registry import by_id
from hub.acquire.agent import Agent
from hub.acquire.ble import Backends, Radio
from hub.acquire.bluez import BlueZ
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import Receiver
from hub.acquire.recovery import Ladder
from hub.acquire.serial_ports import SerialReceiver, wired_device
from hub.books import Books
from hub.clock import Now
from hub.home import Home
from hub.settings import SerialPort, Settings

log = logging.getLogger(__name__)

SYSTEM_RADIO = "system"
AIR = "air"  # the document that remembers what the neighbourhood is like


class Receiving:
    """`radio_changed` is told why there is no radio, and as which `Trouble`; None is well."""

    def __init__(
        self,
        settings: Settings,
        pairing: Pairing,
        books: Books,
        home: Home,
        now: Now,
        radio_changed: Callable[[str | None, str | None], None],
    ) -> None:
        self._settings = settings
        self._pairing = pairing
        self._books = books
        self._home = home
        self._now = now
        self._radio_changed = radio_changed
        self._zone = ZoneInfo(settings.hub.timezone)
        self._radio: Radio | None = None
        self._ladder = Ladder(settings.ble.silence_s)
        self._was_lively = False

    async def by_radio(self) -> None:
        """For as long as the radio lasts."""
        settings = self._settings.ble
        receiver = Receiver(settings, self._pairing, self._books, self._home, self._now, self._zone)
        self._ladder.lively = await self._books.call(self._is_lively)
        async with AsyncExitStack() as stack:
            backends = await self._open_radio(stack)
            bluez = self._bluez() if backends is None else None
            self._radio = Radio(
                settings, receiver.heard, backends, bluez, self._ladder, self._model_at
            )
            stack.push_async_callback(self._radio.close)
            async with asyncio.TaskGroup() as group:
                if bluez is not None:
                    group.create_task(bluez.run())
                group.create_task(self._radio.listen(self._changed))
                group.create_task(receiver.run(self._radio))

    async def by_wire(self, port: SerialPort) -> None:
        """For ever; the port may come and go. Raises NoDriver."""
        driver = by_id(port.driver)
        if not issubclass(driver, SerialDriver):
            raise NoDriver(f"{port.driver} on a serial port")
        found = wired_device(port.where, driver, port.name)
        if (device := self._home.device(found.key)) is None:
            device = found
            await self._home.joined(device)
        channel = port.channel if port.bluetooth else None
        receiver = SerialReceiver(device, driver, self._books, self._now, self._zone, channel)
        await receiver.run(self._home.status)

    async def forget(self, address: str) -> None:
        """Remove the bond with a device."""
        if self._radio is not None:
            await self._radio.forget(address)

    def anomalies(self) -> dict[str, int]:
        """How often the radio had to be helped, by what helped."""
        return dict(self._ladder.counts)

    async def _open_radio(self, stack: AsyncExitStack) -> Backends | None:
        """None: bleak's own, which is BlueZ."""
        if self._settings.ble.radio == SYSTEM_RADIO:
            return None
        from hub.demo.radio import close_radio, open_radio

        state_dir = self._settings.hub.state_dir
        backends = await open_radio(self._settings.ble.radio, state_dir, self._ask_passkey)
        stack.push_async_callback(close_radio, backends)
        return backends

    def _bluez(self) -> BlueZ:
        agent = Agent(self._expects, self._show_passkey, self._ask_passkey)

        async def came() -> None:
            if self._radio is not None:
                self._radio.returned()
            await bluez.let_go(self._is_left_over)

        def gone(reason: str) -> None:
            if self._radio is not None:
                self._radio.gone(reason)

        bluez = BlueZ(self._settings.ble.adapter, agent, came, gone)
        return bluez

    def _is_left_over(self, address: str) -> bool:
        ours = any(device.address == address for device in self._home.devices())
        return ours and not self._expects(address)

    def _changed(self, problem: str | None) -> None:
        trouble = self._radio.trouble if self._radio else None
        self._radio_changed(problem, trouble)
        if self._ladder.lively != self._was_lively:
            self._was_lively = self._ladder.lively
            self._books.soon(self._books.documents.put, AIR, {"lively": self._was_lively})

    def _is_lively(self) -> bool:
        self._was_lively = bool((self._books.documents.get(AIR) or {}).get("lively"))
        return self._was_lively

    def _model_at(self, address: str) -> Model | None:
        """Of one that has joined, or is just about to."""
        for device in self._home.devices():
            if device.address == address and (model := catalogue.by_id(device.model)):
                return model
        trying = self._pairing.trying
        if trying is None or trying.candidate is None or trying.candidate.address != address:
            return None
        return trying.candidate.model

    def _expects(self, address: str) -> bool:
        """Only with a device that the hub itself is connecting to."""
        return self._radio is not None and self._radio.connecting == address

    def _show_passkey(self, address: str, passkey: str | None) -> None:
        self._home.note("passkey", passkey and {"address": address, "passkey": passkey})

    async def _ask_passkey(self, address: str) -> int | None:
        log.info("%s shows a passkey, to be typed in here", address)
        return await self._home.passkeys.ask(address)
