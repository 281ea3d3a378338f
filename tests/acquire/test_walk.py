"""Walking through the home: what is heard, how strongly, and when it falls silent."""

import io
from pathlib import Path

from drivers.contract import Advertisement
from drivers.links import uuid16
from hub.acquire.ble import Sighting
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import attach_radio, close_radio
from hub.settings import Ble, Hub, Mqtt, Patient, Settings
from hub.walk import LOST, SILENT, Walk, bar, in_words, walk

SETTINGS = Settings(
    hub=Hub(id="0200000000000001"),
    patient=Patient(system="s", value="v"),
    mqtt=Mqtt(host="localhost", tenant="1"),
    ble=Ble(),
)


def sighting(rssi: int, address: str = "A", name: str = "", *services: int) -> Sighting:
    return Sighting(Advertisement(address, name, frozenset(map(uuid16, services))), rssi)


def test_only_devices_that_can_be_read_are_shown() -> None:
    walking = Walk("")
    walking.heard(sighting(-50, "A", "a television"))
    assert list(walking.lines()) == [SILENT]
    walking.heard(sighting(-60, "B", "cuff", 0x1810))
    walking.heard(sighting(-64, "B"))  # the scan response alone
    (line,) = walking.lines()
    assert "-62 dBm" in line
    assert "2 times" in line
    assert "cuff" in line


def test_one_device_can_be_followed_by_part_of_its_name_or_address() -> None:
    walking = Walk("telev")
    walking.heard(sighting(-50, "A", "a Television"))
    walking.heard(sighting(-40, "B", "cuff", 0x1810))
    (line,) = walking.lines()
    assert "Television" in line


def test_the_strongest_is_first() -> None:
    walking = Walk("")
    for address, rssi in (("A", -80), ("B", -50), ("C", -65)):
        walking.heard(sighting(rssi, address, address, 0x181D))
    assert [line.split()[0] for line in walking.lines()] == ["-50", "-65", "-80"]


def test_signal_in_words() -> None:
    assert [in_words(rssi) for rssi in (-55, -75, -91)] == ["good", "enough", LOST]
    assert bar(-40) == "#" * 20
    assert bar(-120) == "." * 20


async def test_a_walk_hears_the_air(air: Air, cuff: BloodPressureCuff, tmp_path: Path) -> None:
    backends = await attach_radio(air, tmp_path)
    await cuff.take_measurement(128, 82, 64)
    out = io.StringIO()
    status = await walk(SETTINGS, "UA-651", out, seconds=0.5, backends=backends)
    await close_radio(backends)
    assert status == 0
    assert "A&D_UA-651BLE_A10001" in out.getvalue()
