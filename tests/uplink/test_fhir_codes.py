"""Every code is the contract's, and every word of a driver has one."""

import csv
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from drivers.gatt import continuous_glucose as sensor
from drivers.gatt import glucose, glucose_context, health_thermometer, pulse_oximeter
from drivers.measurement import Kind, Quantity, Status
from hub.uplink import codes, flags
from hub.uplink.codes import Code, Uncoded
from hub.uplink.flags import Bits
from tests.uplink.fhir_samples import SHARED

TABLE = SHARED / "contract" / "mdc_codes.csv"
GUIDE = Path.home() / ".cache" / "phdcheck" / "phd" / "package" / "CodeSystem-ASN1ToHL7.json"

# Not in the table of quantities: devices, their versions and clocks (contract, fhir.md §1.5).
OF_DEVICES = {65573, 531981, 531974, 531975, 531976, 531977, 68220, 532224, 532226}
SPECIALIZATION = ("MDC_DEV_SPEC_PROFILE_", "MDC_DEV_SUB_SPEC_PROFILE_")


def codes_in(thing: object) -> Iterator[Code]:
    if isinstance(thing, Code):
        yield thing
    elif isinstance(thing, dict):
        for each in (*thing.keys(), *thing.values()):
            yield from codes_in(each)
    elif isinstance(thing, tuple):
        for each in thing:
            yield from codes_in(each)
    elif is_dataclass(thing):
        for each in fields(thing):
            yield from codes_in(getattr(thing, each.name))


def every_code() -> set[Code]:
    return {code for thing in vars(codes).values() for code in codes_in(thing)}


def every_bits() -> list[Bits]:
    return [thing for thing in vars(flags).values() if isinstance(thing, Bits)]


def test_codes_are_those_of_the_contract() -> None:
    if not TABLE.is_file():
        pytest.skip("the contract's table is not beside this checkout")
    table = {int(row["code32"]): row for row in csv.DictReader(TABLE.read_text().splitlines())}
    quantities = {
        code
        for code in every_code()
        if code.number not in OF_DEVICES and not code.refid.startswith(SPECIALIZATION)
    }
    assert len(quantities) > 70
    for code in quantities:
        row = table[code.number]
        assert code.refid == row["refid"]
        assert (code.loinc[0] if code.loinc else "") == row["loinc"]
        assert (code.snomed or "") == row["snomed_no"]


def test_every_quantity_is_sent_and_every_kind_names_a_device() -> None:
    """The pressure in a cuff is on its way to a result; a duration is the period of an exercise."""
    told_otherwise = {Quantity.CUFF_PRESSURE, Quantity.EXERCISE_DURATION}
    assert set(Quantity) - set(codes.QUANTITIES) == told_otherwise
    assert set(codes.SPECIALIZATIONS) == set(Kind)


def test_what_is_sent_as_text_has_no_code_in_the_contract() -> None:
    """Its word is what the central service knows it by."""
    without = {
        quantity: code.word
        for quantity, code in codes.QUANTITIES.items()
        if isinstance(code, Uncoded)
    }
    assert all(word == quantity for quantity, word in without.items())
    assert "ketone" in without.values()
    assert {code.refid for code in every_code()} >= {"MDC_BODY_FAT", "MDC_ECG_TIME_PD_RR_GL"}


def test_one_number_one_name() -> None:
    numbers = {code.number for code in every_code()}
    assert len(numbers) == len(every_code())


def test_flags_are_those_of_the_guide() -> None:
    if not GUIDE.is_file():
        pytest.skip("the guide's definitions have not been unpacked: run ../shared/phd/check once")
    concepts = json.loads(GUIDE.read_text())["concept"]
    displays = {concept["code"]: concept["display"] for concept in concepts}
    for bits in every_bits():
        for bit, display in bits.flags.values():
            assert displays[f"{bits.code.number}.{bit}"] == display


def test_the_oximeters_flags_are_counted_from_the_other_end() -> None:
    for bit, status in enumerate(pulse_oximeter.SENSOR_STATUS):
        assert flags.OXIMETER_BITS.flags[status][0] == 15 - bit


def test_the_meters_flags_are_counted_from_the_same_end_without_the_time_fault() -> None:
    for bit, status in enumerate(glucose.ANNUNCIATION[:-1]):
        assert flags.METER_BITS.flags[status][0] == bit
    assert Status.TIME_FAULT not in flags.METER_BITS.flags


def test_the_sensors_flags_are_counted_through_its_three_octets() -> None:
    octets = (*sensor.STATUS, *sensor.CALIBRATION, *sensor.WARNING)
    without = {Status.BATTERY_LOW, Status.DEVICE_FAULT, Status.TIME_SYNCHRONIZATION_REQUIRED}
    for bit, status in enumerate(octets):
        if status not in without:
            assert flags.SENSOR_BITS.flags[status][0] == bit
    assert set(octets) - set(flags.SENSOR_BITS.flags) == without


@pytest.mark.parametrize(
    ("words", "coded"),
    [
        (glucose.TYPES, codes.SAMPLE_TYPES),
        (glucose.LOCATIONS, codes.FACTS["sample_location"][1]),
        (glucose_context.MEALS, codes.FACTS["meal"][1]),
        (glucose_context.TESTERS, codes.FACTS["tester"][1]),
        (glucose_context.HEALTHS, codes.FACTS["health"][1]),
        (glucose_context.CARBOHYDRATES, codes.CARBOHYDRATES),
        (glucose_context.MEDICATIONS, codes.MEDICATIONS),
        (health_thermometer.SITES, codes.TEMPERATURE_SITES),
    ],
)
def test_every_word_of_the_drivers_has_a_code(
    words: dict[int, str], coded: dict[str, Code]
) -> None:
    without = set(words.values()) - set(coded) - {codes.NOT_AVAILABLE}
    assert without <= {"bedtime"}  # held until its number is settled
    assert set(coded) <= set(words.values())
