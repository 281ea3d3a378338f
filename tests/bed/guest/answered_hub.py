"""The hub's receiving half in this process, with somebody beside it who types passkeys in."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Self

from hub import clock
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.home import Home
from hub.receiving import Receiving
from hub.settings import load
from tests.books import KEY


class AnsweredHub(Receiving):
    """passkey  what is typed in when a device shows one
    asked    the devices that asked for it
    """

    def __init__(self, directory: Path, passkey: int) -> None:
        settings = load(directory / "hub.toml")
        pairing = Pairing(settings.ble.join_window_s)
        now = partial(clock.now, "always")
        self._books_open = Books(settings.hub.state_dir, KEY, lambda _: None)
        self._own_home = Home(self._books_open, pairing, now, lambda _: None, lambda: None)
        super().__init__(
            settings, pairing, self._books_open, self._own_home, now, lambda problem, code: None
        )
        self.passkey = passkey
        self.asked: list[str] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._books_open)
        await self._own_home.load()
        self._task = asyncio.ensure_future(self.by_radio())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._stack.aclose()

    async def _ask_passkey(self, address: str) -> int | None:
        self.asked.append(address)
        return self.passkey
