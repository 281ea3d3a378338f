"""The radio: hear advertisements, hold one connection at a time, bond, and get well again.

Bluetooth on a Pi does one thing well at a time, so scanning pauses while a device is connected.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from drivers.catalogue import Bond, Model, Pairing
from drivers.errors import LinkError, LinkLost, LinkRefused
from hub.acquire.bluez import BlueZ, BlueZError, Known
from hub.acquire.link import Backends, BleLink, Device, Ears, NoRadio, unpair
from hub.acquire.recovery import Ladder, Rung, Trouble
from hub.acquire.refusals import KeyRefused, Refusals
from hub.acquire.sighting import Sighting
from hub.settings import Ble

__all__ = ["Backends", "BleLink", "Radio", "Sighting"]

log = logging.getLogger(__name__)

BONDLESS_AT_MOST = 64
PAIRING_FAILED = "AuthenticationFailed"  # BlueZ src/error.h: any failure that SMP reports
RADIO_ABSENT_RETRY_S = 5.0
PUTS_AWAY_S = 0.5
HEAR_AGAIN_S = 15.0  # BlueZ forgets a device with its bond, and has to find it anew
UNPLUG = "the radio hears nothing, whatever the hub does: unplug it and wait ten seconds"


class Radio:
    """
    heard       called for every sighting
    backends    the demo's virtual air in the place of BlueZ
    bluez       without it nothing is healed: neither a bond nor the radio
    model_at    what the catalogue knows of the device at an address
    connecting  the address that the hub is connected to, or is connecting to
    trouble     why nothing is heard, in a word
    """

    def __init__(
        self,
        settings: Ble,
        heard: Callable[[Sighting], None],
        backends: Backends | None = None,
        bluez: BlueZ | None = None,
        ladder: Ladder | None = None,
        model_at: Callable[[str], Model | None] = lambda address: None,
    ) -> None:
        self._settings = settings
        self._heard = heard
        self._client_backend = backends[1] if backends else None
        self._ears = Ears(settings.adapter, self._hear, backends[0] if backends else None)
        self._bluez = bluez
        self._ladder = ladder or Ladder(settings.silence_s)
        self._model_at = model_at
        self._turn = asyncio.Lock()
        self._scan_again = asyncio.Event()
        self._awaited: tuple[str, asyncio.Event] | None = None
        self._link: BleLink | None = None
        self._refusals = Refusals()
        self._bondless: set[str] = set()
        self.connecting: str | None = None
        self.trouble: Trouble | None = None

    async def listen(self, changed: Callable[[str | None], None]) -> None:
        """Scan for ever; `changed` is told why there is no radio, or None when there is one."""
        problem: str | None = None
        while True:
            async with self._turn:
                # Sessions that followed each other before this got its turn are one wish.
                self._scan_again.clear()
                before, problem = problem, await self._scan()
            if problem not in (None, before):  # one that is away for weeks must not fill the log
                log.warning("no radio: %s", problem)
            changed(problem)
            await self._attend(again_s=RADIO_ABSENT_RETRY_S if problem else None)

    def gone(self, reason: str) -> None:
        """BlueZ or its adapter went away: what was connected is not, though nobody says so."""
        if self._link is not None:
            self._link.lost(LinkLost("link", reason))
        self._scan_again.set()

    def returned(self) -> None:
        """It is back, and knows nothing of the scan that was running."""
        self._scan_again.set()

    @asynccontextmanager
    async def connect(self, address: str) -> AsyncIterator[BleLink]:
        """Connect and bond; raises LinkError. The link is closed on every way out."""
        async with self._turn, AsyncExitStack() as stack:
            self._ladder.resting()
            await self._ears.close()
            self.connecting = address
            stack.callback(self._leave)
            link = await self._opened(address)
            stack.push_async_callback(self._close, link, address)
            yield link

    async def close(self) -> None:
        await self._ears.close()

    async def forget(self, address: str) -> None:
        """Remove the bond, so that the device can be paired anew."""
        if self._bluez is None:
            if device := self._ears.devices.get(address):
                await unpair(device, self._client_backend)
            return
        try:
            await self._bluez.remove(address)
        except BlueZError as error:
            log.warning("could not forget %s: %s", address, error)

    async def _opened(self, address: str) -> BleLink:
        """A link to it; a bond that only one side still has is made anew, once."""
        known = await self._known(address)
        try:
            self._refusals.check(known)
            return await self._linked(address, known)
        except KeyRefused as refused:
            log.warning("%s: %s; pairing it anew", address, refused)
            await self.forget(address)
            await self._hear_again(address)
            return await self._linked(address, await self._known(address))

    async def _linked(self, address: str, known: Known | None) -> BleLink:
        bonds = not self._never_bonds(address)
        try:
            return await self._met(address, known, bonds=bonds)
        except LinkRefused as refused:
            if refused.step != "pair" or PAIRING_FAILED not in refused.reason:
                raise
            if self._bluez is not None and self._bluez.can_bond(address):
                raise  # somebody mistyped
            # The kernel hangs up on whoever fails to pair, be it that the device never bonds (SMP
            # "Pairing Not Supported"). One that wants a bond says so again at the first question.
            # BlueZ 5.66 never says `Connected` of a link made before it has put the last one away.
            await asyncio.sleep(PUTS_AWAY_S)
            link = await self._met(address, known, bonds=False)
            link.refusal = refused
            return link

    async def _met(self, address: str, known: Known | None, *, bonds: bool) -> BleLink:
        device = self._ears.devices.get(address)
        if device is None:
            raise LinkLost("connect", "not heard")
        link = self._link = BleLink(self._settings, self._client_backend)
        try:
            await self._open(link, device, known)
            if known is not None and known.paired:
                link.bonded = True
            elif bonds:
                # Before anything else: BlueZ's implicit pairing at the first subscription is
                # unreliable, and some cuffs switch off when they are read unencrypted.
                await link.pair()
        except BaseException:
            await link.close()
            raise
        return link

    async def _open(self, link: BleLink, device: Device, known: Known | None) -> None:
        """bleak and BlueZ begin again by themselves until the time is up; BlueZ shows each time."""
        address = device.address
        async with AsyncExitStack() as stack:
            if self._bluez is not None and known is not None:
                aborted = self._refusals.aborts(address, known, link)
                try:
                    await stack.enter_async_context(self._bluez.watching(known.path, aborted))
                except BlueZError as error:
                    log.warning("connecting unwatched: %s", error)
            try:
                await link.open(device)
            except LinkError as error:
                raise self._refusals.understood(address, known, error) from error
        self._refusals.connected(address)

    async def _known(self, address: str) -> Known | None:
        if self._bluez is None:
            return None
        try:
            return await self._bluez.device(address)
        except BlueZError as error:
            raise LinkLost("connect", str(error)) from error

    async def _hear_again(self, address: str) -> None:
        self._ears.devices.pop(address, None)
        heard = asyncio.Event()
        self._awaited = (address, heard)
        try:
            await self._ears.open()
            async with asyncio.timeout(HEAR_AGAIN_S):
                await heard.wait()
        except (NoRadio, TimeoutError) as error:
            raise LinkLost("connect", "not heard again after its bond was removed") from error
        finally:
            self._awaited = None
            await self._ears.close()

    def _never_bonds(self, address: str) -> bool:
        model = self._model_at(address)
        return address in self._bondless or (model is not None and model.pairing is Pairing.NONE)

    async def _close(self, link: BleLink, address: str) -> None:
        await link.close()
        self._refusals.ended(address, link)
        self._remember_bondless(address, link)
        model = self._model_at(address)
        if link.bonded and model is not None and model.bond is Bond.PER_SESSION:
            await self.forget(address)

    def _remember_bondless(self, address: str, link: BleLink) -> None:
        """One that talked without a bond is not asked for one again until it wants one."""
        if link.refused:
            self._bondless.discard(address)
        elif link.refusal is not None:
            if len(self._bondless) >= BONDLESS_AT_MOST:
                self._bondless.clear()
            self._bondless.add(address)

    def _leave(self) -> None:
        self._link = None
        self.connecting = None
        self._scan_again.set()

    async def _scan(self) -> str | None:
        """Why it does not scan, or hears nothing; None when all is well."""
        try:
            await self._ears.open()
        except NoRadio as error:
            self.trouble = Trouble.ABSENT if error.absent else Trouble.REFUSED
            if error.absent:
                self._ladder.resting()
            else:
                self._ladder.refused(time.monotonic())
            if not self._ladder.needs_hands:
                return str(error)
        else:
            self._ladder.scanning(time.monotonic())
        self.trouble = Trouble.PULL_THE_PLUG if self._ladder.needs_hands else None
        return UNPLUG if self._ladder.needs_hands else None

    async def _attend(self, again_s: float | None) -> None:
        """Until it is time to scan anew: somebody wishes it, or the ladder does."""
        while True:
            waits = [
                it for it in (again_s, self._ladder.wait_s(time.monotonic())) if it is not None
            ]
            try:
                async with asyncio.timeout(min(waits, default=None)):
                    await self._scan_again.wait()
                return
            except TimeoutError:
                rung = self._ladder.due(time.monotonic())
            if rung is not None:
                async with self._turn:
                    await self._climb(rung)
            if rung is not None or again_s is not None:
                return

    async def _climb(self, rung: Rung) -> None:
        """A new scan follows in any case."""
        if self._bluez is None:
            return
        log.warning("nothing is heard: %s", rung)
        try:
            if rung is Rung.ADAPTER:
                await self._ears.close()
                await self._bluez.power_cycle()
            elif rung is Rung.SERVICE:
                self._bluez.restart()
        except BlueZError as error:
            log.warning("%s: %s", rung, error)

    def _hear(self, sighting: Sighting) -> None:
        self._ladder.heard(time.monotonic())
        if self.trouble is not None:
            self._scan_again.set()
        if self._awaited is not None and self._awaited[0] == sighting.advertisement.address:
            self._awaited[1].set()
        self._heard(sighting)
