"""Ketones, sensors, straps, spirometers and body composition: what each becomes on the wire."""

import json
from typing import Any

import pytest

from drivers.measurement import Kind, Measurement, Quantity, Status, Unit
from tests.contract_document import wrong
from tests.uplink.fhir_samples import (
    SILENT,
    breath,
    composed,
    heart_rate,
    kept,
    ketone,
    measured,
    names,
    observations,
    one_observation,
    only,
    resources,
    sensor,
    temperature,
    value,
)

Json = dict[str, Any]


def told(measurement: Measurement) -> dict[str, Json]:
    return observations(composed(kept(measurement, device=SILENT), device=SILENT))


def of_the_patient(measurement: Measurement) -> list[Json]:
    whole = resources(composed(kept(measurement)))
    return [one for one in whole if "category" in one and one["code"].get("coding") != BATTERY]


BATTERY = [{"system": "urn:iso:std:iso:11073:10101", "code": "67996"}]


def device_types(measurement: Measurement) -> list[tuple[str, str]]:
    device = resources(composed(kept(measurement)))[1]
    coded = [each["systemType"]["coding"][0] for each in device["specialization"]]
    return [(each["system"].rpartition("/")[2], each["code"]) for each in coded]


def test_a_ketone_has_no_code_and_is_named_by_the_hub_alone() -> None:
    """The guide's identifier is made of the code, so without one two kinds could share it."""
    observation = one_observation(ketone())
    assert observation["code"] == {"text": "ketone"}
    assert observation["valueQuantity"]["code"] == "mmol/L"
    assert str(observation["valueQuantity"]["value"]) == "0.4"
    (name,) = names(observation)
    assert name.startswith("urn:uuid:")


def test_two_quantities_without_a_code_have_two_names() -> None:
    values = {
        Quantity.MUSCLE_MASS: value("31.2", Unit.KILOGRAM),
        Quantity.BODY_WATER_MASS: value("40.1", Unit.KILOGRAM),
    }
    scale = composed(kept(measured(Kind.BODY_COMPOSITION, values)))
    assert len(set(scale.entries)) == len(scale.entries)


def test_intervals_between_beats_are_one_series_without_a_period() -> None:
    series = told(heart_rate("812.5", None, "799"))["147240"]
    sampled = series["valueSampledData"]
    assert sampled["data"] == "812.5 E 799"
    assert (sampled["origin"]["value"], sampled["origin"]["code"], sampled["factor"]) == (
        0,
        "ms",
        1,
    )
    assert "period" not in sampled
    (extension,) = sampled["_period"]["extension"]
    assert extension["valueCode"] == "not-applicable"


def test_a_strap_that_told_no_interval_sends_no_series() -> None:
    assert "147240" not in told(heart_rate())


def test_the_rate_of_a_strap_is_a_vital_sign() -> None:
    rate = told(heart_rate())["147842"]
    categories = [each["coding"][0]["code"] for each in rate["category"]]
    assert categories == ["vital-signs", "phd"]
    assert ("http://loinc.org", "8867-4") in [
        (each["system"], each["code"]) for each in rate["code"]["coding"]
    ]


def test_a_series_that_the_strap_calls_invalid_has_no_numbers() -> None:
    strap = measured(
        Kind.HEART_RATE,
        {},
        Status.INVALID,
        series={Quantity.RR_INTERVAL: (value("812", Unit.MILLISECOND),)},
    )
    observation = one_observation(strap)
    assert "valueSampledData" not in observation
    assert observation["dataAbsentReason"]["coding"][0]["code"] == "error"


def test_a_sensor_under_the_skin_measures_the_fluid_there() -> None:
    glucose, trend, quality = of_the_patient(sensor())[:3]
    assert glucose["code"]["coding"][0]["code"] == "160212"
    assert trend["code"]["coding"][0]["code"] == "8418008"
    assert quality["code"] == {"text": "glucose_quality"}
    first = composed(kept(sensor())).entries[3]
    assert trend["derivedFrom"] == quality["derivedFrom"] == [{"reference": first}]


def test_a_sensor_counts_from_its_start_and_its_clock_is_compared_like_any_other() -> None:
    """Its driver says start plus minutes, both for the record and for now."""
    found = observations(composed(kept(sensor(), offset_s=-90.0)))
    assert found["67975"]["valueDateTime"] == "2026-11-22T08:17:34+01:00"
    assert found["160212"]["effectiveDateTime"] == "2026-11-22T08:14:08+01:00"


@pytest.mark.parametrize(
    ("measurement", "types"),
    [
        (ketone(), [("urn:iso:std:iso:11073:10101", "528401")]),
        (sensor(), [("urn:iso:std:iso:11073:10101", "528409")]),
        (heart_rate(), [("urn:iso:std:iso:11073:10101", "528525")]),
        (breath(), [("urn:iso:std:iso:11073:10101", "528405")]),
        (
            breath(Quantity.FVC),
            [("urn:iso:std:iso:11073:10101", "528405"), ("MissingMDCCodes", "528413")],
        ),
        (
            measured(Kind.BODY_COMPOSITION, {Quantity.BODY_FAT: value("31.0", Unit.PERCENT)}),
            [("urn:iso:std:iso:11073:10101", "528404")],
        ),
    ],
)
def test_what_the_device_is(measurement: Measurement, types: list[tuple[str, str]]) -> None:
    assert device_types(measurement) == types


def test_a_breath_is_one_observation_for_each_number() -> None:
    found = told(breath(Quantity.FEV6, Quantity.FVC))
    assert [code for code in found if code != "67975"] == ["152584", "152586", "152587", "188928"]
    assert found["152584"]["valueQuantity"]["code"] == "L/min"


def test_a_scale_that_sends_weight_and_fat_together_loses_neither() -> None:
    values = {
        Quantity.BODY_WEIGHT: value("74.00", Unit.KILOGRAM),
        Quantity.BODY_FAT: value("31.0", Unit.PERCENT),
        Quantity.IMPEDANCE: value("512", Unit.OHM),
    }
    for kind in (Kind.BODY_WEIGHT, Kind.BODY_COMPOSITION):
        weight, fat, impedance = of_the_patient(measured(kind, values))[:3]
        assert weight["code"]["coding"][0]["code"] == "188736"
        assert fat["code"]["coding"][0]["code"] == "188748"
        assert impedance["code"] == {"text": "impedance"}


def test_what_anybody_could_have_sent_is_marked_for_machine_and_nurse() -> None:
    first, *others = of_the_patient(sensor(Status.UNAUTHENTICATED))[:3]
    label = {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "UNCERTREL",
    }
    for each in (first, *others):
        assert each["meta"]["security"] == [label]
    assert "ikke bekreftet" in only(first["note"])["text"]
    assert all("note" not in each for each in others)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.THRESHOLD_ERROR, "in-alarm"),
        (Status.THRESHOLDING_DISABLED, "alarm-inhibited"),
        (Status.QUESTIONABLE, "questionable"),
    ],
)
def test_what_a_device_says_of_its_own_limits_is_passed_on(status: Status, code: str) -> None:
    observation = one_observation(temperature("37.9", status))
    assert [each["coding"][0]["code"] for each in observation["interpretation"]] == [code]
    assert "note" not in observation


def test_what_a_person_typed_into_a_device_is_said_in_words() -> None:
    observation = one_observation(temperature("37.9", Status.MANUALLY_ENTERED))
    assert only(observation["note"])["text"] == "Apparatet meldte: manually_entered."


def test_a_test_from_an_advertisement_is_both() -> None:
    both = temperature("37.9", Status.UNAUTHENTICATED, Status.FOR_TESTING)
    labels = one_observation(both)["meta"]["security"]
    assert [label["code"] for label in labels] == ["HTEST", "UNCERTREL"]


@pytest.mark.parametrize(
    "measurement",
    [heart_rate("812.5", None), sensor(Status.UNAUTHENTICATED), ketone(), breath(Quantity.FVC)],
)
def test_the_contract_describes_it(measurement: Measurement) -> None:
    assert wrong(composed(kept(measurement)).body, "observationBundle") == []


def test_the_series_stands_in_the_bytes_as_it_was_sent() -> None:
    body = composed(kept(heart_rate("812.50"))).body
    assert json.loads(body)
    assert b'"data":"812.50"' in body
