"""The reference central service against a real mosquitto: once each, receipts, documents."""

import gzip
import queue
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.demo.broker import Broker
from hub.demo.central import Central
from hub.demo.central_store import Arrival, Duplicates

HUB = "0200000000000001"
ROOT = f"dho/v1/1804/{HUB}"
WEIGHT = b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":81.20}}'
DEVICE = b'{"resourceType":"Device","manufacturer":"A&D Medical"}'
WAIT_S = 10


def entry(kind: str, name: str, resource: bytes) -> bytes:
    return (
        b'{"fullUrl":"urn:uuid:%b","resource":%b,"request":{"method":"POST","url":"%b",'
        b'"ifNoneExist":"identifier=urn:x|%b"}}'
        % (name.encode(), resource, kind.encode(), name.encode())
    )


def bundle(id_: str, *entries: bytes) -> bytes:
    return (
        b'{"resourceType":"Bundle","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:%b"'
        b'},"type":"transaction","timestamp":"2026-11-22T08:16:05+01:00","entry":[%b]}'
        % (id_.encode(), b",".join(entries))
    )


def weight(name: str = "w-1") -> bytes:
    return entry("Observation", name, WEIGHT)


def properties_of(message: mqtt.MQTTMessage) -> Any:
    """paho sets the attributes that came."""
    return message.properties


class Hub:
    """A hub as the wire sees it."""

    def __init__(self, port: int) -> None:
        self.inbox: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self._subscribed = threading.Event()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, client_id=HUB
        )
        self.client.on_message = lambda _client, _data, message: self.inbox.put(message)
        self.client.on_subscribe = self._on_subscribe
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(f"{ROOT}/dn/#", qos=1)
        assert self._subscribed.wait(WAIT_S)

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed.set()

    def send(self, path: str, body: bytes, **headers: str) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = [("sv", "1.2"), *headers.items()]
        topic = path if path.startswith(("dho", "$")) else f"{ROOT}/up/{path}"
        self.client.publish(topic, body, qos=1, properties=properties).wait_for_publish(WAIT_S)

    def next(self) -> mqtt.MQTTMessage:
        return self.inbox.get(timeout=WAIT_S)

    def receipt(self) -> dict[str, Any]:
        message = self.next()
        assert message.topic == f"{ROOT}/dn/receipt"
        return msgspec.json.decode(message.payload, type=dict[str, Any])

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def central(broker: Broker, tmp_path: Path) -> Iterator[Central]:
    with Central(tmp_path / "central.db", broker.port) as central:
        assert central.connected.wait(WAIT_S)
        yield central


@pytest.fixture
def hub(broker: Broker, central: Central) -> Iterator[Hub]:
    hub = Hub(broker.port)
    yield hub
    hub.close()


def test_a_bundle_is_kept_byte_for_byte_and_receipted(hub: Hub, central: Central) -> None:
    id_ = str(uuid4())
    body = bundle(id_, entry("Device", "d-1", DEVICE), weight())
    hub.send("fhir/observation", body)
    receipt = hub.receipt()
    assert receipt.pop("ts").endswith("Z")
    assert receipt == {
        "schema": "dho.receipt/1.0",
        "bundle": f"urn:uuid:{id_}",
        "outcome": "accepted",
        "entries": [
            {"fullUrl": "urn:uuid:d-1", "status": "201"},
            {"fullUrl": "urn:uuid:w-1", "status": "201"},
        ],
    }
    (arrival,) = central.arrivals()
    assert (arrival.hub, arrival.kind, arrival.body) == (HUB, "observation", body)
    assert central.store.resources("Observation") == [WEIGHT]


def test_the_same_bundle_again_is_stored_once_and_answered_as_duplicate(
    hub: Hub, central: Central
) -> None:
    body = bundle(str(uuid4()), weight())
    for _ in range(3):
        hub.send("fhir/observation", body)
    statuses = [hub.receipt()["entries"][0]["status"] for _ in range(3)]
    assert statuses == ["201", "200", "200"]
    assert [arrival.copies for arrival in central.arrivals()] == [3]
    assert central.store.duplicates() == Duplicates(bundles=2, entries=2)


def test_the_same_entry_in_another_bundle_is_not_stored_twice(hub: Hub, central: Central) -> None:
    device = entry("Device", "d-1", DEVICE)
    hub.send("fhir/observation", bundle(str(uuid4()), device, weight("w-1")))
    hub.send("fhir/observation", bundle(str(uuid4()), device, weight("w-2")))
    hub.receipt()
    assert [it["status"] for it in hub.receipt()["entries"]] == ["200", "201"]
    assert len(central.store.resources("Device")) == 1
    assert central.store.duplicates() == Duplicates(bundles=0, entries=0)


def test_what_was_kept_outlives_the_service(hub: Hub, central: Central, tmp_path: Path) -> None:
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    hub.receipt()
    central.store.close()
    again = Central(tmp_path / "central.db", 0)
    assert len(again.arrivals()) == 1
    again.store.close()


def test_bundles_sent_while_the_service_is_away_wait_in_its_session(
    broker: Broker, tmp_path: Path
) -> None:
    path = tmp_path / "central.db"
    with Central(path, broker.port) as central:
        assert central.connected.wait(WAIT_S)
    hub = Hub(broker.port)
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    with Central(path, broker.port) as central:
        assert hub.receipt()["outcome"] == "accepted"
        assert len(central.arrivals()) == 1
    hub.close()


def test_the_receipt_carries_the_properties_of_the_contract(hub: Hub) -> None:
    id_ = uuid4()
    hub.send("fhir/observation", bundle(str(id_), weight()))
    properties = properties_of(hub.next())
    assert properties.ContentType == "application/json"
    assert properties.PayloadFormatIndicator == 1
    assert properties.CorrelationData == id_.bytes
    assert 0 < properties.MessageExpiryInterval <= 7 * 24 * 3600
    headers = dict(properties.UserProperty)
    assert (headers["sv"], headers["enc"]) == ("1.2", "identity")
    assert UUID(headers["mid"])


def test_gzip_is_undone_before_it_is_kept(hub: Hub, central: Central) -> None:
    body = bundle(str(uuid4()), weight())
    hub.send("fhir/observation", gzip.compress(body), enc="gzip")
    assert hub.receipt()["outcome"] == "accepted"
    assert central.arrivals()[0].body == body


@pytest.mark.parametrize("order", [(b"preliminary", b"final"), (b"final", b"preliminary")])
def test_an_alert_is_kept_and_its_clearing_replaces_it(
    hub: Hub, central: Central, order: tuple[bytes, bytes]
) -> None:
    for status in order:
        mid = str(uuid4())
        body = (
            b'{"resourceType":"DetectedIssue","identifier":[{"value":"urn:uuid:a"}],"status":"%b"}'
            % status
        )
        hub.send("fhir/alert", body, mid=mid)
        assert hub.receipt()["bundle"] == f"urn:uuid:{mid}"
    (kept,) = central.store.resources("DetectedIssue")
    assert b'"final"' in kept
    assert len(central.arrivals()) == 2


ANSWERS = b'{"resourceType":"QuestionnaireResponse","status":"completed"}'
TAKEN_BACK = b'{"resourceType":"QuestionnaireResponse","status":"entered-in-error"}'


def taken_back() -> bytes:
    return (
        b'{"fullUrl":"urn:uuid:c-1","resource":%b,"request":{"method":"PUT",'
        b'"url":"QuestionnaireResponse?identifier=urn:x|c-1"}}' % TAKEN_BACK
    )


@pytest.mark.parametrize("in_order", [True, False])
def test_answers_that_are_taken_back_stay_so_in_whatever_order_they_come(
    hub: Hub, central: Central, in_order: bool
) -> None:
    created = bundle(str(uuid4()), entry("QuestionnaireResponse", "c-1", ANSWERS))
    undone = bundle(str(uuid4()), taken_back())
    for body in (created, undone) if in_order else (undone, created):
        hub.send("fhir/questionnaireresponse", body)
    statuses = [hub.receipt()["entries"][0]["status"] for _ in range(2)]
    assert statuses == ["201", "200"]
    assert central.store.resources("QuestionnaireResponse") == [TAKEN_BACK]


def test_an_update_is_no_duplicate_until_it_comes_again(hub: Hub, central: Central) -> None:
    undone = bundle(str(uuid4()), taken_back())
    hub.send(
        "fhir/questionnaireresponse",
        bundle(str(uuid4()), entry("QuestionnaireResponse", "c-1", ANSWERS)),
    )
    hub.send("fhir/questionnaireresponse", undone)
    hub.receipt()
    hub.receipt()
    assert central.store.duplicates() == Duplicates(bundles=0, entries=0)
    hub.send("fhir/questionnaireresponse", undone)
    hub.receipt()
    assert central.store.duplicates() == Duplicates(bundles=1, entries=1)


def test_a_device_with_new_firmware_replaces_the_old_one(hub: Hub, central: Central) -> None:
    put = (
        b'{"fullUrl":"urn:uuid:d-1","resource":{"resourceType":"Device","version":2},'
        b'"request":{"method":"PUT","url":"Device?identifier=urn:x|d-1"}}'
    )
    hub.send("fhir/observation", bundle(str(uuid4()), entry("Device", "d-1", DEVICE)))
    hub.send("fhir/observation", bundle(str(uuid4()), put))
    hub.receipt()
    assert hub.receipt()["entries"] == [{"fullUrl": "urn:uuid:d-1", "status": "200"}]
    assert central.store.resources("Device") == [b'{"resourceType":"Device","version":2}']


@pytest.mark.parametrize(
    ("outcome", "statuses", "stored"),
    [
        pytest.param("partial", ["201", "422"], 1, id="partial"),
        pytest.param("rejected", ["422", "422"], 0, id="rejected"),
        pytest.param("retry", [], 0, id="retry"),
    ],
)
def test_it_can_be_told_to_be_difficult(
    hub: Hub, central: Central, outcome: Any, statuses: list[str], stored: int
) -> None:
    central.answer_next(outcome, retry_after_s=30)
    body = bundle(str(uuid4()), weight("w-1"), weight("w-2"))
    hub.send("fhir/observation", body)
    receipt = hub.receipt()
    assert receipt["outcome"] == outcome
    assert [it["status"] for it in receipt["entries"]] == statuses
    assert receipt.get("retryAfterS") == (30 if outcome == "retry" else None)
    assert len(central.store.resources("Observation")) == stored
    hub.send("fhir/observation", body)
    assert hub.receipt()["outcome"] == "accepted"
    assert len(central.store.resources("Observation")) == 2


def test_without_receipts_it_keeps_in_silence(broker: Broker, tmp_path: Path) -> None:
    told: queue.Queue[Arrival] = queue.Queue()
    with Central(tmp_path / "c.db", broker.port, arrived=told.put) as central:
        assert central.connected.wait(WAIT_S)
        hub = Hub(broker.port)
        central.receipts = False
        hub.send("fhir/observation", bundle(str(uuid4()), weight("w-1")))
        told.get(timeout=WAIT_S)
        central.receipts = True
        hub.send("fhir/observation", bundle(str(uuid4()), weight("w-2")))
        assert hub.receipt()["entries"] == [{"fullUrl": "urn:uuid:w-2", "status": "201"}]
        hub.close()


def test_a_nurse_who_opens_a_bundle_is_told_once_more_with_the_time(
    hub: Hub, central: Central
) -> None:
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    first = hub.receipt()
    central.see(central.arrivals()[0].number)
    second = hub.receipt()
    assert "seenAt" not in first
    assert second["seenAt"].endswith("Z")
    assert second["bundle"] == first["bundle"]
    assert central.arrivals()[0].seen_at is not None


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        pytest.param("fhir/observation", b"{", "payload", id="cut-json"),
        pytest.param("fhir/observation", b"\xff\xfe", "payload", id="no-utf8"),
        pytest.param("fhir/observation", b"[" * 100_000, "payload", id="deep"),
        pytest.param("fhir/observation", b'{"resourceType":"Bundle"}', "payload", id="no-entries"),
        pytest.param(
            "fhir/observation",
            bundle("x", entry("Observation", "w", DEVICE)),
            "payload",
            id="device-sent-as-observation",
        ),
        pytest.param("status", b"nonsense", "payload", id="status"),
        pytest.param("cmd/ack", b"3", "payload", id="ack"),
        pytest.param("dho/v1/1804/short/up", b"{}", "topic", id="short-topic"),
    ],
)
def test_nonsense_is_counted_and_the_next_bundle_is_taken(
    hub: Hub, central: Central, path: str, body: bytes, kind: str
) -> None:
    hub.send(path, body)
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    assert hub.receipt()["outcome"] == "accepted"
    assert (dict(central.anomalies), len(central.arrivals())) == ({kind: 1}, 1)


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(bytes(2 * 1024 * 1024)), b"\x1f\x8b"])
def test_a_bad_or_bursting_gzip_is_counted(hub: Hub, central: Central, body: bytes) -> None:
    hub.send("fhir/observation", body, enc="gzip")
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    assert hub.receipt()["outcome"] == "accepted"
    assert central.anomalies["payload"] == 1


def test_a_desired_document_is_retained_published_again_and_withdrawn(
    broker: Broker, hub: Hub, central: Central
) -> None:
    central.desire("1804", HUB, "plan", b'{"resourceType":"Bundle"}')
    assert hub.next().payload == b'{"resourceType":"Bundle"}'
    late = Hub(broker.port)
    message = late.next()
    assert (message.topic, message.retain) == (f"{ROOT}/dn/desired/plan", True)
    late.close()
    central.desire("1804", HUB, "plan", None)


def test_a_command_says_until_when_and_where_to_answer(hub: Hub, central: Central) -> None:
    id_ = central.show_message("1804", HUB, "Husk blodtrykket.", "Melding")
    message = hub.next()
    command = msgspec.json.decode(message.payload, type=dict[str, Any])
    assert (message.topic, command["id"], command["type"]) == (
        f"{ROOT}/dn/cmd",
        id_,
        "message.show",
    )
    assert command["args"] == {"title": "Melding", "text": "Husk blodtrykket."}
    properties = properties_of(message)
    assert properties.ResponseTopic == f"{ROOT}/up/cmd/ack"
    assert properties.CorrelationData == UUID(id_).bytes
    assert 0 < properties.MessageExpiryInterval <= timedelta(days=1).total_seconds()


def test_states_and_acknowledgements_are_remembered(hub: Hub, central: Central) -> None:
    hub.send("status", b'{"state":"online"}')
    hub.send("cmd/ack", b'{"id":"1","state":"succeeded"}')
    hub.send("fhir/observation", bundle(str(uuid4()), weight()))
    hub.receipt()
    assert central.states[HUB, "status"] == {"state": "online"}
    assert central.acks == [{"id": "1", "state": "succeeded"}]


def test_each_new_bundle_is_told_once_after_the_commit(broker: Broker, tmp_path: Path) -> None:
    told: queue.Queue[Arrival] = queue.Queue()
    with Central(tmp_path / "c.db", broker.port, arrived=told.put) as central:
        assert central.connected.wait(WAIT_S)
        hub = Hub(broker.port)
        body = bundle(str(uuid4()), weight())
        hub.send("fhir/observation", body)
        hub.send("fhir/observation", body)
        hub.receipt()
        hub.receipt()
        assert told.get(timeout=WAIT_S).body == body
        assert told.empty()
        hub.close()


def test_what_cannot_be_kept_is_not_receipted(
    hub: Hub, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(central.store, "ingest", full_disk)
    for name in ("w-1", "w-2"):
        hub.send("fhir/observation", bundle(str(uuid4()), weight(name)))
    assert [it["fullUrl"] for it in hub.receipt()["entries"]] == ["urn:uuid:w-2"]
