"""The contract as a document (docs/) says what the code sends, in the same words and numbers."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import msgspec
import pytest

from hub import questionnaire
from hub.demo import documents
from hub.records import OutboxCounts, OutboxKind
from hub.settings import Patient
from hub.uplink import dialect, receipts, status
from hub.uplink.alerts import AlertCode
from hub.uplink.anomalies import Anomalies, Anomaly
from hub.uplink.commands import Commands, Refused, Reply
from hub.uplink.envelope import CONTRACT, MAXIMUM_BYTES, Delivery, Publication
from hub.uplink.identifiers import NAMESPACE, urn
from hub.uplink.orders import ARGUMENTS, SIGNED_ONLY, Order, State
from hub.uplink.shelf import NAMES, Shelf
from hub.uplink.status import DeviceStatus, Facts
from hub.uplink.topics import Topics
from tests.contract_document import (
    ASYNCAPI,
    EXAMPLES,
    SCHEMA_OF_EXAMPLE,
    SCHEMAS,
    WORDS,
    example,
    faults,
    wrong,
)
from tests.uplink import test_fhir_profiles as fhir
from tests.uplink.fhir_samples import (
    RECEIVED,
    SILENT,
    WIRED,
    composed,
    kept,
    moment,
    nothing_known,
    temperature,
)

T = TypeVar("T")
Json = Any

HUB = "02000000000000D0"
PREFIX = "dho/v1/{tenant}/{hub}/"
LIMITS = {"minLength", "maxLength", "minimum", "maximum", "pattern", "format", "type"}


def statuses() -> Iterator[bytes]:
    tell = partial(status.online, HUB, 1, moment())
    in_force = {"questionnaires": ["dagens-helsesjekk|1.0.0"]}
    software = {"name": "hjemmehub", "version": "0.1.0", "channel": "stable"}
    yield tell(Facts(sw=software), OutboxCounts(0, 0, None), in_force)
    everything = Facts(
        sw=software,
        clock={"synced": True, "source": "NTPv4"},
        storage={"freePct": 71},
        net={"type": "lte", "rssi": -83},
        power={"mains": True},
        drivers=("nonin",),
        questionnaires=("slider",),
        anomalies={kind.value: 1 for kind in Anomaly},
    )
    yield tell(everything, OutboxCounts(3, 1, RECEIVED), dict.fromkeys(NAMES, "cp/1") | in_force)
    for reason in get_args(get_type_hints(status.offline)["reason"]):
        yield status.offline(HUB, 1, "boot", reason)


def devices() -> Iterator[bytes]:
    for state in get_args(get_type_hints(DeviceStatus)["state"]):
        yield DeviceStatus(device_key="A1B2C3D4E5F6", state=state).payload()
    yield DeviceStatus(
        device_key="C4F312FFFE53F2C9",
        state="paired",
        last_seen=RECEIVED,
        last_measurement=RECEIVED,
        battery_pct=95,
        clock_offset_s=-9.5,
        fhir=urn("one"),
    ).payload()


def observations() -> Iterator[bytes]:
    measurements = chain(fhir.of_every_kind(), fhir.special_values(), fhir.every_status())
    yield composed(*(kept(each, number) for number, each in enumerate(measurements))).body
    for bounds in (fhir.some_bounds, fhir.before_only, nothing_known):
        yield composed(*fhir.every_clock(), bounds=bounds).body
    for device in (SILENT, WIRED):
        yield composed(kept(temperature(), device=device), device=device).body


def reports(kind: str) -> list[bytes]:
    """The alerts, or the answers: told apart by their resource type."""
    return [each for each in fhir.reports() if json.loads(each)["resourceType"] == kind]


class InMemory(dict[str, dict[str, Any]]):
    """Documents and command book."""

    def put(self, name: str, content: dict[str, Any], *, version: str = "") -> None:
        self[name] = content

    def withdraw(self, name: str) -> None:
        self.pop(name, None)

    def command(self, id: str) -> dict[str, Any] | None:
        return self.get(id)

    def remember_command(self, id: str, ack: dict[str, Any], at: datetime) -> None:
        self[id] = ack


async def on_ledger(work: Callable[[], T]) -> T:
    return work()


def command(type: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "schema": "dho.command/1.0",
        "id": str(UUID(int=number)),
        "type": type,
        "issued": "2026-11-22T10:00:00Z",
        "expires": "2126-01-01T00:00:00Z",
        **more,
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_what_the_document_says(path: Path) -> None:
    (schema,) = {kind for name, kind in SCHEMA_OF_EXAMPLE.items() if path.stem.startswith(name)}
    assert wrong(path.read_bytes(), schema) == []


@pytest.mark.parametrize(
    ("schema", "payloads"),
    [
        pytest.param("hubStatus", statuses(), id="hub-status"),
        pytest.param("deviceStatus", devices(), id="device-status"),
        pytest.param("observationBundle", observations(), id="observations"),
        pytest.param("alert", reports("DetectedIssue"), id="alerts"),
        pytest.param("questionnaireResponseBundle", reports("Bundle"), id="answers"),
        pytest.param("plan", [documents.plan("urn:x", "p")], id="plan"),
        pytest.param("questionnaires", [documents.questionnaires()], id="questionnaires"),
    ],
)
def test_what_is_composed_is_what_the_document_says(schema: str, payloads: Iterable[bytes]) -> None:
    found = [wrong(payload, schema) for payload in payloads]
    assert found
    assert list(chain(*found)) == []


async def test_what_is_reported_is_what_the_document_says() -> None:
    told: list[bytes] = []
    check = questionnaire.check
    patient = Patient(system="urn:oid:2.999.1.2.3.4", value="p-demo")
    shelf = Shelf(
        InMemory(), on_ledger, check, patient, lambda _, text: told.append(text), Anomalies()
    )
    await shelf.load()
    for name, payload in (
        ("plan", documents.plan("urn:x", "p")),
        ("questionnaires", documents.questionnaires()),
        ("config", example("desired-config")),
        ("devices", example("desired-devices")),
        ("devices", b"[]"),
        ("devices", b""),
    ):
        await shelf.take(name, Delivery(topic=name, payload=payload))
    assert [fault for each in told for fault in wrong(each, "reported")] == []
    last = [json.loads(each) for each in told[-3:]]
    assert [(each["version"], "error" in each) for each in last] == [
        ("1", False),
        ("1", True),
        ("", False),
    ]


async def test_each_answer_to_a_command_is_what_the_document_says() -> None:
    sent: list[Publication] = []

    async def publish(publication: Publication) -> int:
        sent.append(publication)
        return 0

    async def answer(order: Order) -> Reply | None:
        if order.type == "config.reload":
            raise Refused("settings are read when the hub starts")
        return None if order.type == "message.show" else {"synced": True}

    handlers = dict.fromkeys(("message.show", "config.reload", "time.sync"), answer)
    commands = Commands(Topics("1804", HUB), InMemory(), on_ledger, handlers, publish, Anomalies())
    for asked in (
        command("message.show", 1, args={"text": "Hei", "requireRead": True}),
        command("config.reload", 2),
        command("time.sync", 3),
        command("hub.wipe", 4),
        command("time.sync", 5, expires="2020-01-01T00:00:00Z"),
    ):
        await commands.handle(Delivery(topic="dn/cmd", payload=json.dumps(asked).encode()))
    await commands.complete(str(UUID(int=1)), {"readAt": "2026-11-22T10:00:00Z"})
    assert [fault for one in sent for fault in wrong(one.payload, "commandAck")] == []
    assert {json.loads(one.payload)["state"] for one in sent} == set(State)
    for properties in (dict(one.user_properties()) for one in sent):
        assert list(faults(properties, SCHEMAS["userProperties"])) == []
        assert properties.keys() == SCHEMAS["userProperties"]["properties"].keys()


def test_every_topic_stands_in_the_document() -> None:
    topics = Topics("{tenant}", "{hub}")
    members = {name: each for name, each in vars(Topics).items() if not name.startswith("_")}
    plain = {name for name, each in members.items() if isinstance(each, property)}
    made = {name for name, each in members.items() if callable(each)}
    assert made == {"device", "fhir", "reported", "desired", "desired_document", "may_answer_on"}
    used = {getattr(topics, name) for name in plain - {"root", "everything_down"}}
    used |= {topics.device("{deviceKey}"), topics.reported("{doc}"), topics.desired("{doc}")}
    used |= {topics.fhir(kind) for kind in OutboxKind}
    assert set(re.findall(r"^    address: '(.+)'$", ASYNCAPI, re.MULTILINE)) == used
    rows = re.findall(r"^\| `((?:up|dn)/.+?)` \|", WORDS, re.MULTILINE)
    assert {PREFIX + row for row in rows} == used


def test_the_words_of_the_code_are_those_of_the_document() -> None:
    code = SCHEMAS["alert"]["properties"]["code"]["properties"]["coding"]["items"]
    assert set(code["properties"]["code"]["enum"]) == set(AlertCode)
    assert set(SCHEMAS["commandAck"]["properties"]["state"]["enum"]) == set(State)
    assert set(SCHEMAS["command"]["properties"]["type"]["enum"]) == ARGUMENTS.keys() | SIGNED_ONLY
    outcomes = get_args(get_type_hints(receipts.Receipt)["outcome"])
    assert set(SCHEMAS["receipt"]["properties"]["outcome"]["enum"]) == set(outcomes)
    assert f"enum: [{', '.join(NAMES)}]" in ASYNCAPI
    told = {*AlertCode, *ARGUMENTS, *SIGNED_ONLY, *NAMES, *outcomes, str(NAMESPACE)}
    assert {word for word in told if f"`{word}`" not in WORDS} == set()
    assert {state for state in State if state not in WORDS} == set()


def test_the_numbers_of_the_code_are_those_of_the_document() -> None:
    assert f"version: {CONTRACT}.0" in ASYNCAPI
    assert WORDS.startswith(f"# The contract with the central service, version {CONTRACT}\n")
    assert f"sessionExpiryInterval: {dialect.SESSION_EXPIRY_S}" in ASYNCAPI
    assert f"maximumPacketSize: {MAXIMUM_BYTES}" in ASYNCAPI
    assert f"Receive Maximum {dialect.RECEIVE_MAXIMUM}," in WORDS
    assert f"Will Delay {dialect.WILL_DELAY_S} s" in WORDS


@pytest.mark.parametrize("type", ARGUMENTS)
def test_the_arguments_of_each_command_are_those_of_the_document(type: str) -> None:
    told = msgspec.json.schema(ARGUMENTS[type])
    of_code = told["$defs"][ARGUMENTS[type].__name__]
    document = SCHEMAS[type]
    assert document["required"] == of_code["required"]
    assert {name: limits(each) for name, each in document["properties"].items()} == {
        name: limits(each) for name, each in of_code["properties"].items()
    }


def limits(schema: Json) -> Json:
    """What a value must be; "or null" in one form."""
    first, *rest = schema.get("anyOf", [schema])
    found = {name: each for name, each in first.items() if name in LIMITS}
    return found | {"type": [first["type"], "null"]} if rest else found
