"""What is asked of a TaiDoc meter, in which order: the same by radio and by wire (taidoc.md)."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime

from drivers.contract import Reading, attempt
from drivers.errors import LinkTimeout, PayloadError
from drivers.reader import ByteReader
from drivers.vendor.taidoc_frames import (
    READ_CLOCK,
    READ_MODEL,
    RECORD_COUNT,
    RECORD_TIME,
    RECORD_VALUE,
    SET_CLOCK,
    ask,
    ask_weight,
    decode_answer,
    decode_time,
    encode_time,
)
from drivers.vendor.taidoc_records import OXIMETER, SCALE, decode_model, decode_record, model_kind

ALL_USERS = 0

Exchange = Callable[[bytes], Awaitable[bytes]]


class Conversation:
    """
    exchange  sends a command and returns the frame that answers it; raises LinkError
    source    what a record that cannot be decoded is kept under
    """

    def __init__(self, exchange: Exchange, source: str) -> None:
        self._exchange = exchange
        self._source = source
        self._model = b""

    async def read_clock(self) -> datetime | None:
        """None where the meter does not answer this, or not well."""
        try:
            answer = await self._exchange(ask(READ_CLOCK))
            return decode_time(decode_answer(answer, READ_CLOCK))
        except (LinkTimeout, PayloadError):
            return None

    async def set_clock(self, local: datetime) -> None:
        await self._exchange(ask(SET_CLOCK, encode_time(local)))

    async def model(self) -> bytes:
        """The answer that names the model; it is asked for once."""
        self._model = self._model or await self._exchange(ask(READ_MODEL))
        return self._model

    async def is_oximeter(self) -> bool:
        return model_kind(decode_model(await self.model())) == OXIMETER

    async def records(self, user: int, known: bytes | None = None) -> AsyncGenerator[Reading, None]:
        """The newest first, down to the one that is known, or all. Nothing is erased by this.

        user  1 to 4 on a meter that keeps them apart, else ALL_USERS
        """
        for index in range(await self._count(user)):
            record = await self._record(index, user)
            if record == known:
                return
            yield attempt(decode_record, self._source, record)

    async def _count(self, user: int) -> int:
        answer = await self._exchange(ask(RECORD_COUNT, bytes((user, 0, 0, 0))))
        return ByteReader(decode_answer(answer, RECORD_COUNT)).u16()

    async def _record(self, index: int, user: int) -> bytes:
        model = await self.model()
        if model_kind(decode_model(model)) == SCALE:
            return model + await self._exchange(ask_weight(index))
        which = bytes((*index.to_bytes(2, "little"), 0, user))
        time = await self._exchange(ask(RECORD_TIME, which))
        return model + time + await self._exchange(ask(RECORD_VALUE, which))
