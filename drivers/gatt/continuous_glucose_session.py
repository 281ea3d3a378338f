"""What a glucose sensor says once about all its measurements (CGM Service 1.0.2 §3.3-3.5).

CGM Feature 0x2AA8, CGM Session Start Time 0x2AAA, CGM Session Run Time 0x2AAB. They are read, never
written: starting and stopping a sensor is its owner's business.
"""

from dataclasses import dataclass
from datetime import datetime

from drivers.errors import ReservedBits
from drivers.gatt.e2e_crc import check_crc, end_with_crc
from drivers.gatt.glucose import LOCATIONS as METER_LOCATIONS
from drivers.gatt.glucose import TYPES
from drivers.reader import ByteReader, word

KNOWN_FEATURES = 0x01FFFF
HAS_CALIBRATION = 0x000001
HAS_E2E_CRC = 0x001000
HAS_TREND = 0x008000
HAS_QUALITY = 0x010000
NO_CRC = b"\xff\xff"
LOCATIONS = {**METER_LOCATIONS, 5: "subcutaneous_tissue"}

QUARTER_MIN = 15  # Time Zone 0x2A0E and DST Offset 0x2A0D both count quarters of an hour
ZONE_UNKNOWN = -128
DST_UNKNOWN = 255


@dataclass(frozen=True, slots=True)
class Feature:
    """0x2AA8; type and location in the words of the glucose service."""

    calibration: bool
    e2e_crc: bool
    trend: bool
    quality: bool
    sample_type: str
    sample_location: str


@dataclass(frozen=True, slots=True)
class SessionStart:
    """0x2AAA: local time without zone, None while the sensor has not been told; offsets from UTC in
    minutes, None where unknown."""

    started_at: datetime | None
    zone_min: int | None
    dst_min: int | None


def decode_feature(payload: bytes) -> Feature:
    """A sensor without E2E-CRC fills its place with 0xFFFF."""
    reader = ByteReader(payload)
    bits, both = reader.u24(), reader.u8()
    if unknown := bits & ~KNOWN_FEATURES:
        raise ReservedBits(payload, field="CGM feature", bits=unknown)
    if bits & HAS_E2E_CRC:
        check_crc(reader)
    elif (filling := reader.octets(len(NO_CRC))) != NO_CRC:
        unknown = int.from_bytes(filling, "little")
        raise ReservedBits(payload, field="E2E-CRC that is not supported", bits=unknown)
    reader.end(padded=False)
    return Feature(
        calibration=bool(bits & HAS_CALIBRATION),
        e2e_crc=bool(bits & HAS_E2E_CRC),
        trend=bool(bits & HAS_TREND),
        quality=bool(bits & HAS_QUALITY),
        sample_type=word(TYPES, both & 0x0F),
        sample_location=word(LOCATIONS, both >> 4),
    )


def decode_session_start(payload: bytes) -> SessionStart:
    """0x2AAA; the zone is in quarters of an hour (Nordic's library reads minutes)."""
    reader = ByteReader(payload)
    started_at = reader.date_time()
    zone, dst = reader.i8(), reader.u8()
    end_with_crc(reader)
    return SessionStart(
        started_at=started_at,
        zone_min=None if zone == ZONE_UNKNOWN else zone * QUARTER_MIN,
        dst_min=None if dst == DST_UNKNOWN else dst * QUARTER_MIN,
    )


def decode_run_time(payload: bytes) -> int:
    """0x2AAB: for how many hours the sensor is meant to run."""
    reader = ByteReader(payload)
    hours = reader.u16()
    end_with_crc(reader)
    return hours
