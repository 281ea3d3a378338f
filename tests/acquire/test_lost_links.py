"""Sessions that break: after each packet in turn, with a full memory, with a clock that lost its
battery, beside another device. In the end every record is there once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from hub.acquire.pairing import KitItem, Pairing
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.oximeter import PulseOximeter
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import Scale
from hub.demo.peripherals.thermometer import Thermometer
from tests.acquire.conftest import Hub

pytestmark = pytest.mark.usefixtures("listening")

ADDRESS = "F0:F1:F2:A1:00:0{}"
STORED = 200


@dataclass(frozen=True)
class Kind:
    """A device, and how it takes its `number`-th measurement."""

    make: type[Peripheral]
    take: Callable[[Any, int], Awaitable[object]]


KINDS = {
    "cuff": Kind(BloodPressureCuff, lambda it, number: it.take_measurement(100 + number % 100)),
    "scale": Kind(Scale, lambda it, number: it.take_measurement(Decimal(60) + number % 50)),
    "oximeter": Kind(PulseOximeter, lambda it, number: it.take_measurement(90 + number % 10)),
    "thermometer": Kind(
        Thermometer, lambda it, number: it.take_measurement(Decimal(300 + number) / 10)
    ),
    "glucose": Kind(GlucoseMeter, lambda it, number: it.take_measurement(meal=number % 4)),
}


class Lent:
    """One device of the kit on the air, with what it has taken so far."""

    def __init__(self, kind: Kind, air: Air, number: int) -> None:
        self._kind = kind
        self.address = ADDRESS.format(number)
        self.device = kind.make(air, f"device {number}", self.address)
        self.taken = 0

    async def take(self, count: int) -> None:
        """So many measurements, out of the hub's hearing."""
        self.device.walk_away()
        for _ in range(count):
            self.taken += 1
            await self._kind.take(self.device, self.taken)

    def come_back(self) -> None:
        self.device.walk_away(away=False)


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture(autouse=True)
def at_once(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.acquire.receiver.ASK_AGAIN_S", 0.02)
    monkeypatch.setattr(Peripheral, "linger_s", 0.15)


@pytest.fixture
async def lent(kind: Kind, air: Air, pairing: Pairing) -> Any:
    lent = Lent(kind, air, 1)
    pairing.kit = [KitItem(address=lent.address)]
    await lent.device.switch_on()
    yield lent
    await lent.device.switch_off()


def payloads(hub: Hub) -> list[tuple[bytes, ...]]:
    return [measurement.raw for measurement, _ in hub.kept]


async def test_a_link_lost_after_any_packet_loses_nothing(hub: Hub, lent: Lent) -> None:
    packets, was_cut = 0, True
    while was_cut:
        await lent.take(2)
        lent.device.drop_after(packets)
        lent.come_back()
        await hub.until(lambda: len(hub.kept) >= lent.taken and not lent.device.unread)
        was_cut = not lent.device.drop_is_due
        packets += 1
    assert len(payloads(hub)) == len(set(payloads(hub))) == lent.taken
    assert packets > 20


async def test_a_full_memory_is_read_whole_and_once(hub: Hub, lent: Lent) -> None:
    await lent.take(STORED)
    lent.device.drop_after(STORED)
    lent.come_back()
    await hub.until(lambda: len(hub.kept) >= STORED and not lent.device.unread)
    assert len(payloads(hub)) == len(set(payloads(hub))) == STORED


async def test_two_devices_at_once_are_both_read(
    hub: Hub, lent: Lent, kind: Kind, air: Air, pairing: Pairing
) -> None:
    other = Lent(KINDS["scale" if kind is KINDS["cuff"] else "cuff"], air, 2)
    pairing.kit = [KitItem(address=lent.address), KitItem(address=other.address)]
    await other.device.switch_on()
    await asyncio.gather(lent.take(5), other.take(5))
    lent.come_back()
    other.come_back()
    await hub.until(lambda: not lent.device.unread and not other.device.unread)
    await hub.until(lambda: len(hub.kept) == 10)
    assert len(set(payloads(hub))) == 10
    await other.device.switch_off()


async def test_a_clock_that_lost_its_battery_is_told_and_set(hub: Hub, lent: Lent) -> None:
    lent.device.clock.lose_battery()
    await lent.take(2)
    lent.come_back()
    # Not when it is set for the first time: A&D's devices are told what they show, to begin with.
    await hub.until(lambda: abs(lent.device.clock.offset.total_seconds()) < 5)
    assert len(hub.kept) == 2
    assert all(measurement.device_time for measurement, _ in hub.kept)
    assert all((reception.clock_offset_s or 0) > 0 for _, reception in hub.kept)
    await lent.take(1)
    lent.come_back()
    await hub.until(lambda: len(hub.kept) == 3)
