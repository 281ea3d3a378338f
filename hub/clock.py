"""Is wall time trustworthy, and when was a reading really taken?

The Pi has no clock battery, and devices have clocks of their own. Every record therefore keeps
three times: what the device said, the hub's wall time, and monotonic time with the boot it
belongs to. What cannot be known is said to be unknown, never invented.
"""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIME_ERROR = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"

PLAUSIBLE_SINCE = datetime(2015, 1, 1)  # noqa: DTZ001 - compared with device clocks, which have no zone
CLOCK_UNREADABLE_TOLERANCE = timedelta(minutes=10)


class ClockState(StrEnum):
    """`restored`: set from the last shutdown or by hand, so late by an unknown while.

    `doubted`: synchronised with something that cannot be right (`hub.trust`).
    """

    RESTORED = "restored"
    DOUBTED = "doubted"
    NTP = "ntp"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, on both of the hub's clocks. `wall` is aware UTC."""

    wall: datetime
    mono_ms: int
    boot_id: str
    state: ClockState

    @property
    def trusted(self) -> bool:
        return self.state is ClockState.NTP


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


@cache
def boot_id() -> str:
    return BOOT_ID.read_text().strip()


def synchronised() -> bool:
    """What the kernel says, whichever NTP daemon disciplines it. Needs no privilege."""
    timex = ctypes.create_string_buffer(512)  # struct timex with modes = 0: read only
    return bool(_libc().adjtimex(timex) != TIME_ERROR)


def now(trust: Literal["ntp", "always"] = "ntp") -> Moment:
    """`trust="always"` is for machines whose time is kept from outside (containers, the demo)."""
    good = trust == "always" or synchronised()
    return Moment(
        wall=datetime.now(UTC),
        mono_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
        boot_id=boot_id(),
        state=ClockState.NTP if good else ClockState.RESTORED,
    )


Now = Callable[[], Moment]


def corrected(then: Moment, trusted: Moment) -> Moment:
    """`then`, re-stamped by a later trusted moment of the same boot; else unchanged."""
    if then.trusted or not trusted.trusted or then.boot_id != trusted.boot_id:
        return then
    ago = timedelta(milliseconds=trusted.mono_ms - then.mono_ms)
    return Moment(trusted.wall - ago, then.mono_ms, then.boot_id, ClockState.NTP)


def elapsed(then: Moment, now: Moment) -> timedelta | None:
    """None where no clock can say: it was another boot, and not both times can be trusted."""
    if then.boot_id == now.boot_id:
        return timedelta(milliseconds=now.mono_ms - then.mono_ms)
    return now.wall - then.wall if then.trusted and now.trusted else None


def written_at(written: Moment, moment: Moment) -> datetime:
    """By the clock that does not jump, where it is of the same boot."""
    ago = elapsed(written, moment)
    return written.wall if ago is None else moment.wall - ago


def is_within(span: timedelta, then: Moment, now: Moment) -> bool:
    """It was so long ago at most; what no clock can say was not."""
    ago = elapsed(then, now)
    return ago is not None and timedelta(0) <= ago <= span


class TimeQuality(StrEnum):
    """How the time of a reading is known."""

    DEVICE_CORRECTED = "device_corrected"  # the device's stamp plus the offset of its clock
    DEVICE = "device"  # the stamp, believed because it is close to the reception
    RECEPTION = "reception"  # the device sent no time
    FAULT = "fault"  # the device's time is wrong; the reading came live, so reception counts
    UNKNOWN = "unknown"  # neither clock can say


def quality(
    device_time: datetime | None,
    *,
    faulty: bool,
    offset: timedelta | None,
    received: Moment,
    live: bool,
    local: Callable[[datetime], datetime],
) -> TimeQuality:
    """Which clock to believe (PHD guide, PhdBaseObservation notes, reduced to GATT devices).

    offset  hub clock minus device clock, read at connect; None when it cannot be read
    live    the reading came in the moment it was taken, not from the device's memory
    local   aware UTC → the naive local time that a device on the wall would show
    """
    if not received.trusted:
        return TimeQuality.UNKNOWN
    if device_time is None and not faulty:
        return TimeQuality.RECEPTION
    if device_time is None or faulty or device_time < PLAUSIBLE_SINCE:
        return TimeQuality.FAULT if live else TimeQuality.UNKNOWN
    if offset is not None:
        return TimeQuality.DEVICE_CORRECTED
    if abs(local(received.wall) - device_time) <= CLOCK_UNREADABLE_TOLERANCE:
        return TimeQuality.DEVICE
    return TimeQuality.FAULT if live else TimeQuality.UNKNOWN
