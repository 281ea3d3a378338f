"""A bad line between hub and broker: slow, late, silent, cut; by the event loop's clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 256


class Relay:
    """One TCP port that leads to another.

    delay_s   how late each byte comes out, each way
    byte_s    seconds for each byte, each way; 0.001 is 8 kbit/s
    """

    def __init__(self, port: int, *, delay_s: float = 0.0, byte_s: float = 0.0) -> None:
        self.port = 0
        self.delay_s = delay_s
        self.byte_s = byte_s
        self.carried = 0
        self._leads_to = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._lines: set[asyncio.StreamWriter] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    def swallow(self) -> None:
        """Connections stay, and nothing comes through."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """Both ends hear of it at once, and what was under way is gone."""
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._leads_to)
        self._lines |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            job = asyncio.create_task(self._carry(source, sink))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while chunk := await source.read(CHUNK):
                await self._flows.wait()
                await asyncio.sleep(len(chunk) * self.byte_s)
                self.carried += len(chunk)
                loop.call_later(self.delay_s, self._out, sink, chunk)
        except ConnectionError:
            pass
        loop.call_later(self.delay_s, sink.close)

    def _out(self, sink: asyncio.StreamWriter, chunk: bytes) -> None:
        if not sink.is_closing():
            sink.write(chunk)

    async def close(self) -> None:
        self.cut()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)


@asynccontextmanager
async def relay(port: int, *, delay_s: float = 0.0, byte_s: float = 0.0) -> AsyncIterator[Relay]:
    """To `port` on loopback."""
    line = Relay(port, delay_s=delay_s, byte_s=byte_s)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.close()
