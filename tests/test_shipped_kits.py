"""The kits and plans of config/: the hub takes each, and nobody can take one for a real one."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers import catalogue
from drivers.catalogue import Shape
from drivers.contract import Advertisement
from drivers.measurement import DeviceInfo, Kind
from hub.acquire.kit import Lent
from hub.questionnaire import check
from hub.records import KitItem
from hub.schedule import HIDDEN, Schedule
from hub.settings import Patient
from hub.uplink import desired
from hub.web.plan import Plan
from tests.shipped import CONDITIONS, PLANS, QUESTIONNAIRES, files

PATIENT = Patient(system="urn:oid:2.999.1.2.3.4", value="p-000000")
EXAMPLE = "Eksempel – tilpasses den enkelte. "
PLACEHOLDER = "SKRIV-SERIENUMMERET"
MONDAY = date(2026, 11, 30)
MEASURED_BY = {
    Kind.BLOOD_PRESSURE: Shape.CUFF,
    Kind.BODY_TEMPERATURE: Shape.THERMOMETER,
    Kind.BODY_WEIGHT: Shape.SCALE,
    Kind.GLUCOSE: Shape.GLUCOSE_METER,
    Kind.PULSE_OXIMETRY: Shape.OXIMETER,
}
SHAPES = {
    "aktivitet": {Shape.HEART_RATE_STRAP, Shape.SCALE},
    "diabetes": {Shape.GLUCOSE_METER, Shape.SCALE},
    "ernaering": {Shape.SCALE},
    "hjertesvikt": {Shape.SCALE, Shape.CUFF, Shape.OXIMETER},
    "kols": {Shape.OXIMETER, Shape.SPIROMETER, Shape.THERMOMETER},
    "kreft": {Shape.THERMOMETER, Shape.SCALE},
    "psykisk-helse": set(),
}


def kit(name: str) -> list[KitItem]:
    offer = desired.devices(files("kits")[name].read_bytes())
    return msgspec.convert(offer.content["devices"], list[KitItem])


def plan(name: str) -> Plan:
    return Plan(desired.plan(files("plans")[name].read_bytes(), check, PATIENT).content)


def shapes(name: str) -> set[Shape]:
    models = [catalogue.called(item.model) for item in kit(name)]
    assert all(models), "a model that the catalogue does not know, or knows twice"
    return {model.shape for model in models if model}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_kit_lends_models_that_the_hub_knows(name: str) -> None:
    assert shapes(name) == SHAPES[name]
    assert len(kit(name)) == len(SHAPES[name])


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_kit_as_it_is_lets_no_device_in(name: str) -> None:
    """Whoever publishes it and forgets the serial numbers gets nothing, not a neighbour's."""
    for item in kit(name):
        assert (item.serial, item.address) == (PLACEHOLDER, None)
        model = catalogue.called(item.model)
        assert model
        heard = Advertisement("C0:26:DA:00:00:01", next(iter(model.advertised), model.name))
        told = DeviceInfo(model=model.name, serial="5160300123")
        assert Lent().confirmed(item, heard, told, model) is None


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_hub_takes_a_plan_whole(name: str) -> None:
    offer = desired.plan(files("plans")[name].read_bytes(), check, PATIENT)
    assert offer.version == f"eksempel-{name}/1"
    assert offer.left_out == ()


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_plan_names_no_patient(name: str) -> None:
    """So that it is for whom its topic says, and so that none of us is in the repository."""
    subjects = [entry["resource"].get("subject") for entry in PLANS[name]["entry"]]
    given = [subject for subject in subjects if subject]
    assert given == [{"type": "Patient", "display": "Pasienten som huben står hos"}] * 2


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_plan_asks_the_questions_that_are_shipped_beside_it(name: str) -> None:
    questionnaire = QUESTIONNAIRES[name]
    canonical = f"{questionnaire['url']}|{questionnaire['version']}"
    assert plan(name).questionnaires == [canonical]
    assert canonical in {task.questionnaire for task in plan(name).today(MONDAY)}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_plan_measures_what_its_kit_can(name: str) -> None:
    tasks = plan(name).today(MONDAY)
    assert all(task.kind or task.questionnaire for task in tasks)
    assert {MEASURED_BY[task.kind] for task in tasks if task.kind} <= shapes(name)


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_task_of_a_plan_has_its_time_and_a_name_of_its_own(name: str) -> None:
    tasks = plan(name).today(MONDAY)
    assert all(task.time for task in tasks)
    occasions = Schedule(PLANS[name], ZoneInfo("Europe/Oslo")).on(MONDAY)
    assert {occasion.task for occasion in occasions} == {task.id for task in tasks}
    activities = PLANS[name]["entry"][0]["resource"]["activity"]
    assert len({activity["id"] for activity in activities}) == len(activities)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_plan_says_that_it_is_an_example_and_judges_nothing(name: str) -> None:
    """Neither doses nor limits: the only numbers are those to call."""
    shown = plan(name)
    assert [zone.name for zone in shown.zones] == ["green", "yellow", "red"]
    assert "(eksempel)" in shown.title
    assert all(goal.startswith("Eksempel: ") for goal in shown.goals)
    assert shown.goals
    for zone in shown.zones:
        (text,) = zone.texts
        assert text.startswith(EXAMPLE)
        expected = ["113", "116", "117"] if zone.name == "red" else []
        assert re.findall(r"\d+", text) == expected
        assert all(len(sentence.split()) <= 12 for sentence in text.split(". "))


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_plan_says_who_follows_the_patient_and_when(name: str) -> None:
    care_plan, _, service = (entry["resource"] for entry in PLANS[name]["entry"])
    assert care_plan["author"] == {"display": "en sykepleier (eksempel)"}
    assert care_plan["created"] == "2026-11-29"
    assert service["resourceType"] == "HealthcareService"
    assert service["name"] == "Oppfølgingssenteret"
    assert service["telecom"] == [{"system": "phone", "value": "00 00 00 00"}]
    (open_at,) = service["availableTime"]
    assert open_at == {
        "daysOfWeek": ["mon", "tue", "wed", "thu", "fri"],
        "availableStartTime": "08:00:00",
        "availableEndTime": "16:00:00",
    }


def test_the_plans_show_each_of_the_words_that_a_nurse_can_set() -> None:
    """Rest, several readings, a deadline, hidden numbers."""
    (pressure,) = [
        task for task in plan("hjertesvikt").today(MONDAY) if task.kind is Kind.BLOOD_PRESSURE
    ]
    assert (pressure.rest_s, pressure.readings, pressure.apart_s) == (300, 2, 60)
    hiding = [
        name
        for name in CONDITIONS
        for activity in PLANS[name]["entry"][0]["resource"]["activity"]
        if any(extension["url"] == HIDDEN for extension in activity["extension"])
    ]
    assert hiding == ["ernaering"]
    deadlines = [
        extension["url"].rpartition("-")[2]
        for extension in PLANS["kols"]["entry"][0]["resource"]["activity"][0]["extension"]
    ]
    assert deadlines == ["hvile", "frist"]
