"""The whole conversation in MQTT 3.1.1, with a central service that speaks no other; refusals."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from hub.demo.broker import Broker
from hub.records import OutboxKind
from hub.settings import Mqtt
from hub.uplink.backoff import Backoff
from hub.uplink.connection import Connection
from hub.uplink.endings import ConnectionEnded, EndingKind
from hub.uplink.envelope import GZIP_FROM_BYTES, Publication

from .central import Central
from .conftest import TENANT
from .fhir_samples import composed, kept, pressure, temperature
from .hub import Hub
from .scripted import Scripted, scripted
from .test_commands import ACK, Handled, command, states
from .test_fhir_reports import check_in, missed
from .test_inbox import plan, title

DOWN = "dho/v1/1804/0200000000000001/dn/#"


@pytest.fixture
async def hub(shared_broker: Broker, hub_id: str, tmp_path: Path) -> AsyncIterator[Hub]:
    async with Hub(tmp_path / "hub", shared_broker.port, TENANT, hub_id) as hub:
        hub.settings = msgspec.structs.replace(hub.settings, protocol="3.1.1")
        yield hub


@pytest.fixture
async def central(shared_broker: Broker, hub_id: str) -> AsyncIterator[Central]:
    async with Central(shared_broker.port, TENANT, hub_id, version="3.1.1") as central:
        yield central


@pytest.fixture
async def broker() -> AsyncIterator[Scripted]:
    async with scripted() as broker:
        broker.is_old = True
        broker.connack = b"\x00\x00"
        yield broker


def make(port: int, protocol: str = "3.1.1") -> Connection:
    will = Publication(topic="dho/v1/1804/0200000000000001/up/status", payload=b"gone", retain=True)
    settings = Mqtt(host="127.0.0.1", port=port, tenant="1804", tls=False)
    settings = msgspec.structs.replace(settings, protocol=protocol)
    return Connection(settings, "0200000000000001", will=will, deliver=lambda it: it.done())


async def test_connect_has_no_properties_and_keeps_the_session(broker: Scripted) -> None:
    connection = make(broker.port)
    assert await connection.open() is False
    connection.close()
    # Level 4; Will with QoS 1 and retain, Clean Session 0; keep-alive 60 s; then the client id.
    head = b"\x00\x04MQTT\x04" + bytes([0b00101100, 0, 60]) + b"\x00\x100200000000000001"
    assert broker.connects[0].startswith(head)


async def test_each_kind_arrives_whole_and_its_receipt_ends_it(hub: Hub, central: Central) -> None:
    bundle = composed(*(kept(pressure(), number) for number in range(4)), kept(temperature(), 5))
    assert len(bundle.body) > GZIP_FROM_BYTES
    sent = {
        OutboxKind.OBSERVATION: (bundle.id, bundle.body),
        OutboxKind.ALERT: missed(),
        OutboxKind.QUESTIONNAIRE_RESPONSE: check_in(),
    }
    await hub.start()
    for kind, (id, body) in sent.items():
        await hub.put(body, kind=kind, id=UUID(id.removeprefix("urn:uuid:")))
    await hub.emptied()
    for kind, (id, body) in sent.items():
        (seen,) = central.at(f"up/fhir/{kind}")
        assert (seen.payload, seen.properties) == (body, {})  # not compressed: nothing could say so
        assert f"urn:uuid:{seen.id}" == id
    assert len(hub.times("received_at")) == 3


async def test_plan_command_and_status(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled({"shown": True})
    central.send("dn/desired/plan", plan(7), retain=True)
    await hub.start()
    assert (await central.nth("up/status")).json["state"] == "online"
    assert (await central.nth("up/reported/plan")).json["version"] == "cp-123/7"
    assert title(hub) == "v7"
    central.send("dn/cmd", command("message.show", {"text": "Hei"}))
    await central.nth(ACK, 3)
    assert states(central.at(ACK)) == [("received", 1), ("in-progress", 2), ("succeeded", 3)]
    assert len(show.orders) == 1


async def test_a_command_expires_by_its_own_words(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled({})
    await hub.start()
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    central.send("dn/cmd", command("message.show", {"text": "Hei"}, expires=past))
    assert (await central.nth(ACK)).json["state"] == "expired"
    assert show.orders == []


async def test_what_came_down_while_the_hub_was_away_waits_at_the_broker(
    hub: Hub, central: Central
) -> None:
    show = hub.handlers["message.show"] = Handled({})
    await hub.start()
    await hub.stop()
    central.send("dn/cmd", command("message.show", {"text": "Hei"}))
    await hub.start()
    await central.nth(ACK, 3)
    assert len(show.orders) == 1


async def test_the_will_comes_at_once(hub: Hub, central: Central) -> None:
    hub.backoff = Backoff(draw=lambda low, high: 3600)
    await hub.start()
    assert hub.uplink._connection is not None
    hub.uplink._connection._network.cut()
    seen = await central.nth("up/status", 2)
    assert (seen.json["state"], seen.json["reason"]) == ("offline", "connection-lost")


async def test_puback_is_always_a_yes_and_ten_are_in_flight(hub: Hub, broker: Scripted) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port, receipts="broker")
    broker.puback = lambda topic: None if "fhir" in topic else 0
    for _ in range(12):
        await hub.put(wake=False)
    await hub.start()
    await broker.until(lambda it: len(it.to("fhir")) == 10)
    broker.puback = lambda topic: 0
    for mid in broker.to("fhir"):
        broker.send(bytes([0x40, 2]) + mid.to_bytes(2, "big"))
    await hub.emptied()
    assert len(broker.to("fhir")) == 12


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (1, EndingKind.UNREACHABLE, "[mqtt] protocol"),
        (2, EndingKind.REFUSED, "hub id"),
        (3, EndingKind.REFUSED, "out of service"),
        (4, EndingKind.REFUSED, "user name or password"),
        (5, EndingKind.REFUSED, "not authorised"),
        (6, EndingKind.REFUSED, "does not say why"),
    ],
)
async def test_a_refusal_is_told_in_words(
    broker: Scripted, code: int, kind: EndingKind, words: str
) -> None:
    broker.connack = bytes([0, code])
    connection = make(broker.port)
    with pytest.raises(ConnectionEnded) as caught:
        await connection.open()
    connection.close()
    assert caught.value.ending.kind is kind
    assert words in caught.value.ending.reason


async def test_a_broker_that_forbids_the_subscription_is_a_refusal(broker: Scripted) -> None:
    broker.suback = 0x80
    connection = make(broker.port)
    await connection.open()
    with pytest.raises(ConnectionEnded) as caught:
        await connection.subscribe(DOWN)
    connection.close()
    assert caught.value.ending.kind is EndingKind.REFUSED


@pytest.mark.parametrize("connack", [b"\x00\x01", b"\x00\x84\x00"], ids=["old", "newer"])
async def test_a_broker_without_mqtt_5_is_told_with_the_setting(
    broker: Scripted, connack: bytes
) -> None:
    broker.connack = connack
    connection = make(broker.port, "5")
    with pytest.raises(ConnectionEnded) as caught:
        await connection.open()
    connection.close()
    assert caught.value.ending.kind is EndingKind.REFUSED
    assert '[mqtt] protocol to "3.1.1"' in caught.value.ending.reason
