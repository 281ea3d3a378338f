"""Reminds the patient of what the plan schedules: each occasion at most once, ever.

The note that the kiosk shows and the mark that it was given are one transaction; the sound comes
after it. So a power cut may cost a sound, and never repeats one.

The time is the one that this boot has believed (`hub.trust`), and goes on through an outage. While
it is unknown nobody is reminded: a clock that is hours late would ring at night. Once it is known,
what was missed comes at once and together, but only of the same day. So a jump forward over weeks
rings once, and a jump back finds its occasions marked.

In quiet hours it is shown and nothing rings; what came due in them rings when they end. What the
patient has postponed is not shown until then, and rings once more: each postponement has a mark of
its own. What was done already, or skipped, is marked without a sound. In a pause nothing is due.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.agenda import Agenda
from hub.books import Books
from hub.diary import Diary
from hub.records import Entry, Outcome
from hub.schedule import Occasion

log = logging.getLogger(__name__)

LOOK_S = 10.0
LATE = timedelta(hours=1)  # what was due just before midnight is still due just after it
MARKS_KEPT = 200  # of several weeks
POSTPONED_KEPT = 50
LONGEST_MIN = 12 * 60
DUE, MARKS, POSTPONED = "reminders", "reminded", "postponed"  # states of the ledger
NOT_DUE = Outcome(ok=False, detail="it is not due")


@dataclass(frozen=True, slots=True)
class Due:
    """What the patient should have been told of by now. `mark`: that it has rung."""

    occasion: Occasion
    mark: str
    rings_at: datetime


class Reminders:
    """
    known    the time, aware; None while nobody knows it
    rings    called once with all that has become due, after it is durable
    stirred  called when `waits` has changed
    """

    def __init__(
        self,
        books: Books,
        agenda: Agenda,
        diary: Diary,
        known: Callable[[], datetime | None],
        rings: Callable[[Sequence[Occasion]], None],
        stirred: Callable[[], None] = lambda: None,
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._diary = diary
        self._known = known
        self._rings = rings
        self._stirred = stirred
        self._shown: list[dict[str, str]] | None = None
        self.waits = False
        """Something is due and not done, and it is not quiet."""

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        now = self._known()
        if now is None:
            return
        waited = self.waits
        if ringing := await self._books.call(self._look, now):
            log.info("%d reminders are due", len(ringing))
            self._rings(ringing)
        if self.waits != waited:
            self._stirred()

    def postpone(self, entry: Entry) -> Outcome:
        """The patient wants to be reminded again later; in the transaction that takes this over."""
        minutes, now = int(entry.body["minutes"]), self._known()
        task, at = str(entry.body["task"]), datetime.fromisoformat(str(entry.body["at"]))
        notes = self._books.ledger.notes
        shown = (notes.state(DUE) or {}).get("due", [])
        found = next((one for one in shown if _key(one) == (task, at)), None)
        if found is None or not 0 < minutes <= LONGEST_MIN:
            return NOT_DUE
        until = (now or entry.written.wall) + timedelta(minutes=minutes)
        others = [one for one in notes.state(POSTPONED) or [] if _key(one) != (task, at)]
        postponed = [*others, found | {"until": until.isoformat()}]
        notes.put_state(POSTPONED, postponed[-POSTPONED_KEPT:])
        notes.put_state(DUE, {"due": [one for one in shown if one is not found]})
        self._shown = None
        return Outcome(ok=True, data={"until": until.isoformat()})

    def _look(self, now: datetime) -> list[Occasion]:
        """On the books' thread → what rings."""
        notes, is_quiet = self._books.ledger.notes, self._agenda.is_quiet(now)
        marks: list[str] = notes.state(MARKS) or []
        live = [
            one
            for one in due(self._agenda, now, notes.state(POSTPONED) or [])
            if not self._diary.is_skipped(one.occasion)
        ]
        schedule = self._agenda.schedule
        undone = [one for one in live if not self._diary.is_done(schedule, one.occasion)]
        ringing = [one for one in live if one.rings_at <= now and not is_quiet]
        new = [one for one in ringing if one.mark not in marks]
        shown = [_shown(one.occasion) for one in live]
        if new or shown != self._shown:
            marks = [*marks, *(one.mark for one in new)][-MARKS_KEPT:]
            self._books.ledger.transact(lambda: self._write(shown, marks))
            self._shown = shown
        self.waits = bool(undone) and not is_quiet
        return [one.occasion for one in new if one in undone]

    def _write(self, shown: list[dict[str, str]], marks: list[str]) -> None:
        notes = self._books.ledger.notes
        notes.put_state(MARKS, marks)
        notes.put_state(DUE, {"due": shown})


def due(agenda: Agenda, now: datetime, postponed: Sequence[dict[str, str]]) -> list[Due]:
    """Of today, or of the last hour in which it may ring."""
    today = now.astimezone(agenda.zone).date()
    if agenda.is_paused(today):
        return []
    until = {_key(one): datetime.fromisoformat(one["until"]) for one in postponed}
    found = []
    for occasion in agenda.on(today - timedelta(days=1), today):
        later = until.get((occasion.task, occasion.at))
        shown_at = later or occasion.at
        rings_at = agenda.config.quiet().over_at(shown_at, agenda.zone)
        if shown_at <= now and (occasion.day == today or now - rings_at <= LATE):
            mark = occasion.id if later is None else f"{occasion.id} until {later.isoformat()}"
            found.append(Due(occasion, mark, rings_at))
    return found


def _key(shown: dict[str, str]) -> tuple[str, datetime]:
    return shown["task"], datetime.fromisoformat(shown["at"])


def _shown(occasion: Occasion) -> dict[str, str]:
    """For the kiosk, which finds the words in the plan."""
    return {
        "task": occasion.task,
        "at": occasion.at.isoformat(),
        "day": occasion.day.isoformat(),
        "time": occasion.clock,
    }
