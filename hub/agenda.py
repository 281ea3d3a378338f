"""What the documents in force ask of the patient: the plan's schedule, less what is paused.

On the books' thread, but for `changed`.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub import doing
from hub.pause import Config, config_of
from hub.schedule import Activity, Occasion, Schedule
from hub.store.documents import Documents

log = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InForce:
    """`forms`: `url|version` of each questionnaire that the patient can be asked."""

    schedule: Schedule
    config: Config
    forms: frozenset[str]


class Agenda:
    def __init__(self, documents: Documents, zone: ZoneInfo) -> None:
        self.zone = zone
        self._documents = documents
        self._in_force: InForce | None = None

    def changed(self) -> None:
        """The plan, the questionnaires, or what the central service has set beside them."""
        self._in_force = None

    @property
    def schedule(self) -> Schedule:
        return self._read().schedule

    @property
    def config(self) -> Config:
        return self._read().config

    def on(self, *days: date) -> Iterator[Occasion]:
        for day in days:
            if not self.is_paused(day):
                yield from self.schedule.on(day)

    def is_paused(self, day: date) -> bool:
        return self.config.pause_on(day) is not None

    def is_quiet(self, now: datetime) -> bool:
        return self.config.quiet().hold(now.astimezone(self.zone).time())

    def can_see(self, activity: Activity) -> bool:
        """Whether this hub would know: a kind that it knows, or questions that it can ask."""
        if (asked := activity.questionnaire) is None:
            return activity.kind is not None
        return any(doing.is_asked(form, asked) for form in self._read().forms)

    def _read(self) -> InForce:
        found = self._in_force
        if found is None:
            plan, forms = self._documents.get("plan"), self._documents.get("questionnaires")
            found = self._in_force = InForce(
                self._schedule(plan),
                config_of(self._documents.get("config")),
                frozenset([*_forms(plan), *_forms(forms)]),
            )
        return found

    def _schedule(self, plan: Json | None) -> Schedule:
        """A plan that is none asks for nothing; the pages say so."""
        try:
            return Schedule(plan, self.zone)
        except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
            log.warning("the plan reminds of nothing: %s", error)
            return Schedule(None, self.zone)


def _forms(document: Json | None) -> Iterator[str]:
    """A document is one resource, or a Bundle of them."""
    for resource in _resources(document or {}):
        if resource.get("resourceType") == "Questionnaire":
            yield f"{resource.get('url')}|{resource.get('version')}"


def _resources(document: Json) -> list[Json]:
    entries = document.get("entry")
    if not isinstance(entries, list):
        return [document]
    found = [entry.get("resource") for entry in entries if isinstance(entry, dict)]
    return [resource for resource in found if isinstance(resource, dict)]
