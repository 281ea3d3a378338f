"""A wired fingertip oximeter: Nonin data format 8 on a pseudo-terminal that stays attached.

While a finger is in, one frame of four octets a second; the frame that the device itself trusts
carries the SmartPoint flag. The finger leaves: frames with the sensor alarm, then silence.
"""

import asyncio
import contextlib
import os
import tty
from pathlib import Path
from typing import Self

FIRST_OCTET = 0x80
SMARTPOINT = 0x20
SENSOR_ALARM = 0x08
MISSING_PULSE = 511
MISSING_SATURATION = 127
FRAMES_BEFORE_SMARTPOINT = 2
FRAMES_AFTER_REMOVAL = 2
READ_SIZE = 256


class NoninOximeter:
    """path  a symbolic link to the port; it stays the same when the port is plugged in again"""

    frame_s = 1.0

    def __init__(self, path: Path) -> None:
        self.name = "Nonin"
        self.path = path
        self._device = -1
        self._port = -1

    def plug_in(self) -> Self:
        self._device, self._port = os.openpty()
        # Before anybody opens it: a terminal would echo, and turn 0x0D into 0x0A.
        tty.setraw(self._port)
        os.set_blocking(self._device, False)
        asyncio.get_running_loop().add_reader(self._device, self._drop_command)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._port))
        return self

    def unplug(self) -> None:
        asyncio.get_running_loop().remove_reader(self._device)
        self.path.unlink(missing_ok=True)
        os.close(self._device)
        os.close(self._port)

    async def take_measurement(self, oxygen_saturation: int = 96, pulse: int = 68) -> None:
        """A finger is put in, measured, and taken out."""
        for _ in range(FRAMES_BEFORE_SMARTPOINT):
            await self._send(frame(oxygen_saturation, pulse))
        await self._send(frame(oxygen_saturation, pulse, SMARTPOINT))
        for _ in range(FRAMES_AFTER_REMOVAL):
            await self._send(frame(MISSING_SATURATION, MISSING_PULSE, SENSOR_ALARM))

    async def send(self, octets: bytes) -> None:
        """Anything at all, also damage."""
        os.write(self._device, octets)

    async def _send(self, octets: bytes) -> None:
        # Nobody reads the port: a wire does not keep what nobody hears.
        with contextlib.suppress(BlockingIOError):
            os.write(self._device, octets)
        await asyncio.sleep(self.frame_s)

    def _drop_command(self) -> None:
        os.read(self._device, READ_SIZE)


def frame(oxygen_saturation: int, pulse: int, second: int = 0) -> bytes:
    """One second in data format 8; pulse bits 7-8 are in the first octet."""
    return bytes((FIRST_OCTET | pulse >> 7, pulse & 0x7F, oxygen_saturation, second))
