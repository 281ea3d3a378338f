"""Which times of a synchronised clock are believed.

The kernel says "synchronised" whoever answered on UDP port 123. A stamp that a liar has rewritten
stays wrong in a patient's record; one that waits is only late. So a time must fit what is known:

    not before the release, nor before the last time that was believed
    at most 400 days after the later of the two
    within one boot, once believed: as far from monotonic time as it was then

Within a boot a time that was believed is held over for a week without a server.
One that does not fit is DOUBTED until it fits again. A new boot forgets the third rule. The first
two are lifted by the central service (`time.sync`) or by a technician, who say that it is right.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hub.clock import ClockState, Moment, Now

RELEASED = datetime(2026, 11, 22, tzinfo=UTC)  # of this version: no clock is right before it
FARTHEST = timedelta(days=400)

# Slewing moves monotonic time too, so only steps are seen: a leap second, and after an outage what
# the crystal has drifted. That of a Pi keeps 100 ppm; the minutes are for a first answer over a
# bad line. Measured from the first time of the boot, so that small steps cannot walk away.
STEP = timedelta(minutes=2)
DRIFT = 100e-6

# The kernel calls a clock unsynchronised 9 hours after the last answer (its error bound, 500 ppm,
# then reaches 16 s: NTP_PHASE_LIMIT). A home is offline for days, and the clock goes on: a week of
# 100 ppm is a minute. Beyond that the readings wait for an answer, and are re-stamped then.
HELD_OVER = timedelta(days=7)
AGREES = timedelta(seconds=2)

SYNC_WITHIN = timedelta(hours=1)  # a command that may be older tells too little about now


class Doubt(StrEnum):
    TOO_EARLY = "too-early"  # before the release, or before a time that was believed
    TOO_LATE = "too-late"  # more than 400 days after it
    STEPPED = "stepped"  # otherwise than the time that has passed


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger knows: the last time believed, and the first one of this boot."""

    last: datetime | None = None
    first: Moment | None = None


class Guard:
    """`now` is the hub's only source of moments. Threads may share it: each change is one name.

    first   the moment by which the later ones of this boot are measured; None: nothing yet
    bounded False for a machine whose time is kept from outside: all is believed
    """

    def __init__(
        self, clock: Now, past: Past, *, released: datetime = RELEASED, bounded: bool = True
    ) -> None:
        self._clock = clock
        self._bounded = bounded
        self._floor = max(released, past.last or released)
        is_this_boot = past.first is not None and past.first.boot_id == clock().boot_id
        self.first = past.first if is_this_boot else None
        self._latest = self.first

    def now(self) -> Moment:
        at = self._clock()
        if not at.trusted:
            return replace(at, state=ClockState.NTP) if self._is_held_over(at) else at
        if self._doubt(at) is not None:
            return replace(at, state=ClockState.DOUBTED)
        self._believe(at)
        return at

    def doubt(self) -> Doubt | None:
        """Why the time of a synchronised clock is not believed just now."""
        at = self._clock()
        return self._doubt(at) if at.trusted else None

    def known(self) -> datetime | None:
        """The time, by the last moment of this boot that was believed; goes on in an outage.

        Good for reminders, not for stamps: nobody says how far it has drifted by now.
        """
        at = self.now()
        if at.trusted or self._latest is None:
            return at.wall if at.trusted else None
        return _extrapolated(self._latest, at.mono_ms)

    def told(self, earliest: datetime, latest: datetime) -> bool:
        """The central service: it is now between the two → whether the clock is believed."""
        at = self._clock()
        if at.wall < earliest - STEP:
            self._floor, self.first, self._latest = max(self._floor, earliest), None, None
        elif at.wall <= latest + STEP and latest - earliest <= SYNC_WITHIN:
            return self.confirm()
        return self.now().trusted

    def confirm(self) -> bool:
        """Somebody who knows says that the clock is right → False while it is not synchronised."""
        at = self._clock()
        if not at.trusted:
            return False
        if self._doubt(at) is not None:
            self._floor, self.first = at.wall, None
        self._believe(at)
        return True

    def _is_held_over(self, at: Moment) -> bool:
        if (latest := self._latest) is None or not self._bounded:
            return False
        expected = _extrapolated(latest, at.mono_ms)
        since = expected - latest.wall
        return since <= HELD_OVER and abs(at.wall - expected) <= AGREES + DRIFT * since

    def _believe(self, at: Moment) -> None:
        if self.first is None:
            self.first = at
        self._latest = at

    def _doubt(self, at: Moment) -> Doubt | None:
        if not self._bounded:
            return None
        if (first := self.first) is not None:
            expected = _extrapolated(first, at.mono_ms)
            allowed = STEP + DRIFT * (expected - first.wall)
            return Doubt.STEPPED if abs(at.wall - expected) > allowed else None
        if at.wall < self._floor - STEP:
            return Doubt.TOO_EARLY
        return Doubt.TOO_LATE if at.wall > self._floor + FARTHEST else None


def _extrapolated(then: Moment, mono_ms: int) -> datetime:
    return then.wall + timedelta(milliseconds=mono_ms - then.mono_ms)
