"""Desired documents: which are taken, which are refused, and which are newer than which."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hub.settings import Patient
from hub.uplink import desired
from hub.uplink.decoding import Malformed
from hub.uplink.desired import Offer

QUESTIONNAIRE = {
    "resourceType": "Questionnaire",
    "id": "kols-daglig",
    "url": "https://hub.example/Questionnaire/kols-daglig",
    "version": "1.2.0",
}
STRANGE = QUESTIONNAIRE | {"url": "https://hub.example/Questionnaire/odd", "odd": True}
PATIENT = Patient(system="urn:oid:2.999.1.2.3.4", value="p-1")
CARE_PLAN = {"resourceType": "CarePlan", "status": "active"}


def check(questionnaire: dict[str, Any]) -> None:
    if "odd" in questionnaire:
        raise ValueError("$.item[2].answerValueSet: cannot be shown")


def bundle(version: str, *resources: dict[str, Any], **more: Any) -> bytes:
    document = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": "https://central.example/careplan", "value": version},
        "entry": [{"resource": resource} for resource in resources],
    }
    return msgspec.json.encode(document | more)


def test_a_plan_is_taken_with_its_questionnaires() -> None:
    offer = desired.plan(bundle("cp-123/7", CARE_PLAN, QUESTIONNAIRE), check, PATIENT)
    assert offer.version == "cp-123/7"
    assert [e["resource"] for e in offer.content["entry"]] == [CARE_PLAN, QUESTIONNAIRE]
    assert offer.questionnaires == ("kols-daglig|1.2.0",)
    assert offer.left_out == ()


def test_a_questionnaire_that_cannot_be_shown_is_left_out_of_the_plan_and_named() -> None:
    offer = desired.plan(bundle("cp-123/7", CARE_PLAN, STRANGE, QUESTIONNAIRE), check, PATIENT)
    assert [e["resource"] for e in offer.content["entry"]] == [CARE_PLAN, QUESTIONNAIRE]
    assert offer.left_out == (
        "https://hub.example/Questionnaire/odd|1.2.0: $.item[2].answerValueSet: cannot be shown",
    )


@pytest.mark.parametrize("kind", ["CarePlan", "Goal"])
def test_a_plan_for_somebody_else_is_refused(kind: str) -> None:
    def subject(value: str) -> dict[str, Any]:
        identifier = {"system": PATIENT.system, "value": value}
        return {"resourceType": kind, "subject": {"identifier": identifier}}

    ours = bundle("cp-123/7", CARE_PLAN, subject("p-1"))
    assert desired.plan(ours, check, PATIENT).version == "cp-123/7"
    with pytest.raises(Malformed, match="for another patient") as refused:
        desired.plan(bundle("cp-123/7", CARE_PLAN, subject("p-2")), check, PATIENT)
    assert "p-2" not in refused.value.reason


def test_decimals_stay_as_they_were_written() -> None:
    payload = bundle("cp-123/7", CARE_PLAN).replace(b'"active"', b"37.90")
    status = desired.plan(payload, check, PATIENT).content["entry"][0]["resource"]["status"]
    assert str(status) == "37.90"
    assert isinstance(status, Decimal)


def test_one_questionnaire_or_a_collection_of_them() -> None:
    one = desired.questionnaires(msgspec.json.encode(QUESTIONNAIRE), check)
    assert one.version == "https://hub.example/Questionnaire/kols-daglig|1.2.0"
    many = desired.questionnaires(bundle("set/3", QUESTIONNAIRE), check)
    assert (many.version, many.questionnaires) == ("set/3", ("kols-daglig|1.2.0",))


def test_questionnaires_are_refused_as_a_whole() -> None:
    with pytest.raises(Malformed, match="answerValueSet"):
        desired.questionnaires(bundle("set/3", QUESTIONNAIRE, STRANGE), check)


def test_a_kit_lists_devices_that_can_be_told_apart() -> None:
    kit = {
        "schema": "dho.devices/1.0",
        "version": "4",
        "devices": [{"model": "UA-651BLE", "address": "F0:F1:F2:A1:00:01", "user_index": 1}],
    }
    offer = desired.devices(msgspec.json.encode(kit))
    assert (offer.version, offer.content) == ("4", kit)


def test_a_configuration_is_taken_with_what_a_newer_version_says() -> None:
    document = {
        "schema": "dho.config/1.7",
        "version": "12",
        "servicePaused": {"from": "2026-12-20", "to": None, "reason": "Ferie", "by": "N"},
        "quietHours": {"from": "21:30", "to": "08:00"},
        "nightly": True,
    }
    assert desired.config(msgspec.json.encode(document)) == Offer("12", document)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"servicePaused": {"to": "2026-12-24"}}, "missing required field `from`"),
        ({"servicePaused": {"from": "20.12.2026"}}, r"\$\.servicePaused\.from"),
        ({"servicePaused": {"from": "2026-12-20T10:00:00Z"}}, r"\$\.servicePaused\.from"),
        ({"servicePaused": {"from": "2026-12-24", "to": "2026-12-20"}}, "`to` is before `from`"),
        ({"servicePaused": {"from": "2026-12-24", "reason": "x" * 201}}, r"servicePaused\.reason"),
        ({"servicePaused": True}, r"\$\.servicePaused"),
        ({"quietHours": {"from": "24:00", "to": "07:00"}}, r"\$\.quietHours\.from"),
        ({"quietHours": {"from": "22:00", "to": "7"}}, r"\$\.quietHours\.to"),
        ({"quietHours": "22:00-07:00"}, r"\$\.quietHours"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused_with_path_and_reason(
    member: dict[str, Any], reason: str
) -> None:
    document = {"schema": "dho.config/1.1", "version": "12"} | member
    with pytest.raises(Malformed, match=reason):
        desired.config(msgspec.json.encode(document))


@pytest.mark.parametrize(
    ("new", "old", "is_older"),
    [
        ("cp-1/2", "cp-1/3", True),
        ("cp-1/9", "cp-1/10", True),
        ("cp-1/3", "cp-1/3", False),
        ("cp-1/4", "cp-1/3", False),
        ("cp-2/1", "cp-1/9", False),  # another plan: the newest word counts
        ("https://a/q|1.2.0", "https://a/q|1.10.0", True),
        ("11", "12", True),
        ("1.2", "1.2.1", True),
    ],
)
def test_versions_are_compared_by_number(new: str, old: str, *, is_older: bool) -> None:
    assert Offer(new, {}).is_older_than(old) is is_older


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        ("plan", b"{"),
        ("plan", b"\xff"),
        ("plan", b"[]"),
        ("plan", b'{"a":' * 100_000),
        ("plan", b'{"a":1e99999999999999999999}'),
        ("plan", bundle("cp-123/7", QUESTIONNAIRE)),
        ("plan", bundle("cp-123/seven", CARE_PLAN)),
        ("plan", bundle("cp-123", CARE_PLAN)),
        ("plan", bundle("cp-123/7", CARE_PLAN, type="transaction")),
        ("plan", bundle("cp-123/7", CARE_PLAN, entry=[{"resource": 1}])),
        ("plan", bundle("cp-123/7")),
        ("questionnaires", bundle("set/3", CARE_PLAN)),
        ("questionnaires", msgspec.json.encode(QUESTIONNAIRE | {"version": "new"})),
        ("questionnaires", msgspec.json.encode(CARE_PLAN)),
        ("devices", b'{"schema":"dho.devices/2.0","version":"1"}'),
        ("devices", b'{"schema":"dho.devices/1.0","version":"1","devices":[{"name":"x"}]}'),
        ("devices", b'{"schema":"dho.devices/1.0","version":1}'),
        ("config", b'{"schema":"dho.config/1.0"}'),
    ],
)
def test_what_is_wrong_is_malformed(read: str, payload: bytes) -> None:
    readers = {
        "plan": lambda: desired.plan(payload, check, PATIENT),
        "questionnaires": lambda: desired.questionnaires(payload, check),
        "devices": lambda: desired.devices(payload),
        "config": lambda: desired.config(payload),
    }
    with pytest.raises(Malformed):
        readers[read]()
