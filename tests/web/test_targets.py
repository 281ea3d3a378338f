"""What the plan aims at: drawn only where it says so clearly, in the unit that is drawn."""

from decimal import Decimal
from typing import Any

import pytest

from drivers.measurement import Kind, Quantity, Unit, Value
from hub.web.targets import Band, bands
from tests.web.documents import MDC, Json
from tests.web.house import Browser, House

ZONE = "https://hub.example/fhir/CodeSystem/egenbehandling-sone"
UCUM = "http://unitsofmeasure.org"
WEIGHT = (Kind.BODY_WEIGHT, Quantity.BODY_WEIGHT)


def end(value: Any, code: str = "kg", system: str = UCUM) -> Json:
    return {"value": value, "system": system, "code": code}


def interval(colour: str = "green", **ends: Json) -> Json:
    return {"context": {"coding": [{"system": ZONE, "code": colour}]}, "range": ends}


def definition(*intervals: Json, code: str = "188736", **more: Any) -> Json:
    return {
        "resourceType": "ObservationDefinition",
        "code": {"coding": [{"system": MDC, "code": code}]},
        "qualifiedInterval": list(intervals),
        **more,
    }


def plan(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}


def test_the_green_interval_is_the_aim() -> None:
    document = plan(
        definition(
            interval("yellow", high=end(84)),
            interval(low=end(80), high=end(82.5)),
            interval("red", low=end(84)),
        )
    )
    assert bands(document) == {WEIGHT: Band(Decimal(80), Decimal("82.5"), Unit.KILOGRAM)}


@pytest.mark.parametrize(
    ("ends", "band"),
    [
        ({"low": end(90, "%")}, Band(Decimal(90), None, Unit.PERCENT)),
        ({"high": end(90, "%")}, Band(None, Decimal(90), Unit.PERCENT)),
        ({"low": {"value": 90}}, Band(Decimal(90), None, Unit.PERCENT)),
    ],
)
def test_an_aim_may_be_open_and_its_unit_may_stand_beside(ends: Json, band: Band) -> None:
    unit = {"unit": {"coding": [{"system": UCUM, "code": "%"}]}}
    document = plan(definition(interval(**ends), code="150456", quantitativeDetails=unit))
    assert bands(document) == {(Kind.PULSE_OXIMETRY, Quantity.OXYGEN_SATURATION): band}


@pytest.mark.parametrize(
    "resource",
    [
        definition(interval()),
        definition(interval(low=end(83), high=end(80))),
        definition(interval(low=end(80), high=end(180, "[lb_av]"))),
        definition(interval(low={"value": 80})),
        definition(interval(low=end(80, "stone"))),
        definition(interval(low=end(80, system="urn:other"))),
        definition(interval(low=end("NaN"))),
        definition(interval(low=end("eighty"))),
        definition(interval("yellow", low=end(80))),
        definition(interval(low=end(80)), interval(low=end(70))),
        definition(interval(low=end(80)), code="150020"),
        definition(interval(low=end(80)), qualifiedInterval={}),
        {"resourceType": "Observation", "code": {}},
    ],
)
def test_what_is_not_clear_is_no_aim(resource: Json) -> None:
    clear = definition(interval(low=end(4, "mmol/L")), code="160184")
    found = bands(plan(resource, clear))
    assert list(found) == [(Kind.GLUCOSE, Quantity.GLUCOSE)]


@pytest.mark.parametrize("document", [None, {}, {"entry": 7}, {"entry": [{}]}, {"entry": [7]}])
def test_a_plan_that_is_none_aims_at_nothing(document: Json | None) -> None:
    assert bands(document) == {}


def test_it_stands_behind_the_readings_in_their_unit_only(house: House, kiosk: Browser) -> None:
    kilos = {Quantity.BODY_WEIGHT: Value(Decimal("81.2"), Unit.KILOGRAM)}
    house.measure(Kind.BODY_WEIGHT, kilos)
    assert "Mål i planen" not in kiosk.get("/readings/body_weight/7").text
    house.plan(plan(definition(interval(low=end(176, "[lb_av]")))))
    assert "Mål i planen" not in kiosk.get("/readings/body_weight/7").text
    house.plan(plan(definition(interval(low=end(80), high=end(82.5)))))
    page = kiosk.get("/readings/body_weight/7").text
    assert ">Mål i planen: 80 til 82,5 kg</text>" in page
    assert '<rect class="band" fill="url(#aim-0)"' in page
