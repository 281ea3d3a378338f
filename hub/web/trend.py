"""The course of readings as inline SVG: dots, lines between neighbouring days, and nothing judged.

No script, no hover. A gap of a day or more stays open. A dot whose time nobody knows is hollow.
The same numbers stand in a table, so the drawing is described by its title only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from markupsafe import Markup, escape

from hub.web.language import gettext, number, short_date

WIDTH, HEIGHT = 584, 178
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 14, 36
RADIUS = 6
SMALL_RADIUS = 3
MANY = 100  # from here on large dots would hide each other
INTERVALS = 3
ONE_DAY = ("00", "12", "24")
STEPS = [
    Decimal(text) for text in ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100", "200")
]


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    value: Decimal
    time_known: bool


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """From days and numbers to the drawing's units."""

    first: date
    days: int
    low: Decimal
    high: Decimal

    def x(self, at: datetime) -> float:
        midnight = datetime.combine(self.first, datetime.min.time(), at.tzinfo)
        share = (at - midnight) / timedelta(days=self.days)
        return round(LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.high - self.low))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def draw(lines: Sequence[Line], today: date, days: int, title: str) -> Markup:
    """The drawing of the last `days` days, today included; empty when there is nothing to draw."""
    values = [point.value for line in lines for point in line.points]
    if not values:
        return Markup("")
    ticks = scale(min(values), max(values))
    frame = Frame(today - timedelta(days=days - 1), days, ticks[0], ticks[-1])
    words = gettext("%(title)s de siste %(days)s dagene")
    described = (gettext("%(title)s i dag") if days == 1 else words) % {
        "title": title,
        "days": days,
    }
    parts = [*grid(frame, ticks, today)]
    for place, line in enumerate(lines):
        parts += [*strokes(frame, line), *dots(frame, line, square=place > 0)]
    return Markup(  # noqa: S704 - built of numbers and of texts that are escaped here
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(described)}"><title>{escape(described)}</title>'
        f"{''.join(parts)}</svg>"
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
    for a, b in pairwise(known):
        if (b.at.date() - a.at.date()).days <= 1:
            yield (
                f'<line class="course" x1="{frame.x(a.at)}" y1="{frame.y(a.value)}" '
                f'x2="{frame.x(b.at)}" y2="{frame.y(b.value)}"/>'
            )


def dots(frame: Frame, line: Line, *, square: bool) -> Iterator[str]:
    radius = RADIUS if len(line.points) < MANY else SMALL_RADIUS
    for point in line.points:
        kind = "dot" if point.time_known else "dot hollow"
        x, y = frame.x(point.at), frame.y(point.value)
        if square:
            corner = f'x="{round(x - radius, 1)}" y="{round(y - radius, 1)}"'
            yield f'<rect class="{kind}" {corner} width="{2 * radius}" height="{2 * radius}"/>'
        else:
            yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"/>'
