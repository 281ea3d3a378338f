"""Broker and central service in one, on the test's own event loop: keeps count, forgets nothing."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import UUID

from tests.uplink.hub import Hub
from tests.uplink.scripted import Scripted, scripted

CORRELATION_DATA = re.compile(rb"\x09\x00\x10(.{16})", re.DOTALL)


def body(number: int, size: int = 0) -> bytes:
    return b'{"resourceType":"Bundle","n":%d,"pad":"%s"}' % (number, b"x" * size)


async def put(hub: Hub, number: int, size: int = 0) -> None:
    """The row `number`, under an id that the town knows by it."""
    await hub.put(body(number, size), id=UUID(int=number), wake=False)


class Town:
    """Receipts are QoS 1 and wait for a hub that is away, as in a broker with a session.

    answers_after_s  how long the central service thinks about a bundle
    """

    def __init__(self, broker: Scripted, topic: str) -> None:
        self.broker = broker
        self.arrived: list[int] = []
        self.answers_after_s = 0.0
        self.on_bundle: Callable[[], None] = lambda: None
        self._topic = topic
        self._receipts: dict[int, bytes] = {}
        self._next = 1
        broker.on_publish = self._take
        broker.on_subscribe = self._repeat
        broker.on_puback = self._forget

    @property
    def times(self) -> Counter[int]:
        return Counter(self.arrived)

    @property
    def reordered(self) -> int:
        """First arrivals that came after one of a higher number."""
        first = list(dict.fromkeys(self.arrived))
        return sum(later < earlier for earlier, later in pairwise(first))

    def _take(self, topic: str, rest: bytes) -> None:
        self.broker.connack = b"\x01\x00\x00"  # it has our session from now on
        if "/up/fhir/" not in topic:
            return
        found = CORRELATION_DATA.search(rest)
        assert found is not None
        number = UUID(bytes=found[1]).int
        self.arrived.append(number)
        self.on_bundle()
        loop = asyncio.get_running_loop()
        loop.call_later(self.answers_after_s, self._answer, number)

    def _answer(self, number: int) -> None:
        document = {"schema": "dho.receipt/1.0", "bundle": UUID(int=number).urn}
        self._receipts[self._next] = json.dumps(document | {"outcome": "accepted"}).encode()
        self._send(self._next)
        self._next = self._next % 0xFFFF + 1

    def _forget(self, mid: int) -> None:
        self._receipts.pop(mid, None)

    def _repeat(self) -> None:
        for mid in self._receipts:
            self._send(mid)

    def _send(self, mid: int) -> None:
        topic = self._topic.encode()
        packet = len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + b"\x00"
        packet += self._receipts[mid]
        size = len(packet)
        self.broker.send(bytes([0x32, size & 127 | 128, size >> 7]) + packet)


@asynccontextmanager
async def town(hub_id: str) -> AsyncIterator[Town]:
    async with scripted() as broker:
        yield Town(broker, f"dho/v1/1804/{hub_id}/dn/receipt")
