"""My readings: the latest, the course, the table; unknown times are said to be unknown."""

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from drivers.measurement import Kind, Quantity, Status, Unit, Value
from hub.clock import ClockState, Moment
from hub.web.trend import Line, Point, draw, scale
from tests.web.house import OSLO, WEIGHT, Browser, House

NAIVE = datetime(2001, 1, 1)  # noqa: DTZ001 - a device's clock has no zone


def weight(house: House, number: str, days_ago: int) -> None:
    value = {Quantity.BODY_WEIGHT: Value(Decimal(number), Unit.KILOGRAM)}
    house.measure(Kind.BODY_WEIGHT, value, ago=timedelta(days=days_ago, minutes=1))


def test_the_latest_of_each_kind(house: House, kiosk: Browser) -> None:
    weight(house, "80.4", 1)
    weight(house, "80.9", 0)
    house.measure()
    page = kiosk.get("/readings").text
    assert "80,9" in page
    assert "80,4" not in page
    assert "128/82" in page


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("82.6", "Vekt nå: 82,6 kg. Det er 1,4 kg mer enn for en uke siden."),
        ("80.2", "Vekt nå: 80,2 kg. Det er 1,0 kg mindre enn for en uke siden."),
        ("81.2", "Vekt nå: 81,2 kg. Det er det samme som for en uke siden."),
    ],
)
def test_the_sentence_says_what_differs(
    house: House, kiosk: Browser, number: str, words: str
) -> None:
    weight(house, "81.2", 7)
    weight(house, number, 0)
    assert words in kiosk.get("/readings/body_weight/30").text


def test_without_a_reading_a_week_ago_nothing_is_compared(house: House, kiosk: Browser) -> None:
    weight(house, "81.2", 4)
    weight(house, "82.2", 0)
    assert '<p class="sentence">Vekt nå: 82,2 kg.</p>' in kiosk.get("/readings/body_weight/30").text


def test_a_reading_of_somebody_else_is_not_mine(house: House, kiosk: Browser) -> None:
    kept = house.measure()
    house.ledger.disown(kept.id)
    for path in ("/readings", "/readings/blood_pressure/30", "/readings/blood_pressure/table"):
        assert "128/82" not in kiosk.get(path).text


def test_every_reading_can_be_reached_by_the_table(house: House, kiosk: Browser) -> None:
    for day in range(9):
        weight(house, f"{70 + day}.5", day)
    pages = [kiosk.get(f"/readings/body_weight/table/{page}").text for page in range(3)]
    for day in range(9):
        assert sum(f"{70 + day},5 kg" in page for page in pages) == 1


def test_the_devices_clock_is_corrected(house: House, kiosk: Browser) -> None:
    stamp = datetime(2026, 11, 22, 8, 0, 9)  # noqa: DTZ001 - 9 s fast, the offset is -9 s
    kept = house.measure(Kind.BODY_WEIGHT, WEIGHT, device_time=stamp)
    assert "i dag kl. 08:00" in kiosk.get(f"/reading/{kept.id}").text


def test_a_meter_that_sends_its_newest_record_first(house: House, kiosk: Browser) -> None:
    received = house.clock.ago(timedelta(seconds=5))
    for day, number in ((22, "83.0"), (21, "82.0"), (15, "80.0")):
        stamp = datetime(2026, 11, day, 8, 0, 9)  # noqa: DTZ001 - a device's clock has no zone
        value = {Quantity.BODY_WEIGHT: Value(Decimal(number), Unit.KILOGRAM)}
        house.keep(Kind.BODY_WEIGHT, value, received, device_time=stamp)
    assert '<p class="reading">83,0<' in kiosk.get("/").text
    assert "<b>83,0<" in kiosk.get("/readings").text
    assert "Vekt nå: 83,0 kg." in kiosk.get("/readings/body_weight/30").text
    table = kiosk.get("/readings/body_weight/table").text
    assert table.index("83,0 kg") < table.index("82,0 kg") < table.index("80,0 kg")


def test_an_unknown_time_is_said_to_be_unknown_and_drawn_hollow(
    house: House, kiosk: Browser
) -> None:
    wall = house.clock.wall
    received = Moment(wall, house.clock.mono_ms, "another boot", ClockState.RESTORED)
    kept = house.keep(Kind.BODY_WEIGHT, WEIGHT, received, device_time=NAIVE)
    assert "tid ukjent" in kiosk.get(f"/reading/{kept.id}").text
    assert '<circle class="dot hollow"' in kiosk.get("/readings/body_weight/7").text


def test_a_wrong_clock_of_a_live_reading_does_not_count(house: House, kiosk: Browser) -> None:
    kept = house.measure(Kind.BODY_WEIGHT, WEIGHT, device_time=NAIVE, status=(Status.TIME_FAULT,))
    assert "i dag kl. 10:40" in kiosk.get(f"/reading/{kept.id}").text


@pytest.mark.parametrize(
    "path",
    [
        "/readings/height/30",
        "/readings/body_weight/31",
        "/readings/body_weight/-1",
        "/reading/none",
        "/readings/cuff_pressure/30",
    ],
)
def test_addresses_that_mean_nothing_are_no_crash(kiosk: Browser, path: str) -> None:
    assert kiosk.get(path).status_code == 404


def test_numbers_of_another_unit_are_not_mixed_into_the_drawing(
    house: House, kiosk: Browser
) -> None:
    pounds = {Quantity.BODY_WEIGHT: Value(Decimal("179.0"), Unit.POUND)}
    house.measure(Kind.BODY_WEIGHT, pounds, ago=timedelta(days=1))
    house.measure(Kind.BODY_WEIGHT, WEIGHT)
    page = kiosk.get("/readings/body_weight/7").text
    assert page.count('<circle class="dot"') == 1


# The drawing itself


@pytest.fixture
def words() -> Flask:
    return Flask("words")


def drawn(app: Flask, *points: tuple[int, str], known: bool = True, days: int = 7) -> ET.Element:
    """A drawing up to 22 November with points of (day of November, number)."""
    with app.app_context():
        g.language = "nb"
        line = Line(
            "Vekt",
            tuple(
                Point(datetime(2026, 11, day, 8, tzinfo=OSLO), Decimal(number), known)
                for day, number in points
            ),
        )
        return ET.fromstring(draw([line], date(2026, 11, 22), days, "Vekt"))  # noqa: S314


def test_neighbouring_days_are_joined_and_a_gap_stays_open(words: Flask) -> None:
    picture = drawn(words, (17, "80"), (18, "81"), (20, "82"), (21, "81"))
    assert len(picture.findall("line[@class='course']")) == 2
    assert len(picture.findall("circle")) == 4


def test_a_dot_of_unknown_time_is_joined_to_nothing(words: Flask) -> None:
    picture = drawn(words, (20, "82"), (21, "81"), known=False)
    assert picture.findall("line[@class='course']") == []
    assert {dot.get("class") for dot in picture.findall("circle")} == {"dot hollow"}


def test_the_drawing_stands_as_it_always_did(words: Flask) -> None:
    picture = drawn(words, (20, "80"), (21, "81.5"))
    assert [(c.get("cx"), c.get("cy")) for c in picture.findall("circle")] == [
        ("377.2", "142.0"),
        ("449.5", "14.0"),
    ]
    labels = ["80,0", "80,5", "81,0", "81,5", "16. nov.", "19. nov.", "22. nov."]
    assert [t.text for t in picture.findall("text")] == labels
    assert picture.findtext("title") == "Vekt de siste 7 dagene"


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(2026, 8, 1), datetime(2026, 11, 22)),  # noqa: DTZ001
            st.decimals(-50, 5000, places=2),
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([7, 30, 90]),
)
def test_whatever_the_readings_the_drawing_is_whole_and_inside(
    readings: list[tuple[datetime, Decimal, bool]], days: int
) -> None:
    points = tuple(Point(at.replace(tzinfo=UTC), value, known) for at, value, known in readings)
    with Flask("words").app_context():
        g.language = "nb"
        lines = [Line("a", points), Line("b", points)]
        picture = ET.fromstring(draw(lines, date(2026, 11, 22), days, "<&>"))  # noqa: S314
    for dot in picture.findall("circle"):
        assert 0 <= float(dot.get("cx") or -1) <= 584
        assert 0 <= float(dot.get("cy") or -1) <= 178


@given(st.decimals(-100, 10000, places=1), st.decimals(0, 300, places=1))
def test_the_scale_is_around_the_numbers_in_equal_steps(low: Decimal, more: Decimal) -> None:
    ticks = scale(low, low + more)
    assert ticks[0] <= low
    assert ticks[-1] >= low + more
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    assert len(ticks) <= 4
