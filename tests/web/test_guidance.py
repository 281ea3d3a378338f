"""What is said while somebody measures, for every shape of device and every kind."""

import re
import xml.etree.ElementTree as ET

import pytest
from flask import Flask, g, render_template_string

from drivers import catalogue
from drivers.catalogue import Shape
from drivers.measurement import Kind
from hub import web
from hub.records import Device
from hub.web import guidance, instructions, wording
from hub.web.guidance import Chosen
from tests.web.house import CUFF, TODAY, House

PICTURES = sorted({*Shape, *instructions.PICTURES.values()})


@pytest.fixture
def words() -> Flask:
    return Flask("words")


def chosen(shape: Shape, model: str | None = None, transport: str = "ble") -> Chosen:
    device = Device(
        key=CUFF,
        address="F0",
        transport=transport,  # type: ignore[arg-type]
        driver="a",
        name="a",
        model=model,
        joined_at=TODAY,
    )
    return Chosen("a", shape, catalogue.by_id(model), device)


def test_every_kind_that_is_shown_can_be_asked_for() -> None:
    assert set(guidance.SHAPES) == set(wording.LARGE)
    assert set(guidance.SHAPES.values()) == set(Shape)


def test_every_shape_has_its_words() -> None:
    assert set(guidance.NOW) == set(guidance.NOTHING_COMES) == set(Shape)


@pytest.mark.parametrize("shape", Shape)
def test_what_to_do_is_one_short_thing_and_the_hub_waits(words: Flask, shape: Shape) -> None:
    with words.app_context():
        g.language = "nb"
        said = guidance.now(Kind.BLOOD_PRESSURE, chosen(shape))
    assert said.endswith(". Jeg venter.")
    assert len(said.split()) <= 9


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("transport", ["ble", "serial"])
def test_what_helps_is_at_most_four_pictured_steps(
    words: Flask, shape: Shape, transport: str
) -> None:
    with words.app_context():
        g.language = "nb"
        steps = guidance.nothing_comes(chosen(shape, transport=transport), "22 00 00 00")
    assert 3 <= len(steps) <= 4
    assert steps[-1].words == "Hjelper det ikke, ring 22 00 00 00."
    for step in steps:
        assert max(len(sentence.split()) for sentence in re.split("[.?] ", step.words)) <= 12
        assert "Bluetooth" not in step.words
    pictures = {step.picture for step in steps}
    assert ("cable" in pictures) is (transport == "serial")
    assert ("near" in pictures) is (transport == "ble")


def test_without_a_number_one_asks_to_be_called(words: Flask) -> None:
    with words.app_context():
        g.language = "nb"
        steps = guidance.nothing_comes(chosen(Shape.SCALE), "")
    assert steps[-1].words == "Hjelper det ikke, trykk «Ring meg»."


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "Trykk på knappen på mansjetten. Jeg venter."),
        ("omron-evolv", "Trykk på knappen på mansjetten. Jeg venter."),
        ("and-ua-651ble", "Trykk START på måleren. Jeg venter."),
        ("omron-rs7-intelli-it", "Trykk START på måleren. Jeg venter."),
    ],
)
def test_the_button_is_where_this_model_has_it(words: Flask, model: str | None, said: str) -> None:
    with words.app_context():
        g.language = "nb"
        assert guidance.now(Kind.BLOOD_PRESSURE, chosen(Shape.CUFF, model)) == said


def test_ketones_are_not_called_sugar(words: Flask) -> None:
    with words.app_context():
        g.language = "nb"
        assert "ketonene" in guidance.now(Kind.KETONE, chosen(Shape.GLUCOSE_METER))


def test_a_wrist_monitor_is_put_on_the_wrist_while_resting(words: Flask) -> None:
    with words.app_context():
        g.language = "nb"
        wrist = guidance.while_resting(chosen(Shape.CUFF, "omron-rs7-intelli-it"))
        arm = guidance.while_resting(chosen(Shape.CUFF))
    assert wrist[0] == "Fest måleren på håndleddet."
    assert arm[0] == "Sett mansjetten på bar overarm."


def test_what_is_said_of_a_model_is_said_of_one_that_there_is() -> None:
    models = {model.id for model in catalogue.models()}
    assert set(guidance.NOW_MODELS) | set(instructions.PICTURES) <= models


def drawn(house: House, picture: str) -> ET.Element:
    text = '{% from "drawings.html" import drawing %}{{ drawing(picture, "<it>") }}'
    with web.kiosk(house.parts).test_request_context():
        g.language = "nb"
        return ET.fromstring(render_template_string(text, picture=picture))  # noqa: S314


@pytest.mark.parametrize("picture", PICTURES)
def test_every_picture_shows_one_thing_to_do(house: House, picture: str) -> None:
    svg = drawn(house, picture)
    assert len(svg.findall("g[@class='here']")) == 1
    assert len(list(svg)) >= 3


@pytest.mark.parametrize(
    ("picture", "printed"),
    [
        ("cuff", ["START"]),
        ("cuff-with-m", ["M", "START"]),
        ("cuff-in-one", ["START"]),
        ("wrist", ["START"]),
        ("scale", []),
    ],
)
def test_a_button_that_is_known_is_named(house: House, picture: str, printed: list[str]) -> None:
    svg = drawn(house, picture)
    assert [text.text for text in svg.findall("text")] == printed
    assert len(svg.findall("g[@class='arrow']")) >= len(printed)
