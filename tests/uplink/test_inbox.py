"""What comes down over a real broker: documents, and everything that should not be there."""

import gzip
from datetime import datetime
from typing import Any

import msgspec
import pytest

from .central import Central
from .hub import Hub

CARE_PLAN = {"resourceType": "CarePlan", "status": "active"}
QUESTIONNAIRE = {
    "resourceType": "Questionnaire",
    "id": "q",
    "url": "https://a/q",
    "version": "1.0",
}
KIT = {
    "schema": "dho.devices/1.0",
    "version": "1",
    "devices": [{"model": "UA-651BLE", "address": "F0:F1:F2:A1:00:01"}],
}


def plan(version: int, *more: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"value": f"cp-123/{version}"},
        "entry": [{"resource": CARE_PLAN | {"title": f"v{version}"}}]
        + [{"resource": resource} for resource in more],
    }


def title(hub: Hub) -> str:
    document = hub.documents.get("plan")
    assert document is not None
    text: str = document["entry"][0]["resource"]["title"]
    return text


async def test_a_plan_comes_into_force_and_is_reported(hub: Hub, central: Central) -> None:
    central.send("dn/desired/plan", plan(7), retain=True)
    await hub.start()
    seen = await central.nth("up/reported/plan")
    assert seen.json["schema"] == "dho.reported/1.0"
    assert seen.json["version"] == "cp-123/7"
    assert datetime.fromisoformat(seen.json["applied"]).tzinfo is not None
    assert (title(hub), hub.documents.version("plan")) == ("v7", "cp-123/7")
    assert hub.changed == ["plan"]


async def test_an_older_plan_never_replaces_a_newer_one(hub: Hub, central: Central) -> None:
    await hub.start()
    central.send("dn/desired/plan", plan(3))
    await central.nth("up/reported/plan")
    central.send("dn/desired/plan", plan(2))
    central.send("dn/desired/devices", KIT)
    await central.nth("up/reported/devices")  # the plan before it has been dealt with
    assert title(hub) == "v3"
    assert [one.json["version"] for one in central.at("up/reported/plan")] == ["cp-123/3"]
    assert hub.uplink.anomalies.counts() == {"document_refused": 1}


async def test_the_same_plan_again_changes_nothing(hub: Hub, central: Central) -> None:
    central.send("dn/desired/plan", plan(3), retain=True)
    await hub.start()
    first = await central.nth("up/reported/plan")
    await hub.stop()
    await hub.start()
    again = await central.nth("up/reported/plan", 2)
    assert again.payload == first.payload
    assert hub.changed == ["plan"]


async def test_an_empty_document_withdraws_it(hub: Hub, central: Central) -> None:
    await hub.start()
    central.send("dn/desired/plan", plan(3), retain=True)
    await central.nth("up/reported/plan")
    central.send("dn/desired/plan", b"", retain=True)
    seen = await central.nth("up/reported/plan", 2)
    assert seen.json == {"schema": "dho.reported/1.0", "version": ""}
    assert hub.documents.get("plan") is None
    assert hub.changed == ["plan", "plan"]


async def test_a_plan_that_cannot_be_read_is_reported_and_the_old_one_stays(
    hub: Hub, central: Central
) -> None:
    await hub.start()
    central.send("dn/desired/plan", plan(3))
    await central.nth("up/reported/plan")
    central.send("dn/desired/plan", b"{")
    seen = await central.nth("up/reported/plan", 2)
    assert seen.json["version"] == "cp-123/3"
    assert "truncated" in seen.json["error"]
    assert title(hub) == "v3"


async def test_a_questionnaire_of_the_plan_that_cannot_be_shown_is_reported(
    hub: Hub, central: Central
) -> None:
    def refuse(questionnaire: dict[str, Any]) -> None:
        raise ValueError("$.item[0]: attachments cannot be answered here")

    hub.check = refuse
    await hub.start()
    central.send("dn/desired/plan", plan(3, QUESTIONNAIRE))
    assert (await central.nth("up/reported/plan")).json["version"] == "cp-123/3"
    seen = await central.nth("up/reported/questionnaires")
    assert "attachments" in seen.json["error"]
    document = hub.documents.get("plan")
    assert document is not None
    assert len(document["entry"]) == 1


async def test_the_kit_is_kept_apart_from_the_devices_that_joined(
    hub: Hub, central: Central
) -> None:
    await hub.start()
    central.send("dn/desired/devices", KIT)
    await central.nth("up/reported/devices")
    assert hub.documents.get("kit") == KIT
    assert hub.documents.devices() == []
    assert hub.changed == ["devices"]


async def test_what_is_in_force_is_in_the_status(hub: Hub, central: Central) -> None:
    await hub.start()
    central.send("dn/desired/plan", plan(3, QUESTIONNAIRE))
    await central.nth("up/reported/plan")
    await hub.stop()
    central.seen.clear()
    await hub.start()
    seen = await central.nth("up/status")
    assert seen.json["reported"] == {"plan": "cp-123/3", "questionnaires": ["q|1.0"]}


async def test_a_compressed_document_is_unpacked(hub: Hub, central: Central) -> None:
    await hub.start()
    payload = gzip.compress(msgspec.json.encode(plan(3)))
    central.send("dn/desired/plan", payload, user={"enc": "gzip"})
    await central.nth("up/reported/plan")
    assert title(hub) == "v3"


@pytest.mark.parametrize(
    "payload",
    [b"not gzip", gzip.compress(b" " * 2_000_000), gzip.compress(b"{}")[:-9]],
    ids=["not gzip", "a bomb", "cut short"],
)
async def test_what_does_not_unpack_is_refused(hub: Hub, central: Central, payload: bytes) -> None:
    await hub.start()
    central.send("dn/desired/plan", payload, user={"enc": "gzip"})
    seen = await central.nth("up/reported/plan")
    assert seen.json["error"]


@pytest.mark.parametrize(
    ("path", "payload", "anomaly"),
    [
        ("dn/receipt", b"{", "malformed"),
        ("dn/receipt", b"\xff" * 100, "malformed"),
        ("dn/receipt", b"[" * 100_000, "malformed"),
        ("dn/cmd", b"\x00", "malformed"),
        ("dn/cmd", b'{"schema":"dho.command/1.0","id":"not a uuid"}', "malformed"),
        ("dn/cmd", b'{"id":' + b"[" * 100_000, "malformed"),
        ("dn/desired/weather", b"{}", "unknown_topic"),
        ("dn/desired/plan/more", b"{}", "unknown_topic"),
        ("dn/somewhere", b"", "unknown_topic"),
    ],
)
async def test_malformed_messages_are_counted_and_nothing_else_happens(
    hub: Hub, central: Central, path: str, payload: bytes, anomaly: str
) -> None:
    await hub.start()
    central.send(path, payload)
    central.send("dn/desired/devices", KIT)
    await central.nth("up/reported/devices")
    assert hub.uplink.anomalies.counts() == {anomaly: 1}
    await hub.put()
    await hub.emptied()
