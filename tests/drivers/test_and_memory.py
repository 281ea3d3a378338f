"""What A&D's devices are told before they are subscribed to, and what they call a weight."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.contract import Advertisement, GattProfile
from drivers.device_clock import DATE_TIME
from drivers.errors import (
    LinkLost,
    LinkRefused,
    ReservedBits,
    TrailingBytes,
    TruncatedPayload,
)
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.health_thermometer import HealthThermometer
from drivers.gatt.weight_scale import WeightScale
from drivers.links import uuid16
from drivers.measurement import Measurement, Quantity, Status, Unit, Value
from drivers.registry import choose
from drivers.replay import ReplayGattLink, Trace
from drivers.vendor.and_memory import CONTROL, prepare
from drivers.vendor.and_weight import MEASUREMENT, SERVICE, decode_tenths

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


def decode(hex_text: str) -> Measurement:
    return decode_tenths(bytes.fromhex(hex_text))


def test_the_old_weight_counts_in_tenths() -> None:
    seen = decode("06 1a03 ea070b16080f2f 02")
    assert seen.values == {Quantity.BODY_WEIGHT: Value(Decimal("79.4"), Unit.KILOGRAM)}
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.user_index == 2
    assert decode("01 2206").values[Quantity.BODY_WEIGHT] == Value(Decimal("157.0"), Unit.POUND)
    assert decode("04 1a03 ff").is_of_unknown_user
    assert decode("02 1a03 00000000000000").status == (Status.TIME_FAULT,)


def test_the_old_weight_is_held_to_its_layout() -> None:
    with pytest.raises(ReservedBits):
        decode("08 1a03 f500 d606")
    with pytest.raises(TruncatedPayload):
        decode("02 1a03")
    with pytest.raises(TrailingBytes):
        decode("00 1a03 01")


async def test_a_weight_that_is_offered_in_both_forms_is_read_once() -> None:
    steps = (
        {"notify": MEASUREMENT, "payload": "001a03"},
        {"notify": "2a9d", "payload": "00083e"},
    )
    device = ReplayGattLink(Trace("", "", "", steps))
    (seen,) = [one async for one in WeightScale().read(device)]
    assert isinstance(seen, Measurement)
    assert seen.raw == (bytes.fromhex("00083e"),)


def test_the_old_service_leads_to_the_driver_for_scales() -> None:
    assert choose(Advertisement("", services=frozenset({SERVICE}))) is WeightScale
    assert choose(Advertisement("", services=frozenset({SERVICE, uuid16(0x181D)}))) is WeightScale
