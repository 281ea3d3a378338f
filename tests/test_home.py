"""This home as pages and drivers see it, over real books."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from drivers import catalogue
from drivers.contract import Advertisement
from drivers.links import uuid16
from drivers.measurement import DeviceInfo, Learned
from hub import clock
from hub.acquire.ble import Sighting
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.home import Home
from hub.records import Device, Task
from tests.books import KEY, ledger_reader_at

SCALE = Device(
    key="F0F1F2FFFEA10002",
    address="F0:F1:F2:A1:00:02",
    transport="ble",
    driver="gatt-weight-scale",
    name="Vekt",
    joined_at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
)
CUFF = Advertisement("F0:F1:F2:A1:00:01", "A&D_UA-651BLE_A10001", frozenset({uuid16(0x1810)}))


def now() -> clock.Moment:
    return clock.now("always")


class House:
    def __init__(self, folder: Path, books: Books) -> None:
        self.books = books
        self.pages = ledger_reader_at(folder / "ledger.db")
        self.pairing = Pairing(120)
        self.home = Home(books, self.pairing, now, changed=lambda _: None, stirred=lambda: None)

    async def shown(self, key: str) -> object:
        """What the pages see, once the note is written."""
        await self.books.call(lambda: None)
        return self.pages.state(key)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        house = House(tmp_path, books)
        yield house
        house.pages.close()


async def test_the_list_of_candidates_says_how_people_know_them(house: House) -> None:
    house.home.open_window()
    house.pairing.decide(Sighting(CUFF, -50), [], now().mono_ms)
    house.home.window_changed()
    window = await house.shown("join_window")
    assert isinstance(window, dict)
    assert window["candidates"] == [
        {
            "address": CUFF.address,
            "name": "A&D_UA-651BLE_A10001",
            "driver": "gatt-blood-pressure",
            "model": "and-ua-651ble",
            "known_as": "A&D UA-651BLE",
            "problem": None,
            "rssi": -50,
        }
    ]


async def test_a_slot_that_the_driver_registered_is_the_patients(house: House) -> None:
    await house.home.joined(SCALE)
    await house.home.learned(SCALE.key, Learned({"user_index": "3", "consent": "815"}))
    await house.home.learned(SCALE.key, Learned({"newest_sequence": "12"}))
    [device] = house.books.documents.devices()
    assert device.user_index == 3
    assert device.memory == {"user_index": "3", "consent": "815", "newest_sequence": "12"}


@pytest.mark.parametrize(
    ("driver", "model"), [("gatt-weight-scale", "and-uc-352ble"), ("gatt-blood-pressure", None)]
)
async def test_a_model_that_came_into_the_catalogue_later_is_found_at_the_start(
    house: House, driver: str, model: str | None
) -> None:
    old = replace(SCALE, driver=driver, info=DeviceInfo(model="UC-352BLE"))
    house.books.documents.put_device(old)
    await house.home.load()
    [device] = house.home.devices()
    assert (device.model, device.driver) == (model, driver)


async def test_a_hub_that_was_killed_forgets_what_it_was_doing(house: House) -> None:
    for note in ("join_window", "passkey", "passkey_wanted", "receiving"):
        house.home.note(note, {"device": "Vekt"})
    await house.home.load()
    for note in ("join_window", "passkey", "passkey_wanted", "receiving"):
        assert await house.shown(note) is None


async def test_nobody_typed_the_passkey(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.passkeys.PATIENCE_S", 0.01)
    await house.home.joined(SCALE)
    assert await house.home.passkeys.ask(SCALE.address) is None
    await house.books.call(lambda: None)
    assert house.pages.device_statuses()[SCALE.key].task == Task.PASSKEY_NEEDED


@pytest.mark.parametrize("stays", [True, False])
async def test_a_passkey_that_never_changes_is_asked_for_once(
    house: House, monkeypatch: pytest.MonkeyPatch, stays: bool
) -> None:
    model = catalogue.by_id("and-ua-651ble")
    assert model
    labelled = catalogue.Model(
        **{name: getattr(model, name) for name in model.__slots__} | {"passkey_stays": stays}
    )
    monkeypatch.setattr("drivers.catalogue.models", lambda: (labelled,))
    device = replace(SCALE, model=model.id)
    await house.home.joined(device)
    monkeypatch.setattr(house.home.passkeys, "_tried", {device.address: "123456"})
    house.home.receiving(device)
    house.home.receiving(None)
    await house.books.call(lambda: None)
    [kept] = house.books.documents.devices()
    assert kept.memory == ({"passkey": "123456"} if stays else {})
    assert house.home.passkeys._remembered(device.address) == ("123456" if stays else None)


async def test_a_passkey_that_the_hub_shows_goes_when_the_attempt_ends(house: House) -> None:
    house.home.note("passkey", {"address": SCALE.address, "passkey": "123456"})
    assert await house.shown("passkey")
    house.home.receiving(None)
    assert await house.shown("passkey") is None
