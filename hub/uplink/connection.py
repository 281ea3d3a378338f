"""One connection to the broker as the event loop sees it: promises, and their end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from hub.settings import Mqtt
from hub.uplink import endings
from hub.uplink.arrivals import Arrivals
from hub.uplink.endings import ConnectionEnded, Ending, TooLarge
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, Publication
from hub.uplink.mqtt import Network

CONNACK_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 3.0
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
        self._turn_wanted = False
        self._turned = asyncio.Event()
        self._network = Network(settings, client_id, will, _Crossing(self), IN_FLIGHT + BESIDE)
        self._arrivals = Arrivals(self._network.acknowledge)

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
        queues up in paho's memory.
        """
        self._check_open()
        size = len(publication.payload) + ENVELOPE_BYTES
        if size > self.limit_bytes:
            raise TooLarge(size, self.limit_bytes)
        return self._promise(self._network.publish(publication))

    async def ended(self) -> Ending:
        return await asyncio.shield(self._ended)

    async def watch(self) -> NoReturn:
        """Wait for the end, and raise it."""
        raise ConnectionEnded(await self.ended())

    async def turn(self) -> None:
        """Returns when the network thread has gone once more around its loop, or has ended."""
        self._turned.clear()
        self._turn_wanted = not self._ended.done()
        if self._turn_wanted:
            await self._turned.wait()

    async def close(self) -> None:
        """End it with a DISCONNECT, if the line takes one, and wait for the thread."""
        if not self._network.is_started:
            return
        self._network.disconnect()
        if not await self._ends_soon():
            self._network.cut()
            # A thread that still looks up a name or waits for TLS ends by itself.
            await self._ends_soon()

    async def _ends_soon(self) -> bool:
        done, _ = await asyncio.wait([self._ended], timeout=CLOSE_TIMEOUT_S)
        return bool(done)

    def _check_open(self) -> None:
        if self._ended.done():
            raise ConnectionEnded(self._ended.result())

    def _promise(self, mid: int | None) -> asyncio.Future[int]:
        """The answer comes through the event loop, so it cannot overtake this."""
        if mid is None:
            raise ConnectionEnded(endings.SILENT)
        promise: asyncio.Future[int] = self._loop.create_future()
        self._promised[mid] = promise
        return promise

    def _greeted(self, session_present: bool, limit_bytes: int, window: int) -> None:
        self.limit_bytes = min(self.limit_bytes, limit_bytes)
        self.in_flight_limit = max(1, min(self.in_flight_limit, window - BESIDE))
        if not self._session_present.done():
            self._session_present.set_result(session_present)

    def _answered(self, mid: int, code: int) -> None:
        promise = self._promised.pop(mid, None)
        if promise is not None and not promise.done():
            promise.set_result(code)

    def _arrived(self, delivery: Delivery, mid: int | None) -> None:
        if mid is not None:
            delivery = replace(delivery, done=self._arrivals.add(mid))
        self._deliver(delivery)

    def _finished(self, ending: Ending) -> None:
        error = ConnectionEnded(ending)
        _break(self._session_present, error)
        for promise in self._promised.values():
            _break(promise, error)
        self._promised.clear()
        self._ended.set_result(ending)
        self._turned.set()


class _Crossing:
    """Carries what the network thread reports over to the event loop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cross = connection._loop.call_soon_threadsafe

    def greeted(self, session_present: bool, limit_bytes: int, window: int) -> None:
        self._cross(self._connection._greeted, session_present, limit_bytes, window)

    def answered(self, mid: int, code: int) -> None:
        self._cross(self._connection._answered, mid, code)

    def arrived(self, delivery: Delivery, mid: int | None) -> None:
        self._cross(self._connection._arrived, delivery, mid)

    def turned(self) -> None:
        if self._connection._turn_wanted:
            self._connection._turn_wanted = False
            self._cross(self._connection._turned.set)

    def finished(self, ending: Ending) -> None:
        self._cross(self._connection._finished, ending)


def _break(promise: asyncio.Future[Any], error: ConnectionEnded) -> None:
    if not promise.done():
        promise.set_exception(error)
        promise.exception()  # that nobody waits for it is no fault
