"""The self-treatment plan as the central service sends it (contract §7), made readable.

Texts are shown as they were written. The hub chooses no zone and compares nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from drivers.measurement import Kind
from hub.schedule import (
    APART,
    DAYS_IN,
    ENDED,
    READINGS,
    REST,
    Activity,
    CarePlan,
    Concept,
    Repeat,
    as_date,
)
from hub.web.service import Service

APART_S = 60  # between two readings, where the plan does not say
MOST_READINGS = 3
ZONES = ("green", "yellow", "red")
VERSION = re.compile(r"/(\d+(?:\.\d+)*)$")

T = TypeVar("T")


class PlanUnreadable(Exception):
    """The plan is not in the form of the contract; `reason` is for the technician."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Goal(Struct, frozen=True):
    description: Concept = Concept()


class Author(Struct, frozen=True):
    display: str = ""


class Written(Struct, frozen=True):
    """Of a CarePlan: by whom, and when."""

    author: Author = Author()
    created: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do today.

    time      HH:MM, or None for any time of the day
    id        `hub.schedule.Activity.task`
    rest_s    to sit still before a measurement
    readings  how many are taken each time, `apart_s` after each other
    """

    text: str
    time: str | None
    kind: Kind | None
    questionnaire: str | None
    id: str = field(default="", compare=False)
    rest_s: int | None = None
    readings: int = 1
    apart_s: int = APART_S


@dataclass(frozen=True, slots=True)
class Zone:
    name: Literal["green", "yellow", "red"]
    texts: tuple[str, ...]


class Plan:
    """
    version  the number in `Bundle.identifier`, as it is written there
    contact  who follows the patient, where the plan says so
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        """Raises PlanUnreadable."""
        self._plan: CarePlan | None = None
        self._written = Written()
        self.goals: list[str] = []
        self.contact: Service | None = None
        try:
            for entry in bundle.get("entry", []):
                self._add(entry["resource"])
        except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
            raise PlanUnreadable(str(error)) from error
        self._timestamp = str(bundle.get("timestamp") or "")
        identifier = bundle.get("identifier")
        name = str(identifier.get("value")) if isinstance(identifier, dict) else ""
        found = VERSION.search(name)
        self.version = found[1] if found else ""

    def _add(self, resource: dict[str, Any]) -> None:
        match resource["resourceType"]:
            case "CarePlan":
                self._plan = msgspec.convert(resource, CarePlan)
                self._written = _or_nothing(resource, Written) or Written()
            case "Goal":
                text = msgspec.convert(resource, Goal).description.text
                self.goals += [text] if text else []
            case "HealthcareService":
                self.contact = self.contact or _or_nothing(resource, Service)

    @property
    def author(self) -> str:
        return self._written.author.display

    @property
    def dated(self) -> date | None:
        return as_date(self._written.created) or as_date(self._timestamp)

    @property
    def title(self) -> str:
        return self._plan.title if self._plan else ""

    @property
    def language(self) -> str:
        """Of the texts, which are shown as they were written."""
        return self._plan.language if self._plan else ""

    @property
    def zones(self) -> list[Zone]:
        """Green, yellow, red; a zone without a text is left out."""
        activities = self._plan.activity if self._plan else []
        texts = {
            name: tuple(a.detail.description for a in activities if a.zone == name)
            for name in ZONES
        }
        return [Zone(name, texts[name]) for name in ("green", "yellow", "red") if texts[name]]

    @property
    def questionnaires(self) -> list[str]:
        """Canonical addresses, in the order of the plan."""
        found = [
            canonical
            for activity in (self._plan.activity if self._plan else [])
            for canonical in activity.detail.instantiates_canonical
        ]
        return list(dict.fromkeys(found))

    def named(self, task: str) -> Task | None:
        """By `hub.schedule.Activity.task`, without a time."""
        activities = self._plan.activity if self._plan else []
        found = next((one for one in activities if one.task == task), None)
        return _tasks(found, Repeat())[0] if found else None

    def today(self, on: date) -> list[Task]:
        """What the schedule asks for on this day, in the order of the clock."""
        if self._plan is None or self._plan.status in ENDED or not self._plan.period.holds(on):
            return []
        start = as_date(self._plan.period.start)
        tasks = [
            task
            for activity, repeat in _asked(self._plan)
            if repeat.falls_on(on, start)
            for task in _tasks(activity, repeat)
        ]
        return sorted(tasks, key=lambda task: task.time or "")


def _or_nothing(resource: dict[str, Any], kind: type[T]) -> T | None:
    """What stands beside the plan must not cost the patient the plan."""
    try:
        return msgspec.convert(resource, kind)
    except msgspec.ValidationError:
        return None


def _asked(plan: CarePlan) -> Iterator[tuple[Activity, Repeat]]:
    """The same that `hub.schedule` reminds of, and what has no time of the day."""
    for activity in plan.activity:
        timing = activity.detail.scheduled_timing
        if timing is None or activity.zone is not None or activity.detail.status in ENDED:
            continue
        if timing.repeat.period_unit in DAYS_IN:
            yield activity, timing.repeat


def _tasks(activity: Activity, repeat: Repeat) -> list[Task]:
    times: list[str | None] = [time[:5] for time in repeat.time_of_day]
    readings, apart_s = activity.number(READINGS), activity.number(APART)
    return [
        Task(
            text=activity.detail.description,
            time=time,
            kind=activity.kind,
            questionnaire=activity.questionnaire,
            id=activity.task,
            rest_s=activity.number(REST),
            readings=min(readings or 1, MOST_READINGS),
            apart_s=APART_S if apart_s is None else apart_s,
        )
        for time in times or [None]
    ]
