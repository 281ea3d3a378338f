"""`dn/cmd`: commands from the central service, each run once and answered (contract §4).

    received → in-progress → succeeded | failed;   or at once rejected | expired

The last acknowledgement of each command is kept for 90 days, so a repeated command is answered
with it and not run again.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from hub.uplink.anomalies import Anomalies, Anomaly
from hub.uplink.decoding import Malformed
from hub.uplink.envelope import Delivery, Publication, body
from hub.uplink.orders import Denied, Order, State, command_id, order
from hub.uplink.rows import OnLedger
from hub.uplink.topics import Topics

ACK_SCHEMA = "dho.command.ack/1.0"


class Refused(Exception):
    """A handler cannot do it; the reason goes back to the central service."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Reply = Mapping[str, Any]
Handler = Callable[[Order], Awaitable[Reply | None]]
"""→ detail of `succeeded`, when the effect is durable; None when the end comes later (`complete`).
Raises Refused. It should be quick: what needs a person's time is started, and completed later."""

Publish = Callable[[Publication], Awaitable[int]]
"""Until PUBACK. ConnectionEnded when there is no connection."""


class CommandBook(Protocol):
    """As `hub.store.notes.Notes`; called on the ledger's thread."""

    def command(self, id: str) -> dict[str, Any] | None: ...
    def remember_command(self, id: str, ack: dict[str, Any], at: datetime) -> None: ...


class Commands:
    """One command at a time."""

    def __init__(
        self,
        topics: Topics,
        book: CommandBook,
        on_ledger: OnLedger,
        handlers: Mapping[str, Handler],
        publish: Publish,
        anomalies: Anomalies,
    ) -> None:
        self._topics = topics
        self._book = book
        self._on_ledger = on_ledger
        self._handlers = handlers
        self._publish = publish
        self._anomalies = anomalies

    async def handle(self, delivery: Delivery) -> None:
        """Run it and answer. Raises ConnectionEnded when the answer could not be delivered: the
        broker then delivers the command again, and gets the answer that was kept."""
        topic = self._answer_topic(delivery)
        try:
            payload = body(delivery)
            id = command_id(payload)
        except Malformed as error:
            self._anomalies.note(Anomaly.MALFORMED, f"command: {error.reason}")
            return
        kept = await self._on_ledger(lambda: self._book.command(id))
        if kept is not None:
            await self._send(topic, kept)
            return
        try:
            wanted = order(payload, datetime.now(UTC))
        except Denied as denied:
            self._anomalies.note(Anomaly.COMMAND_REFUSED, f"{id}: {denied.reason}")
            await self._end(topic, id, denied.state, 1, {"reason": denied.reason})
            return
        await self._run(topic, wanted)

    async def complete(self, id: str, detail: Reply, *, state: State = State.SUCCEEDED) -> None:
        """The end of a command whose handler returned None, such as a message that was read;
        with IN_PROGRESS, what is known before its end.

        Returns when the broker has it; ConnectionEnded means: ask again once there is a connection.
        Asking again is harmless.
        """
        kept = await self._on_ledger(lambda: self._book.command(id))
        if kept is None or kept["state"] != State.IN_PROGRESS:
            if kept is not None:
                await self._send(self._topics.command_ack, kept)
            return
        await self._end(self._topics.command_ack, id, state, kept["seq"] + 1, detail)

    async def _run(self, topic: str, order: Order) -> None:
        handler = self._handlers.get(order.type)
        if handler is None:
            reason = "this hub cannot do that"
            await self._end(topic, order.id, State.REJECTED, 1, {"reason": reason})
            return
        await self._send(topic, _ack(order.id, State.RECEIVED, 1))
        started = _ack(order.id, State.IN_PROGRESS, 2)
        await self._send(topic, started)
        try:
            detail = await handler(order)
        except Refused as error:
            await self._end(topic, order.id, State.FAILED, 3, {"reason": error.reason})
            return
        if detail is None:
            await self._remember(order.id, started)
        else:
            await self._end(topic, order.id, State.SUCCEEDED, 3, detail)

    async def _end(self, topic: str, id: str, state: State, seq: int, detail: Reply) -> None:
        ack = _ack(id, state, seq) | {"detail": dict(detail)}
        await self._remember(id, ack)
        await self._send(topic, ack)

    async def _remember(self, id: str, ack: dict[str, Any]) -> None:
        at = datetime.now(UTC)
        await self._on_ledger(lambda: self._book.remember_command(id, ack, at))

    async def _send(self, topic: str, ack: dict[str, Any]) -> None:
        payload = msgspec.json.encode(ack)
        code = await self._publish(Publication(topic=topic, payload=payload, id=UUID(ack["id"])))
        if code >= 0x80:
            self._anomalies.note(Anomaly.RESPONSE_TOPIC, f"{topic}: refused with 0x{code:02X}")

    def _answer_topic(self, delivery: Delivery) -> str:
        wanted = delivery.response_topic
        if wanted is None or self._topics.may_answer_on(wanted):
            return wanted or self._topics.command_ack
        self._anomalies.note(Anomaly.RESPONSE_TOPIC, wanted)
        return self._topics.command_ack


def _ack(id: str, state: State, seq: int) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"schema": ACK_SCHEMA, "id": id, "state": state.value, "seq": seq, "ts": at}
