"""TaiDoc glucose meters on a cable: GlucoRx Nexus, GlucoMen Nexus, Aktivmed GlucoCheck XL.

Protocol and sources: ../vendor/taidoc.md. For cables with a serial bridge; the CP2110 that is built
into some of these meters is a HID device, which no serial port shows. Tested against documented
frames, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings
from drivers.errors import LinkTimeout
from drivers.links import SerialLink
from drivers.vendor.taidoc_conversation import ALL_USERS, Conversation
from drivers.vendor.taidoc_frames import (
    CONNECT,
    ENTERED,
    READ_MODEL,
    START,
    ask,
    frame_length,
)
from drivers.vendor.taidoc_records import decode_record

RECORD = "taidoc-td42xx"
GREETINGS = (CONNECT, READ_MODEL, ENTERED)  # what a meter may answer to "connect"


class TaidocTd42xx(SerialDriver):
    """Reads everything once, as soon as the meter answers."""

    id = "taidoc-td42xx"
    settings = SerialSettings(baud=19200)
    decoders: ClassVar[Mapping[str, Decoder]] = {RECORD: decode_record}
    clock_step_s = 60

    def __init__(self) -> None:
        self._is_connected = False

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        await self._connect(link)
        async with aclosing(_conversation(link).records(ALL_USERS)) as readings:
            async for reading in readings:
                yield reading

    async def read_clock(self, link: SerialLink) -> datetime | None:
        await self._connect(link)
        return await _conversation(link).read_clock()

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        await self._connect(link)
        await _conversation(link).set_clock(local)

    async def _connect(self, link: SerialLink) -> None:
        """Wait for a meter, for as long as the port is open."""
        while not self._is_connected:
            try:
                await _exchange(link, ask(CONNECT), GREETINGS)
            except LinkTimeout:
                continue
            self._is_connected = True


def _conversation(link: SerialLink) -> Conversation:
    async def exchange(command: bytes) -> bytes:
        return await _exchange(link, command, (command[1],))

    return Conversation(exchange, RECORD)


async def _exchange(link: SerialLink, command: bytes, answers: tuple[int, ...]) -> bytes:
    await link.write(command)
    while True:
        frame = await link.read(1)
        if frame[0] != START:
            continue
        frame += await link.read(2)
        frame += await link.read(frame_length(frame) - len(frame))
        if frame[1] in answers:
            return frame
