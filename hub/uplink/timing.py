"""When was it measured, in the terms of FHIR (contract, fhir.md §1.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from drivers.measurement import Status
from hub.clock import CLOCK_UNREADABLE_TOLERANCE, PLAUSIBLE_SINCE, TimeQuality, quality
from hub.records import Kept

Json = dict[str, Any]
Bounds = Callable[[Kept], tuple[datetime | None, datetime | None]]

# A clock that far off was reset rather than slow. It may be reset to the same day again, and then
# two readings would share one conditional-create identifier and the second would be dropped.
RESET_SUSPECTED = timedelta(days=1)
NO_CLOCK_BEYOND = timedelta(days=36525)


class LeftOut(StrEnum):
    """Why a measurement is not in the bundle."""

    DISOWNED = "disowned"  # the patient said "not me"
    TIME_FAULT = "time_fault"  # out of the device's memory, with a time that cannot be right
    TIME_UNKNOWN = "time_unknown"  # neither clock can say, not even before or after what
    NOTHING_CODED = "nothing_coded"  # no value and no status that the contract has a code for


class ClockReport(StrEnum):
    """Which coincident time stamp belongs to a measurement."""

    READ = "read"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Taken:
    """When one measurement was taken.

    at       the instant (aware); None when only a period is known
    after    start of that period, where known
    before   end of that period, where known
    stamp    what the device's clock showed, where it may name the measurement
    unused   what the device's clock showed, where it could not be used
    clock    the coincident time stamp that goes with it
    """

    quality: TimeQuality
    at: datetime | None = None
    after: datetime | None = None
    before: datetime | None = None
    stamp: datetime | None = None
    unused: datetime | None = None
    clock: ClockReport | None = None
    left_out: LeftOut | None = None

    @property
    def is_by_device(self) -> bool:
        return self.quality in (TimeQuality.DEVICE, TimeQuality.DEVICE_CORRECTED)


def taken(kept: Kept, bounds: Bounds, zone: ZoneInfo) -> Taken:
    stamp, reception = kept.measurement.device_time, kept.reception
    offset = clock_offset(kept)
    faulty = Status.TIME_FAULT in kept.measurement.status or _is_ahead(kept, offset, zone)
    known = quality(
        stamp,
        faulty=faulty,
        offset=offset,
        received=reception.received,
        live=reception.live,
        local=lambda at: local(at, zone),
    )
    if known is TimeQuality.RECEPTION:
        return Taken(known, at=reception.received.wall)
    if known is TimeQuality.FAULT:
        at = reception.received.wall
        return Taken(known, at=at, unused=stamp, clock=ClockReport.FAULT)
    if known is TimeQuality.UNKNOWN or stamp is None:
        return _unknown(kept, bounds, faulty)
    return _by_device(kept, known, stamp, offset, zone)


def _is_ahead(kept: Kept, offset: timedelta | None, zone: ZoneInfo) -> bool:
    """Later than the device's own clock at the session: the clock has been set back since."""
    stamp, received = kept.measurement.device_time, kept.reception.received
    if stamp is None or not received.trusted:
        return False
    ahead = stamp - local(received.wall, zone) + (offset or timedelta())
    return ahead > CLOCK_UNREADABLE_TOLERANCE


def _by_device(
    kept: Kept, known: TimeQuality, stamp: datetime, offset: timedelta | None, zone: ZoneInfo
) -> Taken:
    """The stamp moved by the clock's offset, on the hub's distance from UTC at the reception.

    Not localised by its own date: a device on the wall does not change to summer time by itself,
    so its clock and the hub's are compared at one instant, the session.
    """
    at = on_hub_clock(stamp + (offset or timedelta()), kept, zone)
    names = offset is None or abs(offset) <= RESET_SUSPECTED
    clock = ClockReport.FAULT if offset is None else ClockReport.READ
    return Taken(known, at=at, stamp=stamp if names else None, clock=clock)


def _unknown(kept: Kept, bounds: Bounds, faulty: bool) -> Taken:
    stamp, reception = kept.measurement.device_time, kept.reception
    wrong = faulty or (stamp is not None and stamp < PLAUSIBLE_SINCE)
    clock = ClockReport.FAULT if wrong or stamp is not None else None
    unknown = Taken(TimeQuality.UNKNOWN, unused=stamp, clock=clock)
    if reception.received.trusted or (wrong and not reception.live):
        return _leave(unknown, LeftOut.TIME_FAULT)
    after, before = bounds(kept)
    if stamp is not None and not reception.live:
        after = None  # it was in memory before the session, for nobody knows how long
    if after is None and before is None:
        return _leave(unknown, LeftOut.TIME_UNKNOWN)
    return Taken(TimeQuality.UNKNOWN, after=after, before=before, unused=stamp, clock=clock)


def _leave(unknown: Taken, why: LeftOut) -> Taken:
    return Taken(unknown.quality, unused=unknown.unused, clock=unknown.clock, left_out=why)


def clock_offset(kept: Kept) -> timedelta | None:
    """Hub minus device; None also for a clock a century off, which tells nothing."""
    offset_s = kept.reception.clock_offset_s
    if offset_s is None or abs(offset_s) > NO_CLOCK_BEYOND.total_seconds():
        return None
    return timedelta(seconds=offset_s)


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """Aware → what a clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None)


def on_hub_clock(naive: datetime, kept: Kept, zone: ZoneInfo) -> datetime:
    """Local time at the hub's distance from UTC at this reception, to the second of a device."""
    distance = kept.reception.received.wall.astimezone(zone).utcoffset() or timedelta()
    rounded = (naive + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded.replace(tzinfo=timezone(distance))


def instant(at: datetime, zone: ZoneInfo) -> str:
    """FHIR dateTime with the offset of the patient's zone at that instant."""
    timespec = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(zone).isoformat(timespec=timespec)


def effective(
    at: datetime | None, after: datetime | None, before: datetime | None, zone: ZoneInfo
) -> Json:
    if at is not None:
        return {"effectiveDateTime": instant(at, zone)}
    period = {"start": after, "end": before}
    return {"effectivePeriod": {name: instant(end, zone) for name, end in period.items() if end}}
