"""When the service that follows the patient answers, by the plan; and whether it does so now.

Pure but for the words. Nobody is promised an answer: what is said is what the plan says, and
whether it is closed now only while the hub knows what time it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import groupby
from zoneinfo import ZoneInfo

from hub.clock import Moment
from hub.schedule import instant
from hub.web.language import gettext, time_of_day, weekday, weekday_and_date, zone
from hub.web.plan import Plan
from hub.web.service import MIDNIGHT, Service, Span

AHEAD = 62  # days: what opens later than that is not worth a date
DAY, NO_TIME = timedelta(days=1), timedelta(0)
BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
END = datetime(9999, 12, 30, tzinfo=UTC)

Interval = tuple[datetime, datetime]
Week = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """
    week       Monday to Sunday; empty where the plan says nothing of it
    is_open    None: the plan does not say, or nobody knows what time it is
    closes_at  while it is open, unless it never closes
    opens_at   while it is closed, where that is known
    """

    name: str
    phone: str
    week: Week = ()
    is_open: bool | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


def hours(plan: Plan | None, moment: Moment, local: ZoneInfo) -> Opening | None:
    """None where the plan names no service."""
    service = plan.contact if plan else None
    if service is None:
        return None
    week = tuple(service.week())
    known = Opening(service.name, service.phone, week if any(week) else ())
    closures = _closures(service, local)
    if not known.week or closures is None or not moment.trusted:
        return known
    now, horizon = moment.wall, moment.wall + AHEAD * DAY
    ahead = [one for one in _open(week, closures, now, local) if one[1] > now]
    start, end = ahead[0] if ahead else (END, END)
    return replace(
        known,
        is_open=start <= now,
        closes_at=end if start <= now and end < horizon else None,
        opens_at=start if now < start < END else None,
    )


def _open(
    week: Week, closures: Iterable[Interval], now: datetime, local: ZoneInfo
) -> list[Interval]:
    """From yesterday on: what follows on each other is one, what is not available is left out."""
    found = _joined(sorted(_planned(week, now, local)))
    for closure in closures:
        found = list(_without(found, closure))
    return found


def _planned(week: Week, now: datetime, local: ZoneInfo) -> Iterator[Interval]:
    today = now.astimezone(local).date()
    for ahead in range(-1, AHEAD + 2):
        day = today + ahead * DAY
        for start, end in week[day.weekday()]:
            last = day if end > start else day + DAY
            yield instant(day, start, local), instant(last, end, local)


def _joined(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end in intervals:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _without(intervals: Iterable[Interval], closed: Interval) -> Iterator[Interval]:
    for start, end in intervals:
        before, after = (start, min(end, closed[0])), (max(start, closed[1]), end)
        yield from (part for part in (before, after) if part[0] < part[1])


def _closures(service: Service, local: ZoneInfo) -> list[Interval] | None:
    """None where one of them cannot be read: then nobody knows whether it is open."""
    during = [closed.during for closed in service.not_available if closed.during is not None]
    try:
        return [
            (_instant(one.start, local) or BEGINNING, _instant(one.end, local, end=True) or END)
            for one in during
        ]
    except (ValueError, OverflowError):
        return None


def _instant(text: str, local: ZoneInfo, end: bool = False) -> datetime | None:
    """A date alone is that whole day. None: it was open before, or stays closed."""
    if not text:
        return None
    if len(text) == len("2026-12-24"):
        return instant(date.fromisoformat(text) + (DAY if end else NO_TIME), MIDNIGHT, local)
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else instant(at.date(), at.time(), local)


def regularly(opening: Opening) -> str:
    """ "The centre answers Monday–Friday 08:00–15:30."; empty where the plan does not say."""
    if not opening.week:
        return ""
    text = gettext("%(service)s svarer %(times)s.")
    return text % {"service": named(opening), "times": ", ".join(_week(opening.week))}


def named(opening: Opening) -> str:
    return opening.name or gettext("Oppfølgingssenteret")


def at_this_time(opening: Opening, moment: Moment) -> str:
    """Open until, or closed until; empty where nobody knows."""
    if opening.is_open is None:
        return ""
    if opening.is_open:
        return _open_until(opening.closes_at, moment)
    closed = gettext("Stengt nå.")
    return f"{closed} {_opens(opening.opens_at, moment)}".rstrip()


def _open_until(closes_at: datetime | None, moment: Moment) -> str:
    today = moment.wall.astimezone(zone()).date()
    if closes_at is None or closes_at.astimezone(zone()).date() != today:
        return gettext("Åpent nå.")
    return gettext("Åpent nå, til kl. %(time)s.") % {"time": time_of_day(closes_at)}


def _opens(at: datetime | None, moment: Moment) -> str:
    if at is None:
        return ""
    day, today = at.astimezone(zone()).date(), moment.wall.astimezone(zone()).date()
    time = time_of_day(at)
    if day == today:
        return gettext("Åpner i dag kl. %(time)s.") % {"time": time}
    on = weekday(day.weekday()) if day - today < timedelta(days=7) else weekday_and_date(day)
    return gettext("Åpner %(day)s kl. %(time)s.") % {"day": on, "time": time}


def _week(week: Week) -> Iterator[str]:
    """Days in a row that are alike are one: "Monday–Friday 08:00–15:30"."""
    for spans, days in groupby(range(len(week)), key=lambda day: week[day]):
        if spans:
            yield f"{_days(list(days), whole=len(week))} {_spans(spans)}"


def _days(days: list[int], whole: int) -> str:
    if len(days) == whole:
        return gettext("hver dag")
    return "–".join(dict.fromkeys(weekday(day) for day in (days[0], days[-1])))


def _spans(spans: tuple[Span, ...]) -> str:
    if any(start == end for start, end in spans):
        return gettext("hele døgnet")
    return reduce(_and, (f"{start:%H:%M}–{end:%H:%M}" for start, end in spans))


def _and(one: str, other: str) -> str:
    return gettext("%(one)s og %(other)s") % {"one": one, "other": other}
