"""What a clock says of itself: zone, daylight saving, and where it has its time from.

Current Time Service 1.1 (0x1805) and the characteristics that it borrows. The hub writes the
patient's local time whatever these say (drivers/device_clock.py); they are decoded to be shown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drivers.errors import ReservedBits
from drivers.reader import ByteReader, word

QUARTER = timedelta(minutes=15)
UNKNOWN_ZONE = -128
WESTMOST, EASTMOST = -48, 56
UNKNOWN_OFFSET = 255
DAYLIGHT_SAVING = {
    0: timedelta(),
    2: timedelta(minutes=30),
    4: timedelta(hours=1),
    8: timedelta(hours=2),
}
WEEKDAYS = 7

SOURCES = {
    0: "unknown",
    1: "network_time_protocol",
    2: "gps",
    3: "radio_time_signal",
    4: "manual",
    5: "atomic_clock",
    6: "cellular_network",
}
EIGHTH = timedelta(milliseconds=125)
COARSER_THAN_SAYABLE = 254
UNKNOWN_ACCURACY = 255
LONGER_THAN_SAYABLE = 255
HOURS = 24


@dataclass(frozen=True, slots=True)
class LocalTime:
    """0x2A0F; None for what the clock does not know."""

    zone: timedelta | None
    daylight_saving: timedelta | None

    @property
    def offset(self) -> timedelta | None:
        """From UTC."""
        if self.zone is None or self.daylight_saving is None:
            return None
        return self.zone + self.daylight_saving


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """0x2A14: how good the time was when it was last taken over, and how long ago that is.

    drift  None where it is unknown, or worse than can be said (31.5 s)
    age    None where it is longer than can be said (254 days and 23 hours)
    """

    source: str
    drift: timedelta | None
    age: timedelta | None


def decode_daylight_saving(payload: bytes) -> timedelta | None:
    """0x2A0D: what is added to standard time; None for 255, "not known"."""
    reader = ByteReader(payload)
    offset = _daylight_saving(reader)
    reader.end(padded=False)
    return offset


def decode_time_zone(payload: bytes) -> timedelta | None:
    """0x2A0E: standard time's offset from UTC; None for -128, "not known"."""
    reader = ByteReader(payload)
    zone = _zone(reader)
    reader.end(padded=False)
    return zone


def decode_local_time(payload: bytes) -> LocalTime:
    """0x2A0F: time zone, then daylight saving."""
    reader = ByteReader(payload)
    local = LocalTime(_zone(reader), _daylight_saving(reader))
    reader.end(padded=False)
    return local


def decode_reference_time(payload: bytes) -> ReferenceTime:
    reader = ByteReader(payload)
    source, drift = word(SOURCES, reader.u8()), reader.u8()
    days, hours = reader.u8(), reader.u8()
    reader.end(padded=False)
    too_long = LONGER_THAN_SAYABLE in (days, hours)
    if not too_long and hours >= HOURS:
        raise ReservedBits(payload, field="hours since update", bits=hours)
    return ReferenceTime(
        source=source,
        drift=None if drift in (COARSER_THAN_SAYABLE, UNKNOWN_ACCURACY) else drift * EIGHTH,
        age=None if too_long else timedelta(days=days, hours=hours),
    )


def decode_day_date_time(payload: bytes) -> datetime | None:
    """0x2A0A, without zone; the day of the week is checked and not looked at."""
    reader = ByteReader(payload)
    stamp, weekday = reader.date_time(), reader.u8()
    reader.end(padded=False)
    if weekday > WEEKDAYS:
        raise ReservedBits(payload, field="day of week", bits=weekday)
    return stamp


def _zone(reader: ByteReader) -> timedelta | None:
    quarters = reader.i8()
    if quarters == UNKNOWN_ZONE:
        return None
    if not WESTMOST <= quarters <= EASTMOST:
        raise ReservedBits(reader.payload, field="time zone", bits=quarters & 0xFF)
    return quarters * QUARTER


def _daylight_saving(reader: ByteReader) -> timedelta | None:
    code = reader.u8()
    if code == UNKNOWN_OFFSET:
        return None
    if code not in DAYLIGHT_SAVING:
        raise ReservedBits(reader.payload, field="daylight saving", bits=code)
    return DAYLIGHT_SAVING[code]
