"""Who may join: the kit at any time, a stranger only while the join window is open.

Outside both, an unknown device is only a sighting: a neighbour's cuff never becomes this
patient's reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from drivers import catalogue
from drivers.catalogue import Model
from drivers.contract import Advertisement, BroadcastDriver, RadioDriver
from drivers.errors import MatchError, NoDriver
from drivers.measurement import DeviceInfo
from drivers.registry import by_id, choose
from hub.acquire.ble import Sighting
from hub.acquire.kit import Lent, fits
from hub.records import Device, KitItem

__all__ = ["Candidate", "Decision", "Pairing", "recognise"]

STRONG_DBM = -80  # a device in the same room; a neighbour's through the wall is weaker
SETTLE_MS = 3_000  # how long a second candidate has to show itself before the first one joins
FORGOTTEN_MS = 60_000  # a lent one that was not heard for so long does not count as a second one
CANDIDATES_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that could join, as the technician sees it in the list.

    driver   None where `problem` says why none can be told
    problem  also why it has not joined when it was tried
    """

    seen: Advertisement
    rssi: int
    first_ms: int
    is_discoverable: bool | None = None
    model: Model | None = None
    driver: type[RadioDriver] | None = None
    problem: str | None = None

    @property
    def address(self) -> str:
        return self.seen.address

    @property
    def could_be_ours(self) -> bool:
        """In the same room, and in pairing mode as far as anybody can tell."""
        return self.rssi >= STRONG_DBM and self.is_discoverable is not False

    @property
    def name(self) -> str:
        return self.seen.name or ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an advertisement. `device` with "read"; `candidate` with "join".

    kit       what it is of the kit, or may be
    is_lent   it may join only as that one
    replaces  key of the device that goes when this one has joined
    """

    action: Literal["ignore", "read", "join", "list"]
    device: Device | None = None
    candidate: Candidate | None = None
    kit: KitItem | None = None
    is_lent: bool = False
    replaces: str | None = None


IGNORE = Decision("ignore")
LIST = Decision("list")


class Pairing:
    """The policy, without any I/O. Times are monotonic milliseconds.

    trying      what is being joined now
    unanswered  address of the device whose passkey nobody typed in, in this attempt
    revision    another number whenever the list of candidates looks different
    """

    def __init__(self, window_s: float) -> None:
        self._window_ms = int(window_s * 1000)
        self._open_until: int | None = None
        self._chosen: str | None = None
        self._expected: KitItem | None = None
        self._replacing: Device | None = None
        self._nearby: dict[str, tuple[str, int, int]] = {}
        self.lent = Lent()
        self.candidates: dict[str, Candidate] = {}
        self.trying: Decision | None = None
        self.unanswered: str | None = None
        self.revision = 0

    @property
    def kit(self) -> Sequence[KitItem]:
        return self.lent.items

    @kit.setter
    def kit(self, items: Sequence[KitItem]) -> None:
        self.lent.items = items

    def open(
        self,
        now_ms: int,
        seconds: float | None = None,
        expected: KitItem | None = None,
        replacing: Device | None = None,
    ) -> int:
        """Open the join window, for as long as usual or `seconds`; returns when it closes.

        expected   the one device that may join, at once, where its address or model is known
        replacing  only one like this may join, and this one goes then
        """
        self.close()
        self._expected = expected
        self._replacing = replacing
        self._open_until = now_ms + (int(seconds * 1000) if seconds else self._window_ms)
        return self._open_until

    def close(self) -> None:
        self._open_until = None
        self._chosen = None
        self._expected = None
        self._replacing = None
        self.candidates.clear()
        self.revision += 1

    def open_until(self, now_ms: int) -> int | None:
        if self._open_until is not None and now_ms >= self._open_until:
            self.close()
        return self._open_until

    def choose(self, address: str) -> bool:
        """The technician picked one from the list."""
        if address not in self.candidates:
            return False
        self._chosen = address
        self._list(replace(self.candidates[address], problem=None))
        return True

    def failed(self, address: str, problem: str) -> None:
        """It was tried, and did not join."""
        if address in self.candidates:
            self._list(replace(self.candidates[address], problem=problem))

    def decide(self, sighting: Sighting, devices: Sequence[Device], now_ms: int) -> Decision:
        seen = sighting.advertisement
        for device in devices:
            if device.transport == "ble" and device.address == seen.address:
                return Decision("read", device=device)
        is_open = self.open_until(now_ms) is not None
        item = self.lent.named(seen)
        if not (is_open or item or self.lent.missing(devices)):
            return IGNORE
        candidate = self._candidate(sighting, item, now_ms)
        if candidate is None:
            return IGNORE
        if item:
            return Decision("join", candidate=candidate, kit=item, is_lent=True)
        if not is_open:
            return self._perhaps_lent(candidate, devices, now_ms)
        if self._expected is not None:
            return self._as_expected(candidate, self._expected)
        return self._in_window(candidate, devices, now_ms)

    def _candidate(self, sighting: Sighting, item: KitItem | None, now_ms: int) -> Candidate | None:
        """None where nothing here reads it. What it said before is not forgotten: an
        advertisement and its scan response take turns."""
        seen, known = sighting.advertisement, self.candidates.get(sighting.advertisement.address)
        if known is not None:
            seen = _together(known.seen, seen)
        first_ms = known.first_ms if known else now_ms
        candidate = Candidate(seen, sighting.rssi, first_ms, sighting.is_discoverable)
        lent = catalogue.called(item.model) if item else None
        try:
            model, driver = recognise(seen)
        except NoDriver:
            if lent is None or (its_own := _radio_driver(lent)) is None:
                return None
            return replace(candidate, model=lent, driver=its_own)
        except MatchError as error:
            return replace(candidate, problem=str(error))
        failed = known.problem if known and known.driver else None
        return replace(candidate, model=model, driver=driver, problem=failed)

    def _perhaps_lent(
        self, candidate: Candidate, devices: Sequence[Device], now_ms: int
    ) -> Decision:
        """The kit names its model or its serial number, and it has to be in the same room."""
        driver = candidate.driver
        if driver is None or not candidate.could_be_ours:
            return IGNORE
        item = self.lent.perhaps(candidate.seen, candidate.model, driver, devices)
        if item is None:
            return IGNORE
        decision = Decision("join", candidate=candidate, kit=item, is_lent=True)
        if item.serial:
            return IGNORE if issubclass(driver, BroadcastDriver) else decision
        return decision if self._is_alone_nearby(candidate, driver.id, now_ms) else IGNORE

    def _is_alone_nearby(self, candidate: Candidate, driver: str, now_ms: int) -> bool:
        self._nearby = {
            address: heard
            for address, heard in self._nearby.items()
            if now_ms - heard[2] < FORGOTTEN_MS
        }
        if candidate.address not in self._nearby and len(self._nearby) >= CANDIDATES_AT_MOST:
            return False
        _, first_ms, _ = self._nearby.get(candidate.address, (driver, now_ms, now_ms))
        self._nearby[candidate.address] = (driver, first_ms, now_ms)
        alike = [heard for heard in self._nearby.values() if heard[0] == driver]
        return len(alike) == 1 and now_ms - first_ms >= SETTLE_MS

    def _as_expected(self, candidate: Candidate, item: KitItem) -> Decision:
        """Somebody is holding this one in front of the hub now."""
        if item.address:
            is_it = item.address.upper() == candidate.address.upper()
        else:
            driver = candidate.driver
            is_it = driver is not None and fits(item, candidate.seen, candidate.model, driver)
        return Decision("join", candidate=candidate) if is_it else IGNORE

    def _in_window(self, candidate: Candidate, devices: Sequence[Device], now_ms: int) -> Decision:
        listed = candidate.address in self.candidates
        if not listed and len(self.candidates) >= CANDIDATES_AT_MOST:
            return IGNORE
        if self._replacing and not _is_alike(candidate, self._replacing):
            return IGNORE
        self._list(candidate)
        if self._chosen != candidate.address and not self._joins_alone(candidate, now_ms):
            return LIST
        driver = candidate.driver
        item = None
        if driver is not None:
            item = self.lent.perhaps(candidate.seen, candidate.model, driver, devices)
        replaces = self._replacing.key if self._replacing else None
        return Decision("join", candidate=candidate, kit=item, replaces=replaces)

    def _joins_alone(self, candidate: Candidate, now_ms: int) -> bool:
        """What only advertises is never taken by itself: it cannot be in pairing mode."""
        driver = candidate.driver
        if driver is None or issubclass(driver, BroadcastDriver):
            return False
        alone = len(self.candidates) == 1 and candidate.could_be_ours
        return alone and now_ms - candidate.first_ms >= SETTLE_MS

    def _list(self, candidate: Candidate) -> None:
        known = self.candidates.get(candidate.address)
        self.candidates[candidate.address] = candidate
        if known is None or _looks(known) != _looks(candidate):
            self.revision += 1


def recognise(
    seen: Advertisement, info: DeviceInfo | None = None
) -> tuple[Model | None, type[RadioDriver]]:
    """The model that the catalogue knows it as, and what reads it. Raises MatchError."""
    model = catalogue.find(seen, info)
    return model, (model and _radio_driver(model)) or choose(seen)


def _radio_driver(model: Model) -> type[RadioDriver] | None:
    driver = by_id(model.driver)
    return driver if issubclass(driver, RadioDriver) else None


def _is_alike(candidate: Candidate, device: Device) -> bool:
    model = catalogue.by_id(device.model)
    if model and candidate.model:
        return model.shape is candidate.model.shape
    return candidate.driver is not None and candidate.driver.id == device.driver


def _together(before: Advertisement, now: Advertisement) -> Advertisement:
    return Advertisement(
        now.address,
        now.name or before.name,
        before.services | now.services,
        {**before.service_data, **now.service_data},
        {**before.company_data, **now.company_data},
    )


def _looks(candidate: Candidate) -> tuple[object, ...]:
    return (candidate.name, candidate.model, candidate.driver, candidate.problem)
