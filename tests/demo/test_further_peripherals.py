"""The devices of the newer profiles: literal bytes, and how they answer a hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import pytest
from bleak import BleakClient
from bleak.uuids import normalize_uuid_str

from hub.demo.air import Air
from hub.demo.peripherals.body_scale import NOBODY, BodyScale
from hub.demo.peripherals.clock import DeviceClock
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.glucose_sensor import GlucoseSensor
from hub.demo.peripherals.health_sensor import HealthSensor
from hub.demo.peripherals.heart_rate_strap import HeartRateStrap
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.record_access import combined_answer
from hub.demo.peripherals.storing_oximeter import StoringOximeter
from hub.demo.peripherals.taidoc_cuff import TaidocCuff
from hub.demo.radio import Backends

ADDRESS = "F0:F1:F2:A1:00:07"
WHEN = datetime(2026, 11, 22, 8, 15, 47)  # noqa: DTZ001 - a device clock has no zone
TAIDOC = "00001524-1212-efde-1523-785feabcd123"
Kind = TypeVar("Kind", bound=Peripheral)


def uuid(number: int) -> str:
    return normalize_uuid_str(f"{number:04x}")


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeviceClock, "now", lambda _: WHEN)
    monkeypatch.setattr(DeviceClock, "stamp", lambda _: WHEN)


@asynccontextmanager
async def switched_on(device: Kind) -> AsyncIterator[Kind]:
    await device.switch_on()
    yield device
    await device.switch_off()


class Hub:
    """Hears what was subscribed to, in the order of its arrival."""

    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def subscribe(self, *names: str) -> None:
        for name in names:
            await self.client.start_notify(name, lambda _, it: self._heard.put_nowait(it.hex()))

    async def ask(self, name: str, request: str) -> str:
        await self.client.write_gatt_char(name, bytes.fromhex(request), True)
        return await self.next()

    async def next(self) -> str:
        return await asyncio.wait_for(self._heard.get(), 10)


@asynccontextmanager
async def connected(radio: Backends, *, pair: bool = True) -> AsyncIterator[Hub]:
    async with BleakClient(ADDRESS, pair=pair, timeout=5, backend=radio[1]) as client:
        yield Hub(client)


@pytest.mark.parametrize(
    ("make", "payloads"),
    [
        pytest.param(GlucoseSensor, ["080065000500" + "23a0"], id="sensor"),
        pytest.param(StoringOximeter, ["0360004400ea070b16080f2f0002"], id="oximeter"),
        pytest.param(
            HealthSensor,
            [
                "01" + "01000000" + "07" + "2600" + "0300" + "044a0200" + "20" + "3361953200",
                "04" + "000000" + "02" + "054a0200" + "01" + "200f" + "80000000" + "064a0200",
                "0a" + "01" + "200f" + "52000000",
            ],
            id="health-sensor",
        ),
    ],
)
async def test_a_record(air: Air, make: Any, payloads: list[str]) -> None:
    async with switched_on(make(air, "device", ADDRESS)) as device:
        record = await device.take_measurement()
    assert [payload.hex() for payload in record.payloads] == payloads


async def test_a_sensor_says_when_it_was_put_on(air: Air, radio: Backends) -> None:
    async with switched_on(GlucoseSensor(air, "CGM-1", ADDRESS)) as sensor:
        await sensor.take_measurement()
        async with connected(radio) as hub:
            said = [
                bytes(await hub.client.read_gatt_char(uuid(number))).hex()
                for number in (0x2AA8, 0x2AA9, 0x2AAA, 0x2AAB)
            ]
    assert said == [
        "00100059" + "f049",
        "0500000000" + "dc16",
        "ea070b16080f2f0400" + "2609",
        "5001" + "c632",
    ]


async def test_a_meter_that_counts_backwards_gives_every_record_another_number(air: Air) -> None:
    async with switched_on(GlucoseMeter(air, "DM30b", ADDRESS, counts_backwards=True)) as meter:
        await meter.take_measurement(meal=1)
        await meter.take_measurement()
    assert [record.payloads[0][1:3].hex() for record in meter.records] == ["0100", "0000"]
    assert meter.records[0].payloads[1].hex() == "02010001"


@pytest.mark.parametrize(("counts_anew", "number"), [(True, 1), (False, 2)])
async def test_an_erased_meter(air: Air, counts_anew: bool, number: int) -> None:
    async with switched_on(GlucoseMeter(air, "GLU-1", ADDRESS)) as meter:
        await meter.take_measurement()
        meter.erase(counts_anew=counts_anew)
        assert (await meter.take_measurement()).number == number
    assert len(meter.records) == 1


async def test_a_health_sensor_tells_live_only_to_whoever_asked_for_it(
    air: Air, radio: Backends
) -> None:
    async with switched_on(HealthSensor(air, "GHS-1", ADDRESS)) as sensor:
        sensor.linger_s = 60
        await sensor.press()
        async with connected(radio) as hub:
            await hub.subscribe(uuid(0x2B8B), uuid(0x2BF4))
            await sensor.take_measurement()
            assert await hub.ask(uuid(0x2BF4), "01") == "800101"
            record = await sensor.take_measurement()
            live = "".join([(await hub.next())[2:] for _ in record.payloads])
    assert live == b"".join(it[1:] for it in record.payloads).hex()[8:]


@pytest.mark.parametrize(
    ("request_hex", "records", "response"),
    [
        pytest.param("0701", [1, 2, 3], "080003000000", id="all"),
        pytest.param("07030103000000", [3], "080001000000", id="from-3"),
        pytest.param("07030109000000", [], "06000706", id="from-9"),
        pytest.param("0703010300", [], "06000705", id="short-operand"),
        pytest.param("0101", [], "06000102", id="not-combined"),
    ],
)
def test_combined_requests(request_hex: str, records: list[int], response: str) -> None:
    told = combined_answer(bytes.fromhex(request_hex), [1, 2, 3])
    assert (list(told.records), told.response.hex()) == (records, response)


async def test_a_strap_is_heard_while_it_is_worn(air: Air, radio: Backends) -> None:
    async with switched_on(HeartRateStrap(air, "HRS-1", ADDRESS)) as strap:
        await strap.put_on()
        async with connected(radio) as hub:
            await hub.subscribe(uuid(0x2A37))
            assert await hub.next() == "1e3c00000004"
            await strap.take_off()
            await strap.until(lambda: strap.connection is None)
        assert [frame.hex() for frame in strap.sent] == ["1e3c00000004"]
        await strap.until(lambda: not strap.is_advertising)


async def test_a_weighing(air: Air) -> None:
    async with switched_on(BodyScale(air, "BCS-1", ADDRESS)) as scale:
        guest = await scale.take_measurement()
        known = await scale.take_measurement(user=2)
    assert (guest.weight.hex(), guest.composition) == ("06703fea070b16080f2fff", None)
    assert known.weight.hex() == "06703fea070b16080f2f02"
    assert known.composition is not None
    assert known.composition.hex() == "1001" + "f100" + "8001" + "b81f"


async def test_a_scale_tells_a_user_only_to_whoever_knows_the_code(
    air: Air, radio: Backends
) -> None:
    async with switched_on(BodyScale(air, "BCS-1", ADDRESS)) as scale:
        scale.linger_s = 60
        scale.users = {1: 1111}
        await scale.take_measurement(user=1)
        await scale.take_measurement(user=NOBODY)
        async with connected(radio) as hub:
            await hub.subscribe(uuid(0x2A9F), uuid(0x2A9C), uuid(0x2A9D))
            assert (await hub.next())[-2:] == "ff"
            control = uuid(0x2A9F)
            assert await hub.ask(control, "02015604") == "200205"
            assert await hub.ask(control, "010904") == "20010102"
            assert await hub.ask(control, "02020904") == "200201"
            assert scale.unread == 1
            assert await hub.ask(control, "02015704") == "200201"
            assert (await hub.next())[-2:] == "01"
            assert (await hub.next())[:4] == "1001"
            assert await hub.ask(control, "03") == "200302"
            assert await hub.ask(control, "0201") == "200203"


async def test_new_batteries_empty_the_slots_and_what_they_held(air: Air) -> None:
    async with switched_on(BodyScale(air, "BCS-1", ADDRESS)) as scale:
        scale.users = {1: 1111}
        await scale.take_measurement(user=1)
        await scale.take_measurement(user=NOBODY)
        scale.change_batteries()
    assert (scale.users, scale.unread) == ({}, 1)


async def test_a_full_scale_registers_nobody(air: Air, radio: Backends) -> None:
    async with switched_on(BodyScale(air, "BCS-1", ADDRESS)) as scale:
        scale.users = dict.fromkeys(range(1, 9), 1111)
        await scale.press()
        async with connected(radio) as hub:
            await hub.subscribe(uuid(0x2A9F))
            assert await hub.ask(uuid(0x2A9F), "010904") == "200104"


async def test_a_conversation_with_a_taidoc_cuff(air: Air, radio: Backends) -> None:
    async with switched_on(TaidocCuff(air, "FORA D40", ADDRESS)) as cuff:
        await cuff.take_measurement(user=2)
        async with connected(radio, pair=False) as hub:
            await hub.subscribe(TAIDOC)
            model = await hub.ask(TAIDOC, "512400000000a318")
            count = await hub.ask(TAIDOC, "512b02000000a321")
            time = await hub.ask(TAIDOC, "512500000002a31b")
            value = await hub.ask(TAIDOC, "512600000002a31c")
            off = await hub.ask(TAIDOC, "515000000000a344")
            await cuff.until(lambda: cuff.connection is None)
        assert (model, count) == ("512450320000a59c", "512b01000000a522")
        assert (time, value) == ("512576358f08a55d", "512680005240a52e")
        assert off == "515000000000a546"
        assert cuff.unread == 0
