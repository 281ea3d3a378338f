"""The numbers that the plan aims at: the green interval of an ObservationDefinition.

A band is drawn behind the readings and compared with nothing. Where the plan is not clear (two
green intervals of one quantity, a low above its high, no unit) there is none.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from drivers.measurement import Kind, Quantity, Unit
from hub.schedule import ZONE, Coding, Concept

GREEN = Coding(ZONE.replace("StructureDefinition", "CodeSystem"), "green")
UCUM = "http://unitsofmeasure.org"
MDC = "urn:iso:std:iso:11073:10101"

Drawn = tuple[Kind, Quantity]

BLOOD_SUGAR = (Kind.GLUCOSE, Quantity.GLUCOSE)
DRAWN: dict[str, Drawn] = {
    "150021": (Kind.BLOOD_PRESSURE, Quantity.SYSTOLIC),
    "150022": (Kind.BLOOD_PRESSURE, Quantity.DIASTOLIC),
    "188736": (Kind.BODY_WEIGHT, Quantity.BODY_WEIGHT),
    "150364": (Kind.BODY_TEMPERATURE, Quantity.BODY_TEMPERATURE),
    "150456": (Kind.PULSE_OXIMETRY, Quantity.OXYGEN_SATURATION),
    "160184": BLOOD_SUGAR,
    "160364": BLOOD_SUGAR,
    "160212": (Kind.CONTINUOUS_GLUCOSE, Quantity.GLUCOSE),
    "147842": (Kind.HEART_RATE, Quantity.HEART_RATE),
    "188748": (Kind.BODY_COMPOSITION, Quantity.BODY_FAT),
    "152584": (Kind.SPIROMETRY, Quantity.PEF),
    "152586": (Kind.SPIROMETRY, Quantity.FEV1),
}
"""What a code is about, of what the pages draw."""


@dataclass(frozen=True, slots=True)
class Band:
    """At least one end is there."""

    low: Decimal | None
    high: Decimal | None
    unit: Unit


class End(Struct, frozen=True):
    value: Decimal | None = None
    system: str = ""
    code: str = ""


class Range(Struct, frozen=True):
    low: End = End()
    high: End = End()


class Interval(Struct, frozen=True):
    context: Concept = Concept()
    range: Range = Range()


class Details(Struct, frozen=True):
    unit: Concept = Concept()


class ObservationDefinition(Struct, frozen=True, rename="camel"):
    code: Concept = Concept()
    quantitative_details: Details = Details()
    qualified_interval: list[Interval] = []


def bands(plan: dict[str, Any] | None) -> dict[Drawn, Band]:
    """What the plan states clearly; what is not readable is left out."""
    found: dict[Drawn, set[Band | None]] = {}
    try:
        definitions = _definitions(plan)
    except (KeyError, TypeError, AttributeError):
        return {}
    for definition in definitions:
        codes = (one.code for one in definition.code.coding if one.system == MDC)
        drawn = next((DRAWN[code] for code in codes if code in DRAWN), None)
        green = [one for one in definition.qualified_interval if GREEN in one.context.coding]
        if drawn and green:
            found.setdefault(drawn, set()).update(_band(one, definition) for one in green)
    clear = {drawn: next(iter(said)) for drawn, said in found.items() if len(said) == 1}
    return {drawn: band for drawn, band in clear.items() if band is not None}


def _definitions(plan: dict[str, Any] | None) -> list[ObservationDefinition]:
    found = []
    for entry in (plan or {}).get("entry", []):
        if entry["resource"]["resourceType"] != "ObservationDefinition":
            continue
        try:
            found.append(msgspec.convert(entry["resource"], ObservationDefinition))
        except msgspec.ValidationError:
            continue  # this one only; the rest of the plan stands
    return found


def _band(interval: Interval, definition: ObservationDefinition) -> Band | None:
    low, high = interval.range.low.value, interval.range.high.value
    ends = [end for end in (interval.range.low, interval.range.high) if end.value is not None]
    units = {end.code for end in ends if end.code}
    units = units or {one.code for one in definition.quantitative_details.unit.coding}
    if not ends or len(units) != 1 or not units <= set(Unit):
        return None
    if any(end.system not in ("", UCUM) for end in ends):
        return None
    if any(not end.value.is_finite() for end in ends if end.value is not None):
        return None
    if low is not None and high is not None and low > high:
        return None
    return Band(low, high, Unit(units.pop()))
