"""Reminds the patient of what the plan schedules: each occasion at most once, ever.

The note that the kiosk shows and the mark that it was given are one transaction; the sound comes
after it. So a power cut may cost a sound, and never repeats one.

The time is the one that this boot has believed (`hub.trust`), and goes on through an outage. While
it is unknown nobody is reminded: a clock that is hours late would ring at night. Once it is known,
what was missed comes at once and together, but only of the same day. So a jump forward over weeks
rings once, and a jump back finds its occasions marked.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.books import Books
from hub.schedule import Occasion, Schedule

log = logging.getLogger(__name__)

LOOK_S = 10.0
LATE = timedelta(hours=1)  # what was due just before midnight is still due just after it
MARKS_KEPT = 200  # of several weeks
DUE, MARKS = "reminders", "reminded"  # states of the ledger


class Reminders:
    """
    known  the time, aware; None while nobody knows it
    rings  called once with all that has become due, after it is durable
    """

    def __init__(
        self,
        books: Books,
        zone: ZoneInfo,
        known: Callable[[], datetime | None],
        rings: Callable[[Sequence[Occasion]], None],
    ) -> None:
        self._books = books
        self._zone = zone
        self._known = known
        self._rings = rings
        self._schedule: Schedule | None = None
        self._marks: list[str] | None = None
        self._shown: list[dict[str, str]] | None = None

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    def plan_changed(self) -> None:
        self._schedule = None

    async def look(self) -> None:
        now = self._known()
        if now is None:
            return
        schedule = self._schedule
        if schedule is None:
            schedule = await self._books.call(self._read)
        live = due(schedule, now, self._zone)
        shown = [_shown(occasion) for occasion in live]
        marks = self._marks or []
        new = [occasion for occasion in live if occasion.id not in marks]
        if not new and shown == self._shown:
            return
        marks = [*marks, *(occasion.id for occasion in new)][-MARKS_KEPT:]
        await self._books.transact(lambda: self._write(shown, marks))
        self._marks, self._shown = marks, shown
        if new:
            log.info("%d reminders are due", len(new))
            self._rings(new)

    def _read(self) -> Schedule:
        """On the books' thread. A plan that is none reminds of nothing; the pages say so."""
        if self._marks is None:
            self._marks = self._books.ledger.notes.state(MARKS) or []
        try:
            schedule = Schedule(self._books.documents.get("plan"), self._zone)
        except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
            log.warning("the plan reminds of nothing: %s", error)
            schedule = Schedule(None, self._zone)
        self._schedule = schedule
        return schedule

    def _write(self, shown: list[dict[str, str]], marks: list[str]) -> None:
        notes = self._books.ledger.notes
        notes.put_state(MARKS, marks)
        notes.put_state(DUE, {"due": shown})


def due(schedule: Schedule, now: datetime, zone: ZoneInfo) -> Sequence[Occasion]:
    """What the patient should have been told by `now`: of today, or of the last hour."""
    today = now.astimezone(zone).date()
    return [
        occasion
        for day in (today - timedelta(days=1), today)
        for occasion in schedule.on(day)
        if occasion.at <= now and (day == today or now - occasion.at <= LATE)
    ]


def _shown(occasion: Occasion) -> dict[str, Any]:
    """For the kiosk, which finds the words in the plan."""
    return {
        "task": occasion.task,
        "at": occasion.at.isoformat(),
        "day": occasion.day.isoformat(),
        "time": occasion.time.isoformat("minutes"),
    }
