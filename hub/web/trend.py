"""The course of readings as inline SVG: dots, lines between neighbouring days, and nothing judged.

No script, no hover. A gap of a day or more stays open. A dot whose time nobody knows is hollow, one
of a value beyond what the device can tell has a tip. Where the plan states what it aims at, that is
a hatched band with its words in it. The same numbers stand in a table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from markupsafe import Markup, escape

from hub.web.language import gettext, number, short_date
from hub.web.targets import Band

WIDTH, HEIGHT = 584, 178
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 14, 36
RADIUS = 6
SMALL_RADIUS = 3
MANY = 100  # from here on large dots would hide each other
TIP = 9
LEGEND = 18  # what the plan aims at is told above the drawing
HATCHES = ("M-3 3 3-3M0 12 12 0M9 15l6-6", "M-3 9l6 6M0 0l12 12M9-3l6 6")
INTERVALS = 3
ONE_DAY = ("00", "12", "24")
STEPS = [
    Decimal(text) for text in ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100", "200")
]


@dataclass(frozen=True, slots=True)
class Point:
    """`beyond`: the true value is above (1) or below (-1) this one."""

    at: datetime
    value: Decimal
    time_known: bool
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """`band`: what the plan aims at, in the unit of the points."""

    name: str
    points: tuple[Point, ...]
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """From days and numbers to the drawing's units."""

    first: date
    days: int
    low: Decimal
    high: Decimal
    top: int = TOP

    def x(self, at: datetime) -> float:
        midnight = datetime.combine(self.first, datetime.min.time(), at.tzinfo)
        share = (at - midnight) / timedelta(days=self.days)
        return round(LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.high - self.low))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - self.top - BOTTOM), 1)


def draw(lines: Sequence[Line], today: date, days: int, title: str, unit: str = "") -> Markup:
    """The drawing of the last `days` days, today included; empty when there is nothing to draw."""
    values = [point.value for line in lines for point in line.points]
    if not values:
        return Markup("")
    aims = [end for line in lines for end in ends_of(line.band)]
    ticks = scale(min(values + aims), max(values + aims))
    top = TOP + LEGEND if aims else TOP
    frame = Frame(today - timedelta(days=days - 1), days, ticks[0], ticks[-1], top)
    words = (
        gettext("%(title)s i dag") if days == 1 else gettext("%(title)s de siste %(days)s dagene")
    )
    titled = escape(words % {"title": title, "days": days})
    described = escape(" ".join(told(line, unit) for line in lines))
    parts = [*bands(frame, lines, unit), *grid(frame, ticks, today)]
    for place, line in enumerate(lines):
        parts += [*strokes(frame, line), *dots(frame, line, square=place > 0)]
    return Markup(  # noqa: S704 - built of numbers and of texts that are escaped here
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{titled}" aria-describedby="trend-told"><title>{titled}</title>'
        f'<desc id="trend-told">{described}</desc>'
        f"{''.join(parts)}</svg>"
    )


def told(line: Line, unit: str) -> str:
    """What is drawn of it, for who does not see it."""
    if not line.points:
        return ""
    values = [point.value for point in line.points]
    words = gettext("%(name)s: %(count)s målinger, fra %(low)s til %(high)s %(unit)s.")
    if len(values) == 1:
        words = gettext("%(name)s: én måling, %(low)s %(unit)s.")
    text = words % {
        "name": line.name,
        "count": len(values),
        "low": number(min(values)),
        "high": number(max(values)),
        "unit": unit,
    }
    return f"{text} {aim(line.band, unit)}." if line.band else text


def aim(of: Band, unit: str) -> str:
    return gettext("Mål i planen: %(span)s") % {"span": span(of, unit)}


def span(of: Band, unit: str) -> str:
    low, high = (number(end or Decimal(0)) for end in (of.low, of.high))
    if of.high is None:
        return gettext("%(number)s eller mer") % {"number": f"{low} {unit}".strip()}
    if of.low is None:
        return gettext("%(number)s eller mindre") % {"number": f"{high} {unit}".strip()}
    return gettext("%(low)s til %(high)s") % {"low": low, "high": f"{high} {unit}".strip()}


def ends_of(of: Band | None) -> list[Decimal]:
    return [end for end in (of.low, of.high) if end is not None] if of else []


def bands(frame: Frame, lines: Sequence[Line], unit: str) -> Iterator[str]:
    """What the plan aims at: hatched, with an edge where it ends, and told above the drawing."""
    for place, line in enumerate(lines):
        if line.band is None:
            continue
        top = frame.top if line.band.high is None else frame.y(line.band.high)
        bottom = HEIGHT - BOTTOM if line.band.low is None else frame.y(line.band.low)
        yield (
            f'<pattern id="aim-{place}" width="12" height="12" patternUnits="userSpaceOnUse">'
            f'<path class="hatch" d="{HATCHES[place % 2]}"/></pattern>'
        )
        yield _hatched(place, LEFT, top, WIDTH - LEFT - RIGHT, bottom - top)
        for end in ends_of(line.band):
            y = frame.y(end)
            yield f'<line class="edge" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        alone = len(lines) == 1
        x = LEFT + place * (WIDTH - LEFT - RIGHT) // 2
        words = aim(line.band, unit)
        if not alone:
            words = gettext("Mål: %(span)s") % {"span": span(line.band, "")}
        yield _hatched(place, x, 2, 28, 18) + f'<path class="swatch" d="M{x} 2h28v18h-28z"/>'
        if not alone:
            yield dot(x + 44, 11, RADIUS, "dot", square=place > 0)
        yield f'<text x="{x + (36 if alone else 52)}" y="18">{escape(words)}</text>'


def _hatched(place: int, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="band" fill="url(#aim-{place})" x="{x}" y="{y}" '
        f'width="{width}" height="{round(height, 1)}"/>'
    )


def scale(low: Decimal, high: Decimal) -> list[Decimal]:
    """Round numbers around the values, in equal steps."""
    for step in STEPS:
        first = (low / step).to_integral_value(ROUND_FLOOR) * step
        last = (high / step).to_integral_value(ROUND_CEILING) * step
        if last == first:
            first, last = first - step, last + step
        if last - first <= step * INTERVALS:
            return [first + step * i for i in range(int((last - first) / step) + 1)]
    return [low, high]


def grid(frame: Frame, ticks: Sequence[Decimal], today: date) -> Iterator[str]:
    for tick in ticks:
        y = frame.y(tick)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        yield f'<text x="{LEFT - 10}" y="{y + 7}" text-anchor="end">{escape(number(tick))}</text>'
    places = ((LEFT, "start"), ((LEFT + WIDTH - RIGHT) / 2, "middle"), (WIDTH - RIGHT, "end"))
    for (x, anchor), words in zip(places, _when(frame, today), strict=True):
        place = f'x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}"'
        yield f"<text {place}>{escape(words)}</text>"


def _when(frame: Frame, today: date) -> tuple[str, str, str]:
    """What stands below the beginning, the middle and the end."""
    if frame.days == 1:
        return ONE_DAY
    middle = frame.first + timedelta(days=frame.days // 2)
    return short_date(frame.first), short_date(middle), short_date(today)


def strokes(frame: Frame, line: Line) -> Iterator[str]:
    known = [point for point in line.points if point.time_known]
    kind = "course" if len(line.points) < MANY else "course fine"
    for a, b in pairwise(known):
        if (b.at.date() - a.at.date()).days <= 1:
            yield (
                f'<line class="{kind}" x1="{frame.x(a.at)}" y1="{frame.y(a.value)}" '
                f'x2="{frame.x(b.at)}" y2="{frame.y(b.value)}"/>'
            )


def dots(frame: Frame, line: Line, *, square: bool) -> Iterator[str]:
    radius = RADIUS if len(line.points) < MANY else SMALL_RADIUS
    for point in line.points:
        x, y = frame.x(point.at), frame.y(point.value)
        yield dot(x, y, radius, "dot" if point.time_known else "dot hollow", square=square)
        if point.beyond:
            away = -point.beyond
            start = f"{round(x - 5, 1)} {round(y + away * TIP, 1)}"
            yield f'<path class="beyond" d="M{start}l5 {away * 5} 5 {-away * 5}"/>'


def dot(x: float, y: float, radius: int, kind: str, *, square: bool) -> str:
    if not square:
        return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"/>'
    corner = f'x="{round(x - radius, 1)}" y="{round(y - radius, 1)}"'
    return f'<rect class="{kind}" {corner} width="{2 * radius}" height="{2 * radius}"/>'
