"""When the radio is deaf, and what to do about it next. Pure: times are monotonic seconds.

A radio is alive when it hears anything at all, from whomever. Silence proves nothing by itself: in
a house without a single Bluetooth neighbour it is what health sounds like. So the ladder climbs to
its top only where silence is news, that is

* at a place that is lively: for a whole day and night something was heard in every `silence_s`; or
* when scanning itself is refused, which no quiet house explains.

Elsewhere it asks (a scan that starts anew makes BlueZ tell again what it hears), power-cycles the
adapter once in a silence, and from then on only asks, ever more seldom. A silence that ends by
itself was a quiet neighbourhood: the place is not lively any more, and has to show it anew.
"""

from collections import Counter
from enum import StrEnum

ANSWER_S = 30.0  # after a rung, how soon a healed radio hears something where there is something
PAUSE_AT_MOST_S = 3600.0
LIVELY_AFTER_S = 24 * 3600.0


class Trouble(StrEnum):
    """Why nothing is heard, as the pages know it."""

    ABSENT = "absent"  # no adapter, or no D-Bus
    REFUSED = "refused"  # there is an adapter, and it does not scan
    PULL_THE_PLUG = "pull-the-plug"  # only losing its power may help


class Rung(StrEnum):
    """In the order of climbing. The words are the names of counters."""

    SCAN = "radio_scan_restarted"
    ADAPTER = "radio_power_cycled"
    SERVICE = "radio_service_restarted"
    UNPLUG = "radio_unplug_asked"  # what is left is a person at the plug


RECOVERED = "radio_recovered"
RUNGS = tuple(Rung)
SEVERAL = 2  # rungs that are tried where silence may be normal


class Ladder:
    """
    lively       this place has advertisers that are heard day and night
    needs_hands  all that the hub can do was in vain; until something is heard
    counts       rungs climbed, and how often something was heard after one
    """

    def __init__(self, silence_s: float, *, lively: bool = False) -> None:
        self.silence_s = silence_s
        self._silent_from: float | None = None  # None: not scanning, so nothing is expected
        self._lively_from: float | None = None
        self._climbed_at: float | None = None
        self._refused = False
        self._in_silence = False
        self._height = 0
        self._pause_s = silence_s
        self._next_at = 0.0
        self.lively = lively
        self.needs_hands = False
        self.counts: Counter[str] = Counter()

    def scanning(self, now: float) -> None:
        """A scan runs (again). Whether it hears anything is another matter."""
        if self._refused:
            self._refused = self.needs_hands = False
            self._begin(now)
        elif self._silent_from is None:
            self._silent_from = now
            self._next_at = max(self._next_at, now + self.silence_s)

    def resting(self) -> None:
        """Nothing is expected: connected, or no adapter to scan with."""
        self._silent_from = None

    def refused(self, now: float) -> None:
        """An adapter is there, and scanning could not be started."""
        if not self._refused:
            self._refused = True
            self._begin(now)
            self._next_at = now + ANSWER_S

    def heard(self, now: float) -> None:
        """Called for every advertisement, so it must stay cheap."""
        if self._lively_from is None:
            self._lively_from = now
        if self._climbed_at is not None:
            self._answered(now, self._climbed_at)
        elif now - self._lively_from >= LIVELY_AFTER_S:
            self.lively = True
        self._begin(now)

    def due(self, now: float) -> Rung | None:
        """The rung to climb now, which is then counted as climbed."""
        if now < self._next_at or (self._silent_from is None and not self._refused):
            return None
        rung = RUNGS[self._height]
        self._climbed_at = now
        self._height += 1
        self._next_at = now + ANSWER_S
        if self._height >= self._top():
            self._in_silence = True
            self._height = 0
            self._pause_s = min(self._pause_s * 2, PAUSE_AT_MOST_S)
            self._next_at = now + self._pause_s
        self.needs_hands = self.needs_hands or rung is Rung.UNPLUG
        self.counts[rung.value] += 1
        return rung

    def wait_s(self, now: float) -> float | None:
        """How long until `due` may say something; None while nothing is expected."""
        if self._silent_from is None and not self._refused:
            return None
        return max(self._next_at - now, 0.0)

    def _answered(self, now: float, climbed_at: float) -> None:
        self._climbed_at = None
        self.needs_hands = False
        if now - climbed_at <= ANSWER_S:
            self.counts[RECOVERED] += 1
        else:
            self.lively = False
            self._lively_from = now

    def _begin(self, now: float) -> None:
        self._silent_from = now
        self._in_silence = False
        self._height = 0
        self._pause_s = self.silence_s
        self._next_at = now + self.silence_s

    def _top(self) -> int:
        if self.lively or self._refused:
            return len(RUNGS)
        return 1 if self._in_silence else SEVERAL
