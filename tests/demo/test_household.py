"""The demo's own material: devices that our drivers read, documents that our hub accepts."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers.contract import Advertisement
from drivers.links import uuid16
from drivers.registry import choose, decoder
from hub.demo import documents
from hub.demo.air import Air
from hub.demo.household import LENT, NONIN_KEY, READINGS, Household
from hub.demo.peripherals.nonin import frame
from hub.demo.peripherals.spot import SpotDevice
from hub.questionnaire import check
from hub.schedule import DEADLINE, Schedule


@pytest.fixture
async def household(air: Air, tmp_path: Path) -> AsyncIterator[Household]:
    household = Household(air, tmp_path)
    await household.switch_on()
    household.nonin.frame_s = 0
    yield household
    await household.switch_off()


async def test_every_reading_of_every_device_is_read_by_its_driver(household: Household) -> None:
    for key, readings in READINGS.items():
        if key == NONIN_KEY:
            continue
        device: Any = household.on_air[key]
        for reading in readings:
            record = await device.take_measurement(**reading.taken)
            if isinstance(device, SpotDevice):
                got = decoder(f"{device.measurement:04x}")(record)
            else:
                got = decoder("2a18")(record.payloads[0])
            numbers = {value.number for value in got.values.values()}
            assert set(reading.expected.values()) <= numbers, key
            assert got.device_time is not None


def test_the_wired_readings_are_read_by_its_driver() -> None:
    for reading in READINGS[NONIN_KEY]:
        got = decoder("nonin-8")(frame(reading.taken["oxygen_saturation"], reading.taken["pulse"]))
        assert {value.number for value in got.values.values()} == set(reading.expected.values())


async def test_taking_gives_the_next_reading_and_what_must_arrive(household: Household) -> None:
    assert await household.take("scale") == {"188736": Decimal("81.2")}
    assert await household.take("scale") == {"188736": Decimal("81.4")}
    assert household.on_air["scale"].unread == 2
    await household.take(NONIN_KEY)


def test_each_lent_device_has_a_driver_and_no_two_an_address() -> None:
    for lent in LENT:
        service = lent.kind.service
        assert isinstance(service, int)
        choose(Advertisement(lent.address, lent.advertised, frozenset({uuid16(service)})))
    assert len({lent.address for lent in LENT}) == len(LENT)


def test_names_fit_into_an_advertisement() -> None:
    flags, service, header = 3, 4, 2
    for lent in LENT:
        assert flags + service + header + len(lent.advertised.encode()) <= 31


def test_the_kit_is_the_document_of_the_contract() -> None:
    kit = msgspec.json.decode(documents.kit([{"model": "UA-651BLE", "address": "F0:F1"}]))
    assert kit == {
        "schema": "dho.devices/1.0",
        "version": "1",
        "devices": [{"model": "UA-651BLE", "address": "F0:F1"}],
    }


def test_the_questionnaires_are_ones_that_the_hub_shows() -> None:
    bundle = msgspec.json.decode(documents.questionnaires())
    assert bundle["entry"]
    for entry in bundle["entry"]:
        check(entry["resource"])


def test_the_plan_names_the_patient_and_a_questionnaire_that_is_there() -> None:
    plan = msgspec.json.decode(documents.plan("urn:oid:2.999", "p-1"))
    resources = [entry["resource"] for entry in plan["entry"]]
    named = [it["subject"]["identifier"]["value"] for it in resources if "subject" in it]
    asked = [
        canonical
        for activity in plan["entry"][0]["resource"]["activity"]
        for canonical in activity["detail"].get("instantiatesCanonical", [])
    ]
    bundle = msgspec.json.decode(documents.questionnaires())
    known = {
        f"{entry['resource']['url']}|{entry['resource']['version']}" for entry in bundle["entry"]
    }
    assert set(named) == {"p-1"}
    assert set(asked) <= known
    assert asked


def test_the_plan_says_what_a_plan_can_say() -> None:
    bundle = msgspec.json.decode(documents.plan("urn:oid:2.999", "p-1"))
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert [it["resourceType"] for it in resources] == [
        "CarePlan",
        "Goal",
        "Goal",
        "HealthcareService",
        "ObservationDefinition",
    ]
    schedule = Schedule(bundle, ZoneInfo("Europe/Oslo"))
    asked = [
        (one.clock, activity.kind or activity.questionnaire, activity.number(DEADLINE))
        for one in schedule.on(date(2026, 11, 22))
        if (activity := schedule.activity(one.task))
    ]
    assert sorted(asked) == [
        ("08:00", "blood_pressure", 240),
        ("08:00", "body_weight", 240),
        ("08:00", "pulse_oximetry", 240),
        ("09:00", "https://hub.example/fhir/Questionnaire/dagens-helsesjekk|1.0.0", 300),
        ("19:00", "pulse_oximetry", 240),
    ]
