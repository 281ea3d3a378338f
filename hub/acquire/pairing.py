"""Who may join: the kit at any time, a stranger only while the join window is open.

Outside both, an unknown device is only a sighting: a neighbour's cuff never becomes this
patient's reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from drivers.contract import Advertisement, RadioDriver
from drivers.errors import MatchError
from drivers.registry import choose
from hub.acquire.ble import Sighting
from hub.records import Device

STRONG_DBM = -80  # a device in the same room; a neighbour's through the wall is weaker
SETTLE_MS = 3_000  # how long a second candidate has to show itself before the first one joins
CANDIDATES_AT_MOST = 8


class KitItem(msgspec.Struct, frozen=True, kw_only=True):
    """A device lent to this home, as the central service lists it."""

    model: str = ""
    address: str | None = None
    serial: str | None = None
    name: str | None = None
    user_index: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that could join, as the technician sees it in the list."""

    address: str
    name: str
    driver: type[RadioDriver]
    rssi: int
    first_ms: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an advertisement. `device` with "read"; `driver` with "join"."""

    action: Literal["ignore", "read", "join", "list"]
    device: Device | None = None
    driver: type[RadioDriver] | None = None
    kit: KitItem | None = None


IGNORE = Decision("ignore")


class Pairing:
    """The policy, without any I/O. Times are monotonic milliseconds."""

    def __init__(self, window_s: float) -> None:
        self._window_ms = int(window_s * 1000)
        self._open_until: int | None = None
        self._chosen: str | None = None
        self._expected: KitItem | None = None
        self.kit: Sequence[KitItem] = ()
        self.candidates: dict[str, Candidate] = {}

    def open(
        self, now_ms: int, seconds: float | None = None, expected: KitItem | None = None
    ) -> int:
        """Open the join window, for as long as usual or `seconds`; returns when it closes.

        expected  the one device that may join, at once, where its address or model is known
        """
        self.candidates.clear()
        self._chosen = None
        self._expected = expected
        self._open_until = now_ms + (int(seconds * 1000) if seconds else self._window_ms)
        return self._open_until

    def close(self) -> None:
        self._open_until = None
        self._chosen = None
        self.candidates.clear()

    def open_until(self, now_ms: int) -> int | None:
        if self._open_until is not None and now_ms >= self._open_until:
            self.close()
        return self._open_until

    def choose(self, address: str) -> bool:
        """The technician picked one from the list."""
        if address not in self.candidates:
            return False
        self._chosen = address
        return True

    def decide(self, sighting: Sighting, devices: Sequence[Device], now_ms: int) -> Decision:
        seen = sighting.advertisement
        for device in devices:
            if device.transport == "ble" and device.address == seen.address:
                return Decision("read", device=device)
        try:
            driver = choose(seen)
        except MatchError:
            return IGNORE
        if item := self._lent(seen):
            return Decision("join", driver=driver, kit=item)
        if self.open_until(now_ms) is None:
            return IGNORE
        if self._expected is not None:
            fits = _is(seen, self._expected)
            return Decision("join", driver=driver) if fits else IGNORE
        return self._in_window(sighting, driver, now_ms)

    def _lent(self, seen: Advertisement) -> KitItem | None:
        for item in self.kit:
            if item.address and item.address.upper() == seen.address.upper():
                return item
            if item.serial and seen.name and item.serial in seen.name:
                return item
        return None

    def _in_window(self, sighting: Sighting, driver: type[RadioDriver], now_ms: int) -> Decision:
        seen = sighting.advertisement
        known = self.candidates.get(seen.address)
        if known is None and len(self.candidates) >= CANDIDATES_AT_MOST:
            return IGNORE
        candidate = Candidate(
            address=seen.address,
            name=seen.name or (known.name if known else ""),
            driver=driver,
            rssi=sighting.rssi,
            first_ms=known.first_ms if known else now_ms,
        )
        self.candidates[seen.address] = candidate
        alone = len(self.candidates) == 1 and sighting.rssi >= STRONG_DBM
        settled = now_ms - candidate.first_ms >= SETTLE_MS
        if self._chosen == seen.address or (alone and settled):
            return Decision("join", driver=driver)
        return Decision("list")


def _is(seen: Advertisement, item: KitItem) -> bool:
    """Whether this is the one that somebody is holding in front of the hub now."""
    if item.address:
        return item.address.upper() == seen.address.upper()
    return bool(item.model) and item.model.upper() in (seen.name or "").upper()
