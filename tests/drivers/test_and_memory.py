"""What A&D's devices are told before their measurements are subscribed to."""

import pytest

from drivers.contract import GattProfile
from drivers.device_clock import DATE_TIME
from drivers.errors import LinkLost, LinkRefused
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.health_thermometer import HealthThermometer
from drivers.gatt.weight_scale import WeightScale
from drivers.replay import ReplayGattLink, Trace
from drivers.vendor.and_memory import CONTROL, prepare

SHOWN = "ea070b16080f2f"
BOTH = ("sends-all-on-request", "waits-for-its-clock")
ALL = (CONTROL, bytes.fromhex("0200e1"))
CLOCK = (DATE_TIME, bytes.fromhex(SHOWN))


def link(**reads: str | None) -> ReplayGattLink:
    return ReplayGattLink(Trace("", "", "", (), reads={CONTROL: "", **reads}, offers=("2a9d",)))


@pytest.mark.parametrize("driver", [BloodPressure, HealthThermometer, WeightScale])
async def test_the_memory_is_asked_for_and_the_clock_written_before_the_subscription(
    driver: type[GattProfile],
) -> None:
    class Device(ReplayGattLink):
        async def subscribe(self, characteristic: str) -> None:
            assert self.written == [ALL, CLOCK]
            await super().subscribe(characteristic)

    offers = (driver.characteristic,)
    device = Device(Trace("", "", "", (), reads={CONTROL: "", "2a08": SHOWN}, offers=offers))
    assert [one async for one in driver({}, BOTH).read(device)] == []
    assert device.subscribed == [driver.characteristic]


async def test_each_oddity_stands_for_itself() -> None:
    for oddities, written in ((), []), (BOTH[:1], [ALL]), (BOTH[1:], [CLOCK]):
        device = link(**{"2a08": SHOWN})
        await prepare(device, oddities)
        assert device.written == written


async def test_a_clock_that_does_not_tell_is_not_written() -> None:
    device = link(**{"2a08": None})
    await prepare(device, BOTH)
    assert device.written == [ALL]


async def test_a_device_without_the_control_service_is_not_asked() -> None:
    device = ReplayGattLink(Trace("", "", "", (), reads={"2a08": SHOWN}))
    await prepare(device, BOTH)
    assert device.written == [CLOCK]


class Refusing(ReplayGattLink):
    async def write(self, characteristic: str, payload: bytes) -> None:
        raise LinkRefused("write", "not permitted")


class Leaving(ReplayGattLink):
    async def write(self, characteristic: str, payload: bytes) -> None:
        raise LinkLost("write", "gone")


async def test_a_refusal_costs_nothing_and_a_lost_link_everything() -> None:
    trace = Trace("", "", "", (), reads={CONTROL: "", "2a08": SHOWN})
    await prepare(Refusing(trace), BOTH)
    with pytest.raises(LinkLost):
        await prepare(Leaving(trace), BOTH)
