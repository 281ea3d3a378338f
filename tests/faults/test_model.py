"""Everything that can happen between a reading and its receipt, in any order, over the real code.

The books, the sealing, the uplink and the take-over are those of the hub; the surroundings are a
model (`model_house`), and what must hold at every moment is in `model_truth`.
"""

import sys
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hub.records import JournalKind, Whose
from hub.uplink.endings import SILENT, Ending, EndingKind
from hub.uplink.patience import Pace
from tests.faults.model_house import NO_END_OF_IT, House
from tests.faults.model_truth import OUTBOX, check, check_end
from tests.faults.tally import IS_NIGHT

pytestmark = pytest.mark.timeout(600)  # it is many short examples and not one that hangs

FATAL = Ending(EndingKind.LOST, "the message is malformed", 0x95)
PACES = (Pace(backlog_per_s=0, window=15, fetch=4), Pace(backlog_per_s=5, window=100, fetch=50))
OUTCOMES = ("retry", "partial for now", "partial", "rejected", "accepted")
AT_THE_END = 300
JUMPS = (timedelta(hours=-1), timedelta(days=1), timedelta(days=3653), timedelta(days=-20_000))

SOON_S = 0.05
NOBODYS = "urn:uuid:00000000-0000-5000-8000-000000000000"

picks = st.integers(0, 99)
soon = st.sampled_from([0.0, SOON_S])


class HubModel(RuleBasedStateMachine):
    house: House

    @initialize(
        receipts=st.sampled_from(["central", "central", "broker"]),
        pace=st.sampled_from(PACES),
        session_kept=st.booleans(),
    )
    def begin(self, receipts: Literal["central", "broker"], pace: Pace, session_kept: bool) -> None:
        self.house = House(receipts, pace)
        self.house.connect(session_kept=False)
        self.session_kept_at_the_end = session_kept

    # People

    @rule(session=st.sampled_from("abc"), count=st.integers(1, 12), apart=st.booleans())
    def weigh(self, session: str, count: int, apart: bool) -> None:
        for _ in range(count):
            number = len(self.house.facts.taken)
            connection = f"{session} {number}" if apart else session
            self.house.facts.taken.append((connection, self.house.clock.now()))
            self.house.keep(number, Whose.PATIENT)
        self.house.pass_time(SOON_S)

    @rule(whose=st.sampled_from([Whose.UNKNOWN, Whose.ANOTHER]))
    def weigh_somebody(self, whose: Whose) -> None:
        self.house.facts.taken.append(("s", self.house.clock.now()))
        self.house.keep(len(self.house.facts.taken) - 1, whose)

    @precondition(lambda self: self.house.facts.taken)
    @rule(pick=picks)
    def offer_again(self, pick: int) -> None:
        """A device that was not told that its record is kept, or that tells it twice."""
        number = pick % len(self.house.facts.taken)
        session, _ = self.house.facts.taken[number]
        self.house.facts.taken[number] = (session, self.house.clock.now())
        self.house.keep(number, Whose.PATIENT)

    @rule(kind=st.sampled_from([JournalKind.CHECK_IN_COMPLETED, JournalKind.HELP_REQUESTED]))
    def answer(self, kind: JournalKind) -> None:
        self.house.answer(kind)

    @rule()
    def tap(self) -> None:
        self.house.write(JournalKind.ANSWER, check_in="c", link_id="1", answer=None)

    @precondition(lambda self: self.house.facts.saved)
    @rule(pick=picks, kind=st.sampled_from([JournalKind.NOT_ME, JournalKind.THIS_WAS_ME]))
    def say_whose(self, pick: int, kind: JournalKind) -> None:
        saved = list(self.house.facts.saved.values())
        self.house.write(kind, measurement=saved[pick % len(saved)])

    @rule(pick=picks)
    def send_again(self, pick: int) -> None:
        found = [
            row["seq"] for row in self.house.life.reader.rows(OUTBOX) if row["state"] == "parked"
        ]
        if found:
            seq = found[pick % len(found)]
            self.house.sent_again.add(seq)
            self.house.write(JournalKind.SEND_AGAIN, seq=seq)

    # The hub itself

    @rule(seconds=st.sampled_from([0.001, 0.3, 1.0]))
    def take_over(self, seconds: float) -> None:
        self.house.take_over(seconds)

    @rule(seconds=st.sampled_from([0.0, 0.005, 0.02, 0.3, 6.0, 61.0, 1900.0]))
    def pass_time(self, seconds: float) -> None:
        self.house.pass_time(seconds)

    @rule(days=st.sampled_from([0, 400]))
    def prune(self, days: int) -> None:
        self.house.prune(days)

    @rule(of_the_pages=st.booleans())
    def tidy_up(self, of_the_pages: bool) -> None:
        self.house.restart_the_pages() if of_the_pages else self.house.checkpoint()

    # The line

    @rule(session_kept=st.booleans())
    def connect(self, session_kept: bool) -> None:
        self.house.connect(session_kept=session_kept)
        self.house.pass_time(SOON_S)

    @rule(first=st.sampled_from(OUTCOMES))
    def all_else_goes_well(self, first: str) -> None:
        self.house.let_through(first)

    @rule(pick=picks, count=st.integers(1, 10), soon=soon)
    def puback(self, pick: int, count: int, soon: float) -> None:
        for _ in range(count):
            self.house.puback(pick, 0)
        self.house.pass_time(soon)

    @rule(pick=picks, code=st.sampled_from([0x80, 0x87, 0x97, 0x99]), soon=soon)
    def refuse(self, pick: int, code: int, soon: float) -> None:
        self.house.puback(pick, code)
        self.house.pass_time(soon)

    @rule(pick=picks)
    def reach_the_broker_only(self, pick: int) -> None:
        """The PUBACK is late, or lost."""
        if self.house.wire is not None and self.house.wire.sent:
            sent = self.house.wire.sent
            self.house.world.take(sent[pick % len(sent)])

    @rule(
        ending=st.sampled_from([SILENT, SILENT, FATAL]),
        forgets=st.booleans(),
        stays_away=st.sampled_from([False, False, True]),
    )
    def lose_the_line(self, ending: Ending, forgets: bool, stays_away: bool) -> None:
        self.house.hang_up(ending)
        self.house.is_away = stays_away
        if forgets:
            self.house.world.forget()

    @rule(
        outcome=st.sampled_from(OUTCOMES),
        count=st.integers(1, 10),
        heard=st.sampled_from([True, True, False]),
    )
    def central_takes(self, outcome: str, count: int, heard: bool) -> None:
        self.house.puback_all()
        for _ in range(min(count, len(self.house.world.uploads))):
            self.house.world.store(self.house.world.uploads.popleft(), outcome)
            if heard:
                self.house.hear_receipt()
        self.house.pass_time(SOON_S)

    @rule(is_stored=st.booleans())
    def central_is_silent(self, is_stored: bool) -> None:
        self.house.puback_all()
        if self.house.world.uploads:
            upload = self.house.world.uploads.popleft()
            if is_stored:
                self.house.world.store(upload, "accepted")
                self.house.world.receipts.pop()

    @rule(count=st.integers(1, 10), soon=soon)
    def hear_receipts(self, count: int, soon: float) -> None:
        for _ in range(count):
            self.house.hear_receipt()
        self.house.pass_time(soon)

    @precondition(lambda self: self.house.world.bundles)
    @rule(pick=picks, whose=st.sampled_from(["again", "seen", "unknown"]))
    def another_receipt(self, pick: int, whose: str) -> None:
        """Once more, or because a nurse has opened it, or of somebody else's bundle."""
        bundles = sorted(self.house.world.bundles)
        bundle = NOBODYS if whose == "unknown" else bundles[pick % len(bundles)]
        more = {"seenAt": "2026-11-22T09:00:00Z"} if whose == "seen" else {}
        self.house.world.say(bundle, "accepted", **more)

    # Power, disk and clock

    @rule(torn=st.booleans(), reboot=st.sampled_from([False, False, True]))
    def crash(self, torn: bool, reboot: bool) -> None:
        self.house.crash(torn=torn, reboot=reboot)

    @rule(statement=st.integers(1, 60), after=st.booleans())
    def crash_soon(self, statement: int, after: bool) -> None:
        self.house.life.crash_at(statement, after=after)

    @rule(pages=st.sampled_from([0, 1, 3, 10, 30, *[NO_END_OF_IT] * 10]))
    def fill_the_disk(self, pages: int) -> None:
        self.house.allow(pages)

    @rule(seconds=st.sampled_from([0.0, 0.0, 0.0, 0.004, 0.05, 1.0]))
    def slow_disk(self, seconds: float) -> None:
        self.house.life.disk.delay_s = seconds

    @rule()
    def know_the_time(self) -> None:
        self.house.know_the_time()

    @rule(jump=st.sampled_from(JUMPS), trusted=st.sampled_from([True, True, False]))
    def clock_jumps(self, jump: timedelta, trusted: bool) -> None:
        self.house.clock.ahead += jump
        self.house.clock.trusted &= trusted

    @invariant()
    def it_holds(self) -> None:
        self.house.tend()
        check(self.house)

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        try:
            if sys.exc_info()[0] is None:  # else it is broken already, and says how
                self.let_everything_through()
                check(self.house)
                check_end(self.house)
        finally:
            self.house.close()

    def let_everything_through(self) -> None:
        house = self.house
        house.allow(NO_END_OF_IT)
        house.life.crash_at(0, after=False)
        house.life.disk.delay_s = 0.0
        house.pass_time(5.0)  # what was asked for while the disk was slow
        house.know_the_time()
        house.connect(session_kept=self.session_kept_at_the_end)
        house.take_over(5.0)
        for _ in range(AT_THE_END):
            house.pass_time(70.0)
            house.let_through()
            if house.life.books.ledger.outbox.counts().waiting == 0:
                return


TestHubModel = HubModel.TestCase
TestHubModel.settings = settings(
    max_examples=5000 if IS_NIGHT else 120,
    stateful_step_count=60,
    deadline=None,
    derandomize=not IS_NIGHT,  # with each change the same, at night others
    suppress_health_check=[HealthCheck.too_slow],
)
