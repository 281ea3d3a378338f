"""Which driver is chosen for what advertises, and which decoder for a name."""

import pytest

from drivers.contract import Advertisement, BleMatch
from drivers.errors import AmbiguousDriver, NoDriver
from drivers.gatt.blood_pressure import BloodPressure, decode_blood_pressure, decode_swapped
from drivers.links import uuid16
from drivers.registry import by_id, choose, decoder
from drivers.wired.nonin import Nonin
from drivers.wired.nonin_formats import decode_format_8


class NamedCuff(BloodPressure):
    """A stand-in for a vendor's variant of a standard profile."""

    id = "named-cuff"


NamedCuff.match = BleMatch(service=uuid16(0x1810), name_prefix="UA-")


class MakerCuff(BloodPressure):
    id = "maker-cuff"


MakerCuff.match = BleMatch(service=uuid16(0x1810), company=0x0069)


def seen(*services: int, name: str | None = None, companies: tuple[int, ...] = ()) -> Advertisement:
    found = frozenset(uuid16(service) for service in services)
    return Advertisement(
        "00:11:22:33:44:55", name, found, company_data=dict.fromkeys(companies, b"")
    )


@pytest.mark.parametrize(
    ("service", "identifier"),
    [
        (0x1808, "gatt-glucose"),
        (0x1809, "gatt-health-thermometer"),
        (0x180D, "gatt-heart-rate"),
        (0x1810, "gatt-blood-pressure"),
        (0x181F, "gatt-continuous-glucose"),
        (0x1840, "gatt-generic-health-sensor"),
        (0x181B, "gatt-weight-scale"),
        (0x181D, "gatt-weight-scale"),
        (0x1822, "gatt-pulse-oximeter"),
    ],
)
def test_the_service_decides(service: int, identifier: str) -> None:
    assert choose(seen(service)).id == identifier
    assert choose(seen(service, 0x180A)).id == identifier


def test_a_scale_with_body_composition_is_one_device() -> None:
    assert choose(seen(0x181D, 0x181B)).id == "gatt-weight-scale"


def test_nothing_fits() -> None:
    with pytest.raises(NoDriver) as caught:
        choose(seen(0x1816, name="wheel"))
    assert caught.value.seen == "wheel"
    with pytest.raises(NoDriver, match="00:11:22:33:44:55"):
        choose(seen())


def test_two_that_fit_equally_are_an_error() -> None:
    with pytest.raises(AmbiguousDriver) as caught:
        choose(seen(0x1810, 0x181D))
    assert caught.value.seen == "00:11:22:33:44:55"
    assert set(caught.value.candidates) == {"gatt-blood-pressure", "gatt-weight-scale"}


@pytest.mark.parametrize("drivers", [(BloodPressure, NamedCuff), (NamedCuff, BloodPressure)])
def test_the_more_demanding_of_two_is_meant_in_either_order(
    drivers: tuple[type[BloodPressure], ...],
) -> None:
    assert choose(seen(0x1810, name="UA-651"), drivers) is NamedCuff
    assert choose(seen(0x1810, name="BM59"), drivers) is BloodPressure
    assert choose(seen(0x1810), drivers) is BloodPressure


def test_two_that_demand_equally_much_are_an_error() -> None:
    drivers = (NamedCuff, MakerCuff, BloodPressure)
    assert choose(seen(0x1810, companies=(0x0069,)), drivers) is MakerCuff
    with pytest.raises(AmbiguousDriver):
        choose(seen(0x1810, name="UA-651", companies=(0x0069,)), drivers)


def test_by_id() -> None:
    assert by_id("gatt-blood-pressure") is BloodPressure
    assert by_id("nonin") is Nonin
    with pytest.raises(NoDriver):
        by_id("gatt-blood")


@pytest.mark.parametrize(
    "name",
    [
        "2a35",
        "2A35",
        "0x2A35",
        "0X2a35",
        " 2a35 ",
        "00002a35-0000-1000-8000-00805f9b34fb",
        "00002A35-0000-1000-8000-00805F9B34FB",
    ],
)
def test_names_of_a_characteristic(name: str) -> None:
    assert decoder(name) is decode_blood_pressure


def test_names_of_a_serial_protocol() -> None:
    assert decoder("nonin-8") is decode_format_8
    assert decoder("NONIN-8") is decode_format_8


@pytest.mark.parametrize("name", ["2a35@swapped-fields", " 0x2A35@Swapped-Fields "])
def test_a_quirk_names_another_decoder(name: str) -> None:
    assert decoder(name) is decode_swapped


@pytest.mark.parametrize("name", ["2a35@nobody", "2a36@swapped-fields", "nonin-8@swapped-fields"])
def test_a_quirk_belongs_to_one_characteristic(name: str) -> None:
    with pytest.raises(NoDriver):
        decoder(name)


@pytest.mark.parametrize("name", ["", "2a5b", "2a3", "2a355", "xyz", "٢a35", "0000"])
def test_names_of_nothing(name: str) -> None:
    with pytest.raises(NoDriver) as caught:
        decoder(name)
    assert caught.value.seen == name
