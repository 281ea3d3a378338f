"""What the hub does by the clock, over real books, with clocks that the test moves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.acquire.pairing import Pairing
from hub.agenda import Agenda
from hub.books import Books
from hub.clock import ClockState, Moment
from hub.diary import Diary
from hub.home import Home
from hub.records import Entry, JournalKind
from hub.reminders import Reminders
from hub.rounds import Rounds
from hub.schedule import Occasion
from hub.trust import Guard
from tests.books import KEY, ledger_reader_at
from tests.store.made import blood_pressure, reception
from tests.test_takeover import SETTINGS

OSLO = ZoneInfo("Europe/Oslo")
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(minutes=30)
MS = timedelta(milliseconds=1)
NEVER = ("00:00", "00:00")
TIME_SERVER_WITHIN = timedelta(seconds=2)


@dataclass
class Pi:
    """A machine without a clock battery: what is true, and what its kernel says."""

    truth: datetime
    wall: datetime
    mono_ms: int = 1_000
    boots: int = 1
    synchronised: bool = False

    def __call__(self) -> Moment:
        state = ClockState.NTP if self.synchronised else ClockState.RESTORED
        return Moment(self.wall, self.mono_ms, f"boot {self.boots}", state)

    def pass_(self, span: timedelta) -> None:
        self.truth += span
        self.wall += span
        self.mono_ms += span // MS

    def hear(self, wall: datetime) -> None:
        """From a time server, honest or not."""
        self.wall, self.synchronised = wall, True

    def boot(self, off: timedelta, restored: datetime | None = None) -> None:
        """Without power for a while; then with the time that was saved, or another one."""
        self.truth += off
        self.wall = restored or self.wall
        self.boots, self.mono_ms, self.synchronised = self.boots + 1, 1_000, False


@dataclass
class Taken:
    boot: int
    truth: datetime


@dataclass
class Counts:
    """
    wanted     occasions at which somebody who knew the time was there to remind
    given      those that have rung
    postponed  how often the patient has asked for one again, and it has not rung since
    """

    wanted: set[tuple[date, str]] = field(default_factory=set)
    given: set[tuple[date, str]] = field(default_factory=set)
    postponed: Counter[tuple[date, str]] = field(default_factory=Counter)
    repeated: int = 0

    @property
    def missed(self) -> int:
        return len(self.wanted - self.given - self.postponed.keys())


class Clocked:
    """Guard, rounds, reminders and ledger of one home; `start` and `stop` are a process."""

    def __init__(
        self,
        folder: Path,
        pi: Pi,
        times: Iterable[str],
        zone: ZoneInfo = OSLO,
        quiet: tuple[str, str] = NEVER,
    ) -> None:
        self.folder = folder
        self.quiet = {"from": quiet[0], "to": quiet[1]}
        self.pi = pi
        self.zone = zone
        self.times = tuple(times)
        self.taken: list[Taken] = []
        self.counts = Counts()
        self.books: Books

    async def start(self) -> None:
        self.books = Books(self.folder, KEY, lambda _: None)
        await self.books.__aenter__()
        self.guard = Guard(self.pi, self.books.ledger.dating.past(), released=RELEASED)
        home = Home(self.books, Pairing(120), self.guard.now, lambda _: None, lambda: None)
        self.rounds = Rounds(
            msgspec.structs.replace(
                SETTINGS, hub=msgspec.structs.replace(SETTINGS.hub, state_dir=self.folder)
            ),
            self.books,
            home,
            self.guard,
            synchronised=lambda: None,
            anomalies=dict,
        )
        self.agenda = Agenda(self.books.documents, self.zone)
        diary = Diary(self.books.ledger, self.zone, self.guard.now)
        self.reminders = Reminders(self.books, self.agenda, diary, self.guard.known, self._rang)
        await self.books.call(self.books.documents.put, "config", {"quietHours": self.quiet})
        await self.plan(self.times)

    async def stop(self) -> None:
        await self.books.__aexit__()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def plan(self, times: Iterable[str]) -> None:
        self.times = tuple(times)
        asked = {"period": 1, "periodUnit": "d", "timeOfDay": self.times}
        detail = {"description": "Mål", "scheduledTiming": {"repeat": asked}}
        plan = {"resourceType": "CarePlan", "activity": [{"detail": detail}]}
        bundle: dict[str, Any] = {"entry": [{"resource": plan}]}
        await self.books.call(self.books.documents.put, "plan", bundle)
        self.agenda.changed()

    async def weigh(self) -> None:
        number = len(self.taken)
        at = reception(at=self.guard.now())
        assert self.books.ledger.append(blood_pressure(number, device_time=None), at)
        self.taken.append(Taken(self.pi.boots, self.pi.truth))

    async def postpone(self, minutes: int) -> None:
        """The first that is due."""
        due = (self.books.ledger.notes.state("reminders") or {"due": []})["due"]
        if not due:
            return
        body = {"task": due[0]["task"], "at": due[0]["at"], "minutes": minutes}
        entry = Entry(1, JournalKind.REMINDER_POSTPONED, body, self.guard.now())
        if (await self.books.transact(lambda: self.reminders.postpone(entry))).ok:
            self.counts.postponed[date.fromisoformat(due[0]["day"]), due[0]["time"]] = 1

    async def pass_(self, span: timedelta) -> None:
        """The hub looks at its clock every half hour."""
        while span > timedelta():
            step = min(span, TICK)
            self.pi.pass_(step)
            span -= step
            await self.tick()

    async def tick(self) -> None:
        before = self.stamps() if self.guard.doubt() is not None else []
        await self.rounds.look_at_clock()
        await self.rounds.note_time()
        await self.reminders.look()
        self._expect()
        if self.guard.doubt() is not None:
            assert [at.wall for at in self.stamps()[: len(before)]] == [at.wall for at in before]

    def stamps(self) -> list[Moment]:
        """Of all readings, in the order in which they are stored and leave."""
        return [
            one.reception.received
            for due in self.books.ledger.outbox.due(10_000)
            for one in self.books.ledger.measurements_of(due.seq)
        ]

    def lost(self) -> int:
        return len(self.taken) - len(self.stamps())

    def reordered(self) -> int:
        """By sequence number of the device, which counts them as they were taken."""
        found = ledger_reader_at(self.folder / "ledger.db")
        numbers = [one.kept.measurement.sequence or 0 for one in reversed(found.readings(10_000))]
        found.close()
        return sum(a > b for a, b in pairwise(numbers))

    def wrong(self) -> int:
        """Stamps of this boot that are trusted by now, and more than 2 s from the truth."""
        return sum(
            at.trusted and abs(at.wall - taken.truth) > TIME_SERVER_WITHIN
            for at, taken in zip(self.stamps(), self.taken, strict=True)
            if taken.boot == self.pi.boots
        )

    def untrusted(self) -> int:
        """Readings of this boot whose time is not known."""
        return sum(
            not at.trusted
            for at, taken in zip(self.stamps(), self.taken, strict=True)
            if taken.boot == self.pi.boots
        )

    def _expect(self) -> None:
        now = self.guard.known()
        if now is None:
            return
        local = now.astimezone(self.zone)
        if self._is_quiet(local.time()):
            return
        for text in self.times:
            if first_instant(local.date(), time.fromisoformat(text), self.zone) <= now:
                self.counts.wanted.add((local.date(), text[:5]))

    def _rang(self, due: Sequence[Occasion]) -> None:
        new = {(occasion.day, occasion.time.isoformat("minutes")) for occasion in due}
        assert new <= self._shown()  # durable before the sound
        now = self.guard.known()
        assert now is not None and not self._is_quiet(now.astimezone(self.zone).time())
        again = new & self.counts.given
        self.counts.repeated += sum(not self.counts.postponed[each] for each in again)
        self.counts.postponed.subtract(again)
        self.counts.given |= new

    def _is_quiet(self, at: time) -> bool:
        begin, end = (time.fromisoformat(self.quiet[each]) for each in ("from", "to"))
        return at >= begin or at < end if end < begin else begin <= at < end

    def _shown(self) -> set[tuple[date, str]]:
        found = self.books.ledger.notes.state("reminders")["due"]
        return {(date.fromisoformat(one["day"]), one["time"]) for one in found}


@cache
def first_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Of this day, that a clock on the wall shows this time or a later one: found by walking."""
    instant = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    while (local := instant.astimezone(zone)).date() < day or (
        local.date() == day and local.time() < at
    ):
        instant += timedelta(minutes=1)
    return instant
