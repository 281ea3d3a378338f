"""What the reference central service wants this home to have: plan, questionnaires, kit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

PLAN = Path(__file__).with_name("plan.json")
QUESTIONNAIRES = Path(__file__).parents[2] / "config" / "questionnaires"


def plan(system: str, value: str) -> bytes:
    """The demo's self-treatment plan, for the patient with this pseudonym."""
    bundle = msgspec.json.decode(PLAN.read_bytes())
    for entry in bundle["entry"]:
        if "subject" in entry["resource"]:
            entry["resource"]["subject"]["identifier"] = {"system": system, "value": value}
    return msgspec.json.encode(bundle)


def questionnaires() -> bytes:
    """Every questionnaire in config/questionnaires, as one collection."""
    found = [
        msgspec.json.decode(path.read_bytes()) for path in sorted(QUESTIONNAIRES.glob("*.json"))
    ]
    versions = "+".join(f"{each['id']}/{each['version']}" for each in found)
    bundle = {
        "resourceType": "Bundle",
        "identifier": {"system": "https://central.example/questionnaires", "value": versions},
        "type": "collection",
        "entry": [{"fullUrl": each["url"], "resource": each} for each in found],
    }
    return msgspec.json.encode(bundle)


def config(number: int, paused: dict[str, str | None] | None) -> bytes:
    """How the service is run for this patient."""
    said = {"servicePaused": paused} if paused else {}
    return msgspec.json.encode({"schema": "dho.config/1.1", "version": f"{number}", **said})


def kit(devices: Sequence[dict[str, Any]]) -> bytes:
    """The devices lent to this home; they pair with no tap."""
    return msgspec.json.encode({"schema": "dho.devices/1.0", "version": "1", "devices": devices})
