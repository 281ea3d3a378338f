"""Tells the central service what the plan asked for and was not done: each occasion once, ever.

The alert and the memory of it are one transaction. Only what was asked for is missed: an occasion
that this hub knew of before its time, on a day that was not paused. So nothing is told of the days
before a plan came, or of the weeks in which the hub was off. Whether it matters is not for the hub.

What is done after all ends its alert, also days later, when a device tells of it late.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from drivers.measurement import Kind
from hub import doing
from hub.agenda import Agenda
from hub.books import Books
from hub.bundles import Bundles
from hub.clock import Now
from hub.diary import Diary, Skip
from hub.doing import DAY, Span
from hub.records import Entry, Outcome, SkipReason
from hub.schedule import DEADLINE, Activity, Occasion, instant
from hub.uplink.alerts import AlertCode

LOOK_S = 30.0
AHEAD = 2  # days whose occasions are noted: as long may the hub be off and still tell of them
FOLLOWED = timedelta(days=7)  # after its time, a late word of a device still ends an alert
STATE = "missed"

NOT_MEASURED, NOT_ANSWERED = "Planlagt måling er ikke tatt", "Planlagte spørsmål er ikke besvart"
SKIPPED = "Pasienten hoppet over noe planlagt"
MEASURED, ANSWERED = "Målingen er tatt likevel", "Spørsmålene er besvart likevel"
REASONS = {
    SkipReason.UNWELL: "er ikke i form",
    SkipReason.DEVICE: "apparatet virker ikke, eller er ikke der",
    SkipReason.LATER: "vil gjøre det senere",
    SkipReason.OTHER: "annet",
}


class Told(Struct, frozen=True):
    """An alert about an occasion, and the span in which doing it still ends the alert."""

    id: str
    text: str
    detail: str
    kind: Kind | None
    questionnaire: str | None
    since: datetime
    until: datetime
    ended: bool = False


class Memory(Struct, frozen=True):
    """`asked`: ids of the occasions that were known before their time."""

    asked: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()


class Missed:
    """`known` is the time, aware; None while nobody knows it, and then nobody is told."""

    def __init__(
        self,
        books: Books,
        bundles: Bundles,
        agenda: Agenda,
        diary: Diary,
        known: Callable[[], datetime | None],
        now: Now,
    ) -> None:
        self._books = books
        self._bundles = bundles
        self._agenda = agenda
        self._diary = diary
        self._known = known
        self._now = now

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        if (now := self._known()) is not None:
            await self._books.call(self._look, now)

    def skip(self, entry: Entry) -> Outcome:
        """The patient leaves something out, and says why; in the transaction that takes it over.

        The central service hears of it now, and nothing more when its time is over.
        """
        try:
            skip = msgspec.convert({**entry.body, "time": entry.body.get("time") or ""}, Skip)
        except msgspec.ValidationError as error:
            return Outcome(ok=False, detail=str(error))
        schedule = self._agenda.schedule
        activity = schedule.activity(skip.task)
        if activity is None:
            return Outcome(ok=False, detail="the plan does not ask for this")
        occasion = next((one for one in schedule.on(skip.day) if skip.names(one)), None)
        if occasion is not None and self._diary.is_done(schedule, occasion):
            return Outcome(ok=True, detail="it is done")
        self._diary.skipped(skip)
        told = Told(
            id=occasion.id if occasion else f"{skip.task} {skip.day}",
            text=SKIPPED,
            detail=f"{_named(activity, skip.day, skip.time)}. Grunn: {REASONS[skip.reason]}",
            **self._doing(activity, occasion, skip.day),
        )
        memory = self._memory()
        others = [one for one in memory.told if one.id != told.id]
        self._remember(Memory(memory.asked, (*others, told)))
        now = self._known() or entry.written.wall
        return Outcome(ok=True, data={"bundle": self._tell(told, now, again="skipped")})

    def _look(self, now: datetime) -> None:
        """On the books' thread."""
        memory, today = self._memory(), now.astimezone(self._agenda.zone).date()
        days = (today + timedelta(days=number) for number in range(-1, AHEAD + 1))
        asked = [one for one in self._agenda.on(*days) if one.at > now or one.id in memory.asked]
        missed = [] if self._agenda.is_paused(today) else self._missed(asked, memory, now)
        ended = [one for one in memory.told if self._is_done_after_all(one)]
        ids = tuple(one.id for one in asked)
        told = (
            msgspec.structs.replace(one, ended=one.ended or one in ended)
            for one in (*memory.told, *missed)
        )
        kept = (one for one in told if one.id in ids or _is_followed(one, now))
        after = Memory(ids, tuple(kept))
        if after != memory:
            self._books.ledger.transact(lambda: self._write(after, missed, ended, now))

    def _missed(self, asked: Sequence[Occasion], memory: Memory, now: datetime) -> list[Told]:
        """What is told of for the first time."""
        schedule, told = self._agenda.schedule, {one.id for one in memory.told}
        found = []
        for occasion in asked:
            activity = schedule.activity(occasion.task)
            if activity is None or occasion.id in told or not self._agenda.can_see(activity):
                continue
            deadline = doing.deadline_of(activity, occasion, self._agenda.zone)
            if deadline <= now and not self._diary.is_done(schedule, occasion):
                found.append(self._told(activity, occasion, deadline))
        return found

    def _told(self, activity: Activity, occasion: Occasion, deadline: datetime) -> Told:
        limit = deadline.astimezone(self._agenda.zone).strftime("%H:%M")
        has_limit = activity.number(DEADLINE) is not None
        return Told(
            id=occasion.id,
            text=NOT_ANSWERED if activity.questionnaire else NOT_MEASURED,
            detail=_named(activity, occasion.day, occasion.clock)
            + (f", ikke innen kl. {limit}" if has_limit else ", ikke den dagen"),
            **self._doing(activity, occasion, occasion.day),
        )

    def _doing(self, activity: Activity, occasion: Occasion | None, day: date) -> dict[str, Any]:
        """What would end the alert. A task without a time can be done all day."""
        zone = self._agenda.zone
        if occasion is not None:
            span = doing.span_of(self._agenda.schedule, occasion, zone)
        else:
            span = Span(instant(day, time(), zone), instant(day + DAY, time(), zone))
        return {
            "kind": activity.kind,
            "questionnaire": activity.questionnaire,
            "since": span.since,
            "until": span.until,
        }

    def _is_done_after_all(self, told: Told) -> bool:
        span = Span(told.since, told.until)
        return not told.ended and self._diary.has(told.kind, told.questionnaire, span)

    def _write(
        self, after: Memory, missed: Iterable[Told], ended: Iterable[Told], now: datetime
    ) -> None:
        for one in missed:
            self._tell(one, now)
        for one in ended:
            self._tell(one, now, clearing=ANSWERED if one.questionnaire else MEASURED)
        self._remember(after)

    def _tell(
        self, told: Told, now: datetime, *, clearing: str | None = None, again: str | None = None
    ) -> str:
        return self._bundles.alert(
            AlertCode.MEASUREMENT_MISSED,
            f"planned {told.id}",
            told.text,
            severity="moderate",
            arose=replace(self._now(), wall=now),
            detail=told.detail,
            clearing=clearing,
            again=again,
        )

    def _memory(self) -> Memory:
        return msgspec.convert(self._books.ledger.notes.state(STATE) or {}, Memory)

    def _remember(self, memory: Memory) -> None:
        self._books.ledger.notes.put_state(STATE, msgspec.to_builtins(memory))


def _is_followed(told: Told, now: datetime) -> bool:
    return not told.ended and now - told.until < FOLLOWED


def _named(activity: Activity, day: date, clock: str) -> str:
    """In the words of the plan."""
    at = f" kl. {clock}" if clock else ""
    return f"«{activity.detail.description}» {day:%d.%m.%Y}{at}"
