"""The catalogue of models agrees with the drivers, and finds the model that is meant."""

import pytest

from drivers.catalogue import Model, Pairing, by_id, find, models
from drivers.contract import Advertisement, BleDriver, RadioDriver, SerialDriver
from drivers.errors import AmbiguousDriver
from drivers.measurement import DeviceInfo
from drivers.registry import by_id as driver_by_id


@pytest.fixture(params=models(), ids=lambda model: model.id)
def model(request: pytest.FixtureRequest) -> Model:
    found: Model = request.param
    return found


def test_its_driver_exists_and_knows_its_quirks(model: Model) -> None:
    driver = driver_by_id(model.driver)
    known = driver.quirks if issubclass(driver, BleDriver) else frozenset()
    assert set(model.quirks) <= known


def test_it_says_where_it_comes_from(model: Model) -> None:
    assert model.source
    assert model.maker
    assert model.name


def test_what_is_on_a_cable_has_a_serial_driver(model: Model) -> None:
    wired = issubclass(driver_by_id(model.driver), SerialDriver)
    assert wired is (model.pairing is Pairing.CABLE)


def test_each_name_leads_back_to_its_model(model: Model) -> None:
    if not issubclass(driver_by_id(model.driver), RadioDriver):
        return
    for name in model.advertised:
        assert find(Advertisement("", name)) is model
    for number in model.numbers:
        assert find(Advertisement(""), DeviceInfo(model=number)) is model


def test_a_stranger_is_in_no_catalogue() -> None:
    assert find(Advertisement("", "Nobody knows it")) is None
    assert find(Advertisement("")) is None
    assert by_id(None) is None
    assert by_id("nobody") is None


def test_the_model_number_tells_where_the_name_is_hidden() -> None:
    found = find(Advertisement(""), DeviceInfo(model="UA-651BLE"))
    assert found is not None
    assert found.id == "and-ua-651ble"


def test_two_equally_good_names_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*models(), *models())
    monkeypatch.setattr("drivers.catalogue.models", lambda: twice)
    with pytest.raises(AmbiguousDriver):
        find(Advertisement("", "A&D_UA-651BLE_A10001"))
