"""What comes down (`dn/#`): receipts at once, documents and commands one after the other.

A message is acknowledged to the broker only when its effect is durable, so a power cut in between
means that it comes again.
"""

import asyncio
from collections.abc import Callable

from hub.uplink import receipts
from hub.uplink.anomalies import Anomalies, Anomaly
from hub.uplink.commands import Commands
from hub.uplink.decoding import Malformed
from hub.uplink.endings import ConnectionEnded
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, body
from hub.uplink.receipts import Verdict
from hub.uplink.shelf import Shelf
from hub.uplink.topics import Topics

# QoS 1 is bounded by our Receive Maximum; a broker that sends QoS 0 is bounded by this.
WAITING_AT_MOST = 50


class Inbox:
    """`deliver` is called on the event loop for each message; `run` is its task."""

    def __init__(
        self,
        topics: Topics,
        shelf: Shelf,
        commands: Commands,
        receive: Callable[[Verdict], None],
        anomalies: Anomalies,
    ) -> None:
        self._topics = topics
        self._shelf = shelf
        self._commands = commands
        self._receive = receive
        self._anomalies = anomalies
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue(WAITING_AT_MOST)

    def deliver(self, delivery: Delivery) -> None:
        if len(delivery.payload) > MAXIMUM_BYTES:
            self._drop(delivery, Anomaly.TOO_LARGE)
        elif delivery.topic == self._topics.receipt:
            self._take_receipt(delivery)
        elif not delivery.topic.startswith(f"{self._topics.root}dn/"):
            self._drop(delivery, Anomaly.FOREIGN_TOPIC)
        elif self._waiting.full():
            self._drop(delivery, Anomaly.TOO_MANY)
        else:
            self._waiting.put_nowait(delivery)

    async def run(self) -> None:
        while True:
            delivery = await self._waiting.get()
            try:
                await self._take(delivery)
            except ConnectionEnded:
                continue  # not acknowledged, so it comes again with the next connection
            delivery.done()

    async def _take(self, delivery: Delivery) -> None:
        if delivery.topic == self._topics.command:
            await self._commands.handle(delivery)
        elif document := self._topics.desired_document(delivery.topic):
            await self._shelf.take(document, delivery)
        else:
            self._anomalies.note(Anomaly.UNKNOWN_TOPIC, delivery.topic)

    def _take_receipt(self, delivery: Delivery) -> None:
        """Not durable yet when it is acknowledged: a lost receipt only makes a duplicate."""
        try:
            self._receive(receipts.read(body(delivery)))
        except Malformed as error:
            self._anomalies.note(Anomaly.MALFORMED, f"receipt: {error.reason}")
        delivery.done()

    def _drop(self, delivery: Delivery, kind: Anomaly) -> None:
        self._anomalies.note(kind, delivery.topic)
        delivery.done()
