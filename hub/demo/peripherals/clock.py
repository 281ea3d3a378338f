"""The clock of a virtual device: its own, readable, settable, and as wrong as a test wants it."""

import struct
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DATE_TIME = struct.Struct("<HBBBBB")
ADJUST_MANUAL = 0x01
ON_THE_CURRENT_TIME_LINE = 0x20
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - a device clock has no zone
SAME_MINUTE = timedelta(minutes=1)


class DeviceClock:
    """Local time without zone, in whole seconds, as the classic GATT profiles have it.

    offset  how far it is ahead of the true local time; negative when it is behind
    """

    def __init__(self, zone: ZoneInfo, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self.set_count = 0
        self._zone = zone
        self._last_stamp: datetime | None = None

    def now(self) -> datetime:
        return (self._true() + self.offset).replace(microsecond=0)

    def stamp(self) -> datetime:
        """The time of a new record. No two records share a second: a real one takes longer, and
        a hub that sets the clock right between two does not change that."""
        stamp, last = self.now(), self._last_stamp
        if last is not None and timedelta() <= last - stamp < SAME_MINUTE:
            stamp = last + timedelta(seconds=1)
        self._last_stamp = stamp
        return stamp

    def set(self, local: datetime) -> None:
        self.offset = local - self._true()
        self.set_count += 1

    def go_wrong(self, hours: float) -> None:
        """So far off the true time; negative is behind."""
        self.offset = timedelta(hours=hours)

    def lose_battery(self) -> None:
        """It starts again at the first second of 2000, as many meters do."""
        self.set(EPOCH)
        self.set_count = 0

    def read_date_time(self) -> bytes:
        """Date Time 0x2A08."""
        return encode_date_time(self.now())

    def write_date_time(self, payload: bytes) -> None:
        """ValueError when it is no time."""
        self.set(decode_date_time(payload))

    def read_current_time(self) -> bytes:
        """Current Time 0x2A2B: date-time, day of week, 1/256 s, reason of the last adjustment."""
        now = self.now()
        return encode_date_time(now) + bytes((now.isoweekday(), 0, ADJUST_MANUAL))

    def write_current_time(self, payload: bytes) -> None:
        if len(payload) != DATE_TIME.size + 3:
            raise ValueError(f"{len(payload)} octets")
        self.write_date_time(payload[: DATE_TIME.size])

    def _true(self) -> datetime:
        return datetime.now(self._zone).replace(tzinfo=None)


def encode_date_time(when: datetime) -> bytes:
    return DATE_TIME.pack(when.year, when.month, when.day, when.hour, when.minute, when.second)


def encode_elapsed_time(when: datetime) -> bytes:
    """Elapsed Time 0x2BF2: whole seconds since 2000 of a local time that can be relied on."""
    count = (when - EPOCH) // timedelta(seconds=1)
    return bytes((ON_THE_CURRENT_TIME_LINE,)) + count.to_bytes(6, "little") + bytes(2)


def decode_date_time(payload: bytes) -> datetime:
    if len(payload) != DATE_TIME.size:
        raise ValueError(f"{len(payload)} octets")
    return datetime(*DATE_TIME.unpack(payload))  # noqa: DTZ001 - a device clock has no zone
