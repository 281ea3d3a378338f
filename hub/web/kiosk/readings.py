"""My readings: the latest of each kind, then its course as a drawing, a sentence and a table."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from flask import Blueprint, abort, render_template

from drivers.measurement import Comparator, Kind, Quantity, Unit, Value
from hub.web import hiding, targets, trend, wording
from hub.web.books import Reading
from hub.web.language import gettext, ngettext, number, zone
from hub.web.parts import books, now
from hub.web.showing import is_shown, show, taken_at, when_taken
from hub.web.trend import Line, Point

pages = Blueprint("readings", __name__)

PERIODS = (7, 30, 90)
DENSE = {Kind.CONTINUOUS_GLUCOSE, Kind.HEART_RATE}
DENSE_PERIODS = (1, 3, 7)  # every five minutes is 2,016 in a week
ROWS = 3
CARDS = 6
MOST = 2500
BEYOND = {None: 0, Comparator.LESS: -1, Comparator.GREATER: 1}
LOOKED_AT = 20


@pages.get("/readings")
@pages.get("/readings/page/<int:page>")
def latest(page: int = 0) -> str:
    wall = now().wall
    newest = [found for kind in wording.LARGE if (found := newest_of(kind, wall)) is not None]
    cards = [show(reading, wall) for reading in newest[page * CARDS : (page + 1) * CARDS]]
    more = len(newest) > (page + 1) * CARDS
    return render_template(
        "kiosk/readings.html", cards=cards, page=page, more=more, usual_days=usual_days
    )


def periods(kind: Kind) -> tuple[int, ...]:
    return DENSE_PERIODS if kind in DENSE else PERIODS


def usual_days(kind: str) -> int:
    return periods(Kind(kind))[1]


def newest_of(kind: Kind, wall: datetime) -> Reading | None:
    """Looked for by kind: a sensor's many readings must not hide a weight of last week."""
    since = wall - timedelta(days=PERIODS[-1])
    found = books().ledger.readings(LOOKED_AT, since=since, kind=kind)
    return max(filter(is_mine, found), key=when_taken, default=None)


def is_mine(reading: Reading) -> bool:
    return is_shown(reading.kept.measurement) and not reading.kept.disowned


@pages.get("/readings/<kind>/<int:days>")
def course(kind: str, days: int) -> str:
    since = beginning(days)
    found = [one for one in of_kind(kind, days) if when_taken(one) >= since]
    title = wording.title(found[0].kept.measurement) if found else wording.kind(Kind(kind))
    hidden = hiding.hides(Kind(kind))
    names = () if hidden else large_in(found)
    unit = newest_unit(found, names)
    lines = lines_of(found, names, unit)
    today = now().wall.astimezone(zone()).date()
    shown_unit = wording.unit(unit) if unit else ""
    return render_template(
        "kiosk/course.html",
        kind=kind,
        title=title,
        names=[line.name for line in lines],
        unit=shown_unit,
        days=days,
        periods=[
            (period, ngettext("%(days)s dag", "%(days)s dager", period) % {"days": period})
            for period in periods(Kind(kind))
        ],
        sentence=sentence_of_hidden(found) if hidden else sentence(found, title, lines),
        hollow=is_hollow(lines),
        drawing=trend.draw(lines, today, days, title, shown_unit),
    )


def lines_of(
    found: Sequence[Reading], names: tuple[Quantity, ...], unit: Unit | None
) -> tuple[Line, ...]:
    """With what the plan aims at, where it says so in the unit that is drawn."""
    aims = targets.bands(books().documents.get("plan"))
    lines = []
    for name in names:
        band = aims.get((found[0].kept.measurement.kind, name))
        fits = band is not None and band.unit is unit
        drawn = points(found, name, unit)
        lines.append(Line(wording.quantity(name), drawn, band if fits else None))
    return tuple(lines)


@pages.get("/readings/<kind>/table")
@pages.get("/readings/<kind>/table/<int:page>")
def table(kind: str, page: int = 0) -> str:
    wall = now().wall
    found = of_kind(kind, periods(shown_kind(kind))[-1])
    rows = [show(reading, wall) for reading in found[page * ROWS : (page + 1) * ROWS]]
    more = len(found) > (page + 1) * ROWS
    title = wording.kind(Kind(kind))
    return render_template(
        "kiosk/table.html",
        kind=kind,
        title=title,
        rows=rows,
        page=page,
        more=more,
        days=usual_days(kind),
    )


def of_kind(kind: str, days: int) -> list[Reading]:
    """Newest first; not those that belong to somebody else."""
    known = shown_kind(kind)
    if days not in periods(known):
        abort(404)
    found = books().ledger.readings(MOST, since=beginning(days), kind=known)
    return sorted(filter(is_mine, found), key=when_taken, reverse=True)


def shown_kind(kind: str) -> Kind:
    if kind not in set(Kind) or Kind(kind) not in wording.LARGE:
        abort(404)
    return Kind(kind)


def beginning(days: int) -> datetime:
    """The midnight that the drawing begins with: there is no room before it."""
    first = now().wall.astimezone(zone()).date() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, zone())


def large_in(found: Sequence[Reading]) -> tuple[Quantity, ...]:
    """One drawing is of one thing: what the newest reading shows large."""
    return wording.large(found[0].kept.measurement) if found else ()


def newest_unit(found: Sequence[Reading], names: tuple[Quantity, ...]) -> Unit | None:
    """One drawing has one unit: that of the newest reading."""
    for reading in found:
        for name in names:
            if (value := reading.kept.measurement.values.get(name)) is not None:
                return value.unit
    return None


def points(found: Sequence[Reading], name: Quantity, unit: Unit | None) -> tuple[Point, ...]:
    """Oldest first. A reading whose time nobody knows stands where it was received."""
    built = []
    for reading in found:
        value = reading.kept.measurement.values.get(name)
        if value is None or value.number is None or value.unit is not unit:
            continue
        taken = taken_at(reading.kept, zone())
        at = (taken or reading.kept.reception.received.wall).astimezone(zone())
        beyond = BEYOND[value.comparator]
        built.append(Point(at, value.number, time_known=taken is not None, beyond=beyond))
    return tuple(sorted(built, key=lambda point: point.at))


def sentence_of_hidden(found: Sequence[Reading]) -> str:
    if not found:
        return gettext("Ingen målinger i denne tiden.")
    words = ngettext("%(number)s måling.", "%(number)s målinger.", len(found))
    return words % {"number": len(found)} + " " + gettext("Sykepleieren får tallene.")


def sentence(found: Sequence[Reading], title: str, lines: Sequence[Line]) -> str:
    """What the newest is, and how it differs from a week before; not what that means."""
    names = large_in(found)
    numbers = [(one, value) for one in found if (value := exact(one, names[0])) is not None]
    if not numbers:
        return gettext("Ingen målinger i denne tiden.")
    known = [(r, v) for r, v in numbers if taken_at(r.kept, zone()) is not None] or numbers
    newest, value = known[0]
    text = gettext("%(title)s nå: %(number)s %(unit)s.") % {
        "title": title,
        "number": show(newest, now().wall).large,
        "unit": wording.unit(value.unit),
    }
    if len(found) >= MOST:
        return text + " " + gettext("Bare de siste %(number)s vises.") % {"number": MOST}
    if len({other.unit for _, other in numbers}) > 1:
        return text + " " + gettext("Andre enheter står i tabellen.")
    if len(names) > 1 and is_hollow(lines):
        return text + " " + gettext("Hul prikk: tiden er ukjent.")
    if len(names) > 1 or found[0].kept.measurement.kind in DENSE:
        return text
    before = a_week_before(known)
    return text if before is None else f"{text} {difference(value, before)}"


def is_hollow(lines: Sequence[Line]) -> bool:
    """Whether the time of any is unknown."""
    return any(not point.time_known for line in lines for point in line.points)


def exact(reading: Reading, name: Quantity) -> Value | None:
    value = reading.kept.measurement.values.get(name)
    if value is None or value.number is None or value.comparator is not None:
        return None
    return value


def a_week_before(known: list[tuple[Reading, Value]]) -> Value | None:
    """The reading nearest to seven days before the newest, within a day and a half of it."""
    newest, value = known[0]
    wanted = when_taken(newest) - timedelta(days=7)
    apart = [
        (abs(when_taken(reading) - wanted), other)
        for reading, other in known[1:]
        if other.unit == value.unit
    ]
    near = [pair for pair in apart if pair[0] <= timedelta(hours=36)]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def difference(value: Value, before: Value) -> str:
    apart = (value.number or Decimal(0)) - (before.number or Decimal(0))
    words = {"number": number(abs(apart)), "unit": wording.unit(value.unit)}
    if apart > 0:
        return gettext("Det er %(number)s %(unit)s mer enn for en uke siden.") % words
    if apart < 0:
        return gettext("Det er %(number)s %(unit)s mindre enn for en uke siden.") % words
    return gettext("Det er det samme som for en uke siden.")
