"""Nonin oximeters on a serial line or a Bluetooth serial port: data formats 8 and 13.

Onyx II 9560 and its relatives. Protocol, sources and the choice of what is stored: nonin.md.
Tested against documented frames, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import LinkError, LinkTimeout, PayloadError
from drivers.finger_insertion import FingerInsertion
from drivers.links import SerialLink
from drivers.measurement import Rejected
from drivers.wired.nonin_commands import GET_TIME, TIME_REPLY, decode_time, set_time
from drivers.wired.nonin_formats import FORMAT_8, FORMAT_13, decode_format_8, decode_format_13
from drivers.wired.nonin_framing import FIRST_OCTET, FORMAT_13_HEAD, Framer

FRAMES_BEFORE_CLOCK = 5  # commands are answered in the first five seconds; format 8 has one each


class Nonin(SerialDriver):
    """Stores one measurement for each finger insertion (format 8) or for each record (13)."""

    id = "nonin"
    settings = SerialSettings(baud=9600)
    decoders: ClassVar[Mapping[str, Decoder]] = {
        FORMAT_8: decode_format_8,
        FORMAT_13: decode_format_13,
    }

    def __init__(self) -> None:
        self._framer = Framer()
        self._early: list[bytes] = []
        self._insertion = FingerInsertion()

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        while True:
            try:
                frame = self._early.pop(0) if self._early else await self._frame(link)
            except LinkError as error:
                # A silent port is an oximeter that has switched itself off.
                for reading in self._interrupted():
                    yield reading
                if not isinstance(error, LinkTimeout):
                    raise
                continue
            if whole := self._reading(frame):
                yield whole

    async def read_clock(self, link: SerialLink) -> datetime | None:
        """To be asked right after the port was opened: later it does not answer."""
        await link.write(GET_TIME)
        try:
            while len(self._early) < FRAMES_BEFORE_CLOCK:
                frame = await self._frame(link)
                if frame.startswith(TIME_REPLY):
                    return decode_time(frame)
                self._early.append(frame)
        except (LinkTimeout, PayloadError):
            return None
        return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        await link.write(set_time(local))

    async def _frame(self, link: SerialLink) -> bytes:
        while True:
            (octet,) = await link.read(1)
            frame = self._framer.feed(octet)
            if frame is not None:
                return frame

    def _reading(self, frame: bytes) -> Reading | None:
        """What is to be stored now, if anything."""
        if frame.startswith(FORMAT_13_HEAD):
            return attempt(decode_format_13, FORMAT_13, frame)
        if not frame[0] & FIRST_OCTET:
            return None
        return self._insertion.take(decode_format_8(frame))

    def _interrupted(self) -> list[Reading]:
        """What is to be stored when the octets stop coming."""
        torn, held = self._framer.abandon(), self._insertion.end()
        readings: list[Reading] = [held] if held else []
        if torn.startswith(FORMAT_13_HEAD):
            # The device has erased this record: what came of it is all that there will be.
            readings.append(Rejected(FORMAT_13, torn, "the frame stopped before its end"))
        return readings
