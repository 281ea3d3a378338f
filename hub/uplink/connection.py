"""One connection to the broker as the event loop sees it: promises, and their end."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from hub.settings import Mqtt
from hub.uplink import endings
from hub.uplink.endings import ConnectionEnded, Ending, TooLarge
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, Publication
from hub.uplink.mqtt import Network

CONNACK_TIMEOUT_S = 30.0
ENVELOPE_BYTES = 1024  # topic and properties; ours take about 450

IN_FLIGHT = 10  # rows of the outbox (I5)
# Beside them, one retained document, one command's reply and a last word can be under way.
BESIDE = 3


class Connection:
    """`open`, then `subscribe` and `publish` until one of them or `watch` raises ConnectionEnded.

    deliver          called with each message from the broker
    in_flight_limit  rows that may be published without their PUBACK; known after `open`
    limit_bytes      the largest packet that the broker takes; known after `open`
    """

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        *,
        will: Publication,
        deliver: Callable[[Delivery], None],
    ) -> None:
        self.in_flight_limit = IN_FLIGHT
        self.limit_bytes = MAXIMUM_BYTES
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._session_present: asyncio.Future[bool] = self._loop.create_future()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._promised: dict[int, asyncio.Future[int]] = {}
        self._window = IN_FLIGHT + BESIDE
        self._under_way: set[int] = set()
        self._queue: deque[tuple[Publication, asyncio.Future[int]]] = deque()
        self._network = Network(settings, client_id, will, self, IN_FLIGHT + BESIDE)

    async def open(self) -> bool:
        """Connect. True when the broker still has our session."""
        try:
            self._network.start()
        except OSError as error:
            raise ConnectionEnded(endings.from_error(error)) from error
        try:
            async with asyncio.timeout(CONNACK_TIMEOUT_S):
                return await asyncio.shield(self._session_present)
        except TimeoutError as error:
            raise ConnectionEnded(endings.NO_ANSWER) from error

    async def subscribe(self, topic_filter: str) -> None:
        """QoS 1. Retained documents come again with each subscription."""
        self._check_open()
        mid = self._network.subscribe(topic_filter)
        code = await self._promise(mid)
        if code >= 0x80:
            raise ConnectionEnded(endings.from_reason_code(code, connected=False))

    def publish(self, publication: Publication) -> asyncio.Future[int]:
        """Send now; the future is the PUBACK's reason code, or ConnectionEnded.

        Raises TooLarge. Never waits: who publishes rows keeps to `in_flight_limit`, so that nothing
        queues up, but for the few beside them with a broker that takes fewer still at once.
        """
        self._check_open()
        size = len(publication.payload) + ENVELOPE_BYTES
        if size > self.limit_bytes:
            raise TooLarge(size, self.limit_bytes)
        promise: asyncio.Future[int] = self._loop.create_future()
        self._queue.append((publication, promise))
        self._send_queued()
        return promise

    async def ended(self) -> Ending:
        return await asyncio.shield(self._ended)

    async def watch(self) -> NoReturn:
        """Wait for the end, and raise it."""
        raise ConnectionEnded(await self.ended())

    def close(self) -> None:
        """End it with a DISCONNECT, if the line takes one."""
        self._network.disconnect()

    def _check_open(self) -> None:
        if self._ended.done():
            raise ConnectionEnded(self._ended.result())
        if not self._session_present.done():
            raise ConnectionEnded(endings.NOT_YET)

    def _send_queued(self) -> None:
        """As many as the broker takes at once [MQTT-3.3.4-9]."""
        while self._queue and len(self._under_way) < self._window:
            publication, promise = self._queue.popleft()
            mid = self._network.publish(publication)
            self._under_way.add(mid)
            self._promised[mid] = promise

    def _promise(self, mid: int | None) -> asyncio.Future[int]:
        """The answer comes through the event loop, so it cannot overtake this."""
        if mid is None:
            raise ConnectionEnded(endings.SILENT)
        promise: asyncio.Future[int] = self._loop.create_future()
        self._promised[mid] = promise
        return promise

    def greeted(self, session_present: bool, limit_bytes: int, window: int) -> None:
        self.limit_bytes = min(self.limit_bytes, limit_bytes)
        self._window = min(self._window, window)
        self.in_flight_limit = max(1, min(self.in_flight_limit, window - BESIDE))
        if not self._session_present.done():
            self._session_present.set_result(session_present)

    def answered(self, mid: int, code: int) -> None:
        promise = self._promised.pop(mid, None)
        if promise is not None and not promise.done():
            promise.set_result(code)
        self._under_way.discard(mid)
        self._send_queued()

    def arrived(self, delivery: Delivery) -> None:
        self._deliver(delivery)

    def finished(self, ending: Ending) -> None:
        error = ConnectionEnded(ending)
        _break(self._session_present, error)
        for promise in (*self._promised.values(), *(promise for _, promise in self._queue)):
            _break(promise, error)
        self._promised.clear()
        self._queue.clear()
        self._ended.set_result(ending)


def _break(promise: asyncio.Future[Any], error: ConnectionEnded) -> None:
    if not promise.done():
        promise.set_exception(error)
        promise.exception()  # that nobody waits for it is no fault
