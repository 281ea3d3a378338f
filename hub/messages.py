"""The nurses' messages: kept until they are read, and the nurse is told that they were."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from hub.books import Books
from hub.uplink.endings import ConnectionEnded
from hub.uplink.orders import Order

log = logging.getLogger(__name__)

Complete = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""The late end of a command (`Uplink.complete`); ConnectionEnded when nobody hears it."""


class Messages:
    def __init__(self, books: Books, complete: Complete) -> None:
        self._books = books
        self._complete = complete

    async def put(self, order: Order, *, must_be_read: bool = False, **content: Any) -> None:
        """`content`: title, text, and what is asked for (measure, questionnaire)."""
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

    async def tell(self) -> None:
        """Tell of each message that was read and that the nurse waits for; at each connect too."""
        for message in await self._books.call(self._books.documents.messages):
            if not (message.get("tell_when_read") and "read_at" in message):
                continue
            try:
                await self._complete(message["id"], {"readAt": message["read_at"]})
            except ConnectionEnded as error:
                log.info("that message %s was read is told later: %s", message["id"], error)
                return
            told = message | {"tell_when_read": False}
            await self._books.call(self._books.documents.put_message, told)
