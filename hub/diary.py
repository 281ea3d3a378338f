"""What the patient has done, and has chosen not to do, as far as this hub's own books know.

On the books' thread. What it notes is part of the transaction in which it is told.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from drivers.measurement import Kind
from hub import doing
from hub.clock import Moment, Now, corrected
from hub.doing import Span
from hub.records import SkipReason
from hub.schedule import Occasion, Schedule
from hub.store.ledger import Ledger

CHECK_INS, SKIPPED = "check_ins", "skipped"  # states of the ledger
KEPT = 50  # of each, the newest


class CheckIn(Struct, frozen=True):
    """One that was completed. `check_in` is its id, `questionnaire` is `url|version`."""

    check_in: str
    questionnaire: str
    written: Moment


class Skip(Struct, frozen=True):
    """An occasion of the plan; the pages read it, too. `time` is HH:MM, empty for any time."""

    task: str
    day: date
    time: str
    reason: SkipReason

    def names(self, occasion: Occasion) -> bool:
        asked = (occasion.task, occasion.day, occasion.clock)
        return (self.task, self.day, self.time) == asked


class Diary:
    def __init__(self, ledger: Ledger, zone: ZoneInfo, now: Now) -> None:
        self._ledger = ledger
        self._zone = zone
        self._now = now

    def completed(self, check_in: str, questionnaire: str, written: Moment) -> None:
        others = [one for one in self._check_ins() if one.check_in != check_in]
        self._put(CHECK_INS, [*others, CheckIn(check_in, questionnaire, written)])

    def undone(self, check_in: str) -> None:
        self._put(CHECK_INS, [one for one in self._check_ins() if one.check_in != check_in])

    def skipped(self, skip: Skip) -> None:
        self._put(SKIPPED, [*self._skips(), skip])

    def is_skipped(self, occasion: Occasion) -> bool:
        """The patient wants to hear nothing more of it."""
        return any(
            one.names(occasion) and one.reason is not SkipReason.LATER for one in self._skips()
        )

    def is_done(self, schedule: Schedule, occasion: Occasion) -> bool:
        activity = schedule.activity(occasion.task)
        return activity is not None and self.has(
            activity.kind, activity.questionnaire, doing.span_of(schedule, occasion, self._zone)
        )

    def has(self, kind: Kind | None, questionnaire: str | None, span: Span) -> bool:
        """Measured or answered in this span; or perhaps in it, where no clock knows."""
        if questionnaire is not None:
            return any(span.holds(at) for at in self._answered(questionnaire))
        return kind is not None and self._is_measured(kind, span)

    def _is_measured(self, kind: Kind, span: Span) -> bool:
        for kept in self._ledger.received(kind, span.since):
            at = doing.taken_at(kept, self._zone)
            in_span = span.holds(at) if at else span.may_hold(*self._ledger.bounds(kept))
            if in_span and doing.counts(kept):
                return True
        return False

    def _answered(self, asked: str) -> Iterator[datetime]:
        now = self._now()
        for one in self._check_ins():
            if doing.is_asked(one.questionnaire, asked):
                yield corrected(one.written, now).wall

    def _check_ins(self) -> list[CheckIn]:
        return msgspec.convert(self._ledger.notes.state(CHECK_INS) or [], list[CheckIn])

    def _skips(self) -> list[Skip]:
        return msgspec.convert(self._ledger.notes.state(SKIPPED) or [], list[Skip])

    def _put(self, state: str, kept: list[Any]) -> None:
        self._ledger.notes.put_state(state, msgspec.to_builtins(kept[-KEPT:]))
