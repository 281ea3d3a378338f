"""A lung monitor on a pseudo-terminal: it keeps each blow until the hub says that it has it.

So what it has deleted is what the hub has accepted, seen from outside. Each blow has a number,
which is in its volumes and in its time, so that it is known again wherever it arrives.
"""

import asyncio
import fcntl
import os
import struct
import termios
import tty
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from pathlib import Path

ACK = 0x06
READ_SIZE = 256
EARLIER = timedelta(days=30)


class LungMonitor:
    """path      a symbolic link to the port
    waiting   numbers of the blows in its memory
    accepted  numbers of those that it has deleted, in their order
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: deque[int] = deque()
        self.accepted: list[int] = []
        self._first_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - EARLIER
        self._next = 0
        self._device = self._port = -1
        self._is_on_the_wire = False
        self._changed = asyncio.Event()

    def plug_in(self) -> None:
        """Into a hub that opens the port anew; only then does it begin to send."""
        self.unplug()
        self._device, self._port = os.openpty()
        tty.setraw(self._port)
        # Packet mode tells when the other side empties its input, which opening the port does.
        fcntl.ioctl(self._device, termios.TIOCPKT, struct.pack("i", 1))
        self._is_on_the_wire = True
        asyncio.get_running_loop().add_reader(self._device, self._hear)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._port))

    def unplug(self) -> None:
        if self._device < 0:
            return
        asyncio.get_running_loop().remove_reader(self._device)
        os.close(self._device)
        os.close(self._port)
        self._device = self._port = -1

    def blow(self, count: int = 1) -> None:
        for _ in range(count):
            self.waiting.append(self._next)
            self._next += 1
        self._send()

    def forget_to_delete(self, numbers: list[int]) -> None:
        """Offer these once more, first of all, as a monitor that lost the acknowledgements."""
        self.waiting.extendleft(reversed(numbers))

    async def accepts(self, count: int) -> None:
        """Until the hub has accepted so many blows in all."""
        while len(self.accepted) < count:
            self._changed.clear()
            await self._changed.wait()

    async def emptied(self) -> None:
        while self.waiting:
            self._changed.clear()
            await self._changed.wait()

    def _hear(self) -> None:
        control, *octets = os.read(self._device, READ_SIZE)
        if control & termios.TIOCPKT_FLUSHREAD:
            self._is_on_the_wire = False
        for octet in octets:
            if octet == ACK and self.waiting:
                self.accepted.append(self.waiting.popleft())
                self._is_on_the_wire = False
                self._changed.set()
        self._send()

    def _send(self) -> None:
        """One blow at a time, and the next one only when this was answered."""
        if self.waiting and not self._is_on_the_wire and self._device >= 0:
            self._is_on_the_wire = True
            os.write(self._device, frame(self.waiting[0], self._first_at))


def frame(number: int, first_at: datetime) -> bytes:
    """FEV1 and FEV6 together are the number; its time is as many seconds after `first_at`."""
    fev1, fev6 = number % 900 + 100, number // 900 % 1000
    at = first_at + timedelta(seconds=number)
    text = f"FTD0000129406{fev1:03}{fev6:03}091404000000095090000{at:%y%m%d%H%M%S}0923"
    octets = b"\x02" + text.encode() + b"\x03"
    return octets + bytes((reduce(xor, octets),))


def number_of(fev1_litres: float, fev6_litres: float) -> int:
    return round(fev1_litres * 100) - 100 + 900 * round(fev6_litres * 100)
