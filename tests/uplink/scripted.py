"""A broker that does what a test tells it: just enough MQTT to refuse, hang up and be silent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
PINGREQ, PINGRESP, DISCONNECT = 0xC0, 0xD0, 0xE0


@dataclass
class Scripted:
    """puback  reason code for a PUBLISH by its topic; None: never answer
    is_old  MQTT 3.1.1: no properties, and a PUBACK without a code
    """

    connack: bytes | None = b"\x00\x00\x00"  # session present, reason code, no properties
    is_old: bool = False
    suback: int = 1
    puback: Callable[[str], int | None] = lambda topic: 0
    on_connect: Callable[[], None] = lambda: None
    on_subscribe: Callable[[], None] = lambda: None
    on_publish: Callable[[str, bytes], None] = lambda topic, rest: None  # properties and payload
    on_puback: Callable[[int], None] = lambda mid: None
    port: int = 0
    connects: list[bytes] = field(default_factory=list)
    published: list[tuple[str, int]] = field(default_factory=list)  # topic, packet id
    pubacks: list[int] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def send(self, packet: bytes) -> None:
        """To the newest connection."""
        self._writers[-1].write(packet)

    def hang_up(self, code: int | None = None) -> None:
        """DISCONNECT with a reason, or just the end of the line."""
        if code is not None:
            self.send(bytes([DISCONNECT, 1, code]))
        self._writers[-1].close()

    def throw_out(self, code: int | None) -> None:
        """All connections but the newest."""
        for writer in self._writers[:-1]:
            if not writer.is_closing():
                if code is not None:
                    writer.write(bytes([DISCONNECT, 1, code]))
                writer.close()

    async def until(self, holds: Callable[["Scripted"], bool]) -> None:
        async with self.news:
            await self.news.wait_for(lambda: holds(self))

    def to(self, part: str) -> list[int]:
        """Packet ids of what was published to topics that contain `part`."""
        return [mid for topic, mid in self.published if part in topic]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                await self._packet(*await _read(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _packet(self, first: int, body: bytes, writer: asyncio.StreamWriter) -> None:
        kind = first & 0xF0
        if kind == CONNECT:
            self.connects.append(body)
            self.on_connect()
            if self.connack is not None:
                writer.write(bytes([CONNACK, len(self.connack)]) + self.connack)
        elif first == SUBSCRIBE:
            answer = body[:2] + (b"" if self.is_old else b"\x00") + bytes([self.suback])
            writer.write(bytes([SUBACK, len(answer)]) + answer)
            self.on_subscribe()
        elif kind == PUBLISH:
            size = int.from_bytes(body[:2], "big")
            topic = body[2 : 2 + size].decode()
            mid = body[2 + size : 4 + size]
            self.published.append((topic, int.from_bytes(mid, "big")))
            self.on_publish(topic, body[4 + size :])
            code = self.puback(topic)
            if code is not None:
                answer = mid + (b"" if self.is_old else bytes([code]))
                writer.write(bytes([PUBACK, len(answer)]) + answer)
        elif kind == PUBACK:
            self.pubacks.append(int.from_bytes(body[:2], "big"))
            self.on_puback(self.pubacks[-1])
        elif first == PINGREQ:
            writer.write(bytes([PINGRESP, 0]))
        async with self.news:
            self.news.notify_all()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return first, await reader.readexactly(length)


@asynccontextmanager
async def scripted(tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    broker = Scripted()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0, ssl=tls)
    broker.port = server.sockets[0].getsockname()[1]
    yield broker
    server.close()
    for writer in broker._writers:
        writer.close()
