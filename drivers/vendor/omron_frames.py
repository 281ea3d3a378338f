"""How an Omron cuff's memory is asked, and how it answers (omron_memory.md, "Frames").

Nothing here can write to the memory: the command for it is not known to this file.
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor

from drivers.errors import BadChecksum, BadFrame, TruncatedPayload, UnknownResponse

OPEN = bytes.fromhex("0800000000100018")
CLOSE = bytes.fromhex("080f000000000007")
OPENED, CLOSED, READ = 0x8000, 0x8F00, 0x8100
AROUND = 8  # length, type, address, size; result, checksum
CHANNEL_WIDTH = 16

KEY_LENGTH = 16
ENTER_PROGRAMMING = bytes((0x02,)) + bytes(KEY_LENGTH)
PROGRAMMING_ENTERED, KEY_STORED, KEY_ACCEPTED, TOKEN_ACCEPTED = 0x82, 0x80, 0x81, 0x91
TOKEN = bytes.fromhex("48474231")  # any four octets: the cuff only sends them back
REFUSED = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One answer. `result` is 0 for success."""

    type: int
    address: int
    data: bytes
    result: int


def read_command(address: int, size: int) -> bytes:
    """Read `size` octets of the memory from `address` on."""
    head = bytes((AROUND, 0x01, 0x00)) + address.to_bytes(2, "big") + bytes((size, 0))
    return head + bytes((reduce(xor, head),))


def decode_frame(payload: bytes) -> Frame:
    """One whole frame; octets behind it fill the last channel and mean nothing."""
    length = payload[0] if payload else AROUND
    if not length >= AROUND:
        raise BadFrame(payload, mark="length")
    if len(payload) < length:
        raise TruncatedPayload(payload, offset=len(payload), needed=length - len(payload))
    frame = payload[:length]
    if wrong := reduce(xor, frame):
        raise BadChecksum(payload, wire=frame[-1], calculated=frame[-1] ^ wrong)
    kind, address = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    data = frame[6:-2]
    if kind == READ and len(data) != frame[5]:
        raise BadFrame(payload, mark="data length")
    # Answers other than to a read put their result first, and a size of 0x10 without data.
    return Frame(kind, address, data, frame[-2] if kind == READ else frame[6])


def decode_refusal(payload: bytes) -> int:
    """The error code of an unlock channel that says no; UnknownResponse when it does not."""
    if len(payload) < 2:
        raise TruncatedPayload(payload, offset=len(payload), needed=2 - len(payload))
    if payload[0] != REFUSED:
        raise UnknownResponse(payload, code=payload[0], operator=payload[1])
    return payload[1]


class Assembler:
    """Puts together frames of up to four channels; channel 0 begins a new one."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}

    def take(self, channel: int, part: bytes) -> bytes | None:
        """The frame that this part completes."""
        if channel == 0:
            self._parts = {}
        self._parts[channel] = part
        first = self._parts.get(0)
        if not first:
            return None
        needed = range(1 if len(first) >= first[0] else -(-first[0] // CHANNEL_WIDTH))
        if any(number not in self._parts for number in needed):
            return None
        whole = b"".join(self._parts[number] for number in needed)
        self._parts = {}
        return whole
