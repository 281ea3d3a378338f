"""The patient's day by the plan: what is asked for, and what becomes of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.agenda import Agenda
from hub.books import Books
from hub.bundles import Bundles
from hub.clock import Now
from hub.diary import Diary
from hub.missed import Missed
from hub.records import Entry, JournalKind, Outcome
from hub.reminders import Reminders
from hub.schedule import Occasion
from hub.supervisor import Supervisor


class Day:
    """
    known      the time, aware; None while nobody knows it
    rings      told of what has become due
    stirred    something waits for the patient now, or nothing any more
    in_ledger  for `hub.takeover.Takeover`
    """

    def __init__(
        self,
        books: Books,
        bundles: Bundles,
        zone: ZoneInfo,
        known: Callable[[], datetime | None],
        now: Now,
        *,
        rings: Callable[[Sequence[Occasion]], None],
        stirred: Callable[[], None],
    ) -> None:
        self._agenda = Agenda(books.documents, zone)
        self.diary = Diary(books.ledger, zone, now)
        self._reminders = Reminders(books, self._agenda, self.diary, known, rings, stirred)
        self._missed = Missed(books, bundles, self._agenda, self.diary, known, now)
        self.in_ledger: Mapping[JournalKind, Callable[[Entry], Outcome]] = {
            JournalKind.REMINDER_POSTPONED: self._reminders.postpone,
            JournalKind.MEASUREMENT_SKIPPED: self._missed.skip,
        }

    @property
    def waits(self) -> bool:
        """For the patient, who should be told by the light."""
        return self._reminders.waits

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start("reminders", self._reminders.run)
        supervisor.start("missed", self._missed.run)

    def documents_changed(self) -> None:
        self._agenda.changed()
