"""The self-treatment plan as the central service sends it (contract §4), made readable.

Texts are shown as they were written. The hub chooses no zone and compares nothing.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import Struct

from drivers.measurement import Kind
from hub.schedule import (
    APART,
    READINGS,
    REST,
    Activity,
    CarePlan,
    Concept,
    Repeat,
    as_date,
)

APART_S = 60  # between two readings, where the plan does not say
MOST_READINGS = 3
ZONES = ("green", "yellow", "red")


class PlanUnreadable(Exception):
    """The plan is not in the form of the contract; `reason` is for the technician."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Goal(Struct, frozen=True):
    description: Concept = Concept()


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
    def __init__(self, bundle: dict[str, Any]) -> None:
        """Raises PlanUnreadable."""
        self._plan: CarePlan | None = None
        self.goals: list[str] = []
        try:
            for entry in bundle.get("entry", []):
                self._add(entry["resource"])
        except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
            raise PlanUnreadable(str(error)) from error

    def _add(self, resource: dict[str, Any]) -> None:
        match resource["resourceType"]:
            case "CarePlan":
                self._plan = msgspec.convert(resource, CarePlan)
            case "Goal":
                text = msgspec.convert(resource, Goal).description.text
                self.goals += [text] if text else []

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
        if self._plan is None:
            return []
        start = as_date(self._plan.period.start)
        tasks = [
            task
            for activity in self._plan.activity
            if activity.zone is None and activity.detail.scheduled_timing is not None
            if activity.detail.scheduled_timing.repeat.falls_on(on, start)
            for task in _tasks(activity, activity.detail.scheduled_timing.repeat)
        ]
        return sorted(tasks, key=lambda task: task.time or "")


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
