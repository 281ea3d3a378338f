"""What a driver is given: one live connection, over radio or wire.

Every call has a deadline. Plain protocols, so that a recorded trace (`drivers.replay`) can stand
in for a device.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from drivers.errors import LinkRefused


def uuid16(number: int) -> str:
    """The 128-bit form of a Bluetooth SIG number, the only form used inside the hub."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


class GattLink(Protocol):
    """One live connection to a BLE device. Every call has a deadline and raises LinkError."""

    def has(self, characteristic: str) -> bool:
        """Whether the device offers this characteristic."""

    async def read(self, characteristic: str) -> bytes: ...

    async def write(self, characteristic: str, payload: bytes) -> None:
        """With a response where the characteristic offers one, else without."""

    async def subscribe(self, characteristic: str) -> None:
        """Enable notifications or indications; what arrives is queued from here on."""

    def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        """(characteristic, payload) in order of arrival, all subscriptions merged.

        Ends when the device disconnects, or after `idle_s` of silence where that is given.
        """

    async def pause(self, seconds: float) -> None:
        """Give a slow device time; LinkLost when it goes away meanwhile."""


class SerialLink(Protocol):
    """One open serial port. Every call has a deadline and raises LinkError."""

    async def read(self, count: int) -> bytes:
        """Exactly `count` octets; LinkTimeout when they do not come, LinkLost when unplugged."""

    async def write(self, payload: bytes) -> None: ...


async def read_if_offered(link: GattLink, characteristic: str) -> bytes | None:
    """The value of an optional characteristic; None where it is missing or refused."""
    if not link.has(characteristic):
        return None
    try:
        return await link.read(characteristic)
    except LinkRefused:
        return None
