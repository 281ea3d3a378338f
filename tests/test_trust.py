"""A time server may lie, and may be broken: which times are believed, and how doubt ends."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.clock import ClockState, Moment
from hub.trust import DRIFT, FARTHEST, HELD_OVER, RELEASED, STEP, Doubt, Guard, Past

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Pi:
    """The clocks of a Pi, moved by the test. `wall` is what the kernel says."""

    wall: datetime = TODAY
    mono_ms: int = 60_000
    boot: str = "this boot"
    synchronised: bool = True

    def __call__(self) -> Moment:
        state = ClockState.NTP if self.synchronised else ClockState.RESTORED
        return Moment(self.wall, self.mono_ms, self.boot, state)

    def pass_(self, time: timedelta, *, wall: timedelta | None = None) -> None:
        self.mono_ms += time // timedelta(milliseconds=1)
        self.wall += time if wall is None else wall


def guard(pi: Pi, last: datetime | None = None, first: Moment | None = None) -> Guard:
    return Guard(pi, Past(last, first), released=BUILT)


@pytest.mark.parametrize(
    ("wall", "doubt"),
    [
        pytest.param(BUILT - STEP - timedelta(seconds=1), Doubt.TOO_EARLY, id="before the release"),
        pytest.param(BUILT, None, id="at the release"),
        pytest.param(BUILT + FARTHEST, None, id="400 days later"),
        pytest.param(BUILT + FARTHEST + timedelta(seconds=1), Doubt.TOO_LATE, id="and a second"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), Doubt.TOO_EARLY, id="1970"),
        pytest.param(datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC), Doubt.TOO_LATE, id="NTP era"),
    ],
)
def test_the_first_time_of_a_hub_is_between_its_release_and_400_days_later(
    wall: datetime, doubt: Doubt | None
) -> None:
    one = guard(Pi(wall))
    assert one.doubt() is doubt
    assert one.now().state is (ClockState.DOUBTED if doubt else ClockState.NTP)
    assert one.now().wall == wall


@pytest.mark.parametrize(
    ("since", "doubt"),
    [
        pytest.param(-STEP - timedelta(seconds=1), Doubt.TOO_EARLY, id="back"),
        pytest.param(-STEP, None, id="a little back"),
        pytest.param(FARTHEST, None, id="400 days on a shelf"),
        pytest.param(2 * 365 * DAY, Doubt.TOO_LATE, id="two years in a drawer"),
    ],
)
def test_a_new_boot_goes_on_from_the_last_time_that_was_believed(
    since: timedelta, doubt: Doubt | None
) -> None:
    assert guard(Pi(TODAY + since), last=TODAY).doubt() is doubt


def test_a_time_before_the_release_does_not_bring_the_floor_down() -> None:
    assert guard(Pi(BUILT), last=datetime(1999, 1, 1, tzinfo=UTC)).doubt() is None
    assert guard(Pi(BUILT - DAY), last=BUILT - DAY).doubt() is Doubt.TOO_EARLY


def test_an_unsynchronised_clock_is_neither_believed_nor_doubted() -> None:
    one = guard(Pi(datetime(1970, 1, 1, tzinfo=UTC), synchronised=False))
    assert one.now().state is ClockState.RESTORED
    assert one.doubt() is None
    assert one.known() is None


def test_the_first_correction_of_a_restored_clock_is_believed() -> None:
    pi = Pi(TODAY - 14 * DAY, synchronised=False)
    one = guard(pi, last=TODAY - 14 * DAY)
    assert not one.now().trusted
    pi.pass_(timedelta(seconds=40), wall=14 * DAY)
    pi.synchronised = True
    assert one.now().trusted


@pytest.mark.parametrize("jump", [DAY, -HOUR, 10 * 365 * DAY, -50 * 365 * DAY])
def test_a_step_within_a_boot_is_doubted_until_it_is_taken_back(jump: timedelta) -> None:
    pi = Pi()
    one = guard(pi)
    assert one.now().trusted
    pi.pass_(HOUR, wall=HOUR + jump)
    assert one.now().state is ClockState.DOUBTED
    assert one.doubt() is Doubt.STEPPED
    assert one.known() == TODAY + HOUR  # what the boot knew goes on
    pi.pass_(HOUR, wall=HOUR - jump)
    assert one.now().trusted


def test_a_leap_second_and_the_drift_of_a_long_outage_are_no_step() -> None:
    pi = Pi()
    one = guard(pi)
    one.now()
    pi.pass_(HOUR, wall=HOUR - timedelta(seconds=1))
    assert one.now().trusted
    pi.synchronised = False
    pi.pass_(60 * DAY, wall=60 * DAY * (1 - 80e-6))
    assert one.known() == pytest.approx(pi.wall, abs=60 * DAY * DRIFT)
    pi.wall += 60 * DAY * 80e-6
    pi.synchronised = True
    assert one.now().trusted


def test_a_believed_time_is_held_over_for_a_week_without_a_server() -> None:
    """The kernel says "unsynchronised" after nine hours; the clock goes on."""
    pi = Pi()
    one = guard(pi)
    assert one.now().trusted
    pi.synchronised = False
    pi.pass_(HELD_OVER, wall=HELD_OVER * (1 + 90e-6))
    assert one.now() == replace(pi(), state=ClockState.NTP)
    pi.pass_(timedelta(seconds=1))
    assert one.now().state is ClockState.RESTORED
    pi.synchronised = True
    assert one.now().trusted


@pytest.mark.parametrize("step", [timedelta(seconds=3), -HOUR, DAY])
def test_a_clock_that_somebody_set_is_not_held_over(step: timedelta) -> None:
    pi = Pi()
    one = guard(pi)
    one.now()
    pi.synchronised = False
    pi.pass_(HOUR, wall=HOUR + step)
    assert one.now().state is ClockState.RESTORED


def test_no_other_boot_is_held_over() -> None:
    before = Pi()
    one = guard(Pi(synchronised=False), first=replace(before(), boot_id="before"))
    assert one.now().state is ClockState.RESTORED


def test_small_steps_do_not_walk_away() -> None:
    pi = Pi()
    one = guard(pi)
    for _ in range(10):
        assert one.now().trusted == (
            abs(pi.wall - TODAY - timedelta(milliseconds=pi.mono_ms - 60_000)) <= STEP
        )
        pi.pass_(timedelta(seconds=2), wall=timedelta(seconds=62))
    assert one.doubt() is Doubt.STEPPED


def test_a_restarted_process_still_measures_by_the_first_time_of_its_boot() -> None:
    pi = Pi()
    before = guard(pi)
    before.now()
    pi.pass_(HOUR, wall=30 * DAY)
    assert guard(pi, last=TODAY, first=before.first).doubt() is Doubt.STEPPED
    pi.boot = "next boot"
    assert guard(pi, last=TODAY, first=before.first).doubt() is None


def test_the_central_service_confirms_a_time_that_it_agrees_with() -> None:
    pi = Pi(TODAY + 2 * 365 * DAY)
    one = guard(pi, last=TODAY)
    assert not one.told(TODAY, TODAY + HOUR)  # it says otherwise
    assert not one.told(pi.wall - DAY, pi.wall + DAY)  # it may have waited for a day
    assert one.told(pi.wall - HOUR / 2, pi.wall + HOUR / 2)
    assert one.now().trusted
    pi.pass_(HOUR, wall=HOUR + DAY)
    assert one.doubt() is Doubt.STEPPED  # it confirmed that time, not all of them


def test_the_central_service_cannot_have_written_tomorrow() -> None:
    pi = Pi()
    one = guard(pi)
    assert one.now().trusted
    assert not one.told(TODAY + DAY, TODAY + DAY + HOUR)
    assert one.doubt() is Doubt.TOO_EARLY
    assert one.known() is None
    pi.wall += DAY
    assert one.now().trusted


def test_a_stale_command_says_nothing_against_the_clock() -> None:
    pi = Pi()
    one = guard(pi)
    assert one.told(TODAY - 3 * DAY, TODAY - 2 * DAY)
    assert one.now().trusted


def test_nobody_can_confirm_a_clock_that_is_not_synchronised() -> None:
    one = guard(Pi(synchronised=False))
    assert not one.confirm()
    assert not one.told(TODAY - HOUR / 2, TODAY + HOUR / 2)
    assert one.first is None


def test_a_machine_whose_time_is_kept_from_outside_is_believed() -> None:
    one = Guard(Pi(datetime(1990, 1, 1, tzinfo=UTC)), Past(), bounded=False)
    assert one.now().trusted


def test_the_release_is_not_in_the_future() -> None:
    assert datetime.now(UTC) > RELEASED


def test_a_moment_is_only_ever_made_worse() -> None:
    pi = Pi(datetime(1970, 1, 1, tzinfo=UTC))
    assert guard(pi).now() == replace(pi(), state=ClockState.DOUBTED)
