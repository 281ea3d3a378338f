"""When the plan asks for something: `CarePlan.activity.detail.scheduledTiming` (contract §7).

Understood are `timeOfDay`, `dayOfWeek`, `period` in days or weeks, and `boundsPeriod`. What has no
time of the day (`when` = "before breakfast", a `frequency` alone) is a task of the day without an
instant, so nobody is reminded of it. zoneinfo does the arithmetic: a library for recurrences would
leave both nights on which the clocks change to us.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from drivers.measurement import Kind

MDC = "urn:iso:std:iso:11073:10101"
BLOOD_PRESSURE = (150020, 150021, 150022, 150023, 149546)  # the pulse of a cuff, too
WEIGHT = (188736, 188752)
TEMPERATURE = (150364, 150392, 188420, 188424, 188428, 188432, 188448, 188452, 188456)
OXIMETRY = (150456, 149530)
GLUCOSE = (160184, 160188, 160192, 160196, 160200, 160204, 160364, 160368)
SPIROMETRY = (152584, 152586, 152587, 188928, 188948, 188960)
KINDS = {
    **{str(code): Kind.BLOOD_PRESSURE for code in BLOOD_PRESSURE},
    **{str(code): Kind.BODY_WEIGHT for code in WEIGHT},
    **{str(code): Kind.BODY_TEMPERATURE for code in TEMPERATURE},
    **{str(code): Kind.PULSE_OXIMETRY for code in OXIMETRY},
    **{str(code): Kind.GLUCOSE for code in GLUCOSE},
    **{str(code): Kind.SPIROMETRY for code in SPIROMETRY},
    "160212": Kind.CONTINUOUS_GLUCOSE,
    "188748": Kind.BODY_COMPOSITION,
    "147842": Kind.HEART_RATE,
}
EXTENSIONS = "https://hub.example/fhir/StructureDefinition/"
ZONE = EXTENSIONS + "egenbehandling-sone"
REST = EXTENSIONS + "egenbehandling-hvile"  # seconds of rest before a measurement
READINGS = EXTENSIONS + "egenbehandling-antall"  # how many each time
APART = EXTENSIONS + "egenbehandling-mellom"  # seconds between two of them
DEADLINE = EXTENSIONS + "egenbehandling-frist"  # minutes after its time: then it was missed
HIDDEN = EXTENSIONS + "egenbehandling-skjult"  # its numbers are not shown to the patient
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_IN = {"d": 1, "wk": 7}
A_MONDAY = date(2001, 1, 1)  # where the plan does not say from when every other day counts
ENDED = {"completed", "cancelled", "stopped", "on-hold", "revoked", "entered-in-error"}
MINUTE = timedelta(minutes=1)


class Coding(Struct, frozen=True):
    system: str = ""
    code: str = ""


class Concept(Struct, frozen=True):
    coding: list[Coding] = []
    text: str = ""


class Period(Struct, frozen=True):
    start: str = ""
    end: str = ""

    def holds(self, day: date) -> bool:
        start, end = as_date(self.start), as_date(self.end)
        return (start is None or start <= day) and (end is None or day <= end)


class Repeat(Struct, frozen=True, rename="camel"):
    period: float = 1
    period_unit: str = "d"
    time_of_day: list[str] = []
    day_of_week: list[str] = []
    bounds_period: Period = Period()

    def falls_on(self, day: date, start: date | None) -> bool:
        """`start` of the plan; the activity's own bounds go before it."""
        on_weekday = not self.day_of_week or WEEKDAYS[day.weekday()] in self.day_of_week
        if not (on_weekday and self.bounds_period.holds(day)):
            return False
        start = as_date(self.bounds_period.start) or start or A_MONDAY
        every = max(1, round(self.period))
        if self.day_of_week and self.period_unit == "wk":
            return (_monday(day) - _monday(start)).days // 7 % every == 0
        days = DAYS_IN.get(self.period_unit, 1) * every
        return (day - start).days % days == 0


class Timing(Struct, frozen=True):
    repeat: Repeat = Repeat()


class Detail(Struct, frozen=True, rename="camel"):
    status: str = ""
    description: str = ""
    code: Concept = Concept()
    instantiates_canonical: list[str] = []
    scheduled_timing: Timing | None = None


class Extension(Struct, frozen=True, rename="camel"):
    url: str
    value_code: str = ""
    value_integer: Annotated[int, Meta(ge=0)] | None = None
    value_boolean: bool = False


def is_hidden(extensions: Sequence[Extension]) -> bool:
    return any(one.url == HIDDEN and one.value_boolean for one in extensions)


class Activity(Struct, frozen=True):
    id: str = ""
    detail: Detail = Detail()
    extension: list[Extension] = []

    @property
    def zone(self) -> str | None:
        return next((found.value_code for found in self.extension if found.url == ZONE), None)

    def number(self, url: str) -> int | None:
        """What the nurse has set with one of the extensions that are a number."""
        found = (one.value_integer for one in self.extension if one.url == url)
        return next((number for number in found if number is not None), None)

    @property
    def kind(self) -> Kind | None:
        """What it asks to be measured."""
        codes = (KINDS.get(one.code) for one in self.detail.code.coding if one.system == MDC)
        return next((kind for kind in codes if kind), None)

    @property
    def questionnaire(self) -> str | None:
        """The canonical of what it asks to be answered."""
        return next(iter(self.detail.instantiates_canonical), None)

    @property
    def task(self) -> str:
        """Stays the same when the plan is replaced and still asks for this; tells nobody what."""
        named = (
            [self.id]
            if self.id
            else [
                *(f"{coding.system}|{coding.code}" for coding in self.detail.code.coding),
                *(canonical.partition("|")[0] for canonical in self.detail.instantiates_canonical),
            ]
        )
        return sha256(repr(named or self.detail.description).encode()).hexdigest()[:16]


class CarePlan(Struct, frozen=True):
    status: str = ""
    language: str = ""
    title: str = ""
    period: Period = Period()
    activity: list[Activity] = []
    extension: list[Extension] = []


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing at one time of one day. `at` is aware UTC: the first such instant of the day."""

    task: str
    day: date
    time: time
    at: datetime

    @property
    def id(self) -> str:
        return f"{self.task} {self.day} {self.time}"

    @property
    def clock(self) -> str:
        """HH:MM, as the pages have it."""
        return self.time.isoformat("minutes")


class Schedule:
    """Of all CarePlans in the bundle. Raises msgspec.ValidationError for what is no plan."""

    def __init__(self, bundle: dict[str, Any] | None, zone: ZoneInfo) -> None:
        resources = [entry["resource"] for entry in (bundle or {}).get("entry", [])]
        self._zone = zone
        self._plans = [
            msgspec.convert(resource, CarePlan)
            for resource in resources
            if resource["resourceType"] == "CarePlan"
        ]

    def on(self, day: date) -> list[Occasion]:
        """In the order of the clock."""
        found = {occasion.id: occasion for plan in self._plans for occasion in self._of(plan, day)}
        return sorted(found.values(), key=lambda occasion: (occasion.at, occasion.task))

    def activity(self, task: str) -> Activity | None:
        """By `Activity.task`."""
        activities = (activity for plan in self._plans for activity in plan.activity)
        return next((activity for activity in activities if activity.task == task), None)

    def _of(self, plan: CarePlan, day: date) -> Iterator[Occasion]:
        if plan.status in ENDED or not plan.period.holds(day):
            return
        for activity in plan.activity:
            timing = activity.detail.scheduled_timing
            if timing is None or activity.zone is not None or activity.detail.status in ENDED:
                continue
            if timing.repeat.period_unit not in DAYS_IN:
                continue
            if timing.repeat.falls_on(day, as_date(plan.period.start)):
                for at in _times(timing.repeat.time_of_day):
                    yield Occasion(activity.task, day, at, instant(day, at, self._zone))


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """UTC. A time that the clocks leave out is the next one that exists; of two, the first."""
    wall = datetime.combine(day, at)
    while not _exists(wall, zone):
        wall = wall.replace(second=0, microsecond=0) + MINUTE
    return wall.replace(tzinfo=zone).astimezone(UTC)


def as_date(text: str) -> date | None:
    """Of a FHIR date or dateTime; None also for one without a day."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _times(texts: Sequence[str]) -> Iterator[time]:
    for text in texts:
        try:
            yield time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            continue  # shown as it was written; no instant is in it
