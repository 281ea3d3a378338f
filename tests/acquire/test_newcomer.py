"""What is kept of a device that joins."""

import pytest
from msgspec.structs import replace

from drivers.contract import Advertisement
from drivers.errors import AmbiguousDriver
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.weight_scale import WeightScale
from drivers.links import uuid16
from drivers.measurement import DeviceInfo
from hub.acquire.newcomer import newcomer
from hub.acquire.pairing import Candidate
from hub.records import Device, KitItem
from tests.acquire.conftest import CUFF, joined

PLAIN_KEY = "F0F1F2A10001"
SYSTEM_ID = "F0F1F2FFFEA10001"
CANDIDATE = Candidate(
    Advertisement(CUFF, None, frozenset({uuid16(0x1810)})), -50, 0, driver=BloodPressure
)


@pytest.mark.parametrize(
    ("info", "there", "key"),
    [
        pytest.param(DeviceInfo(), [], PLAIN_KEY, id="no System ID"),
        pytest.param(DeviceInfo(system_id=SYSTEM_ID), [], SYSTEM_ID, id="its own"),
        pytest.param(DeviceInfo(system_id="0" * 16), [], PLAIN_KEY, id="left empty"),
        pytest.param(DeviceInfo(system_id=SYSTEM_ID), ["1"], PLAIN_KEY, id="as another has it"),
        pytest.param(
            DeviceInfo(system_id=SYSTEM_ID, serial="2"), ["1"], PLAIN_KEY, id="another one's"
        ),
        pytest.param(
            DeviceInfo(system_id=SYSTEM_ID, serial="1"), ["1"], SYSTEM_ID, id="the same again"
        ),
    ],
)
def test_a_key_is_of_one_device(info: DeviceInfo, there: list[str], key: str) -> None:
    devices = [
        replace(joined(), key=SYSTEM_ID, address="F0:00:00:00:00:01", info=DeviceInfo(serial=it))
        for it in there
    ]
    assert newcomer(CANDIDATE, info, devices).key == key


def test_its_model_number_tells_the_model_and_with_it_the_driver() -> None:
    found = newcomer(
        Candidate(CANDIDATE.seen, -50, 0, driver=WeightScale), DeviceInfo(model="UA-651BLE"), []
    )
    assert (found.model, found.driver) == ("and-ua-651ble", "gatt-blood-pressure")


def test_what_is_in_no_catalogue_is_read_by_what_it_advertised() -> None:
    found = newcomer(CANDIDATE, DeviceInfo(model="Nobody knows it"), [])
    assert (found.model, found.driver, found.name) == (
        None,
        "gatt-blood-pressure",
        "Nobody knows it",
    )


@pytest.mark.parametrize(
    ("item", "old", "name", "slot"),
    [
        pytest.param(None, None, "UA-651BLE", None, id="a stranger"),
        pytest.param(KitItem(name="Fra kommunen", user_index=1), None, "Fra kommunen", 1, id="kit"),
        pytest.param(None, replace(joined(), user_index=2), "Cuff", 2, id="in another's place"),
        pytest.param(
            KitItem(name="Ny", user_index=1),
            replace(joined(), user_index=2),
            "Cuff",
            1,
            id="lent for that",
        ),
    ],
)
def test_what_people_call_it(
    item: KitItem | None, old: Device | None, name: str, slot: int | None
) -> None:
    found = newcomer(CANDIDATE, DeviceInfo(model="UA-651BLE"), [], item=item, old=old)
    assert (found.name, found.user_index) == (name, slot)


def test_two_equally_good_drivers_join_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(seen: Advertisement) -> None:
        raise AmbiguousDriver(seen.address, ("one", "other"))

    monkeypatch.setattr("hub.acquire.pairing.choose", choose)
    with pytest.raises(AmbiguousDriver):
        newcomer(CANDIDATE, DeviceInfo(), [])
