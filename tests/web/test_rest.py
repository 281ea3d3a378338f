"""When the screen rests, what keeps it lit, and the light behind it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from drivers.measurement import Kind, Quantity, Unit, Value
from hub.web.backlight import Backlight
from hub.web.night import Night, night
from tests.web.house import OSLO, WEIGHT, Browser, House

HEADERS = {"Sec-Fetch-Site": "same-origin"}


def now(house: House) -> Night:
    app = Flask("x")
    app.config["ZONE"] = OSLO
    with app.app_context():
        return night(house.parts.books, house.clock.now())


def at(house: House, hour: int, minute: int = 0) -> None:
    """In Oslo, in winter."""
    house.clock.wall = datetime(2026, 11, 22, hour - 1, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "hour", "is_night"),
    [
        ("22:00", "07:00", 21, False),
        ("22:00", "07:00", 22, True),
        ("22:00", "07:00", 6, True),
        ("22:00", "07:00", 7, False),
        ("01:00", "06:00", 3, True),
        ("01:00", "06:00", 6, False),
        ("01:00", "06:00", 22, False),
    ],
)
def test_night_is_where_the_patient_lives(
    house: House, begin: str, end: str, hour: int, is_night: bool
) -> None:
    house.documents.put("config", {"quietHours": {"from": begin, "to": end}}, version="1")
    at(house, hour)
    assert now(house).now_s == hour * 3600
    assert now(house).is_now is is_night


def test_a_reading_keeps_the_screen_lit_for_a_minute_also_at_night(house: House) -> None:
    at(house, 23)
    assert now(house).lit_s == 0
    house.measure(ago=timedelta(seconds=20))
    assert now(house).lit_s == 40
    house.clock.pass_(timedelta(seconds=41))
    assert now(house).lit_s == 0


def test_what_a_sensor_sends_by_itself_wakes_nobody(house: House) -> None:
    at(house, 23)
    glucose = {Quantity.GLUCOSE: Value(WEIGHT[Quantity.BODY_WEIGHT].number, Unit.MMOL_PER_L)}
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(seconds=30))
    house.measure(Kind.CONTINUOUS_GLUCOSE, glucose, ago=timedelta(seconds=5))
    assert now(house).lit_s == 30
    house.clock.pass_(timedelta(seconds=40))
    assert now(house).lit_s == 0


@pytest.mark.parametrize(("hour", "lit_s"), [(10, 240), (23, 0)])
def test_a_reminder_wakes_by_day_only(house: House, hour: int, lit_s: int) -> None:
    at(house, hour)
    due = [
        {"task": "1", "at": (house.clock.wall - ago).isoformat(), "time": "09:00"}
        for ago in (timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=-9))
    ]
    house.ledger.notes.put_state("reminders", {"due": due})
    assert now(house).lit_s == lit_s


def test_a_device_that_waits_for_its_number_is_seen_at_night(house: House) -> None:
    at(house, 23)
    moment = house.clock.now()
    until = {"until": "", "until_mono_ms": moment.mono_ms + 25_000, "boot_id": moment.boot_id}
    house.ledger.notes.put_state("passkey_wanted", {"address": "C0:26", "name": "x"} | until)
    assert now(house).lit_s == 25


def test_before_the_hub_has_a_book_the_screen_rests_as_usual(tmp_path: Path) -> None:
    house = House(tmp_path)
    at(house, 23)
    assert now(house) == Night(82_800, 79_200, 25_200, 0)
    house.close()


def test_the_page_carries_all_that_the_script_needs(house: House, kiosk: Browser) -> None:
    at(house, 23, 5)
    house.measure(ago=timedelta(seconds=20))
    page = kiosk.get("/").text
    assert 'data-now="83100" data-from="79200" data-to="25200" data-lit="40" data-light=""' in page


@pytest.fixture
def light(house: House) -> Path:
    folder = Path(house.settings.web.backlight)
    folder.mkdir()
    (folder / "max_brightness").write_text("255\n")
    (folder / "brightness").write_text("200\n")
    return folder / "brightness"


def show(kiosk: Browser, level: str, **headers: str) -> int:
    answer = kiosk.client.post(
        "/screen", data={"level": level}, headers=headers or HEADERS, base_url=kiosk.base
    )
    return answer.status_code


def test_the_light_follows_the_screen_and_comes_back_as_it_was(kiosk: Browser, light: Path) -> None:
    for level, brightness in (("dim", "76"), ("night", "3"), ("dim", "76"), ("day", "200")):
        assert show(kiosk, level) == 204
        assert light.read_text() == brightness
    assert 'data-light="yes"' in kiosk.get("/").text


def test_what_was_before_a_restart_is_not_taken_for_the_brightness_by_day(
    house: House, kiosk: Browser, light: Path
) -> None:
    show(kiosk, "night")
    again = house.kiosk()
    show(again, "dim")
    assert light.read_text() == "76"
    show(again, "day")
    assert light.read_text() == "255"


def test_a_new_brightness_by_day_is_remembered(kiosk: Browser, light: Path) -> None:
    show(kiosk, "dim")
    show(kiosk, "day")
    light.write_text("120")
    show(kiosk, "night")
    show(kiosk, "day")
    assert light.read_text() == "120"


def test_the_light_is_set_only_by_our_own_page_and_never_by_looking(
    kiosk: Browser, light: Path
) -> None:
    assert show(kiosk, "night", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert show(kiosk, "off") == 400
    assert kiosk.get("/screen").status_code == 405
    assert light.read_text() == "200\n"


def test_without_a_light_it_is_the_same_to_the_page(kiosk: Browser) -> None:
    assert show(kiosk, "night") == 204


def test_a_light_that_breaks_does_not_break_the_page(kiosk: Browser, light: Path) -> None:
    light.write_text("bright")
    assert show(kiosk, "night") == 204


def test_the_first_light_that_may_be_set_is_taken(tmp_path: Path) -> None:
    assert not Backlight("auto", tmp_path).is_there
    for name in ("10-0045", "11-0045"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "max_brightness").write_text("31")
    (tmp_path / "11-0045" / "brightness").write_text("31")
    Backlight("auto", tmp_path).show("night")
    assert (tmp_path / "11-0045" / "brightness").read_text() == "1"
    assert not Backlight("", tmp_path).is_there
