"""The number on a device's display, which somebody types in here while the device waits."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from hub.clock import Now

WANTED = "passkey_wanted"  # the state in which the pages find who asks, and until when
PATIENCE_S = 30.0  # a device ends the pairing after so long (Core Specification, Vol 3 Part H §3.4)
PASSKEY = re.compile(r"[0-9]{1,6}")


class Passkeys:
    """
    note        puts what the pages show
    known       address → how people know the device: {"name": …, "model": …}
    remembered  address → the passkey that never changes, where the hub was told it before
    unanswered  called with the address of a device that nobody answered
    """

    def __init__(
        self,
        now: Now,
        note: Callable[[str, object], None],
        known: Callable[[str], Mapping[str, str | None]],
        remembered: Callable[[str], str | None],
        unanswered: Callable[[str], None],
    ) -> None:
        self._now = now
        self._note = note
        self._known = known
        self._remembered = remembered
        self._unanswered = unanswered
        self._asking: dict[str, asyncio.Future[str]] = {}
        self._tried: dict[str, str] = {}

    async def ask(self, address: str) -> int | None:
        """What is typed in; None when nobody did in time. Ends at once when it is cancelled."""
        remembered = None if address in self._tried else self._remembered(address)
        passkey = remembered or await self._typed(address)
        self._tried.pop(address, None)
        if passkey is None:
            self._unanswered(address)
            return None
        self._tried[address] = passkey
        return int(passkey)

    def answer(self, address: str, passkey: str) -> bool:
        """False when no device asks (any more), or when this cannot be a passkey."""
        asking = self._asking.get(address)
        digits = "".join(passkey.split())
        if asking is None or asking.done() or not PASSKEY.fullmatch(digits):
            return False
        asking.set_result(digits)
        return True

    def let_in(self, address: str) -> str | None:
        """The device talks to the hub now → the passkey that it took, where it wanted one."""
        return self._tried.pop(address, None)

    async def _typed(self, address: str) -> str | None:
        asking: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asking[address] = asking
        self._note(WANTED, self._question(address))
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asking
        except TimeoutError:
            return None
        finally:
            del self._asking[address]
            self._note(WANTED, None)

    def _question(self, address: str) -> dict[str, object]:
        now = self._now()
        return {
            "address": address,
            **self._known(address),
            "until": (now.wall + timedelta(seconds=PATIENCE_S)).isoformat(),
            "until_mono_ms": now.mono_ms + int(PATIENCE_S * 1000),
            "boot_id": now.boot_id,
        }
