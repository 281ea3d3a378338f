"""Plain bleak on the virtual air: scan, connect, bond, read, indicate, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str

from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import Backends, attach_radio, close_radio, open_radio

CUFF = "F0:F1:F2:A1:00:01"
MEASUREMENT = normalize_uuid_str("2a35")
MODEL = normalize_uuid_str("2a24")


async def first_seen(radio: Backends, service: str = "1810") -> tuple[BLEDevice, AdvertisementData]:
    seen: asyncio.Queue[tuple[BLEDevice, AdvertisementData]] = asyncio.Queue()
    services = [normalize_uuid_str(service)]
    async with BleakScanner(
        lambda device, heard: seen.put_nowait((device, heard)), services, backend=radio[0]
    ):
        return await asyncio.wait_for(seen.get(), 10)


@asynccontextmanager
async def connected(radio: Backends, address: str = CUFF) -> AsyncIterator[BleakClient]:
    async with BleakClient(address, pair=True, timeout=5, backend=radio[1]) as client:
        yield client


async def read_one(radio: Backends) -> bytes:
    got: asyncio.Queue[bytes] = asyncio.Queue()
    async with connected(radio) as client:
        await client.start_notify(MEASUREMENT, lambda _, payload: got.put_nowait(bytes(payload)))
        return await asyncio.wait_for(got.get(), 10)


async def test_a_scan_finds_name_and_service(radio: Backends, cuff: BloodPressureCuff) -> None:
    await cuff.take_measurement()
    device, heard = await first_seen(radio)
    assert (device.address, heard.local_name) == (CUFF, "A&D_UA-651BLE_A10001")
    assert heard.service_uuids == [normalize_uuid_str("1810")]


async def test_a_scan_for_another_service_finds_nothing(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    seen: list[object] = []
    everything = asyncio.Event()
    other = [normalize_uuid_str("181d")]
    radio[0].radio.once("advertisement", lambda _: everything.set())  # type: ignore[attr-defined]
    async with BleakScanner(lambda device, _: seen.append(device), other, backend=radio[0]):
        await cuff.take_measurement()
        await asyncio.wait_for(everything.wait(), 10)
    assert seen == []


async def test_services_characteristics_and_properties_are_bleaks(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    await cuff.press()
    async with connected(radio) as client:
        measurement = client.services.get_characteristic(MEASUREMENT)
        assert measurement is not None
        assert measurement.properties == ["indicate"]
        assert [descriptor.uuid for descriptor in measurement.descriptors] == [
            normalize_uuid_str("2902")
        ]
        assert await client.read_gatt_char(MODEL) == b"UA-651BLE"


async def test_a_subscription_without_a_bond_is_refused(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    await cuff.press()
    async with BleakClient(CUFF, timeout=5, backend=radio[1]) as client:
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.start_notify(MEASUREMENT, lambda *_: None)
    assert refused.value.code.name == "INSUFFICIENT_ENCRYPTION"


async def test_a_bonded_hub_gets_the_record(radio: Backends, cuff: BloodPressureCuff) -> None:
    record = await cuff.take_measurement(132, 85, 71)
    assert await read_one(radio) == record


async def test_the_bond_is_made_once_and_outlives_the_hub(
    air: Air, radio: Backends, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    await cuff.take_measurement()
    await read_one(radio)
    radio = await attach_radio(air, tmp_path)
    await cuff.take_measurement()
    await read_one(radio)
    assert cuff.pairings == 1


async def test_a_bond_that_the_device_forgot_is_an_error_and_unpair_heals_it(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    await cuff.take_measurement()
    await read_one(radio)
    await cuff.forget_bonds()
    record = await cuff.take_measurement()
    with pytest.raises(BleakError):
        await read_one(radio)
    await cuff.until(lambda: cuff.is_advertising)
    await BleakClient(CUFF, backend=radio[1]).unpair()
    assert await read_one(radio) == record


async def test_a_hub_that_forgot_its_bond_pairs_again(
    air: Air, radio: Backends, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    await cuff.take_measurement()
    await read_one(radio)
    radio = await attach_radio(air, tmp_path / "new")
    record = await cuff.take_measurement()
    assert await read_one(radio) == record
    assert cuff.pairings == 2


async def test_a_refused_pairing_is_a_bleak_error(radio: Backends, cuff: BloodPressureCuff) -> None:
    cuff.refuse_pairing = True
    await cuff.take_measurement()
    with pytest.raises(BleakError):
        await read_one(radio)
    assert cuff.unread == 1


async def test_the_passkey_from_the_display_is_asked_for(air: Air, tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(address: str) -> int:
        asked.append(address)
        return 246810

    radio = await attach_radio(air, tmp_path, ask)
    cuff = await BloodPressureCuff(air, "BPM", CUFF).switch_on(passkey=246810)
    record = await cuff.take_measurement()
    assert await read_one(radio) == record
    assert asked == [CUFF]
    await cuff.switch_off()


async def test_a_wrong_passkey_is_a_bleak_error(air: Air, tmp_path: Path) -> None:
    async def ask(_address: str) -> int:
        return 1

    radio = await attach_radio(air, tmp_path, ask)
    cuff = await BloodPressureCuff(air, "BPM", CUFF).switch_on(passkey=246810)
    await cuff.take_measurement()
    with pytest.raises(BleakError):
        await read_one(radio)
    await cuff.switch_off()


async def test_a_device_that_is_not_there_is_not_found(radio: Backends) -> None:
    with pytest.raises(BleakDeviceNotFoundError):
        await BleakClient("F0:F1:F2:A1:00:99", timeout=0.1, backend=radio[1]).connect()
    # The attempt has really ended: the next one is not refused.
    with pytest.raises(BleakDeviceNotFoundError):
        await BleakClient("F0:F1:F2:A1:00:98", timeout=0.1, backend=radio[1]).connect()


async def test_radio_loss_is_told_and_ends_what_was_under_way(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    lost = asyncio.Event()
    await cuff.press()
    client = BleakClient(CUFF, lambda _: lost.set(), pair=True, backend=radio[1])
    await client.connect()
    cuff.drop_after(0)
    with pytest.raises(BleakError):
        await client.read_gatt_char(MODEL)
    await asyncio.wait_for(lost.wait(), 10)
    assert not client.is_connected


async def test_a_device_out_of_range_is_not_heard_until_it_is_back(
    radio: Backends, cuff: BloodPressureCuff
) -> None:
    cuff.walk_away()
    await cuff.take_measurement()
    with pytest.raises(BleakDeviceNotFoundError):
        await BleakClient(CUFF, timeout=0.1, backend=radio[1]).connect()
    cuff.walk_away(False)
    assert len(await read_one(radio)) == 18


async def test_the_hub_attaches_over_a_socket_and_a_lost_hub_frees_the_device(
    air: Air, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    spec = f"tcp-client:127.0.0.1:{await air.serve()}"
    cuff.patience_s = 600
    await cuff.press()
    first = await open_radio(spec, tmp_path)
    client = BleakClient(CUFF, pair=True, backend=first[1])
    await client.connect()
    # Attaching again cuts the links of the hub that was there, as when it was killed.
    second = await open_radio(spec, tmp_path)
    await asyncio.wait_for(cuff.until(lambda: cuff.connection is None), 10)
    record = await cuff.take_measurement()
    assert await read_one(second) == record
    assert cuff.pairings == 1
    await close_radio(first)
    await close_radio(second)
