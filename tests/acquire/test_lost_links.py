"""Sessions that break: after each packet in turn, with a full memory, with a clock that lost its
battery, beside another device. In the end every record is there once.

All waits are as long as in a home, and none is waited for: time passes as soon as nothing happens.
"""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from drivers.measurement import Learned, Measurement
from hub.acquire.pairing import KitItem, Pairing
from hub.clock import Moment
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.oximeter import PulseOximeter
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import Scale
from hub.demo.peripherals.thermometer import Thermometer
from hub.records import Reception, Whose
from hub.settings import Ble
from hub.store.identity import identity
from tests.acquire.conftest import Hub

pytestmark = pytest.mark.usefixtures("listening")

ADDRESS = "F0:F1:F2:A1:00:0{}"
STORED = 200
OUT_OF_HEARING_S = 10.0  # long enough for the hub to see that the device is back
AT_LAST_S = 3600.0


class Ledger(Hub):
    """Knows a record again as the real one does, and forgets what a driver forgets."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[str] = set()

    async def keep(
        self, measurement: Measurement, reception: Reception, whose: Whose = Whose.PATIENT
    ) -> bool:
        name = identity(measurement, reception)
        new = name not in self._known
        if new:
            self._known.add(name)
            self.kept.append((measurement, reception))
            self.owners.append(whose)
        await self._tell()
        return new

    async def learned(self, device_key: str, learned: Learned) -> None:
        known = {**self.mine[device_key].memory, **learned.facts}
        memory = {name: fact for name, fact in known.items() if fact is not None}
        self.mine[device_key] = replace(self.mine[device_key], memory=memory)
        await self._tell()

    def now(self) -> Moment:
        passed_ms = round(asyncio.get_running_loop().time() * 1000)
        return dataclasses.replace(super().now(), mono_ms=passed_ms)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(AT_LAST_S), self._changed:
            await self._changed.wait_for(reached)

    @property
    def payloads(self) -> list[tuple[bytes, ...]]:
        return [measurement.raw for measurement, _ in self.kept]


Payloads = list[tuple[bytes, ...]]


@dataclass(frozen=True)
class Kind:
    """A device, how it takes its `number`-th measurement, and what must be kept of that."""

    make: type[Peripheral]
    take: Callable[[Any, int], Awaitable[Any]]
    kept: Callable[[Any], Payloads] = lambda record: [(record,)]


KINDS = {
    "cuff": Kind(BloodPressureCuff, lambda it, number: it.take_measurement(100 + number % 100)),
    "scale": Kind(Scale, lambda it, number: it.take_measurement(Decimal(60) + number % 50)),
    "oximeter": Kind(PulseOximeter, lambda it, number: it.take_measurement(90 + number % 10)),
    "thermometer": Kind(
        Thermometer, lambda it, number: it.take_measurement(Decimal(300 + number) / 10)
    ),
    "glucose": Kind(
        GlucoseMeter,
        lambda it, number: it.take_measurement(meal=number % 4 or None),
        lambda record: [record.payloads],
    ),
}


class Lent:
    """One device of the kit on the air, and the payloads of what it has taken so far."""

    def __init__(self, kind: Kind, air: Air, number: int) -> None:
        self._kind = kind
        self.address = ADDRESS.format(number)
        self.device = kind.make(air, f"device {number}", self.address)
        self.measurements = 0
        self.taken: Payloads = []

    async def take(self, count: int) -> None:
        """So many measurements, out of the hub's hearing."""
        self.device.walk_away()
        for _ in range(count):
            self.measurements += 1
            self.taken += self._kind.kept(await self._kind.take(self.device, self.measurements))
        await asyncio.sleep(OUT_OF_HEARING_S)

    def come_back(self) -> None:
        self.device.walk_away(away=False)

    @property
    def is_done(self) -> bool:
        return not self.device.unread and self.device.connection is None


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture(autouse=True)
def impatient() -> None:
    """Everybody waits as long as in a home."""


@pytest.fixture(autouse=True)
async def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only when nothing else can happen, and then at once. There are no threads."""
    loop: Any = asyncio.get_running_loop()
    ready, now_s = loop._selector.select, loop.time()

    def select(timeout: float | None) -> list[Any]:
        nonlocal now_s
        events: list[Any] = ready(timeout if timeout is None else 0)
        now_s += 0 if events else timeout or 0
        return events

    monkeypatch.setattr(loop._selector, "select", select)
    monkeypatch.setattr(loop, "time", lambda: now_s)
    monkeypatch.setattr("tests.acquire.conftest.IMPATIENT", Ble())


@pytest.fixture
def hub() -> Ledger:
    return Ledger()


@pytest.fixture
async def lent(kind: Kind, air: Air, pairing: Pairing) -> AsyncIterator[Lent]:
    lent = Lent(kind, air, 1)
    pairing.kit = [KitItem(address=lent.address)]
    await lent.device.switch_on()
    yield lent
    await lent.device.switch_off()


async def test_a_link_lost_after_any_packet_loses_nothing(hub: Ledger, lent: Lent) -> None:
    packets, was_cut = 0, True
    while was_cut:
        await lent.take(2)
        lent.device.drop_after(packets)
        lent.come_back()
        await hub.until(lambda: len(hub.kept) >= len(lent.taken))
        await lent.device.until(lambda: lent.is_done)
        was_cut = not lent.device.drop_is_due
        packets += 1
    assert Counter(hub.payloads) == Counter(lent.taken)
    assert packets > 20


async def test_a_full_memory_is_read_whole_and_once(hub: Ledger, lent: Lent) -> None:
    await lent.take(STORED)
    lent.device.drop_after(STORED)
    lent.come_back()
    await lent.device.until(lambda: lent.is_done)
    assert Counter(hub.payloads) == Counter(lent.taken)


async def test_two_devices_at_once_are_both_read(
    hub: Ledger, lent: Lent, kind: Kind, air: Air, pairing: Pairing
) -> None:
    other = Lent(KINDS["scale" if kind is KINDS["cuff"] else "cuff"], air, 2)
    pairing.kit = [KitItem(address=lent.address), KitItem(address=other.address)]
    await other.device.switch_on()
    await asyncio.gather(lent.take(5), other.take(5))
    lent.come_back()
    other.come_back()
    await lent.device.until(lambda: lent.is_done)
    await other.device.until(lambda: other.is_done)
    assert Counter(hub.payloads) == Counter(lent.taken + other.taken)
    await other.device.switch_off()


async def test_a_clock_that_lost_its_battery_is_told_and_set(hub: Ledger, lent: Lent) -> None:
    lent.device.clock.lose_battery()
    await lent.take(2)
    lent.come_back()
    await lent.device.until(lambda: lent.is_done)
    assert abs(lent.device.clock.offset.total_seconds()) < 5
    assert all((reception.clock_offset_s or 0) > 0 for _, reception in hub.kept)
    await lent.take(1)
    lent.come_back()
    await lent.device.until(lambda: lent.is_done)
    assert Counter(hub.payloads) == Counter(lent.taken)
