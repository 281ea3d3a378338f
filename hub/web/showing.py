"""A reading as the pages show it: numbers, when, from what, and how far it has come.

Nothing here judges a number. Where the plan hides the numbers of a kind, thanks stand for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drivers.measurement import Kind, Measurement, Status
from hub.doing import taken_at as taken_at
from hub.records import Step
from hub.web import hiding, wording
from hub.web.books import Reading
from hub.web.language import gettext, short_when, time_of_day, when, zone


@dataclass(frozen=True, slots=True)
class StepShown:
    """One of the four steps; `at` is None until it is reached."""

    name: str
    word: str
    at: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """`at` is None when nobody knows when the reading was taken; `instant` still orders it.

    hidden  `large` is words of thanks, and no number is in any other member
    """

    id: str
    kind: Kind
    title: str
    large: str
    unit: str
    beside: str | None
    at: str | None
    short_at: str | None
    instant: datetime
    source: str
    steps: tuple[StepShown, ...]
    waits: bool
    disowned: bool
    hidden: bool = False

    @property
    def reached(self) -> StepShown:
        return [step for step in self.steps if step.at is not None][-1]


def is_shown(measurement: Measurement) -> bool:
    """Control solutions are about the meter, not the patient."""
    if Status.CONTROL_SOLUTION in measurement.status:
        return False
    return bool(wording.large(measurement))


def when_taken(reading: Reading) -> datetime:
    """To order by: some meters send their newest record first. When nobody knows, the reception."""
    kept = reading.kept
    return taken_at(kept, zone()) or kept.reception.received.wall


def show(reading: Reading, now: datetime) -> Shown:
    kept = reading.kept
    measurement, received = kept.measurement, kept.reception.received.wall
    taken = taken_at(kept, zone())
    hidden = hiding.hides(measurement.kind)
    large, unit = (gettext("Mottatt. Takk."), "") if hidden else numbers(measurement)
    return Shown(
        id=kept.id,
        kind=measurement.kind,
        title=wording.title(measurement),
        large=large,
        unit=unit,
        beside=None if hidden else wording.beside(measurement),
        at=None if taken is None else when(taken, now),
        short_at=None if taken is None else short_when(taken, now),
        instant=taken or received,
        source=gettext("Mottatt fra %(device)s %(time)s")
        % {"device": wording.device(measurement.kind), "time": time_of_day(received)},
        steps=tuple(
            StepShown(step.value, wording.step(step), short_when(at, now) if at else None)
            for step, at in ((step, reading.steps.get(step)) for step in Step)
        ),
        waits=Step.RECEIVED not in reading.steps,
        disowned=kept.disowned,
        hidden=hidden,
    )


def numbers(measurement: Measurement) -> tuple[str, str]:
    """What is shown large, and its unit."""
    large = [measurement.values.get(name) for name in wording.large(measurement)]
    units = [value.unit for value in large if value is not None]
    return "/".join(map(wording.figure, large)), wording.unit(units[0]) if units else ""


def shown(readings: Sequence[Reading], now: datetime) -> list[Shown]:
    return [show(reading, now) for reading in readings if is_shown(reading.kept.measurement)]
