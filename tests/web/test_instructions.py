"""How a device is made ready and how one measures with it, for every model and shape."""

import xml.etree.ElementTree as ET

import pytest
from flask import Flask, g, render_template_string

from drivers import catalogue
from drivers.catalogue import Model, Pairing, Shape
from drivers.measurement import Kind, Quantity, Unit, Value
from hub import web
from hub.records import Device
from hub.web import instructions
from tests.web.house import CUFF, TODAY, Browser, House

MODELS = catalogue.models()


@pytest.fixture
def words() -> Flask:
    return Flask("words")


def model(id: str) -> Model:
    found = catalogue.by_id(id)
    assert found
    return found


def ready(words: Flask, id: str) -> list[str]:
    with words.app_context():
        g.language = "nb"
        return instructions.pairing(model(id).shape, model(id))


def test_what_is_said_of_a_model_is_said_of_one_that_there_is() -> None:
    ids = {model.id for model in MODELS}
    assert set(instructions.READY_MODELS) | set(instructions.MEASURE_MODELS) <= ids
    assert set(instructions.READY_DRIVERS) <= {model.driver for model in MODELS}
    assert set(instructions.READY) == set(instructions.MEASURE) == set(Shape)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_ends_with_a_reading_as_proof(words: Flask, model: Model) -> None:
    steps = ready(words, model.id)
    assert steps[-1].startswith("Ta én måling nå.")
    assert (len(steps) > 2) or model.pairing is Pairing.CABLE
    assert len(steps) == len(set(steps)) <= 6


@pytest.mark.parametrize(
    ("id", "step"),
    [
        ("and-ua-651ble", "Hold START inne til «Pr» står i vinduet."),
        ("omron-m7-intelli-it", "Hold knappen for overføring inne til «P» blinker i vinduet."),
        ("silvercrest-sbm69", "Ta én måling, og trykk M-knappen for å sende den."),
        ("silvercrest-sbm69", "Det viser seks sifre. Skriv dem her eller på skjermen hjemme."),
        ("roche-accu-chek", "Velg paring i menyen på apparatet."),
        ("ascensia-contour", "Ta én måling først. Uten en lagret måling svarer det ikke."),
        ("polar-h10", "Det trenger ingen paring. Boksen hører det når det måler."),
        ("xiaomi-mi-smart-scale", "Alle i nærheten kan lese denne vekten. Si det til pasienten."),
    ],
)
def test_the_steps_of_a_model(words: Flask, id: str, step: str) -> None:
    assert step in ready(words, id)


def test_only_what_has_been_on_a_phone_is_taken_off_it(words: Flask) -> None:
    for one in MODELS:
        said = any("mobiltelefon" in step for step in ready(words, one.id))
        assert said is (one.pairing is not Pairing.CABLE), one.id


@pytest.mark.parametrize("shape", Shape)
def test_the_patient_reads_few_short_steps(words: Flask, shape: Shape) -> None:
    with words.app_context():
        g.language = "nb"
        steps = instructions.measuring(shape)
    assert 2 <= len(steps) <= 4
    assert max(len(step.split()) for step in steps) <= 12
    assert not any("Bluetooth" in step for step in steps)


def device(**more: object) -> Device:
    given: dict[str, object] = {
        "key": CUFF,
        "address": "F0",
        "transport": "ble",
        "driver": "gatt-blood-pressure",
        "name": "a",
        "joined_at": TODAY,
    }
    return Device(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "shape"),
    [
        ({}, Shape.CUFF),
        ({"driver": "gatt-glucose"}, Shape.GLUCOSE_METER),
        ({"driver": "nonin", "transport": "serial"}, Shape.OXIMETER),
        ({"driver": "taidoc-meter"}, None),  # reads cuffs, meters, scales …
        ({"driver": "taidoc-meter", "model": "taidoc-td2555"}, Shape.SCALE),
        ({"driver": "no-longer-there", "model": "nor-this"}, None),
    ],
)
def test_what_a_device_looks_like(known: dict[str, object], shape: Shape | None) -> None:
    assert instructions.shape_of(device(**known)) is shape


@pytest.mark.parametrize("shape", Shape)
def test_every_shape_has_a_drawing_with_one_thing_to_do(house: House, shape: Shape) -> None:
    text = '{% from "drawings.html" import drawing %}{{ drawing(shape, "<it>") }}'
    with web.kiosk(house.parts).test_request_context():
        g.language = "nb"
        picture = ET.fromstring(render_template_string(text, shape=shape))  # noqa: S314
    assert picture.get("aria-label") == "<it>"
    assert len(list(picture)) > 2
    assert len(picture.findall("g[@class='here']")) == 1


# The pages


def test_one_device_is_shown_at_once(house: House, kiosk: Browser) -> None:
    house.device(name="Blodtrykk")
    assert 'href="/how"' in kiosk.get("/").text
    page = kiosk.follow(kiosk.get("/how")).text
    assert "Sett mansjetten på bar overarm." in page
    assert "Blodtrykk</h1>" in page


def test_a_wrist_monitor_is_put_on_the_wrist(house: House, kiosk: Browser) -> None:
    house.device(model="omron-rs7-intelli-it", driver="omron-memory")
    page = kiosk.follow(kiosk.get("/how")).text
    assert "Fest måleren på håndleddet" in page
    assert "overarm" not in page


def test_a_monitor_that_sends_at_a_press_is_pressed(house: House, kiosk: Browser) -> None:
    house.device(model="silvercrest-sbm69")
    page = kiosk.follow(kiosk.get("/how")).text
    assert page.count("<li>") == 4
    assert "Trykk M-knappen." in page


def test_of_several_devices_one_is_chosen(house: House, kiosk: Browser) -> None:
    for number in range(8):
        house.device(key=f"{number:012}", name=f"Vekt {number}", driver="gatt-weight-scale")
    pages = [kiosk.get("/how").text, kiosk.get("/how/page/1").text]
    for number in range(8):
        assert sum(f"Vekt {number}<" in page for page in pages) == 1
    assert "Gå på uten sko" in kiosk.get("/how/000000000003").text
    assert kiosk.get("/how/none").status_code == 404


def test_without_a_device_that_is_known_there_is_nothing_to_show(
    house: House, kiosk: Browser
) -> None:
    house.device(driver="taidoc-meter")
    assert "Her kommer det hjelp" in kiosk.get("/how").text


def test_it_is_reached_from_the_readings_too(house: House, kiosk: Browser) -> None:
    value = Value(None, Unit.KILOGRAM)
    house.measure(Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: value})
    assert 'href="/how"' in kiosk.get("/readings").text


def test_the_technician_chooses_a_model_and_reads_its_steps(house: House) -> None:
    technician = house.technician()
    page = technician.get("/join").text
    assert all(f'value="{one.id}"' in page for one in MODELS)
    assert '<ol class="to-do">' not in page
    chosen = technician.get("/join?how=and-ua-651ble").text
    assert "<h3>A&amp;D UA-651BLE</h3>" in chosen
    assert "Hold START inne til «Pr» står i vinduet." in chosen
    assert '<option value="and-ua-651ble" selected>' in chosen
    assert "Gjør det klart for paring slik" in technician.get("/join?how=thermometer").text
    assert technician.get("/join?how=none").status_code == 200


def test_a_devices_page_tells_how_it_is_paired_and_used(house: House) -> None:
    house.device(model="and-ua-651ble")
    page = house.technician().get(f"/device/{CUFF}").text
    assert "Hold START inne til «Pr» står i vinduet." in page
    assert "Sett mansjetten på bar overarm." in page
