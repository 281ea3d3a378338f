"""What the broker delivered and waits to hear about: PUBACKs in the order of arrival."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


@dataclass(slots=True)
class _Arrival:
    mid: int
    is_done: bool = False


class Arrivals:
    """Messages are done in any order; `acknowledge(mid)` is called in theirs [MQTT-4.6.0-2]."""

    def __init__(self, acknowledge: Callable[[int], object]) -> None:
        self._acknowledge = acknowledge
        self._waiting: deque[_Arrival] = deque()

    def add(self, mid: int) -> Callable[[], None]:
        """→ what to call when the message need not come again."""
        arrival = _Arrival(mid)
        self._waiting.append(arrival)
        return partial(self._done, arrival)

    def _done(self, arrival: _Arrival) -> None:
        arrival.is_done = True
        while self._waiting and self._waiting[0].is_done:
            self._acknowledge(self._waiting.popleft().mid)
