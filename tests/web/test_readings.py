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
from hub.web.targets import Band
from hub.web.trend import Line, Point, draw, scale
from tests.web.house import BLOOD_PRESSURE, OSLO, WEIGHT, Browser, House

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
    page = kiosk.get("/readings/body_weight/7").text
    assert '<circle class="dot hollow"' in page
    assert "</svg>tid ukjent</span>" in page
    house.keep(Kind.BLOOD_PRESSURE, BLOOD_PRESSURE, received, device_time=NAIVE)
    assert "Hul prikk: tiden er ukjent." in kiosk.get("/readings/blood_pressure/7").text


def test_what_nobody_knows_the_time_of_is_not_called_the_newest(
    house: House, kiosk: Browser
) -> None:
    weight(house, "80.0", 1)
    received = Moment(house.clock.wall, 1, "another boot", ClockState.RESTORED)
    house.keep(Kind.BODY_WEIGHT, WEIGHT, received, device_time=NAIVE)
    assert "Vekt nå: 80,0 kg." in kiosk.get("/readings/body_weight/7").text


def test_a_reading_told_weeks_late_is_in_the_table_and_not_at_the_drawings_edge(
    house: House, kiosk: Browser
) -> None:
    stamp = datetime(2026, 10, 2, 8, 0)  # noqa: DTZ001 - a device's clock has no zone
    house.measure(Kind.BODY_WEIGHT, WEIGHT, device_time=stamp)
    assert "Ingen målinger i denne tiden." in kiosk.get("/readings/body_weight/7").text
    assert kiosk.get("/readings/body_weight/90").text.count('<circle class="dot"') == 1
    assert "81,20 kg" in kiosk.get("/readings/body_weight/table").text


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
    assert "Andre enheter står i tabellen." in page
    assert "179,0 lb" in kiosk.get("/readings/body_weight/table").text


# The drawing itself


@pytest.fixture
def words() -> Flask:
    return Flask("words")


def drawn(
    app: Flask,
    *points: tuple[int, str],
    known: bool = True,
    days: int = 7,
    band: Band | None = None,
) -> ET.Element:
    """A drawing up to 22 November with points of (day of November, number)."""
    with app.app_context():
        g.language = "nb"
        line = Line(
            "Vekt",
            tuple(
                Point(datetime(2026, 11, day, 8, tzinfo=OSLO), Decimal(number), known)
                for day, number in points
            ),
            band,
        )
        return ET.fromstring(draw([line], date(2026, 11, 22), days, "Vekt", "kg"))  # noqa: S314


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


def test_it_is_told_to_who_does_not_see_it(words: Flask) -> None:
    assert drawn(words, (21, "80")).findtext("desc") == "Vekt: én måling, 80 kg."
    several = drawn(words, (20, "80"), (21, "81.5"))
    assert several.findtext("desc") == "Vekt: 2 målinger, fra 80 til 81,5 kg."
    assert several.get("aria-describedby") == "trend-told"


def test_what_the_plan_aims_at_is_hatched_and_told(words: Flask) -> None:
    aim = Band(Decimal(79), Decimal(82), Unit.KILOGRAM)
    picture = drawn(words, (20, "80"), (21, "81"), band=aim)
    hatched, swatch = picture.findall("rect[@class='band']")
    assert (hatched.get("y"), hatched.get("height")) == ("32.0", "110.0")
    assert swatch.get("fill") == hatched.get("fill") == "url(#aim-0)"
    assert picture.find("pattern[@id='aim-0']") is not None
    assert len(picture.findall("line[@class='edge']")) == 2
    assert (picture.findtext("desc") or "").endswith("Mål i planen: 79 til 82 kg.")


@pytest.mark.parametrize(
    ("band", "told"),
    [
        (Band(Decimal(90), None, Unit.PERCENT), "Mål i planen: 90 kg eller mer"),
        (Band(None, Decimal(90), Unit.PERCENT), "Mål i planen: 90 kg eller mindre"),
    ],
)
def test_an_aim_without_an_end_reaches_to_the_edge(words: Flask, band: Band, told: str) -> None:
    picture = drawn(words, (21, "88"), (22, "92"), band=band)
    assert len(picture.findall("line[@class='edge']")) == 1
    assert told in [text.text for text in picture.findall("text")]


def test_two_quantities_differ_in_shape_and_their_aims_in_hatching(words: Flask) -> None:
    at = datetime(2026, 11, 21, 8, tzinfo=OSLO)
    lines = [
        Line(name, (Point(at, Decimal(value), True),), Band(Decimal(value), None, Unit.MM_HG))
        for name, value in (("Overtrykk", 120), ("Undertrykk", 80))
    ]
    with words.app_context():
        g.language = "nb"
        picture = ET.fromstring(draw(lines, date(2026, 11, 22), 7, "Blodtrykk", "mmHg"))  # noqa: S314
    assert len(picture.findall("circle[@class='dot']")) == 2  # the other one is in the legend
    assert len(picture.findall("rect[@class='dot']")) == 2
    hatches = [pattern.find("path") for pattern in picture.findall("pattern")]
    assert len({hatch.get("d") for hatch in hatches if hatch is not None}) == 2
    texts = [text.text for text in picture.findall("text")]
    assert "Mål: 120 eller mer" in texts
    assert "Mål: 80 eller mer" in texts


@pytest.mark.parametrize(("beyond", "tip"), [(1, "l5 -5 5 5"), (-1, "l5 5 5 -5"), (0, None)])
def test_a_value_beyond_what_the_device_can_tell_has_a_tip(
    words: Flask, beyond: int, tip: str | None
) -> None:
    point = Point(datetime(2026, 11, 21, 8, tzinfo=OSLO), Decimal(33), True, beyond)
    with words.app_context():
        g.language = "nb"
        picture = ET.fromstring(draw([Line("a", (point,))], date(2026, 11, 22), 7, "a"))  # noqa: S314
    found = picture.find("path[@class='beyond']")
    assert (found is None) if tip is None else (found is not None and tip in found.get("d", ""))


def test_many_dots_are_small_and_their_line_is_thin(words: Flask) -> None:
    start = datetime(2026, 8, 25, tzinfo=OSLO)
    points = tuple(
        Point(start + timedelta(hours=6 * i), Decimal(90 + i % 7), True) for i in range(358)
    )
    with words.app_context():
        g.language = "nb"
        picture = ET.fromstring(draw([Line("a", points)], date(2026, 11, 22), 90, "a"))  # noqa: S314
    assert {dot.get("r") for dot in picture.findall("circle")} == {"3"}
    assert {line.get("class") for line in picture.findall("line")} == {"grid", "course fine"}


NUMBERS = st.decimals(-50, 5000, places=2)


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(2026, 8, 1), datetime(2026, 11, 22)),  # noqa: DTZ001
            NUMBERS,
            st.booleans(),
            st.sampled_from([-1, 0, 1]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.tuples(NUMBERS, NUMBERS).map(sorted),
    st.sampled_from(["none", "both", "low", "high"]),
    st.sampled_from([1, 7, 30, 90]),
    st.sampled_from(["nb", "en"]),
)
def test_whatever_the_readings_the_drawing_is_whole_and_inside(
    readings: list[tuple[datetime, Decimal, bool, int]],
    aim: list[Decimal],
    ends: str,
    days: int,
    language: str,
) -> None:
    points = tuple(
        Point(at.replace(tzinfo=UTC), value, known, beyond) for at, value, known, beyond in readings
    )
    band = Band(
        aim[0] if ends in ("both", "low") else None,
        aim[1] if ends in ("both", "high") else None,
        Unit.KILOGRAM,
    )
    with Flask("words").app_context():
        g.language = language
        lines = [Line("a", points, band if ends != "none" else None), Line("<&>", points)]
        picture = ET.fromstring(draw(lines, date(2026, 11, 22), days, "<&>", "<kg>"))  # noqa: S314
    for dot in picture.findall("circle"):
        assert 0 <= float(dot.get("cx") or -1) <= 584
        assert 0 <= float(dot.get("cy") or -1) <= 178
    for rect in picture.findall("rect"):
        x, y = float(rect.get("x") or -1), float(rect.get("y") or -1)
        assert 0 <= x <= x + float(rect.get("width") or -1) <= 584
        assert 0 <= y <= y + float(rect.get("height") or -1) <= 178
    for line in picture.findall("line"):
        assert all(0 <= float(line.get(name) or -1) <= 584 for name in ("x1", "x2"))
        assert all(0 <= float(line.get(name) or -1) <= 178 for name in ("y1", "y2"))


@given(st.decimals(-100, 10000, places=1), st.decimals(0, 300, places=1))
def test_the_scale_is_around_the_numbers_in_equal_steps(low: Decimal, more: Decimal) -> None:
    ticks = scale(low, low + more)
    assert ticks[0] <= low
    assert ticks[-1] >= low + more
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    assert len(ticks) <= 4
