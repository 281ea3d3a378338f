"""Whether something that the plan asks for was done: pure, for the hub and for its pages.

An occasion is done by what was measured or answered in its span: from three hours before its time
to the end of its day. Where the same is asked for again that day, the spans meet in between.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from drivers.measurement import Status
from hub.clock import TimeQuality, quality
from hub.records import Kept
from hub.schedule import DEADLINE, Activity, Occasion, Schedule, instant

EARLY = timedelta(hours=3)  # who is up before the time has done it, and is not asked again
DAY = timedelta(days=1)
LATEST_MIN = 24 * 60  # a deadline is a day after its time, at most


@dataclass(frozen=True, slots=True)
class Span:
    """`since` counts, `until` does not."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def may_hold(self, after: datetime | None, before: datetime | None) -> bool:
        """Something of which only these bounds are known; None: not even that."""
        return (before is None or before >= self.since) and (after is None or after < self.until)


def span_of(schedule: Schedule, occasion: Occasion, zone: ZoneInfo) -> Span:
    days = (occasion.day - DAY, occasion.day, occasion.day + DAY)
    others = [one.at for day in days for one in schedule.on(day) if one.task == occasion.task]
    before = [_between(at, occasion.at) for at in others if at < occasion.at]
    after = [_between(occasion.at, at) for at in others if at > occasion.at]
    ends = [
        deadline_of(schedule.activity(occasion.task), occasion, zone),
        end_of_day(occasion, zone),
    ]
    return Span(max([occasion.at - EARLY, *before]), min([max(ends), *after]))


def deadline_of(activity: Activity | None, occasion: Occasion, zone: ZoneInfo) -> datetime:
    """From when on it was missed, unless it is done: what the nurse has set, else a whole day."""
    minutes = activity.number(DEADLINE) if activity else None
    if minutes is None:
        return end_of_day(occasion, zone)
    return occasion.at + timedelta(minutes=min(minutes, LATEST_MIN))


def end_of_day(occasion: Occasion, zone: ZoneInfo) -> datetime:
    return instant(occasion.day + DAY, time(), zone)


def counts(kept: Kept) -> bool:
    """The patient's own, with a number in it; control solutions are about the meter."""
    measurement = kept.measurement
    if kept.disowned or Status.CONTROL_SOLUTION in measurement.status:
        return False
    return any(value.number is not None for value in measurement.values.values())


def taken_at(kept: Kept, local: ZoneInfo) -> datetime | None:
    """When the reading was taken, by the clock that is to be believed; None = nobody knows."""
    measurement, reception = kept.measurement, kept.reception
    offset = reception.clock_offset_s
    known = quality(
        measurement.device_time,
        faulty=Status.TIME_FAULT in measurement.status,
        offset=None if offset is None else timedelta(seconds=offset),
        received=reception.received,
        live=reception.live,
        local=lambda moment: moment.astimezone(local).replace(tzinfo=None),
    )
    stamp = measurement.device_time
    match known:
        case TimeQuality.DEVICE_CORRECTED if stamp is not None:
            return stamp.replace(tzinfo=local) + timedelta(seconds=offset or 0)
        case TimeQuality.DEVICE if stamp is not None:
            return stamp.replace(tzinfo=local)
        case TimeQuality.UNKNOWN:
            return None
        case _:
            return reception.received.wall


def is_asked(canonical: str, asked: str) -> bool:
    """A plan names a questionnaire with its version or without."""
    return asked in (canonical, canonical.partition("|")[0])


def _between(first: datetime, second: datetime) -> datetime:
    return second - min(EARLY, (second - first) / 2)
