"""A cursor over a payload: fields are taken in the order in which the specification lists them.

SFLOAT and FLOAT are the IEEE 11073-20601 types as the Bluetooth SIG transcodes them: a decimal
mantissa and a decimal exponent, both two's complement, so every number is an exact `Decimal`
that keeps its exponent (0xF3E8 is 100.0, not 100).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from drivers.errors import ReservedBits, TrailingBytes, TruncatedPayload
from drivers.measurement import UNKNOWN, Absent, Status, Unit, Value

# Compared with the whole word: 0xF7FF has the mantissa of NaN and is the number 204.7.
SFLOAT_SPECIAL = {
    0x07FF: Absent.NOT_A_NUMBER,
    0x0800: Absent.NOT_AT_THIS_RESOLUTION,
    0x07FE: Absent.POSITIVE_INFINITY,
    0x0802: Absent.NEGATIVE_INFINITY,
    0x0801: Absent.RESERVED,
}
FLOAT_SPECIAL = {
    0x007FFFFF: Absent.NOT_A_NUMBER,
    0x00800000: Absent.NOT_AT_THIS_RESOLUTION,
    0x007FFFFE: Absent.POSITIVE_INFINITY,
    0x00800002: Absent.NEGATIVE_INFINITY,
    0x00800001: Absent.RESERVED,
}
UNKNOWN_USER = 0xFF
FIRST_YEAR = 1582  # Date Time 0x2A08 counts from the Gregorian calendar on; 0 is "not known"


class ByteReader:
    """Walks one payload, little-endian; raises TruncatedPayload where a field is missing."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._offset = 0

    @property
    def taken(self) -> bytes:
        """What has been read so far."""
        return self.payload[: self._offset]

    @property
    def left(self) -> int:
        """How many octets have not been read."""
        return len(self.payload) - self._offset

    def octets(self, count: int) -> bytes:
        end = self._offset + count
        if end > len(self.payload):
            raise TruncatedPayload(self.payload, offset=self._offset, needed=count)
        taken = self.payload[self._offset : end]
        self._offset = end
        return taken

    def u8(self) -> int:
        return self._integer(1)

    def u16(self) -> int:
        return self._integer(2)

    def u24(self) -> int:
        return self._integer(3)

    def u32(self) -> int:
        return self._integer(4)

    def i8(self) -> int:
        return _signed(self._integer(1), 8)

    def i16(self) -> int:
        return _signed(self._integer(2), 16)

    def sfloat(self, unit: Unit, *, shift: int = 0) -> Value:
        """The 16-bit SFLOAT; `shift` moves the decimal point to reach `unit` (kg → mg is 6)."""
        word = self.u16()
        if word in SFLOAT_SPECIAL:
            return Value(None, unit, absent=SFLOAT_SPECIAL[word])
        return _number(_signed(word & 0x0FFF, 12), _signed(word >> 12, 4) + shift, unit)

    def float32(self, unit: Unit) -> Value:
        """The 32-bit FLOAT."""
        word = self.u32()
        if word in FLOAT_SPECIAL:
            return Value(None, unit, absent=FLOAT_SPECIAL[word])
        return _number(_signed(word & 0x00FFFFFF, 24), _signed(word >> 24, 8), unit)

    def date_time(self) -> datetime | None:
        """Seven octets of a clock without zone; None when they cannot be a real instant."""
        year, fields = self.u16(), self.octets(5)
        if year < FIRST_YEAR:
            return None
        try:
            return datetime(year, *fields)  # noqa: DTZ001  a device's clock has no zone
        except ValueError:
            return None

    def flags(self, known: int, field: str = "flags") -> int:
        """One octet of flags, of which only the bits in `known` have a meaning."""
        flags = self.u8()
        self._refuse(flags & ~known, field)
        return flags

    def statuses(self, size: int, meanings: Sequence[Status | None], field: str) -> list[Status]:
        """`size` octets of status bits; `meanings` from bit 0 up, None for a reserved bit."""
        bits = self._integer(size)
        found: list[Status] = []
        for bit in range(bits.bit_length()):
            meaning = meanings[bit] if bit < len(meanings) else None
            if meaning is None:
                self._refuse(bits & 1 << bit, field)
            elif bits >> bit & 1:
                found.append(meaning)
        return found

    def end(self, *, padded: bool = True) -> None:
        """Nothing may be left, except zeros that fill a fixed-size buffer (`padded`)."""
        rest = self.payload[self._offset :]
        if any(rest) or (rest and not padded):
            raise TrailingBytes(self.payload, offset=self._offset)

    def _integer(self, size: int) -> int:
        return int.from_bytes(self.octets(size), "little")

    def _refuse(self, bits: int, field: str) -> None:
        if bits:
            raise ReservedBits(self.payload, field=field, bits=bits)


def clock_fault(announced: int, stamp: datetime | None) -> list[Status]:
    """The time fault of a time stamp that was sent but cannot be a real instant."""
    return [Status.TIME_FAULT] if announced and stamp is None else []


def user_index(reader: ByteReader) -> tuple[int | None, dict[str, str]]:
    """The User ID field: the slot, or None with what a measurement's details say then."""
    slot = reader.u8()
    return (None, {"user": UNKNOWN}) if slot == UNKNOWN_USER else (slot, {})


def word(words: Mapping[int, str], code: int) -> str:
    """The word for a code; a code that the specification does not list stays recognisable."""
    return words.get(code, f"unlisted_{code}")


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) & 1 else number


def _number(mantissa: int, exponent: int, unit: Unit) -> Value:
    return Value(Decimal(mantissa).scaleb(exponent), unit)
