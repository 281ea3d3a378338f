""" "Call me": asked for on the screen, or with a button beside it. The newest stands in a note.

Who is not sure that it worked presses again: within ten minutes, while no nurse has seen the call,
the button adds nothing to it. Each wish on the screen is one of its own.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from hub.books import Books
from hub.bundles import Bundles
from hub.clock import Moment, Now
from hub.uplink.alerts import AlertCode

OPEN_FOR = timedelta(minutes=10)
STATE = "call"


class Calls:
    """`confirmed` is called when what the button asked for is durable."""

    def __init__(
        self,
        books: Books,
        bundles: Bundles,
        now: Now,
        confirmed: Callable[[], None] = lambda: None,
    ) -> None:
        self._books = books
        self._bundles = bundles
        self._now = now
        self._confirmed = confirmed

    async def press(self) -> None:
        """The button."""
        await self._books.transact(self._press)
        self._confirmed()

    def ask(self, about: str, at: Moment, by: Literal["button", "screen"]) -> str:
        """On the books' thread → the id of the alert."""
        bundle = self._bundles.alert(
            AlertCode.HELP_REQUESTED,
            about,
            "Pasienten ber om å bli ringt",
            severity="high",
            arose=at,
        )
        note = {"at": at.wall.isoformat(), "mono_ms": at.mono_ms, "boot_id": at.boot_id}
        self._books.ledger.notes.put_state(STATE, note | {"bundle": bundle, "by": by})
        return bundle

    def _press(self) -> None:
        now, last = self._now(), self._books.ledger.notes.state(STATE)
        if last is None or not self._is_open(last, now):
            self.ask(f"button {now.boot_id} {now.mono_ms}", now, "button")

    def _is_open(self, last: dict[str, Any], now: Moment) -> bool:
        ago = timedelta(milliseconds=now.mono_ms - last["mono_ms"])
        is_recent = last["boot_id"] == now.boot_id and ago < OPEN_FOR
        return is_recent and not self._books.ledger.outbox.is_seen(last["bundle"])
