"""Finds the frames of a Nonin oximeter in the octets of its port (nonin.md, "Frames").

The data format is a setting inside the device, so every format is recognised at any time. A frame
of format 8 begins with the only octet that has bit 7 set; all others begin with fixed marks.
"""

from drivers.wired.nonin_commands import SERIAL_NUMBER_REPLY, TIME_REPLY

FORMAT_8_LENGTH = 4
FORMAT_13_HEAD = bytes((0x00, 0x02, 0x00, 0x0D, 0x00))
FORMAT_13_AROUND = 8  # header and footer
FORMAT_13_SHORTEST = 14
FIRST_OCTET = 0x80


class Framer:
    """Takes octets one by one; what belongs to no frame is dropped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, octet: int) -> bytes | None:
        """The frame that this octet completes."""
        self._held.append(octet)
        while self._held and frame_length(self._held) is None:
            del self._held[0]
        if len(self._held) == (frame_length(self._held) if self._held else None):
            return self.abandon()
        return None

    def abandon(self) -> bytes:
        """Start anew; returns the octets of the unfinished frame."""
        held = bytes(self._held)
        self._held.clear()
        return held


def frame_length(beginning: bytes | bytearray) -> int | None:
    """How long a frame is that begins so (at least one octet); None when none begins so."""
    if beginning[0] & FIRST_OCTET:
        torn = any(octet & FIRST_OCTET for octet in beginning[1:FORMAT_8_LENGTH])
        return None if torn else FORMAT_8_LENGTH
    if _agree(beginning, FORMAT_13_HEAD):
        known = len(beginning) > len(FORMAT_13_HEAD)
        size = beginning[len(FORMAT_13_HEAD)] if known else FORMAT_13_SHORTEST
        return FORMAT_13_AROUND + size
    for head in (TIME_REPLY, SERIAL_NUMBER_REPLY):
        if _agree(beginning, head):
            return len(head) + head[-1] + 1
    return None


def _agree(beginning: bytes | bytearray, head: bytes) -> bool:
    length = min(len(beginning), len(head))
    return beginning[:length] == head[:length]
