"""A SerialLink (drivers/contract.py) over anything with a file descriptor: a tty, an RFCOMM socket.

The open file descriptor is watched by the event loop, so no thread waits on a silent port.
"""

import asyncio
from typing import Protocol

from drivers.errors import LinkLost, LinkTimeout


class Port(Protocol):
    """An open port. Calls raise OSError when it is gone."""

    def fileno(self) -> int: ...

    def take(self) -> bytes:
        """What has arrived; nothing when the other end is gone."""

    def send(self, payload: bytes) -> None: ...

    def close(self) -> None: ...


class SerialPortLink:
    def __init__(self, port: Port, timeout_s: float) -> None:
        self._port = port
        self._timeout_s = timeout_s
        self._received = bytearray()
        self._more = asyncio.Event()
        self._error: str | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._loop.add_reader(port.fileno(), self._readable)

    @property
    def silent_s(self) -> float:
        """How long nothing has arrived."""
        return self._loop.time() - self._heard_at

    def close(self) -> None:
        self._loop.remove_reader(self._port.fileno())
        self._port.close()

    async def read(self, count: int) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                while len(self._received) < count:
                    if self._error is not None:
                        raise LinkLost("read", self._error)
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError as error:
            raise LinkTimeout("read", self._timeout_s) from error
        payload = bytes(self._received[:count])
        del self._received[:count]
        return payload

    async def write(self, payload: bytes) -> None:
        try:
            self._port.send(payload)
        except OSError as error:
            raise LinkLost("write", str(error)) from error

    def _readable(self) -> None:
        try:
            arrived = self._port.take()
        except OSError as error:
            self._fail(str(error))
        else:
            if arrived:
                self._heard_at = self._loop.time()
                self._received += arrived
                self._more.set()
            else:
                self._fail("the port was unplugged")

    def _fail(self, reason: str) -> None:
        self._error = reason
        self._loop.remove_reader(self._port.fileno())
        self._more.set()
