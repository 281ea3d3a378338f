"""From a press on a virtual device to a kept measurement, through bleak and the hub's own radio."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from drivers.contract import Advertisement
from drivers.links import uuid16
from drivers.measurement import Quantity
from hub.acquire.ble import Sighting
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import Receiver
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import Scale
from hub.demo.radio import attach_radio
from hub.passkeys import WANTED, Passkeys
from hub.records import KitItem, Whose
from tests.acquire.conftest import CUFF, Hub, joined, receiving

pytestmark = pytest.mark.usefixtures("listening")


async def test_a_device_of_the_kit_joins_and_is_read_without_a_tap(
    hub: Hub, cuff: BloodPressureCuff
) -> None:
    await cuff.take_measurement(132, 85, 71)
    await hub.until(lambda: hub.kept)
    measurement, reception = hub.kept[0]
    assert measurement.values[Quantity.SYSTOLIC].number == Decimal(132)
    assert reception.live
    [device] = hub.devices()
    assert (device.key, device.name) == ("F0F1F2FFFEA10001", "Blodtrykksmåler")
    assert device.info.model == "UA-651BLE"


async def test_an_unknown_device_is_only_a_sighting(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff, air: Air
) -> None:
    stranger = await Scale(air, "A&D_UC-352BLE_B20002", "F0:F1:F2:A1:00:02").switch_on()
    await stranger.take_measurement(Decimal("81.2"))
    await cuff.take_measurement()
    await hub.until(lambda: hub.kept)
    assert [device.address for device in hub.devices()] == [CUFF]
    assert stranger.unread == 1
    await stranger.switch_off()


async def test_the_only_strong_candidate_joins_in_the_window(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff
) -> None:
    pairing.kit = []
    pairing.open(hub.now().mono_ms)
    await cuff.take_measurement()
    await hub.until(lambda: hub.kept)
    assert pairing.open_until(hub.now().mono_ms) is None


async def test_of_two_candidates_none_joins_until_one_is_chosen(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff, air: Air
) -> None:
    pairing.kit = []
    scale = await Scale(air, "A&D_UC-352BLE_B20002", "F0:F1:F2:A1:00:02").switch_on()
    await cuff.take_measurement()
    await scale.take_measurement(Decimal("81.2"))
    pairing.open(hub.now().mono_ms)
    await hub.until(lambda: len(pairing.candidates) == 2)
    assert not hub.devices()
    assert pairing.choose("F0:F1:F2:A1:00:02")
    await hub.until(lambda: hub.kept)
    assert [device.driver for device in hub.devices()] == ["gatt-weight-scale"]
    await scale.switch_off()


async def test_a_wrong_device_clock_is_measured_first_and_set_afterwards(
    hub: Hub, cuff: BloodPressureCuff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Peripheral, "linger_s", 0.4)
    cuff.clock.offset = timedelta(hours=-2)
    await cuff.take_measurement()
    await hub.until(lambda: hub.statuses)
    [(_, reception)] = hub.kept
    assert reception.clock_offset_s == pytest.approx(7200, abs=5)
    assert reception.live
    assert abs(cuff.clock.offset) < timedelta(seconds=5)
    [status] = hub.statuses.values()
    assert (status["battery_percent"], status["problem"]) == (87, None)


async def test_every_stored_record_is_read_once_over_a_lost_link(
    hub: Hub, cuff: BloodPressureCuff
) -> None:
    hub.mine = {CUFF: joined()}
    cuff.walk_away()
    for systolic in (120, 121, 122):
        await cuff.take_measurement(systolic)
    cuff.drop_after(40)
    cuff.walk_away(away=False)
    await hub.until(lambda: len(hub.kept) == 3 and cuff.unread == 0)
    assert [int(one.values[Quantity.SYSTOLIC].number or 0) for one, _ in hub.kept] == [
        120,
        121,
        122,
    ]


async def test_a_damaged_payload_is_kept_aside_and_the_next_one_is_read(
    hub: Hub, cuff: BloodPressureCuff
) -> None:
    hub.mine = {CUFF: joined()}
    cuff.damage = lambda payload: payload[:5]
    await cuff.take_measurement()
    await hub.until(lambda: hub.rejected)
    cuff.damage = None
    await cuff.take_measurement(140)
    await hub.until(lambda: hub.kept)
    assert len(hub.rejected[0].payload) == 5


async def test_a_device_that_refuses_to_pair_is_told_to_the_technician(
    hub: Hub, cuff: BloodPressureCuff
) -> None:
    hub.mine = {CUFF: joined()}
    cuff.refuse_pairing = True
    await cuff.take_measurement()
    await hub.until(lambda: hub.statuses)
    [status] = hub.statuses.values()
    assert status["problem"]
    assert cuff.unread == 1


async def test_it_joins_as_the_model_that_its_number_names(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff
) -> None:
    """Its name is hidden from strangers."""
    pairing.kit = [KitItem(address=CUFF, user_index=2, consent=1234)]
    cuff.name = "?"
    await cuff.take_measurement()
    await hub.until(lambda: hub.devices())
    [device] = hub.devices()
    assert device.model == "and-ua-651ble"
    assert (device.user_index, device.memory) == (2, {"user_index": "2", "consent": "1234"})


async def test_the_one_with_the_lent_serial_number_joins(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff
) -> None:
    pairing.kit = [KitItem(model="UA-651BLE", serial="DEMO-0001", name="Min")]
    await cuff.take_measurement()
    await hub.until(lambda: hub.kept)
    assert [device.name for device in hub.devices()] == ["Min"]


async def test_the_neighbours_is_connected_to_once_and_forgotten(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff, air: Air, tmp_path: Path
) -> None:
    own = await Scale(air, "A&D_UC-352BLE_B20002", "F0:F1:F2:A1:00:02").switch_on()
    pairing.kit = [
        KitItem(model="UA-651BLE", serial="DEMO0099"),
        KitItem(address="F0:F1:F2:A1:00:02"),
    ]
    await cuff.take_measurement()
    await cuff.until(lambda: cuff.pairings == 1)
    await own.take_measurement()
    await hub.until(lambda: hub.kept)
    assert [device.address for device in hub.devices()] == ["F0:F1:F2:A1:00:02"]
    assert cuff.unread == 1
    assert CUFF not in (tmp_path / "bonds.json").read_text()
    assert pairing.decide(heard(), hub.devices(), 0).action == "ignore"
    await own.switch_off()


async def test_the_new_one_takes_the_place_of_the_old(
    hub: Hub, pairing: Pairing, cuff: BloodPressureCuff
) -> None:
    old = replace(
        joined(), key="0102030405060708", address="F0:F1:F2:A1:00:09", user_index=2, name="Mor"
    )
    hub.mine = {old.key: old}
    pairing.kit = []
    pairing.open(hub.now().mono_ms, replacing=old)
    await cuff.take_measurement()
    await hub.until(lambda: hub.kept)
    [device] = hub.devices()
    assert (device.address, device.name, device.user_index) == (CUFF, "Mor", 2)


class TestPasskeyOnItsDisplay:
    @pytest.fixture
    def desk(self, hub: Hub) -> Passkeys:
        return Passkeys(hub.now, hub.note, lambda _: {}, lambda _: None, lambda _: None)

    @pytest.fixture(name="listening")
    async def _listening(
        self, air: Air, hub: Hub, pairing: Pairing, tmp_path: Path, desk: Passkeys
    ) -> AsyncIterator[Receiver]:
        async with receiving(await attach_radio(air, tmp_path, desk.ask), hub, pairing) as receiver:
            yield receiver

    async def test_it_joins_when_its_passkey_was_typed_in(
        self, hub: Hub, air: Air, desk: Passkeys
    ) -> None:
        cuff = await BloodPressureCuff(air, "A&D_UA-651BLE_A10003", CUFF).switch_on(passkey=4711)
        await cuff.take_measurement()
        await hub.until(lambda: hub.notes.get(WANTED))
        assert desk.answer(CUFF, "004711")
        await hub.until(lambda: hub.kept)
        assert desk.let_in(CUFF) == "004711"
        assert hub.notes[WANTED] is None
        await cuff.switch_off()


def heard() -> Sighting:
    services = frozenset({uuid16(0x1810)})
    return Sighting(Advertisement(CUFF, "A&D_UA-651BLE_A10001", services), -50)


def with_user(slot: int) -> Callable[[bytes], bytes]:
    """The same measurement from a cuff for several people: User ID behind the pulse rate."""
    return lambda payload: (
        bytes((payload[0] | 0x08,)) + payload[1:-2] + bytes((slot,)) + payload[-2:]
    )


@pytest.mark.parametrize(
    ("slot", "mine", "whose"),
    [
        pytest.param(2, 2, Whose.PATIENT, id="the patient's slot"),
        pytest.param(1, 2, Whose.ANOTHER, id="the spouse's slot"),
        pytest.param(1, None, Whose.PATIENT, id="everybody's is the patient's"),
        pytest.param(0xFF, 2, Whose.UNKNOWN, id="the device does not know"),
        pytest.param(0xFF, None, Whose.UNKNOWN, id="nor whose all of them are"),
    ],
)
async def test_the_user_slot_tells_whose_it_is(
    hub: Hub, cuff: BloodPressureCuff, slot: int, mine: int | None, whose: Whose
) -> None:
    hub.mine = {joined().key: replace(joined(), user_index=mine)}
    cuff.damage = with_user(slot)
    await cuff.take_measurement()
    await hub.until(lambda: hub.kept)
    assert hub.owners == [whose]


async def test_a_clock_that_lost_its_date_and_is_set_is_no_task(
    hub: Hub, cuff: BloodPressureCuff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Peripheral, "linger_s", 0.4)
    hub.mine = {joined().key: joined()}
    cuff.clock.offset = timedelta(days=-3000)
    await cuff.take_measurement()
    await hub.until(lambda: hub.statuses)
    [status] = hub.statuses.values()
    assert abs(cuff.clock.offset) < timedelta(seconds=5)
    assert status["task"] is None
