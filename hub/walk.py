"""`hub walk`: how well the hub hears the devices, while somebody carries one through the home.

A line a second: the signal's strength (the median of the last seconds), how often it was heard,
in words. It only listens, so the hub may go on running beside it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from statistics import median
from typing import TextIO

from drivers.errors import MatchError
from drivers.registry import choose
from hub.acquire.ble import Backends, Radio, Sighting
from hub.settings import Settings

REMEMBERED_S = 5.0
SHOWN_AT_MOST = 12
BAR = 20
WEAKEST_DBM, STRONGEST_DBM = -100, -40
WORDS = ((-70, "good"), (-80, "enough"), (-90, "weak: move the hub closer"))
LOST = "too weak: readings will get lost here"
SILENT = "nothing heard"


class Walk:
    """What was heard in the last seconds of those that `wanted` (part of a name or an address)
    names; of every device that a driver reads where it is empty."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted.casefold()
        self._heard: dict[str, deque[tuple[float, int]]] = {}
        self._names: dict[str, str] = {}

    def heard(self, sighting: Sighting) -> None:
        seen = sighting.advertisement
        name = seen.name or self._names.get(seen.address, "")
        if not self._is_wanted(sighting, name):
            return
        self._names[seen.address] = name
        self._heard.setdefault(seen.address, deque()).append((time.monotonic(), sighting.rssi))

    def lines(self) -> Iterator[str]:
        """The strongest first."""
        self._forget(time.monotonic() - REMEMBERED_S)
        strengths = {
            address: round(median(rssi for _, rssi in heard))
            for address, heard in self._heard.items()
        }
        if not strengths:
            yield SILENT
        for address in sorted(strengths, key=lambda it: -strengths[it])[:SHOWN_AT_MOST]:
            rssi = strengths[address]
            times = len(self._heard[address])
            yield (
                f"{rssi:4} dBm {bar(rssi)} {in_words(rssi):{len(WORDS[-1][1])}} "
                f"{times:3} times  {address}  {self._names[address]}"
            )

    def _is_wanted(self, sighting: Sighting, name: str) -> bool:
        if self._wanted:
            return self._wanted in f"{sighting.advertisement.address} {name}".casefold()
        try:
            choose(sighting.advertisement)
        except MatchError:
            return sighting.advertisement.address in self._heard
        return True

    def _forget(self, before: float) -> None:
        for address, heard in list(self._heard.items()):
            while heard and heard[0][0] < before:
                heard.popleft()
            if not heard:
                del self._heard[address], self._names[address]


def bar(rssi: int) -> str:
    share = (rssi - WEAKEST_DBM) / (STRONGEST_DBM - WEAKEST_DBM)
    full = round(BAR * min(max(share, 0), 1))
    return "#" * full + "." * (BAR - full)


def in_words(rssi: int) -> str:
    return next((word for least, word in WORDS if rssi >= least), LOST)


async def walk(
    settings: Settings,
    wanted: str,
    out: TextIO,
    *,
    seconds: float | None = None,
    backends: Backends | None = None,
) -> int:
    """Until it is interrupted, or for so many seconds. Exit 1 when nothing was heard at all."""
    walking = Walk(wanted)
    heard_any = False
    radio = Radio(settings.ble, walking.heard, backends)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(radio.close)
        listening = asyncio.ensure_future(radio.listen(partial(_tell, out)))
        stack.callback(listening.cancel)
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            await asyncio.sleep(1)
            for line in walking.lines():
                heard_any = heard_any or line != SILENT
                out.write(f"{line}\n")
            out.flush()
    return 0 if heard_any else 1


def _tell(out: TextIO, problem: str | None) -> None:
    if problem is not None:
        out.write(f"no radio: {problem}\n")
