"""Bluetooth's serial port: one RFCOMM socket to a device that BlueZ has paired with.

The kernel does it; no /dev/rfcomm0 has to be bound beforehand and none stays behind. Only the
address and the channel are needed: the devices that there are drivers for have one service.
"""

import asyncio
import contextlib
import errno
import socket

READ_SIZE = 4096
CONNECT_TIMEOUT_S = 12.0  # a page that is not answered ends after five


class RfcommPort:
    """A `Port` (serial_link.py) over a connected socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def fileno(self) -> int:
        return self._socket.fileno()

    def take(self) -> bytes:
        return self._socket.recv(READ_SIZE)

    def send(self, payload: bytes) -> None:
        self._socket.sendall(payload)

    def close(self) -> None:
        self._socket.close()


async def open_rfcomm(address: str, channel: int) -> RfcommPort:
    """Connect; raises OSError when the device is not there, or not paired."""
    family = getattr(socket, "AF_BLUETOOTH", None)
    protocol = getattr(socket, "BTPROTO_RFCOMM", None)
    if family is None or protocol is None:
        raise OSError(errno.EAFNOSUPPORT, "this Python was built without Bluetooth sockets")
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(socket.socket(family, socket.SOCK_STREAM, protocol))
        port.setblocking(False)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):  # TimeoutError is an OSError
            await asyncio.get_running_loop().sock_connect(port, (address, channel))
        stack.pop_all()
        return RfcommPort(port)
