"""Sessions that break: after each packet in turn, with a full memory, with a clock that lost its
battery, beside another device. In the end every record is there once.

All waits are as long as in a home, and none is waited for: time passes as soon as nothing happens.
"""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from drivers.measurement import Learned, Measurement
from hub.acquire.pairing import Pairing
from hub.clock import Moment
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.body_scale import NOBODY, SLOTS, BodyScale, Op, Weighing
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.glucose_sensor import GlucoseSensor
from hub.demo.peripherals.health_sensor import HealthSensor
from hub.demo.peripherals.heart_rate_strap import HeartRateStrap
from hub.demo.peripherals.oximeter import PulseOximeter
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.record_store import Record
from hub.demo.peripherals.scale import Scale
from hub.demo.peripherals.storing_oximeter import StoringOximeter
from hub.demo.peripherals.taidoc_cuff import Command, TaidocCuff
from hub.demo.peripherals.thermometer import Thermometer
from hub.records import KitItem, Reception, Task, Whose
from hub.settings import Ble
from hub.store.identity import identity
from tests.acquire.conftest import Hub
from tests.faults.tally import Tally

pytestmark = pytest.mark.usefixtures("listening")

ADDRESS = "F0:F1:F2:A1:00:0{}"
STORED = 200
WORN_S = 20.0
OUT_OF_HEARING_S = 10.0  # long enough for the hub to see that the device is back
AT_LAST_S = 3600.0  # a hub that has everything asks ever more seldom
NUMBER_ENDS = 3  # flags and sequence number come before everything else


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

    @property
    def payloads(self) -> list[tuple[bytes, ...]]:
        return [measurement.raw for measurement, _ in self.kept]


Payloads = list[tuple[bytes, ...]]


@dataclass(frozen=True)
class Kind:
    """A device, how it takes its `number`-th measurement, and what must be kept of that.

    afterwards  what its owner does with it now and then, when everything is read
    has_clock   it has one that the hub sets
    renumbers   it gives its records new numbers, so the hub does not know them again
    """

    make: Callable[[Air, str, str], Peripheral]
    take: Callable[[Any, int], Awaitable[Any]]
    kept: Callable[[Any], Payloads] = lambda record: [(record,)]
    afterwards: Callable[[Any], object] = lambda device: None
    has_clock: bool = True
    renumbers: bool = False
    name: str = "device"


def numbered(record: Record) -> Payloads:
    return [record.payloads]


def weighed(weighing: Weighing) -> Payloads:
    weight = (weighing.weight,)
    return [weight, (*weight, weighing.composition)] if weighing.composition else [weight]


def take_glucose(meter: GlucoseMeter, number: int) -> Awaitable[Record]:
    """No two alike: one that counts anew may give a number again within the same second."""
    return meter.take_measurement(Decimal(40 + number % 200) / 10, number % 4 or None)


KINDS = {
    "cuff": Kind(BloodPressureCuff, lambda it, number: it.take_measurement(100 + number % 100)),
    "scale": Kind(Scale, lambda it, number: it.take_measurement(Decimal(60) + number % 50)),
    "oximeter": Kind(PulseOximeter, lambda it, number: it.take_measurement(90 + number % 10)),
    "thermometer": Kind(
        Thermometer, lambda it, number: it.take_measurement(Decimal(300 + number) / 10)
    ),
    "body-scale": Kind(
        BodyScale,
        lambda it, number: it.take_measurement(
            Decimal(60) + number % 50, user=None if number % 3 else NOBODY
        ),
        weighed,
    ),
    "glucose": Kind(GlucoseMeter, take_glucose, numbered),
    "erased-glucose": Kind(
        GlucoseMeter, take_glucose, numbered, lambda it: it.erase(counts_anew=True)
    ),
    "backward-glucose": Kind(
        partial(GlucoseMeter, counts_backwards=True),
        take_glucose,
        numbered,
        GlucoseMeter.erase,
        renumbers=True,
    ),
    "sensor": Kind(
        GlucoseSensor,
        lambda it, number: it.take_measurement(Decimal(60 + number % 200)),
        numbered,
        has_clock=False,
    ),
    "new-sensor": Kind(
        GlucoseSensor,
        lambda it, number: it.take_measurement(Decimal(60 + number % 200)),
        numbered,
        GlucoseSensor.start_session,
        has_clock=False,
    ),
    "health-sensor": Kind(
        HealthSensor,
        lambda it, number: it.take_measurement(100 + number % 100),
        numbered,
        has_clock=False,
    ),
    "taidoc": Kind(
        TaidocCuff,
        lambda it, number: it.take_measurement(100 + number % 100, user=1 + number % 4),
        lambda record: [(record.payload,)],
        name="FORA D40",
    ),
    "storing-oximeter": Kind(
        StoringOximeter,
        lambda it, number: it.take_measurement(90 + number % 10),
        numbered,
        StoringOximeter.erase,
    ),
}


class Lent:
    """One device of the kit on the air, and the payloads of what it has taken so far."""

    def __init__(self, kind: Kind, air: Air, number: int) -> None:
        self._kind = kind
        self.address = ADDRESS.format(number)
        self.device: Any = kind.make(air, kind.name, self.address)
        self.measurements = 0
        self.taken: Payloads = []

    async def take(self, count: int) -> None:
        """So many measurements, out of the hub's hearing."""
        self.device.walk_away()
        for _ in range(count):
            self.measurements += 1
            self.taken += self._kind.kept(await self._kind.take(self.device, self.measurements))
        await asyncio.sleep(OUT_OF_HEARING_S)

    def rest(self) -> None:
        self._kind.afterwards(self.device)

    def come_back(self) -> None:
        self.device.walk_away(away=False)

    def has_told(self, hub: Ledger, *others: "Lent") -> bool:
        """Everything is kept, and once."""
        taken = sum((it.taken for it in others), self.taken)
        if not self._kind.renumbers:
            return Counter(hub.payloads) == Counter(taken)
        kept = {measurement.raw[0][NUMBER_ENDS:] for measurement, _ in hub.kept}
        return {payloads[0][NUMBER_ENDS:] for payloads in taken} <= kept

    async def done(self) -> None:
        """Everything is read, and it has hung up."""
        async with asyncio.timeout(AT_LAST_S):
            await self.device.until(
                lambda: not self.device.unread and self.device.connection is None
            )


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


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


@pytest.mark.fault("F32")
async def test_a_link_lost_after_any_packet_loses_nothing(
    hub: Ledger, lent: Lent, tally: Tally
) -> None:
    packets, was_cut = 0, True
    while was_cut:
        await lent.take(2)
        lent.device.drop_after(packets)
        lent.come_back()
        await lent.done()
        was_cut = not lent.device.drop_is_due
        lent.rest()
        packets += 1
    tally.cycles_done = packets
    assert lent.has_told(hub)
    assert packets > 20


@pytest.mark.fault("F33")
async def test_a_full_memory_is_read_whole_and_once(hub: Ledger, lent: Lent) -> None:
    await lent.take(STORED)
    lent.device.drop_after(STORED)
    lent.come_back()
    await lent.done()
    assert lent.has_told(hub)


async def test_two_devices_at_once_are_both_read(
    hub: Ledger, lent: Lent, kind: Kind, air: Air, pairing: Pairing
) -> None:
    other = Lent(KINDS["scale" if kind is KINDS["cuff"] else "cuff"], air, 2)
    pairing.kit = [KitItem(address=lent.address), KitItem(address=other.address)]
    await other.device.switch_on()
    await asyncio.gather(lent.take(5), other.take(5))
    lent.come_back()
    other.come_back()
    await lent.done()
    await other.done()
    assert lent.has_told(hub, other)
    await other.device.switch_off()


@pytest.mark.parametrize("kind", [it for it in KINDS if KINDS[it].has_clock], indirect=True)
async def test_a_clock_that_lost_its_battery_is_told_and_set(
    hub: Ledger, lent: Lent, kind: Kind
) -> None:
    lent.device.clock.lose_battery()
    await lent.take(2)
    lent.come_back()
    await lent.done()
    assert abs(lent.device.clock.offset) < timedelta(minutes=1)
    assert all((reception.clock_offset_s or 0) > 0 for _, reception in hub.kept)
    await lent.take(1)
    lent.come_back()
    await lent.done()
    if kind.make is StoringOximeter:
        # It has told its first two again, and without a believable time nobody knows them.
        assert set(hub.payloads) == set(lent.taken)
    else:
        assert lent.has_told(hub)


@pytest.mark.parametrize("kind", ["taidoc"], indirect=True)
async def test_a_memory_is_never_erased(hub: Ledger, lent: Lent) -> None:
    await lent.take(3)
    lent.come_back()
    await lent.done()
    told = set(lent.device.commands)
    assert told == {
        Command.READ_CLOCK,
        Command.READ_MODEL,
        Command.COUNT,
        Command.RECORD_TIME,
        Command.RECORD_VALUE,
        Command.TURN_OFF,
    }


@pytest.mark.parametrize("kind", ["body-scale"], indirect=True)
async def test_slots_that_went_with_the_batteries_are_registered_anew(
    hub: Ledger, lent: Lent
) -> None:
    await lent.take(3)
    lent.come_back()
    await lent.done()
    lent.device.change_batteries()
    lent.device.users[1] = 1234  # somebody else was quicker
    await lent.take(3)
    lent.come_back()
    await lent.done()
    await lent.take(2)
    lent.come_back()
    await lent.done()
    assert lent.has_told(hub)
    assert {measurement.user_index for measurement, _ in hub.kept} == {None, 2}
    assert {request[0] for request in lent.device.requests} == {Op.REGISTER, Op.CONSENT}


@pytest.mark.parametrize("kind", ["body-scale"], indirect=True)
async def test_a_scale_without_a_free_slot_still_tells_what_a_guest_weighs(
    hub: Ledger, lent: Lent
) -> None:
    lent.device.users = dict.fromkeys(range(1, SLOTS + 1), 1234)
    await lent.take(2)
    lent.come_back()
    await lent.done()
    assert lent.has_told(hub)
    assert set(hub.owners) == {Whose.UNKNOWN}
    (status,) = hub.statuses.values()
    assert status["task"] is Task.CONSENT_NEEDED


@pytest.mark.fault("F32")
async def test_no_heartbeat_that_came_is_lost_or_kept_twice(
    hub: Ledger, air: Air, pairing: Pairing
) -> None:
    """A strap stores nothing, so what is on its way when the link breaks is gone."""
    strap = await HeartRateStrap(air, "strap", ADDRESS.format(1)).switch_on()
    pairing.kit = [KitItem(address=strap.address)]
    cuts, was_cut = 0, True
    while was_cut:
        strap.drop_after(cuts)
        await strap.put_on()
        await asyncio.sleep(WORN_S)
        await strap.take_off()
        await strap.until(lambda: strap.connection is None)
        await asyncio.sleep(OUT_OF_HEARING_S)
        was_cut = not strap.drop_is_due
        cuts += was_cut
    kept = Counter(frame for payloads in hub.payloads for frame in payloads)
    assert set(kept.values()) == {1}
    assert kept.keys() <= set(strap.sent)
    assert len(strap.sent) - len(kept) <= cuts
    assert cuts > 20
    await strap.switch_off()
