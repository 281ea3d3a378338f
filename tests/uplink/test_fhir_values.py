"""What a reading becomes: codes, numbers, what is absent, what it is derived from."""

from decimal import Decimal
from typing import Any

import pytest

from drivers.measurement import Absent, Comparator, Kind, Measurement, Quantity, Status, Unit
from tests.uplink.fhir_samples import (
    composed,
    kept,
    measured,
    observations,
    one_observation,
    pressure,
    temperature,
    value,
)

Json = dict[str, Any]


def codings(observation: Json) -> list[tuple[str, str]]:
    return [(each["system"], each["code"]) for each in observation["code"]["coding"]]


def quantity(observation: Json) -> tuple[object, str]:
    told = observation["valueQuantity"]
    assert told["unit"] == told["code"]
    return told["value"], told["code"]


def reason(told: Json) -> str:
    return str(told["dataAbsentReason"]["coding"][0]["code"])


def told(measurement: Measurement) -> dict[str, Json]:
    return observations(composed(kept(measurement)))


def glucose(*status: Status, unit: Unit = Unit.MMOL_PER_L, **details: str) -> Measurement:
    values = {Quantity.GLUCOSE: value("6.3", unit)}
    return measured(Kind.GLUCOSE, values, *status, details=details)


def oximetry(*status: Status) -> Measurement:
    values = {
        Quantity.OXYGEN_SATURATION: value("94", Unit.PERCENT),
        Quantity.PULSE_RATE: value("88", Unit.PER_MINUTE),
    }
    return measured(Kind.PULSE_OXIMETRY, values, *status)


# Numbers


def test_decimals_are_those_that_the_device_sent() -> None:
    weight = measured(Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: value("74.00", Unit.KILOGRAM)})
    assert b'"value":74.00,' in composed(kept(weight)).body


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("16.0", "120"), ("16.00", "120.0"), ("16", "120"), ("15.73", "118.0")],
)
def test_kilopascal_becomes_millimetres_and_the_original_is_kept(sent: str, shown: str) -> None:
    values = {
        Quantity.SYSTOLIC: value(sent, Unit.K_PA),
        Quantity.DIASTOLIC: value("11.6", Unit.K_PA),
    }
    observation = one_observation(measured(Kind.BLOOD_PRESSURE, values))
    systolic, diastolic = observation["component"]
    assert (str(systolic["valueQuantity"]["value"]), systolic["valueQuantity"]["code"]) == (
        shown,
        "mm[Hg]",
    )
    assert str(diastolic["valueQuantity"]["value"]) == "87"
    assert observation["note"] == [{"text": f"Apparatet viste {sent}/11.6 kPa."}]


def test_metres_become_centimetres_and_inches_stay() -> None:
    weight = {Quantity.BODY_WEIGHT: value("74.0", Unit.KILOGRAM)}
    metric = told(
        measured(Kind.BODY_WEIGHT, {**weight, Quantity.HEIGHT: value("1.750", Unit.METRE)})
    )
    assert str(metric["188740"]["valueQuantity"]["value"]) == "175.0"
    assert quantity(metric["188740"])[1] == "cm"
    imperial = told(
        measured(Kind.BODY_WEIGHT, {**weight, Quantity.HEIGHT: value("68.9", Unit.INCH)})
    )
    assert quantity(imperial["188740"]) == (Decimal("68.9"), "[in_i]")


def test_beyond_the_range_of_the_meter() -> None:
    high = value("600", Unit.MG_PER_DL, comparator=Comparator.GREATER)
    observation = one_observation(measured(Kind.GLUCOSE, {Quantity.GLUCOSE: high}))
    assert observation["valueQuantity"]["comparator"] == ">"
    assert quantity(observation) == (600, "mg/dL")


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        (Absent.NOT_A_NUMBER, "not-a-number"),
        (Absent.POSITIVE_INFINITY, "positive-infinity"),
        (Absent.NEGATIVE_INFINITY, "negative-infinity"),
        (Absent.NOT_AT_THIS_RESOLUTION, "error"),
        (Absent.RESERVED, "error"),
        (Absent.NOT_MEASURED, "not-performed"),
    ],
)
def test_no_number_has_a_reason_instead(absent: Absent, code: str) -> None:
    nothing = value(None, Unit.CELSIUS, absent=absent)
    observation = one_observation(
        measured(Kind.BODY_TEMPERATURE, {Quantity.BODY_TEMPERATURE: nothing})
    )
    assert "valueQuantity" not in observation
    assert reason(observation) == code


def test_a_failed_blood_pressure_has_no_number_anywhere() -> None:
    """boso medicus: NaN in all four fields, status 0, while the display shows Err."""
    nothing = value(None, Unit.MM_HG, absent=Absent.NOT_A_NUMBER)
    found = told(measured(Kind.BLOOD_PRESSURE, dict.fromkeys(pressure().values, nothing)))
    assert [reason(each) for each in found["150020"]["component"]] == ["not-a-number"] * 3
    assert reason(found["149546"]) == "not-a-number"


# Status


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.INVALID, "error"),
        (Status.UNSUCCESSFUL, "error"),
        (Status.UNAVAILABLE, "not-performed"),
    ],
)
def test_a_number_that_the_device_disowns_is_not_told(status: Status, code: str) -> None:
    observation = one_observation(oximetry(status))
    assert "valueQuantity" not in observation
    assert reason(observation) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.QUESTIONABLE, "questionable"),
        (Status.CALIBRATION_ONGOING, "calibration-ongoing"),
        (Status.EARLY_ESTIMATE, "early-indication"),
    ],
)
def test_interpretation(status: Status, code: str) -> None:
    observation = one_observation(oximetry(status))
    (coding,) = observation["interpretation"][0]["coding"]
    assert coding["code"] == code
    assert quantity(observation) == (94, "%")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.EARLY_ESTIMATE, "preliminary"),
        (Status.MEASUREMENT_ONGOING, "preliminary"),
        (Status.VALIDATED, "final"),
    ],
)
def test_observation_status(status: Status, expected: str) -> None:
    assert one_observation(oximetry(status))["status"] == expected


@pytest.mark.parametrize(
    "status", [Status.FOR_DEMONSTRATION, Status.FOR_TESTING, Status.CONTROL_SOLUTION]
)
def test_test_data_is_marked(status: Status) -> None:
    found = told(glucose(status, meal="fasting"))
    for code in ("160364", "8417864"):
        assert found[code]["meta"]["security"][0]["code"] == "HTEST"
    assert "security" not in one_observation(glucose())["meta"]


@pytest.mark.parametrize(
    ("measurement", "code", "flags"),
    [
        pytest.param(
            pressure(Status.PULSE_RATE_BELOW_RANGE, Status.IMPROPER_POSITION),
            "8410608",
            ["8410608.4", "8410608.5"],
            id="cuff",
        ),
        pytest.param(
            oximetry(Status.EXTENDED_DISPLAY_ONGOING, Status.SENSOR_DISCONNECTED),
            "150604",
            ["150604.0", "150604.15"],
            id="oximeter, counted from the other end",
        ),
        pytest.param(
            glucose(Status.STRIP_TYPE_INCORRECT, Status.DEVICE_FAULT),
            "8417752",
            ["8417752.4", "8417752.10"],
            id="meter",
        ),
    ],
)
def test_raised_flags(measurement: Measurement, code: str, flags: list[str]) -> None:
    found = told(measurement)
    bits = found[code]
    assert [each["code"]["coding"][0]["code"] for each in bits["component"]] == flags
    assert all(each["valueBoolean"] is True for each in bits["component"])
    result = one_observation(measurement)["identifier"][-1]["value"]
    assert bits["derivedFrom"] == [{"reference": result}]


def test_a_meters_time_fault_is_never_its_temperature() -> None:
    assert "8417752" not in told(glucose(Status.TIME_FAULT))


def test_a_status_without_a_code_is_kept_in_words() -> None:
    observation = one_observation(oximetry(Status.ARTIFACT, Status.LOW_PERFUSION))
    assert observation["note"] == [{"text": "Apparatet meldte: artifact."}]


# Codes


@pytest.mark.parametrize(
    ("site", "code"),
    [
        (None, "150364"),
        ("armpit", "188452"),
        ("ear", "188428"),
        ("tympanum", "150392"),
        ("unlisted_10", "150364"),
    ],
)
def test_temperature_sites(site: str | None, code: str) -> None:
    details = {} if site is None else {"temperature_type": site}
    observation = one_observation(temperature("37.9", details=details))
    assert codings(observation)[:2] == [
        ("urn:iso:std:iso:11073:10101", code),
        ("http://loinc.org", "8310-5"),
    ]
    assert observation["category"][0]["coding"][0]["code"] == "vital-signs"


def test_capillary_blood_in_mmol_has_loinc_and_npu() -> None:
    observation = one_observation(glucose(sample_type="capillary_whole_blood"))
    assert codings(observation) == [
        ("urn:iso:std:iso:11073:10101", "160184"),
        ("http://loinc.org", "15074-8"),
        ("http://snomed.info/sct", "434912009"),
        ("urn:oid:2.16.578.1.12.4.1.1.7280", "NPU02187"),
    ]


def test_milligrams_keep_their_unit_and_lose_the_codes_that_mean_moles() -> None:
    observation = one_observation(glucose(unit=Unit.MG_PER_DL, sample_type="capillary_whole_blood"))
    assert quantity(observation)[1] == "mg/dL"
    assert codings(observation) == [
        ("urn:iso:std:iso:11073:10101", "160184"),
        ("http://snomed.info/sct", "434912009"),
    ]


def test_a_sample_of_unlisted_type_is_said_to_be_so() -> None:
    observation = one_observation(glucose(sample_type="unlisted_11"))
    assert codings(observation)[0][1] == "160364"
    assert observation["note"] == [{"text": "Apparatet oppga ikke prøvetype."}]


def test_facts_beside_a_glucose_value() -> None:
    found = told(
        glucose(sample_location="finger", meal="fasting", tester="self", health="not_available")
    )
    result = one_observation(glucose())["identifier"][-1]["value"]
    expected = {"8417844": "8417848", "8417864": "8417876", "8417884": "8417888"}
    for about, code in expected.items():
        assert found[about]["valueCodeableConcept"]["coding"][0]["code"] == code
        assert found[about]["derivedFrom"] == [{"reference": result}]
    assert "8417820" not in found


@pytest.mark.parametrize("word", ["bedtime", "unlisted_6"])
def test_a_meal_without_a_settled_code_is_sent_in_words(word: str) -> None:
    assert told(glucose(meal=word))["8417864"]["valueCodeableConcept"] == {"text": word}


def test_context_values_name_what_they_are_of() -> None:
    values = {
        Quantity.GLUCOSE: value("6.3", Unit.MMOL_PER_L),
        Quantity.CARBOHYDRATE: value("45", Unit.GRAM),
        Quantity.MEDICATION: value("4", Unit.MILLIGRAM),
        Quantity.HBA1C: value("5.6", Unit.PERCENT),
    }
    details = {"carbohydrate_type": "lunch", "medication_type": "rapid_acting_insulin"}
    found = told(measured(Kind.GLUCOSE, values, details=details))
    assert quantity(found["8417772"]) == (45, "g")
    assert quantity(found["8417800"]) == (4, "mg")
    assert quantity(found["160220"]) == (Decimal("5.6"), "%")
    assert all("derivedFrom" in found[code] for code in ("8417772", "8417800", "160220"))


def test_a_context_without_its_measurement_is_derived_from_nothing() -> None:
    values = {Quantity.CARBOHYDRATE: value("45", Unit.GRAM)}
    found = told(measured(Kind.GLUCOSE_CONTEXT, values, details={"meal": "casual"}))
    assert "derivedFrom" not in found["8417764"]
    assert "derivedFrom" not in found["8417864"]


def test_body_mass_index_is_derived_from_the_weight() -> None:
    values = {
        Quantity.BODY_WEIGHT: value("74.0", Unit.KILOGRAM),
        Quantity.BODY_MASS_INDEX: value("24.2", Unit.KG_PER_M2),
    }
    found = told(measured(Kind.BODY_WEIGHT, values))
    weight = found["188736"]["identifier"][-1]["value"]
    assert found["188752"]["derivedFrom"] == [{"reference": weight}]


# Oximetry


def modality(observation: Json) -> list[str]:
    return [
        each["valueCodeableConcept"]["coding"][0]["code"]
        for each in observation.get("component", [])
    ]


def test_a_spot_check_says_so_in_each_observation_and_in_its_name() -> None:
    found = told(oximetry())
    assert modality(found["150456"]) == ["150588"]
    assert modality(found["149530"]) == ["150588"]
    assert found["150456"]["identifier"][0]["value"].endswith("-150456-848650538-150588")


def test_fast_and_slow_averages_are_told_apart() -> None:
    values = {
        Quantity.OXYGEN_SATURATION: value("94", Unit.PERCENT),
        Quantity.OXYGEN_SATURATION_FAST: value("93", Unit.PERCENT),
        Quantity.OXYGEN_SATURATION_SLOW: value("95", Unit.PERCENT),
    }
    bundle = composed(kept(measured(Kind.PULSE_OXIMETRY, values)))
    assert bundle.body.count(b'"code":"150456"') == 3
    assert bundle.body.count(b'"code":"150580"') == 1
    assert bundle.body.count(b'"code":"150584"') == 1
    assert b'"code":"150588"' not in bundle.body
