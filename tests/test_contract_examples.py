"""The examples of the contract (docs/examples): both sides take them, and they hang together."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub import questionnaire
from hub.demo import central_bundle, documents
from hub.records import Kit
from hub.settings import Patient
from hub.uplink import desired, orders, receipts
from hub.uplink.decoding import Malformed
from hub.uplink.identifiers import urn
from hub.uplink.orders import Denied, MessageShow
from hub.uplink.receipts import Fate
from tests.contract_document import ASYNCAPI, DOCS, EXAMPLES, WORDS, example, wrong

ROOT = DOCS.parent
UPLOADS = {
    "observation": [path.stem for path in EXAMPLES if path.stem.startswith("observation")],
    "questionnaireresponse": ["questionnaire-response", "questionnaire-response-taken-back"],
    "alert": [path.stem for path in EXAMPLES if path.stem.startswith("alert")],
}
PATIENT = Patient(system="urn:oid:2.999.1.2.3.4", value="p-demo")
LATE = datetime.fromisoformat("2026-11-22T23:00:00+00:00")

READERS: dict[str, Callable[[bytes], object]] = {
    "receipt": receipts.read,
    "devices": desired.devices,
    "config": desired.config,
    "plan": lambda payload: desired.plan(payload, questionnaire.check, PATIENT),
    "questionnaires": lambda payload: desired.questionnaires(payload, questionnaire.check),
    "command": lambda payload: orders.order(payload, LATE),
}
"""How the hub reads what the central service sends; Malformed or Denied when it is wrong."""


def down() -> dict[str, bytes]:
    """One good payload of each kind."""
    return {
        "receipt": example("receipt-partial"),
        "devices": example("desired-devices"),
        "config": example("desired-config"),
        "plan": documents.plan(PATIENT.system, PATIENT.value),
        "questionnaires": documents.questionnaires(),
        "command": example("command-message-show"),
    }


def changed(payload: bytes, path: str, value: Any) -> bytes:
    """With one member, named as `devices.0.name`, set to another value, or gone for `...`."""
    whole = json.loads(payload)
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    inside = whole
    for step in parents:
        inside = inside[step]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return json.dumps(whole).encode()


def bundle(name: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(example(name))
    return whole


def urls(name: str) -> list[str]:
    return [entry["fullUrl"] for entry in bundle(name)["entry"]]


@pytest.mark.parametrize("kind", READERS)
def test_the_hub_takes_what_the_document_shows(kind: str) -> None:
    assert wrong(down()[kind], kind) == []
    READERS[kind](down()[kind])


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("receipt", "schema", "dho.receipt/2.0"),
        ("receipt", "bundle", "urn:uuid:1"),
        ("receipt", "bundle", ...),
        ("receipt", "outcome", "stored"),
        ("receipt", "retryAfterS", -1),
        ("receipt", "seenAt", "2026-11-22T16:00:00"),
        ("receipt", "entries.0.status", "ok"),
        ("receipt", "entries.0.fullUrl", ...),
        ("receipt", "entries.0.fullUrl", "u" * 201),
        ("devices", "schema", "dho.kit/1.0"),
        ("devices", "version", "new"),
        ("devices", "devices.0.address", 1),
        ("devices", "devices.0.model", None),
        ("devices", "devices.0.name", 5),
        ("devices", "devices.0.user_index", "one"),
        ("config", "version", ...),
        ("config", "servicePaused.from", "i morgen"),
        ("config", "servicePaused.from", ...),
        ("config", "servicePaused.reason", "x" * 201),
        ("config", "quietHours.from", "22"),
        ("config", "quietHours.to", "24:00"),
        ("plan", "type", "transaction"),
        ("plan", "identifier.value", "seven"),
        ("plan", "entry", []),
        ("questionnaires", "identifier.value", "daily/new"),
        ("command", "schema", "dho.order/1.0"),
        ("command", "id", "1"),
        ("command", "type", "hub.dance"),
        ("command", "expires", "2026-11-23T16:00:00"),
        ("command", "issued", ...),
        ("command", "args", []),
    ],
)
def test_what_the_document_forbids_the_hub_refuses(kind: str, path: str, value: Any) -> None:
    payload = changed(down()[kind], path, value)
    assert wrong(payload, kind) != []
    with pytest.raises((Malformed, Denied)):
        READERS[kind](payload)


def test_what_the_hub_keeps_of_a_kit_it_can_read_again() -> None:
    """Otherwise the hub could not start any more."""
    kept = desired.devices(example("desired-devices")).content
    assert msgspec.convert(kept, Kit).devices[0].address == "F0:F1:F2:A1:00:01"


@pytest.mark.parametrize(
    ("name", "fate", "seen"),
    [
        ("receipt-accepted", Fate.STORED, False),
        ("receipt-seen", Fate.STORED, True),
        ("receipt-of-alert", Fate.STORED, False),
        ("receipt-partial", Fate.DEAD, False),
        ("receipt-retry", Fate.LATER, False),
    ],
)
def test_what_each_receipt_means_to_the_hub(name: str, fate: Fate, seen: bool) -> None:
    verdict = receipts.read(example(name))
    assert (verdict.fate, verdict.seen_at is not None) == (fate, seen)


@pytest.mark.parametrize(("kind", "names"), UPLOADS.items())
def test_the_reference_central_service_takes_each_upload(kind: str, names: list[str]) -> None:
    for name in names:
        upload = central_bundle.read(kind, example(name))
        assert upload.id.startswith("urn:uuid:")
        assert upload.entries


@pytest.mark.parametrize("name", [*UPLOADS["observation"], "questionnaire-response"])
def test_a_bundle_is_named_by_its_entries(name: str) -> None:
    assert bundle(name)["identifier"]["value"] == urn(*urls(name))


def test_receipts_and_acknowledgements_answer_their_messages() -> None:
    pressure = "observation-blood-pressure"
    for receipt in map(bundle, ("receipt-accepted", "receipt-seen")):
        assert receipt["bundle"] == bundle(pressure)["identifier"]["value"]
        assert [entry["fullUrl"] for entry in receipt["entries"]] == urls(pressure)
    alert = bundle("alert-help-requested")["identifier"][0]["value"]
    assert bundle("receipt-of-alert")["bundle"] == alert
    steps = [bundle(f"command-ack-{state}") for state in ("received", "in-progress", "succeeded")]
    asked = orders.order(example("command-message-show"), LATE)
    assert [(step["id"], step["seq"]) for step in steps] == [(asked.id, n) for n in (1, 2, 3)]
    assert isinstance(asked.args, MessageShow)
    assert asked.args.require_read


def test_what_the_patient_chose_is_the_answer_to_the_message() -> None:
    asked = orders.order(example("command-message-replies"), LATE)
    read, replied = bundle("command-ack-read"), bundle("command-ack-replied")
    assert [(one["id"], one["seq"]) for one in (read, replied)] == [(asked.id, 3), (asked.id, 4)]
    assert replied["detail"]["reply"] in asked.args.replies
    assert replied["detail"]["readAt"] == read["detail"]["readAt"]


def test_what_is_taken_back_is_what_was_sent() -> None:
    (first,), (last,) = (
        bundle(name)["entry"]
        for name in ("questionnaire-response", "questionnaire-response-taken-back")
    )
    assert last["resource"] == first["resource"] | {"status": "entered-in-error"}
    created, replaced = (
        central_bundle.read("questionnaireresponse", example(name)).entries[0]
        for name in ("questionnaire-response", "questionnaire-response-taken-back")
    )
    assert (created.identity, created.replaces) == (replaced.identity, False)
    assert replaced.replaces


def test_an_alert_that_has_ended_is_the_same_one() -> None:
    raised, ended = map(bundle, ("alert-measurement-missed", "alert-measurement-missed-ended"))
    assert raised["identifier"] == ended["identifier"]
    assert (raised["status"], ended["status"]) == ("preliminary", "final")


def test_decimals_stand_as_the_device_sent_them() -> None:
    assert b'"value": 37.0,' in example("observation-clock-fault")


def test_every_example_is_named_and_every_name_is_there() -> None:
    there = {f"examples/{path.name}" for path in EXAMPLES}
    assert set(re.findall(r"examples/[a-z-]+\.json", ASYNCAPI)) == there
    links = [DOCS / link for link in re.findall(r"\]\(([^)]+)\)", WORDS)]
    assert [link for link in links if not link.exists()] == []
    code = set(re.findall(r"hub/demo/\w+\.(?:py|json)|tests/\w+/\w+\.py", WORDS))
    assert {path for path in code if not Path(ROOT / path).is_file()} == set()
