"""Sensors, ketones, straps, breaths and body fat on the patient's pages."""

from datetime import timedelta
from decimal import Decimal

import pytest

from drivers.measurement import Kind, Quantity, Status, Unit, Value
from hub.web import wording
from hub.web.kiosk import readings
from hub.web.kiosk.readings import usual_days
from tests.web.house import WEIGHT, Browser, House

NOT_FOR_THE_PATIENT = {Kind.CUFF_PRESSURE, Kind.GLUCOSE_CONTEXT}


def value(number: str, unit: Unit) -> Value:
    return Value(Decimal(number), unit)


FAT = {
    Quantity.BODY_FAT: value("31.0", Unit.PERCENT),
    Quantity.MUSCLE_PERCENTAGE: value("38.2", Unit.PERCENT),
}
BREATH = {
    Quantity.FEV1: value("1.92", Unit.LITRE),
    Quantity.FVC: value("2.85", Unit.LITRE),
    Quantity.PEF: value("312", Unit.LITRE_PER_MINUTE),
}
PEAK = {Quantity.PEF: value("340", Unit.LITRE_PER_MINUTE)}


def test_every_kind_has_words_and_is_shown_or_left_out_on_purpose() -> None:
    assert set(wording.KINDS) == set(wording.DEVICES) == set(Kind)
    assert set(Kind) - set(wording.LARGE) == NOT_FOR_THE_PATIENT
    large = {name for choices in wording.LARGE.values() for names in choices for name in names}
    beside = {name for names in wording.BESIDE.values() for name in names}
    assert large | beside <= set(wording.QUANTITIES)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (
            Kind.CONTINUOUS_GLUCOSE,
            {
                Quantity.GLUCOSE: value("6.1", Unit.MMOL_PER_L),
                Quantity.GLUCOSE_TREND: value("0.1", Unit.MMOL_PER_L_PER_MINUTE),
            },
            ("Sukker fra sensor", "6,1", "Mottatt fra sensoren"),
        ),
        (
            Kind.KETONE,
            {Quantity.KETONE: value("0.4", Unit.MMOL_PER_L)},
            ("Ketoner", "0,4", "mmol/L", "Mottatt fra blodsukkerapparatet"),
        ),
        (
            Kind.HEART_RATE,
            {Quantity.HEART_RATE: value("72", Unit.PER_MINUTE)},
            ("Puls", "72", "slag/min", "Mottatt fra pulsbeltet"),
        ),
        (
            Kind.SPIROMETRY,
            BREATH,
            ("Pusteprøve FEV1", "1,92", "liter · FVC 2,85 liter", "spirometeret"),
        ),
        (Kind.SPIROMETRY, PEAK, ("Pusteprøve PEF", "340", "L/min")),
        (Kind.BODY_COMPOSITION, FAT, ("Kroppsfett", "31,0", "% · Muskler 38,2 %")),
    ],
)
def test_what_the_patient_reads_after_it(
    house: House,
    kiosk: Browser,
    kind: Kind,
    values: dict[Quantity, Value],
    words: tuple[str, ...],
) -> None:
    house.measure(kind, values)
    page = kiosk.get("/").text
    assert [word for word in words if word not in page] == []
    assert kiosk.get(f"/readings/{kind}/{usual_days(kind)}").status_code == 200
    assert kiosk.get(f"/readings/{kind}/table").status_code == 200


def test_numbers_that_are_not_for_the_patient_are_no_empty_reading(
    house: House, kiosk: Browser
) -> None:
    house.measure(Kind.BODY_COMPOSITION, {Quantity.IMPEDANCE: value("512", Unit.OHM)})
    assert "uten tall" not in kiosk.get("/").text
    assert "Her kommer målingene dine." in kiosk.get("/readings").text


def test_a_result_without_any_number_is_still_said_to_have_come(
    house: House, kiosk: Browser
) -> None:
    house.measure(Kind.SPIROMETRY, {}, status=(Status.UNSUCCESSFUL,))
    assert "uten tall" in kiosk.get("/").text


def test_who_steps_on_a_scale_sees_the_weight(house: House, kiosk: Browser) -> None:
    received = house.clock.ago(timedelta(seconds=5))
    house.keep(Kind.BODY_WEIGHT, WEIGHT, received)
    house.keep(Kind.BODY_COMPOSITION, FAT, received)
    page = kiosk.get("/").text
    assert "81,20" in page
    assert "31,0" not in page


def test_the_fat_of_another_weighing_does_not_bring_back_an_older_weight(
    house: House, kiosk: Browser
) -> None:
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=3))
    house.measure(Kind.BODY_COMPOSITION, FAT)
    assert "31,0" in kiosk.get("/").text


def test_a_sensors_many_readings_do_not_hide_the_weight(house: House, kiosk: Browser) -> None:
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(days=3))
    for minute in range(40):
        glucose = {Quantity.GLUCOSE: value(f"6.{minute}", Unit.MMOL_PER_L)}
        house.measure(Kind.CONTINUOUS_GLUCOSE, glucose, ago=timedelta(minutes=minute))
    page = kiosk.get("/readings").text
    assert "81,20" in page
    assert "Sukker fra sensor" in page


def sensed(house: House, minutes: int, number: str = "6.1") -> None:
    glucose = {Quantity.GLUCOSE: value(number, Unit.MMOL_PER_L)}
    house.measure(Kind.CONTINUOUS_GLUCOSE, glucose, ago=timedelta(minutes=minutes))


def test_a_sensors_course_is_of_hours_and_days(house: House, kiosk: Browser) -> None:
    """It is 10.41; what came before the first midnight has no room in the drawing."""
    for minutes in (1, 600, 700, 60 * 50, 60 * 71):
        sensed(house, minutes)
    one, three = (kiosk.get(f"/readings/continuous_glucose/{days}").text for days in (1, 3))
    assert (one.count("<circle"), three.count("<circle")) == (2, 4)
    assert "Sukker fra sensor i dag" in one
    assert ">12</text>" in one
    assert ">1 dag<" in one
    assert ">3 dager<" in one
    assert "for en uke siden" not in one
    assert kiosk.get("/readings/continuous_glucose/30").status_code == 404


def test_many_dots_are_small(house: House, kiosk: Browser) -> None:
    for minutes in range(100):
        sensed(house, 5 * minutes)
    page = kiosk.get("/readings/continuous_glucose/1").text
    assert (page.count('r="3"'), page.count('r="6"')) == (100, 0)


def test_when_not_all_are_shown_it_is_said(
    house: House, kiosk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "MOST", 3)
    for minutes in range(3):
        sensed(house, minutes, f"6.{minutes}")
    assert "Bare de siste 3 vises." in kiosk.get("/readings/continuous_glucose/3").text


def test_the_course_of_a_breath_is_that_of_its_large_number(house: House, kiosk: Browser) -> None:
    house.measure(Kind.SPIROMETRY, PEAK, ago=timedelta(days=1))
    house.measure(Kind.SPIROMETRY, BREATH)
    page = kiosk.get("/readings/spirometry/7").text
    assert "Pusteprøve FEV1 nå: 1,92 liter." in page
    assert page.count('<circle class="dot"') == 1


def test_more_kinds_than_fit_are_a_page_further(house: House, kiosk: Browser) -> None:
    for kind in wording.LARGE:
        values = {name: value("7.5", Unit.PERCENT) for name in wording.LARGE[kind][0]}
        house.measure(kind, values)
    first, second = kiosk.get("/readings").text, kiosk.get("/readings/page/1").text
    for kind in wording.LARGE:
        link = f'href="/readings/{kind}/{usual_days(kind)}"'
        assert (link in first) + (link in second) == 1
    assert 'href="/readings/page/1"' in first
    assert 'href="/readings/page/2"' not in second
