"""Sending twice creates once, and nothing that is not the same shares a name."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.measurement import DeviceInfo, Kind, Quantity, Unit, Value
from hub.settings import Patient
from hub.uplink.fhir import compose
from hub.uplink.identifiers import (
    Name,
    conditional_create,
    device_names,
    device_urn,
    gateway_urn,
    urn,
)
from hub.uplink.resources import Gateway
from hub.uplink.timing import LeftOut
from tests.uplink.fhir_samples import (
    CUFF,
    GATEWAY,
    OSLO,
    PATIENT,
    RECEIVED,
    SILENT,
    STAMP,
    WIRED,
    composed,
    kept,
    measured,
    names,
    nothing_known,
    one_observation,
    pressure,
    resources,
    temperature,
)

Json = dict[str, Any]


def queries(body: bytes) -> list[str]:
    return [entry["request"]["ifNoneExist"] for entry in json.loads(body)["entry"]]


# The guide's identifier


@pytest.mark.parametrize(
    ("stamp", "end"),
    [
        pytest.param(STAMP, "-150020-848650538", id="the contract's example"),
        pytest.param(
            STAMP.replace(microsecond=567_000), "-150020-848650538.567", id="a finer clock"
        ),
        pytest.param(
            STAMP.replace(year=2000, month=1, day=1), "-150020-29738", id="soon after the epoch"
        ),
    ],
)
def test_seconds_of_the_devices_own_clock(stamp: datetime, end: str) -> None:
    name = conditional_create(CUFF, PATIENT, 150020, stamp)
    assert name is not None
    assert name.value == "C4F312FFFE53F2C9-p-7f3a9c-urn:oid:2.999.1.2.3.4" + end


def test_a_device_without_system_id_is_named_by_its_address() -> None:
    name = conditional_create(SILENT, PATIENT, 188736, STAMP)
    assert name is not None and name.value.startswith("A1B2C3D4E5F6-p-7f3a9c-")


def test_a_wired_device_has_no_worldwide_name() -> None:
    assert conditional_create(WIRED, PATIENT, 150456, STAMP) is None
    assert len(names(one_observation(temperature(), device=WIRED))) == 1


def test_the_hubs_own_name_is_made_of_the_guides() -> None:
    of_guide, own = names(one_observation(temperature()))
    assert own == urn(of_guide)


@pytest.mark.parametrize(("hours", "count"), [(23, 2), (25, 1)])
def test_a_clock_that_was_reset_names_nothing(hours: int, count: int) -> None:
    stamp = STAMP - timedelta(hours=hours)
    observation = one_observation(temperature(stamp=stamp), offset_s=hours * 3600.0)
    assert len(names(observation)) == count
    assert observation["effectiveDateTime"] == "2026-11-22T08:15:38+01:00"


def test_a_reading_whose_time_another_bore_has_the_hubs_own_name_only() -> None:
    """They may leave in different bundles, so the central service could not tell them apart."""
    first, second = kept(pressure(), 1), kept(pressure(), 2)
    one, other = (queries(composed(it).body) for it in (first, second))
    again = queries(composed(replace(second, namesake=True)).body)
    assert one == other
    assert [it for it in again if it in one] == [one[0], one[1], one[2], one[-1]]


def test_two_readings_with_one_stamp_are_two() -> None:
    first, second = kept(pressure(), 1), kept(pressure(), 2)
    bundle = composed(first, second)
    asked = queries(bundle.body)
    assert len(set(asked)) == len(asked) == 8  # hub, device, clock, 2 × (pressure, pulse), battery
    assert len(set(bundle.entries)) == len(bundle.entries)


def test_readings_without_a_stamp_have_names_of_their_own() -> None:
    rows = [kept(temperature(stamp=None), number) for number in (1, 2)]
    assert len(set(composed(*rows).entries)) == 5  # hub, device, 2 temperatures, battery


# The same again


def test_the_same_rows_in_another_order_are_the_same_bytes() -> None:
    rows = [kept(temperature(), 1), kept(pressure(), 2)]
    assert composed(*rows) == composed(*reversed(rows))


def test_the_bundle_is_named_by_its_entries() -> None:
    bundle = composed(kept(temperature()))
    assert bundle.id == urn(*bundle.entries)
    assert json.loads(bundle.body)["identifier"]["value"] == bundle.id


def test_disowned_readings_stay_here() -> None:
    mine, not_mine = kept(temperature(), 1), kept(pressure(), 2, disowned=True)
    bundle = composed(mine, not_mine)
    assert b"150020" not in bundle.body
    assert bundle.left_out == ((not_mine.id, LeftOut.DISOWNED),)


def test_a_reading_that_says_nothing_is_named_as_left_out() -> None:
    row = kept(measured(Kind.CUFF_PRESSURE, {}))
    assert composed(row).left_out == ((row.id, LeftOut.NOTHING_CODED),)


def test_bundles_without_any_reading_do_not_share_a_name() -> None:
    first, second = kept(pressure(), 1, disowned=True), kept(pressure(), 2, disowned=True)
    assert composed(first).id != composed(second).id


# Devices


def test_a_silent_device_is_told_as_unknown_not_as_a_word() -> None:
    device = resources(composed(kept(temperature(), device=SILENT), device=SILENT))[1]
    unknown = [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "unknown",
        }
    ]
    assert device["_manufacturer"]["extension"] == unknown
    assert device["_modelNumber"]["extension"] == unknown
    (version,) = device["version"]
    assert (version["type"]["coding"][0]["code"], version["value"]) == (
        "531977",
        "gatt-weight-scale",
    )


def test_a_device_keeps_its_first_name_when_it_tells_another_later() -> None:
    later = msgspec.structs.replace(SILENT, info=DeviceInfo(system_id="A1B2C3FFFED4E5F6"))
    before = composed(kept(temperature(), device=SILENT), device=SILENT)
    after = composed(kept(temperature(), device=later), device=later)
    assert queries(after.body) == queries(before.body)
    assert device_urn(GATEWAY.hub, later) == device_urn(GATEWAY.hub, SILENT) == after.entries[1]
    assert len(resources(after)[1]["identifier"]) == 2


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("C4:F3:12:53:F2:C9", ["C4-F3-12-FF-FE-53-F2-C9", "C4-F3-12-53-F2-C9"]),
        ("c4:f3:12:53:f2:c9/P", ["C4-F3-12-FF-FE-53-F2-C9", "C4-F3-12-53-F2-C9"]),
        (CUFF.key, ["C4-F3-12-FF-FE-53-F2-C9"]),
    ],
)
def test_the_address_is_told_where_it_is_one(address: str, expected: list[str]) -> None:
    device = msgspec.structs.replace(CUFF, address=address)
    assert [name.value for name in device_names(GATEWAY.hub, device)] == expected


def test_wired_devices_of_two_hubs_are_two() -> None:
    elsewhere = Gateway(hub="020000FFFE999999", software="0.1.0")
    assert device_urn(GATEWAY.hub, WIRED) != device_urn(elsewhere.hub, WIRED)
    assert device_urn(GATEWAY.hub, CUFF) == device_urn(elsewhere.hub, CUFF)
    assert gateway_urn(GATEWAY.hub) != gateway_urn(elsewhere.hub)


def test_all_versions_that_the_device_tells() -> None:
    info = DeviceInfo(firmware="1", software="2", hardware="3")
    device = msgspec.structs.replace(SILENT, info=info)
    told = resources(composed(kept(temperature(), device=device), device=device))[1]["version"]
    assert [(each["type"]["coding"][0]["code"], each["value"]) for each in told] == [
        ("531976", "1"),
        ("531975", "2"),
        ("531974", "3"),
    ]


def test_a_query_is_escaped_for_search_and_url() -> None:
    assert Name("urn:x", "a|b,c&d é").query() == r"identifier=urn:x|a%5C%7Cb%5C%2Cc%26d%20%C3%A9"


# For any reading

stamps = st.datetimes(min_value=datetime(2015, 1, 1), max_value=STAMP) | st.none()  # noqa: DTZ001
decimals = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-9999, max_value=9999
)


@settings(max_examples=60, deadline=None)
@given(stamps, decimals, st.floats(-90_000, 90_000), st.booleans())
def test_decimals_survive_byte_for_byte_and_names_repeat(
    stamp: datetime | None, number: Decimal, offset_s: float, live: bool
) -> None:
    weight = {Quantity.BODY_WEIGHT: Value(number, Unit.KILOGRAM)}
    row = kept(measured(Kind.BODY_WEIGHT, weight, stamp=stamp), offset_s=offset_s, live=live)
    once = composed(row)
    assert once == composed(row)
    later = composed(row, at=RECEIVED + timedelta(minutes=30))
    assert (later.id, later.entries) == (once.id, once.entries)
    if not once.left_out:
        assert b'"value":' + str(number).encode() + b"," in once.body


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_any_pseudonym_gives_a_bundle(system: str, value: str) -> None:
    patient = Patient(system=system, value=value)
    bundle = compose(
        GATEWAY,
        patient,
        CUFF,
        [kept(temperature())],
        bounds=nothing_known,
        zone=OSLO,
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    subject = json.loads(bundle.body)["entry"][3]["resource"]["subject"]
    assert subject["identifier"] == {"system": system, "value": value}


def test_the_session_is_told_once_however_many_readings_it_had() -> None:
    rows = [
        kept(replace(temperature(), device_time=STAMP + timedelta(seconds=number)), number)
        for number in range(50)
    ]
    assert len(composed(*rows).entries) == 2 + 1 + 50 + 1
