"""What is kept retained at the broker: the newest word on each topic, and nothing in between."""

import asyncio
from collections.abc import Awaitable, Callable

from hub.uplink.envelope import Publication

Publish = Callable[[Publication], Awaitable[int]]


class Board:
    """`put` at any time; `flush` publishes what the broker does not have yet, one at a time.

    first  this topic goes before all others
    """

    def __init__(self, first: str) -> None:
        self._first = first
        self._wanted: dict[str, bytes] = {}
        self._there: dict[str, bytes] = {}
        self.changed = asyncio.Event()

    def put(self, topic: str, payload: bytes) -> None:
        """An empty payload takes the topic away."""
        self._wanted[topic] = payload
        self.changed.set()

    def forget(self) -> None:
        """The broker lost what it had."""
        self._there.clear()

    async def flush(self, publish: Publish) -> None:
        """Raises ConnectionEnded, and what was not there is still not."""
        self.changed.clear()
        for topic, payload in sorted(self._wanted.items(), key=self._rank):
            if self._there.get(topic) != payload:
                code = await publish(Publication(topic=topic, payload=payload, retain=True))
                if code < 0x80:
                    self._there[topic] = payload

    def _rank(self, item: tuple[str, bytes]) -> bool:
        return item[0] != self._first
