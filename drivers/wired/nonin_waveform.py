"""Nonin oximeters and modules that send a waveform: data formats 2 and 7.

The format is a setting inside the device, and the first octets of format 7 could be format 8: so
these have a driver of their own. Protocol and sources: nonin.md. Tested against documented
packets, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings
from drivers.errors import LinkError, LinkTimeout, PayloadError
from drivers.finger_insertion import MISSING_FRAMES, FingerInsertion
from drivers.links import SerialLink
from drivers.measurement import Measurement
from drivers.wired.nonin_packets import (
    FORMAT_2,
    FORMAT_7,
    PACKET_LENGTH,
    decode_packet_2,
    decode_packet_7,
)

PACKETS_A_SECOND = 3


class NoninWaveform(SerialDriver):
    """Stores one measurement for each finger insertion; the waveform is not stored."""

    id = "nonin-waveform"
    settings = SerialSettings(baud=9600)
    decoders: ClassVar[Mapping[str, Decoder]] = {
        FORMAT_2: decode_packet_2,
        FORMAT_7: decode_packet_7,
    }

    def __init__(self) -> None:
        self._held = b""

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        insertion = FingerInsertion(missing_frames=MISSING_FRAMES * PACKETS_A_SECOND)
        while True:
            try:
                packet = await self._packet(link)
            except LinkError as error:
                # A silent port is an oximeter that has switched itself off.
                self._held = b""
                if held := insertion.end():
                    yield held
                if not isinstance(error, LinkTimeout):
                    raise
                continue
            if whole := insertion.take(packet):
                yield whole

    async def _packet(self, link: SerialLink) -> Measurement:
        """The next 25 frames that belong together; what belongs to none is dropped."""
        while True:
            if missing := PACKET_LENGTH - len(self._held):
                self._held += await link.read(missing)
            if (found := _decoded(self._held)) is not None:
                self._held = b""
                return found
            self._held = self._held[1:]


def _decoded(octets: bytes) -> Measurement | None:
    for decode in (decode_packet_2, decode_packet_7):
        try:
            return decode(octets)
        except PayloadError:
            continue
    return None
