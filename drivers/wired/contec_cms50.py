"""Contec CMS50D+ and CMS50E oximeters on a cable, in the formats of earlier and of later firmware.

Sixty frames a second, no time. Protocol and sources: contec_cms50.md. Tested against captured
frames, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings
from drivers.errors import LinkError, LinkTimeout, PayloadError
from drivers.finger_insertion import FingerInsertion
from drivers.links import SerialLink
from drivers.measurement import Measurement
from drivers.wired.contec_cms50_formats import (
    FIVE,
    FIVE_OCTETS,
    NINE,
    NINE_OCTETS,
    REAL_TIME,
    SYNC,
    decode_five,
    decode_nine,
)

FRAMES_A_SECOND = 60
MISSING_FRAMES = 10 * FRAMES_A_SECOND
FRAMES_BEFORE_KEEPING_ALIVE = 4 * FRAMES_A_SECOND  # it stops sending after five seconds


def command(code: int) -> bytes:
    """What firmware 4.6 and later is told; bit 7 as in its frames."""
    return bytes((0x7D, 0x81, code, *[0x80] * 6))


START = command(0xA1)
KEEP_ALIVE = command(0xAF)


class ContecCms50(SerialDriver):
    """Earlier firmware, which sends without being asked. One measurement for each insertion."""

    id = "contec-cms50"
    settings = SerialSettings(baud=19200, parity="O")
    decoders: ClassVar[Mapping[str, Decoder]] = {FIVE_OCTETS: decode_five}

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        insertion = FingerInsertion(missing_frames=MISSING_FRAMES)
        while True:
            try:
                frame = await self.frame(link)
            except LinkError as error:
                # A silent port is an oximeter that has switched itself off.
                if held := insertion.end():
                    yield held
                if not isinstance(error, LinkTimeout):
                    raise
                continue
            if whole := insertion.take(frame):
                yield whole

    async def frame(self, link: SerialLink) -> Measurement:
        """The next whole frame; what belongs to none is dropped."""
        frame = b""
        while True:
            octet = await link.read(1)
            frame = octet if octet[0] & SYNC else frame and frame + octet
            if len(frame) == FIVE:
                return decode_five(frame)


class ContecCms50Plus(ContecCms50):
    """Firmware 4.6 and later, which must be asked, and asked again every five seconds."""

    id = "contec-cms50-plus"
    settings = SerialSettings(baud=115200)
    decoders: ClassVar[Mapping[str, Decoder]] = {NINE_OCTETS: decode_nine}

    def __init__(self) -> None:
        self._since_asked: int | None = None

    async def frame(self, link: SerialLink) -> Measurement:
        await self._ask(link)
        while True:
            try:
                found = await _nine(link)
            except LinkTimeout:
                self._since_asked = None  # it was switched off, or has never been on
                raise
            try:
                return decode_nine(found)
            except PayloadError:
                continue

    async def _ask(self, link: SerialLink) -> None:
        if self._since_asked is None:
            await link.write(START)
            self._since_asked = 0
        elif self._since_asked >= FRAMES_BEFORE_KEEPING_ALIVE:
            await link.write(KEEP_ALIVE)
            self._since_asked = 0
        self._since_asked += 1


async def _nine(link: SerialLink) -> bytes:
    """Nine octets that begin as a frame does: the first is the only one without bit 7."""
    frame = b""
    while len(frame) < NINE:
        octet = await link.read(1)
        if octet[0] & SYNC:
            frame = frame and frame + octet
        else:
            frame = octet if octet[0] == REAL_TIME else b""
    return frame
