"""What a nurse's screen would show of a bundle: labels, values, and how late it came.

Only what the bundle says, in its own words; nothing is judged.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from hub.demo.central_store import Arrival

LATE_AFTER = timedelta(seconds=10)
MDC = "urn:iso:std:iso:11073:10101"

LABELS = {
    "150020": "Blood pressure",
    "150021": "systolic",
    "150022": "diastolic",
    "150023": "mean",
    "149546": "Pulse",
    "149530": "Pulse (oximeter)",
    "150456": "Oxygen saturation",
    "188736": "Weight",
    "188752": "Body mass index",
    "160184": "Glucose",
    "188428": "Temperature (ear)",
    "150364": "Temperature",
    "67996": "Battery",
}
UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "[lb_av]": "lb", "[degF]": "°F"}
NOT_SHOWN = {"67975"}  # the comparison of two clocks
NOT_TAKEN = {"67996"}  # the battery is read at the connection, whenever that is


class _Coding(Struct, frozen=True, rename="camel"):
    system: str = ""
    code: str = ""
    display: str = ""


class _Concept(Struct, frozen=True, rename="camel"):
    coding: tuple[_Coding, ...] = ()
    text: str = ""

    @property
    def code(self) -> str:
        """The MDC code, as the guide demands it first."""
        return next((it.code for it in self.coding if it.system == MDC), "")

    @property
    def label(self) -> str:
        first = self.coding[0] if self.coding else _Coding()
        return LABELS.get(self.code) or self.text or first.display or first.code


class _Quantity(Struct, frozen=True):
    value: Decimal | None = None
    unit: str = ""

    @property
    def shown_unit(self) -> str:
        return UNITS.get(self.unit, self.unit)


class _Component(Struct, frozen=True, rename="camel"):
    code: _Concept = _Concept()
    value_quantity: _Quantity | None = None


class _Period(Struct, frozen=True):
    start: datetime | None = None
    end: datetime | None = None


class _Answered(Struct, frozen=True, rename="camel"):
    text: str = ""
    answer: tuple[dict[str, Any], ...] = ()
    item: tuple["_Answered", ...] = ()


class _Reference(Struct, frozen=True):
    type: str = ""
    display: str = ""


class _Resource(Struct, frozen=True, rename="camel"):
    resource_type: str
    code: _Concept = _Concept()
    value_quantity: _Quantity | None = None
    component: tuple[_Component, ...] = ()
    effective_date_time: datetime | None = None
    effective_period: _Period | None = None
    authored: datetime | None = None
    identified_date_time: datetime | None = None
    status: str = ""
    source: _Reference = _Reference()
    detail: str = ""
    item: tuple[_Answered, ...] = ()


class _Entry(Struct, frozen=True):
    resource: _Resource


class _Bundle(Struct, frozen=True):
    entry: list[_Entry]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the bundle says. `numbers`: MDC code → value; `is_minor`: about the device."""

    label: str
    text: str
    numbers: dict[str, Decimal]
    taken_at: datetime | None

    @property
    def is_minor(self) -> bool:
        return not NOT_TAKEN.isdisjoint(self.numbers)


@dataclass(frozen=True, slots=True)
class View:
    """`late_by`: from the moment of the oldest reading to its arrival, where that is long."""

    arrival: Arrival
    lines: list[Line]
    taken_at: datetime | None
    late_by: timedelta | None


def view(arrival: Arrival) -> View:
    resources = _resources(arrival)
    lines = [line for resource in resources if (line := _line(resource)) is not None]
    times = [line.taken_at for line in lines if line.taken_at and not line.is_minor]
    taken_at = min(times, default=None)
    delay = arrival.received_at - taken_at if taken_at else timedelta()
    return View(arrival, lines, taken_at, delay if delay > LATE_AFTER else None)


def duration(time: timedelta) -> str:
    """In the largest unit that it fills: 45 s, 12 min, 3 h, 2 days."""
    seconds = int(time.total_seconds())
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def numbers(arrival: Arrival) -> dict[str, Decimal]:
    """Every number of the bundle by MDC code."""
    found: dict[str, Decimal] = {}
    for line in view(arrival).lines:
        found |= line.numbers
    return found


def _resources(arrival: Arrival) -> list[_Resource]:
    if arrival.kind == "alert":
        return [msgspec.json.decode(arrival.body, type=_Resource)]
    bundle = msgspec.json.decode(arrival.body, type=_Bundle)
    return [entry.resource for entry in bundle.entry]


def _line(resource: _Resource) -> Line | None:
    match resource.resource_type:
        case "Observation":
            return _observation(resource)
        case "QuestionnaireResponse":
            text = " · ".join([*_answers(resource.item), *_answered_by(resource.source)])
            withdrawn = resource.status == "entered-in-error"
            label = "Check-in, withdrawn by the patient" if withdrawn else "Check-in"
            return Line(label, text, {}, _aware(resource.authored))
        case "DetectedIssue":
            text = f"{resource.code.label} ({resource.status}) {resource.detail}".strip()
            return Line("Alert", text, {}, _aware(resource.identified_date_time))
        case _:
            return None


def _observation(resource: _Resource) -> Line | None:
    own = _Component(resource.code, resource.value_quantity)
    found = [
        (part.code, part.value_quantity)
        for part in (own, *resource.component)
        if part.value_quantity is not None and part.value_quantity.value is not None
    ]
    if not found or resource.code.code in NOT_SHOWN:
        return None
    numbers = {code.code: quantity.value for code, quantity in found if quantity.value is not None}
    text = _together([("" if it is resource.code else it.label, value) for it, value in found])
    period = resource.effective_period or _Period()
    taken_at = resource.effective_date_time or period.end or period.start
    return Line(resource.code.label, text, numbers, _aware(taken_at))


def _together(values: list[tuple[str, _Quantity]]) -> str:
    """A unit that all of them have is said once."""
    units = {value.shown_unit for _, value in values}
    if len(units) == 1:
        numbers = ", ".join(f"{label} {value.value}".strip() for label, value in values)
        return f"{numbers} {units.pop()}".strip()
    return ", ".join(f"{label} {value.value} {value.shown_unit}".strip() for label, value in values)


def _answers(items: tuple[_Answered, ...]) -> list[str]:
    said: list[str] = []
    for item in items:
        values = [str(_plain(value)) for answer in item.answer for value in answer.values()]
        if values:
            said.append(f"{item.text} {', '.join(values)}".strip())
        said += _answers(item.item)
    return said


def _answered_by(source: _Reference) -> list[str]:
    """Of somebody else than the patient."""
    return [f"answered by: {source.display}"] if source.display else []


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.get("display", value.get("code")) if isinstance(value, dict) else value


def _aware(when: datetime | None) -> datetime | None:
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)
