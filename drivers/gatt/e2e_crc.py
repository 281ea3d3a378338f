"""The E2E-CRC of the Continuous Glucose Monitoring Service (1.0.2 §3.11)."""

from drivers.errors import BadChecksum
from drivers.reader import ByteReader

LENGTH = 2
POLYNOMIAL = 0x8408  # 0x1021, the least significant bit first
INITIAL = 0xFFFF


def crc16(octets: bytes, initial: int = INITIAL) -> int:
    """CRC-16/MCRF4XX; with 0 to begin with, CRC-16/KERMIT."""
    crc = initial
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


def check_crc(reader: ByteReader) -> None:
    """Take the CRC, which covers everything before it; raises BadChecksum."""
    calculated = crc16(reader.taken)
    wire = reader.u16()
    if wire != calculated:
        raise BadChecksum(reader.payload, wire=wire, calculated=calculated)


def end_with_crc(reader: ByteReader) -> None:
    """The end of a value that has its CRC or nothing behind it."""
    if reader.left:
        check_crc(reader)
    reader.end(padded=False)
