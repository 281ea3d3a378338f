"""The virtual devices behave like real ones: literal bytes, sleep, bonds, clocks, lost links."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from bleak import BleakClient
from bleak.exc import BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str

from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import IRREGULAR_PULSE, BloodPressureCuff
from hub.demo.peripherals.clock import DeviceClock
from hub.demo.peripherals.medfloat import float32, sfloat
from hub.demo.peripherals.oximeter import PulseOximeter
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import Scale
from hub.demo.peripherals.thermometer import Thermometer
from hub.demo.radio import Backends

ADDRESS = "F0:F1:F2:A1:00:07"
WHEN = datetime(2026, 11, 22, 8, 15, 47)  # noqa: DTZ001 - a device clock has no zone
NEVER_S = 60.0
Kind = TypeVar("Kind", bound=Peripheral)


def uuid(number: int) -> str:
    return normalize_uuid_str(f"{number:04x}")


@asynccontextmanager
async def switched_on(air: Air, kind: type[Kind]) -> AsyncIterator[Kind]:
    device = kind(air, kind.__name__, ADDRESS)
    await device.switch_on()
    yield device
    await device.switch_off()


class Reader:
    """A bonded hub that subscribed to one characteristic."""

    def __init__(self, client: BleakClient, characteristic: int) -> None:
        self.client = client
        self.characteristic = uuid(characteristic)
        self._got: asyncio.Queue[bytes] = asyncio.Queue()

    async def subscribe(self) -> None:
        await self.client.start_notify(
            self.characteristic, lambda _, payload: self._got.put_nowait(bytes(payload))
        )

    async def next(self) -> bytes:
        return await asyncio.wait_for(self._got.get(), 10)


@asynccontextmanager
async def reading(radio: Backends, address: str, characteristic: int) -> AsyncIterator[Reader]:
    async with BleakClient(address, pair=True, timeout=5, backend=radio[1]) as client:
        reader = Reader(client, characteristic)
        await reader.subscribe()
        yield reader


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeviceClock, "stamp", lambda _: WHEN)


@pytest.mark.usefixtures("stopped_clock")
async def test_blood_pressure_bytes(air: Air) -> None:
    async with switched_on(air, BloodPressureCuff) as cuff:
        record = await cuff.take_measurement(132, 85, 71, IRREGULAR_PULSE)
    assert record.hex() == "168400550064" + "00ea070b16080f2f" + "4700" + "0400"


@pytest.mark.usefixtures("stopped_clock")
async def test_weight_bytes(air: Air) -> None:
    async with switched_on(air, Scale) as scale:
        assert (await scale.take_measurement(Decimal("81.2"))).hex() == "02703fea070b16080f2f"
        assert (await scale.take_measurement(None)).hex() == "02ffffea070b16080f2f"


@pytest.mark.usefixtures("stopped_clock")
async def test_pulse_oximetry_bytes(air: Air) -> None:
    async with switched_on(air, PulseOximeter) as oximeter:
        record = await oximeter.take_measurement(96, 68)
    assert record.hex() == "0360004400ea070b16080f2f0001"


@pytest.mark.usefixtures("stopped_clock")
async def test_temperature_bytes(air: Air) -> None:
    async with switched_on(air, Thermometer) as thermometer:
        record = await thermometer.take_measurement(Decimal("36.80"))
    assert record.hex() == "06600e00feea070b16080f2f03"


@pytest.mark.parametrize(
    ("number", "expected"),
    [("100.0", "e8f3"), ("114", "7200"), ("-0.5", "fbff"), ("1E+2", "0120")],
)
def test_sfloat_keeps_the_decimals_given(number: str, expected: str) -> None:
    assert sfloat(Decimal(number)).hex() == expected


@pytest.mark.parametrize("number", ["2046", "NaN", "1E-9"])
def test_a_number_that_an_sfloat_cannot_hold_is_an_error(number: str) -> None:
    with pytest.raises(ValueError, match=r"does not fit|is not finite"):
        sfloat(Decimal(number))


def test_float_has_a_mantissa_of_24_bits() -> None:
    assert float32(Decimal("-36.40")).hex() == "c8f1fffe"


async def test_it_sleeps_advertises_with_a_record_and_sleeps_again_when_it_is_read(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    asleep = not cuff.is_advertising
    record = await cuff.take_measurement()
    assert (asleep, cuff.is_advertising) == (True, True)
    async with reading(radio, cuff.address, 0x2A35) as hub:
        assert await hub.next() == record
        await cuff.until(lambda: cuff.connection is None)
    await cuff.until(lambda: not cuff.is_advertising)
    assert (cuff.unread, cuff.delivered) == (0, [record])


async def test_a_press_makes_it_discoverable_for_a_while_without_a_record(
    cuff: BloodPressureCuff,
) -> None:
    cuff.discoverable_s = 0.05
    await cuff.press()
    assert cuff.is_advertising
    await asyncio.wait_for(cuff.until(lambda: not cuff.is_advertising), 10)


async def test_it_hangs_up_on_a_hub_that_asks_for_nothing(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    cuff.patience_s = 0.05
    await cuff.take_measurement()
    async with BleakClient(cuff.address, timeout=5, backend=radio[1]):
        await asyncio.wait_for(cuff.until(lambda: cuff.connection is None), 10)
    assert cuff.unread == 1


async def test_records_come_oldest_first_and_a_new_one_comes_on_the_open_link(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    cuff.linger_s = NEVER_S
    records = [await cuff.take_measurement(systolic) for systolic in (121, 122, 123)]
    async with reading(radio, cuff.address, 0x2A35) as hub:
        assert [await hub.next() for _ in records] == records
        another = await cuff.take_measurement(124)
        assert await hub.next() == another


@pytest.mark.parametrize("packets", range(0, 40, 5))
async def test_a_link_lost_at_any_packet_loses_no_record(
    radio: Backends, cuff: BloodPressureCuff, packets: int
) -> None:
    record = await cuff.take_measurement()
    cuff.drop_after(packets)
    got = []
    while cuff.unread:
        try:
            async with reading(radio, cuff.address, 0x2A35) as hub:
                got.append(await asyncio.wait_for(hub.next(), 0.5))
                await cuff.until(lambda: cuff.connection is None)
        except (BleakError, TimeoutError):
            await BleakClient(cuff.address, backend=radio[1]).unpair()
    assert set(got) == {record}
    assert cuff.delivered == [record]


@pytest.mark.parametrize(
    ("packets", "unread"),
    [
        pytest.param(2, 1, id="subscription-lost"),
        pytest.param(3, 1, id="its-response-lost"),
        pytest.param(4, 1, id="indication-lost"),
        pytest.param(5, 1, id="confirmation-lost"),
        pytest.param(6, 0, id="nothing-lost"),
    ],
)
async def test_a_record_is_read_only_when_its_confirmation_has_come(
    radio: Backends, cuff: BloodPressureCuff, packets: int, unread: int
) -> None:
    """Before the subscription there are two packets that look for its descriptor."""
    await cuff.press()
    async with BleakClient(cuff.address, pair=True, timeout=5, backend=radio[1]):
        pass  # bonded: from now on only what is counted here is on the air
    await cuff.take_measurement()
    async with BleakClient(cuff.address, pair=True, timeout=5, backend=radio[1]) as client:
        cuff.drop_after(packets)
        with contextlib.suppress(BleakError):
            await client.start_notify(uuid(0x2A35), lambda *_: None)
        await cuff.until(lambda: cuff.connection is None)
    assert cuff.unread == unread


async def test_a_damaged_payload_goes_out_damaged(radio: Backends, cuff: BloodPressureCuff) -> None:
    cuff.damage = lambda payload: payload[:5]
    record = await cuff.take_measurement()
    async with reading(radio, cuff.address, 0x2A35) as hub:
        assert await hub.next() == record[:5]


async def test_it_says_who_it_is(radio: Backends, cuff: BloodPressureCuff) -> None:
    await cuff.press()
    async with BleakClient(cuff.address, backend=radio[1]) as client:
        said = {
            number: bytes(await client.read_gatt_char(uuid(number)))
            for number in (0x2A29, 0x2A24, 0x2A25, 0x2A23, 0x2A19)
        }
    assert said == {
        0x2A29: b"A&D Medical",
        0x2A24: b"UA-651BLE",
        0x2A25: b"DEMO0001",
        0x2A23: bytes.fromhex("0100a1fefff2f1f0"),
        0x2A19: bytes((87,)),
    }


@pytest.mark.parametrize("kind", [BloodPressureCuff, Scale])
async def test_date_time_is_read_and_set_inside_the_health_service(
    air: Air, radio: Backends, kind: type[Peripheral]
) -> None:
    async with switched_on(air, kind) as device:
        device.clock.offset = timedelta(days=-400)
        await device.press()
        async with BleakClient(ADDRESS, pair=True, backend=radio[1]) as client:
            before = bytes(await client.read_gatt_char(uuid(0x2A08)))
            await client.write_gatt_char(uuid(0x2A08), bytes.fromhex("ea070b16080f2f"), True)
            after = bytes(await client.read_gatt_char(uuid(0x2A08)))
        assert before[:2] != after[:2]
        assert after.hex()[:12] == "ea070b16080f"
        assert device.clock.set_count == 1


@pytest.mark.parametrize("kind", [PulseOximeter, Thermometer])
async def test_current_time_is_read_and_set(
    air: Air, radio: Backends, kind: type[Peripheral]
) -> None:
    async with switched_on(air, kind) as device:
        await device.press()
        async with BleakClient(ADDRESS, pair=True, backend=radio[1]) as client:
            written = bytes.fromhex("ea070b16080f2f070001")
            await client.write_gatt_char(uuid(0x2A2B), written, True)
            after = bytes(await client.read_gatt_char(uuid(0x2A2B)))
        assert (after.hex()[:12], after[7:].hex()) == ("ea070b16080f", "070001")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        pytest.param("ea070d16080f2f", "VALUE_NOT_ALLOWED", id="month-13"),
        pytest.param("ea07", "VALUE_NOT_ALLOWED", id="too-short"),
    ],
)
async def test_a_time_that_is_none_is_refused(
    radio: Backends, cuff: BloodPressureCuff, payload: str, code: str
) -> None:
    await cuff.press()
    async with BleakClient(cuff.address, pair=True, backend=radio[1]) as client:
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.write_gatt_char(uuid(0x2A08), bytes.fromhex(payload), True)
    assert refused.value.code.name == code
    assert cuff.clock.set_count == 0


async def test_the_clock_is_not_set_by_a_stranger(radio: Backends, cuff: BloodPressureCuff) -> None:
    await cuff.press()
    async with BleakClient(cuff.address, backend=radio[1]) as client:
        with pytest.raises(BleakGATTProtocolError):
            await client.write_gatt_char(uuid(0x2A08), bytes.fromhex("ea070b16080f2f"), True)


def test_two_records_never_share_a_second_even_when_the_clock_is_set_between() -> None:
    clock = DeviceClock(ZoneInfo("Europe/Oslo"))
    first = clock.stamp()
    clock.set(first - timedelta(seconds=1))
    assert clock.stamp() > first


def test_a_lost_battery_begins_at_the_year_2000() -> None:
    clock = DeviceClock(ZoneInfo("Europe/Oslo"))
    clock.stamp()
    clock.lose_battery()
    assert clock.stamp().year == 2000
