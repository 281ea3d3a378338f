"""Hypothesis moves the clocks (F15 to F18): time servers that lie, reboots, outages, other plans.

Readings, guard, re-stamping and reminders are the hub's own, over a real ledger.
"""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.faults.clocked import NEVER, Clocked, Pi
from tests.faults.tally import IS_NIGHT, Tally

BEGINNINGS = st.sampled_from(
    [
        datetime(2026, 3, 28, 20, 0, tzinfo=UTC),
        datetime(2026, 10, 24, 20, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 18, 0, tzinfo=UTC),
        datetime(2026, 6, 1, 9, 0, tzinfo=UTC),
    ]
)
ZONES = st.sampled_from(["Europe/Oslo", "Europe/Lisbon", "America/St_Johns", "Australia/Lord_Howe"])
PLANS = st.lists(
    st.sampled_from(["00:00:00", "02:15:00", "02:30:00", "08:00:00", "20:00:00", "23:59:00"]),
    unique=True,
    max_size=5,
)
QUIET = st.sampled_from([NEVER, ("22:00", "07:00"), ("02:00", "02:30"), ("12:00", "13:00")])
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUMPS = st.sampled_from([-20 * 365 * DAY, -DAY, -HOUR, HOUR, DAY, 30 * DAY, 10 * 365 * DAY])
SPANS = st.sampled_from([timedelta(minutes=7), HOUR, timedelta(hours=5), DAY])
DOWNTIMES = st.sampled_from([timedelta(minutes=1), timedelta(hours=3), 3 * DAY])

counts = {"readings": 0, "reminders": 0, "lost": 0, "repeated": 0, "reordered": 0}


class Clocks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.hub: Clocked | None = None

    @initialize(at=BEGINNINGS, times=PLANS, zone=ZONES, knows=st.booleans(), quiet=QUIET)
    def begin(
        self, at: datetime, times: list[str], zone: str, knows: bool, quiet: tuple[str, str]
    ) -> None:
        pi = Pi(at, at if knows else datetime(1970, 1, 1, tzinfo=UTC), synchronised=knows)
        self.hub = Clocked(Path(self.folder.name), pi, times, ZoneInfo(zone), quiet)
        self.runner.run(self.hub.start())
        self.tick()

    @property
    def home(self) -> Clocked:
        assert self.hub is not None
        return self.hub

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        self.runner.run(self.home.pass_(span))

    @rule()
    def somebody_is_weighed(self) -> None:
        self.runner.run(self.home.weigh())

    @rule(minutes=st.sampled_from([10, 60, 600]))
    def the_patient_postpones(self, minutes: int) -> None:
        self.runner.run(self.home.postpone(minutes))

    @rule(error_ms=st.integers(-1_900, 1_900))
    def an_honest_server_answers(self, error_ms: int) -> None:
        self.home.pi.hear(self.home.pi.truth + timedelta(milliseconds=error_ms))
        self.tick()

    @rule(jump=JUMPS)
    def a_liar_answers(self, jump: timedelta) -> None:
        self.home.pi.hear(self.home.pi.truth + jump)
        self.tick()

    @rule()
    def the_server_falls_silent(self) -> None:
        self.home.pi.synchronised = False
        self.tick()

    @rule()
    def the_central_service_tells_the_time(self) -> None:
        """A command on its way for a minute, which holds for ten."""
        truth = self.home.pi.truth
        between = truth - timedelta(minutes=1), truth + timedelta(minutes=9)
        self.runner.run(self.home.rounds.told(*between))
        self.tick()

    @rule(off=DOWNTIMES, saved=st.booleans())
    def the_power_is_cut(self, off: timedelta, saved: bool) -> None:
        self.runner.run(self.home.stop())
        self.home.pi.boot(off, None if saved else datetime(1970, 1, 1, tzinfo=UTC))
        self.start()

    @rule()
    def the_process_is_restarted(self) -> None:
        self.runner.run(self.home.stop())
        self.start()

    @rule(times=PLANS)
    def another_plan_comes(self, times: list[str]) -> None:
        self.runner.run(self.home.plan(times))
        self.tick()

    @precondition(lambda self: self.hub is not None)
    @invariant()
    def nothing_is_lost_or_reordered(self) -> None:
        assert self.home.lost() == 0
        assert self.home.reordered() == 0

    @precondition(lambda self: self.hub is not None)
    @invariant()
    def each_reminder_comes_once(self) -> None:
        assert self.home.counts.repeated == 0
        assert self.home.counts.missed == 0

    @precondition(lambda self: self.hub is not None)
    @invariant()
    def an_honest_time_that_is_believed_leaves_no_stamp_wrong(self) -> None:
        pi, guard = self.home.pi, self.home.guard
        if guard.now().trusted and abs(pi.wall - pi.truth) <= timedelta(seconds=2):
            assert self.home.wrong() == 0
            assert self.home.untrusted() == 0

    def start(self) -> None:
        self.runner.run(self.home.start())
        self.tick()

    def tick(self) -> None:
        self.runner.run(self.home.tick())

    def teardown(self) -> None:
        if self.hub is not None:
            counts["readings"] += len(self.hub.taken)
            counts["reminders"] += len(self.hub.counts.given)
            counts["lost"] += self.hub.lost() + self.hub.counts.missed
            counts["repeated"] += self.hub.counts.repeated
            counts["reordered"] += self.hub.reordered()
            self.runner.run(self.hub.stop())
        self.runner.close()
        self.folder.cleanup()


@pytest.mark.fault("F15")
def test_the_clocks_of_a_home(tally: Tally) -> None:
    examples = settings(
        max_examples=400 if IS_NIGHT else 30,
        stateful_step_count=40 if IS_NIGHT else 25,
        deadline=None,
        derandomize=not IS_NIGHT,  # with each change the same, at night others
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Clocks, settings=examples)
    tally.add(
        accepted=counts["readings"] + counts["reminders"],
        lost=counts["lost"],
        duplicated=counts["repeated"],
        reordered=counts["reordered"],
    )
    tally.say("histories", str(examples.max_examples))
