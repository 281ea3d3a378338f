"""The nurses' messages: kept until they are read, and the nurse is told that they were.

A message with replies is over when the patient has chosen one; that it was read is told before.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from hub.books import Books
from hub.uplink.endings import ConnectionEnded
from hub.uplink.orders import Order

log = logging.getLogger(__name__)


class Complete(Protocol):
    """The late end of a command (`Uplink.complete`); ConnectionEnded when nobody hears it."""

    async def __call__(self, command: str, detail: Mapping[str, Any], /, *, ends: bool) -> None: ...


class Messages:
    def __init__(self, books: Books, complete: Complete) -> None:
        self._books = books
        self._complete = complete
        self._telling = asyncio.Lock()

    async def put(self, order: Order, *, must_be_read: bool = False, **content: Any) -> None:
        """`content`: title, text, replies, and what is asked for (measure, questionnaire)."""
        message = {
            "id": order.id,
            "title": "",
            "text": "",
            "issued": order.issued.isoformat(),
            "tell_when_read": must_be_read,
            **{key: value for key, value in content.items() if value},
        }
        await self._books.call(self._books.documents.put_message, message)

    async def remove(self, id: str) -> bool:
        return await self._books.call(self._books.documents.remove_message, id)

    async def read(self, id: str, at: datetime) -> None:
        await self._books.call(self._books.documents.mark_message_read, id, at)
        await self.tell()

    async def replied(self, id: str, reply: str, at: datetime) -> str:
        """→ why this reply does not count; empty when it does. The first one counts."""
        problem = await self._books.call(self._reply, id, reply, at)
        await self.tell()
        return problem

    async def tell(self) -> None:
        """Tell of each message that was read or answered, where the nurse waits for that; at each
        connect too."""
        async with self._telling:  # what is known before the end must not come after it
            for message in await self._books.call(self._books.documents.messages):
                if (news := _news(message)) is None:
                    continue
                try:
                    await self._complete(message["id"], news, ends=_is_over(message))
                except ConnectionEnded as error:
                    log.info("what became of message %s is told later: %s", message["id"], error)
                    return
                await self._books.call(self._told, message["id"], news)

    def _reply(self, id: str, reply: str, at: datetime) -> str:
        message = self._named(id)
        if message is None:
            return "no such message"
        if reply not in message.get("replies", []):
            return "not offered"
        if "reply" in message:
            return "" if message["reply"] == reply else "answered already"
        said = {"reply": reply, "replied_at": at.isoformat()}
        read = {"read_at": message.get("read_at", at.isoformat())}
        self._books.documents.put_message(message | read | said)
        return ""

    def _told(self, id: str, news: Mapping[str, Any]) -> None:
        """What came in the meantime is told the next time."""
        if (message := self._named(id)) is None:
            return
        told = {"tell_when_read": False, "reply_told": "reply" in news}
        self._books.documents.put_message(message | told)

    def _named(self, id: str) -> dict[str, Any] | None:
        return next((one for one in self._books.documents.messages() if one["id"] == id), None)


def _is_over(message: Mapping[str, Any]) -> bool:
    return "reply" in message or not message.get("replies")


def _news(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the nurse has not been told yet; None: nothing, or nobody waits for it."""
    if "reply" in message and not message.get("reply_told"):
        said = {"reply": message["reply"], "repliedAt": message["replied_at"]}
        return {"readAt": message["read_at"], **said}
    if message.get("tell_when_read") and "read_at" in message:
        return {"readAt": message["read_at"]}
    return None
