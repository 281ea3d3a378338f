"""How long to wait before the next attempt: 1 s doubling to 5 min, full jitter, for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import SystemRandom

from hub.uplink.endings import AGAIN_AND_AGAIN, Ending, EndingKind

SUSPICIOUS_AFTER = 3


@dataclass(slots=True)
class Backoff:
    """The waits of one hub.

    settled_s     a connection that lasted this long is forgiven its earlier failures
    taken_over_s  least wait after another process with our client id took the session: two hubs
                  with one id would otherwise throw each other out in a loop (F31: ≤ 1 per minute)
    """

    first_s: float = 1.0
    cap_s: float = 300.0
    settled_s: float = 60.0
    taken_over_s: float = 60.0
    draw: Callable[[float, float], float] = SystemRandom().uniform
    failures: int = 0

    def wait_s(self, ending: Ending, lasted_s: float) -> float:
        """Seconds until the next attempt, after a connection that lasted `lasted_s` (0: none)."""
        if lasted_s >= self.settled_s:
            self.failures = 0
        # 2**40 s is past any cap; a hub that is offline for years must not compute huge powers.
        step = min(self.cap_s, self.first_s * 2.0 ** min(self.failures, 40))
        self.failures += 1
        if ending.kind is EndingKind.TAKEN_OVER:
            return self.draw(self.taken_over_s, max(step, 2 * self.taken_over_s))
        return self.draw(0.0, step)

    def explained(self, ending: Ending) -> Ending:
        """Not every broker says that a session was taken over: mosquitto 2.0.11 just hangs up."""
        if ending.kind is EndingKind.LOST and self.failures >= SUSPICIOUS_AFTER:
            return AGAIN_AND_AGAIN
        return ending
