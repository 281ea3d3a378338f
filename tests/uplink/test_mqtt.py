"""What goes over the wire, byte by byte where it matters, and every way in which it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.demo.broker import Broker, free_port
from hub.settings import Mqtt
from hub.uplink import connection as connection_module
from hub.uplink import dialect, endings
from hub.uplink.connection import Connection
from hub.uplink.endings import ConnectionEnded, Ending, EndingKind, TooLarge
from hub.uplink.envelope import FHIR_JSON, MAXIMUM_BYTES, Delivery, Publication, compressed
from hub.uplink.topics import Topics

from .central import Central
from .scripted import Scripted, scripted

ID = UUID("00000000-0000-5000-8000-000000000001")
AT = datetime(2026, 11, 22, 8, 16, 4, tzinfo=UTC)


@pytest.fixture
async def broker() -> AsyncIterator[Scripted]:
    async with scripted() as broker:
        yield broker


def make(
    port: int,
    hub_id: str = "0200000000000001",
    deliver: Callable[[Delivery], None] = lambda delivery: delivery.done(),
) -> Connection:
    will = Publication(topic=f"dho/v1/1804/{hub_id}/up/status", payload=b'{"state":"offline"}')
    settings = Mqtt(host="127.0.0.1", port=port, tenant="1804", tls=False)
    return Connection(settings, hub_id, will=will, deliver=deliver)


async def opened(port: int) -> Connection:
    connection = make(port)
    await connection.open()
    return connection


async def the_end_of_opening(connection: Connection) -> Ending:
    with pytest.raises(ConnectionEnded) as caught:
        await connection.open()
    connection.close()
    return caught.value.ending


async def test_connect_says_what_the_contract_asks_for(broker: Scripted) -> None:
    connection = await opened(broker.port)
    connection.close()
    packet = broker.connects[0]
    assert packet[:7] == b"\x00\x04MQTT\x05"
    # Will with QoS 1 and retain, Clean Start 0; then the keep-alive of 60 s.
    assert packet[7:10] == bytes([0b00101100, 0, 60])
    assert b"\x11" + (30 * 24 * 3600).to_bytes(4, "big") in packet  # Session Expiry
    assert b"\x21\x00\x0a" in packet  # Receive Maximum 10
    assert b"\x27" + MAXIMUM_BYTES.to_bytes(4, "big") in packet  # Maximum Packet Size
    assert b"\x00\x100200000000000001" in packet  # the client id is the hub id
    assert b"\x18\x00\x00\x00\x2d" in packet  # Will Delay 45 s
    assert packet.index(b"/up/status") < packet.index(b'{"state":"offline"}')


async def test_every_property_of_the_contract_is_on_a_bundle(
    hub_id: str, central: Central, shared_broker: Broker
) -> None:
    topics = Topics("1804", hub_id)
    connection = make(shared_broker.port, hub_id)
    await connection.open()
    code = await connection.publish(
        Publication(
            topic=f"{topics.root}up/fhir/observation",
            payload=b"{}",
            content_type=FHIR_JSON,
            id=ID,
            created=AT,
            response_topic=topics.receipt,
            urgent=True,
        )
    )
    connection.close()
    seen = await central.nth("up/fhir/observation")
    assert (code, seen.retained) == (0, False)
    assert seen.properties == {
        "PayloadFormatIndicator": 1,
        "ContentType": "application/fhir+json; fhirVersion=4.0",
        "ResponseTopic": f"dho/v1/1804/{hub_id}/dn/receipt",
        "CorrelationData": ID.bytes,
        "UserProperty": [
            ("sv", "1.2"),
            ("mid", "00000000-0000-5000-8000-000000000001"),
            ("ct", "2026-11-22T08:16:04.000+00:00"),
            ("enc", "identity"),
            ("prio", "urgent"),
            ("traceparent", "00-00000000000050008000000000000001-8000000000000001-00"),
        ],
    }


def test_a_large_body_travels_compressed_and_always_the_same() -> None:
    body = b'{"resourceType":"Bundle"}' * 400
    payload, encoding = compressed(body)
    assert (encoding, payload) == ("gzip", compressed(body)[0])
    assert len(payload) < len(body) / 10
    assert compressed(b"{}") == (b"{}", "identity")


async def test_compressed_bytes_are_not_called_text(
    hub_id: str, central: Central, shared_broker: Broker
) -> None:
    connection = make(shared_broker.port, hub_id)
    await connection.open()
    topic = f"dho/v1/1804/{hub_id}/up/fhir/observation"
    body = b"0123456789" * 1000
    payload, encoding = compressed(body)
    await connection.publish(Publication(topic=topic, payload=payload, encoding=encoding))
    connection.close()
    seen = await central.nth("up/fhir/observation")
    assert (seen.properties["PayloadFormatIndicator"], seen.user["enc"]) == (0, "gzip")
    assert seen.body == body


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x87, EndingKind.REFUSED, "not authorised"),
        (0x97, EndingKind.REFUSED, "quota"),
        (0x84, EndingKind.REFUSED, "MQTT 5"),
        (0x85, EndingKind.REFUSED, "hub id"),
    ],
)
async def test_a_refusal_is_told_in_words(
    broker: Scripted, code: int, kind: EndingKind, words: str
) -> None:
    broker.connack = bytes([0, code, 0])
    ending = await the_end_of_opening(make(broker.port))
    assert (ending.kind, ending.code) == (kind, code)
    assert words in ending.reason


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x8E, EndingKind.TAKEN_OVER),
        (0x8B, EndingKind.LOST),
        (None, EndingKind.LOST),
    ],
)
async def test_a_broker_that_hangs_up_says_why(
    broker: Scripted, code: int | None, kind: EndingKind
) -> None:
    connection = await opened(broker.port)
    broker.hang_up(code)
    ending = await connection.ended()
    assert (ending.kind, ending.code) == (kind, code)
    with pytest.raises(ConnectionEnded):
        connection.publish(Publication(topic="a", payload=b""))
    connection.close()


async def test_what_was_promised_ends_with_the_connection(broker: Scripted) -> None:
    broker.puback = lambda topic: None
    connection = await opened(broker.port)
    promise = connection.publish(Publication(topic="a", payload=b""))
    await broker.until(lambda it: bool(it.published))
    broker.hang_up()
    with pytest.raises(ConnectionEnded):
        await promise
    connection.close()


async def test_nobody_listens() -> None:
    ending = await the_end_of_opening(make(free_port()))
    assert (ending.kind, ending.reason) == (
        EndingKind.UNREACHABLE,
        "the server is there, but no broker listens",
    )


@pytest.mark.fault("F25")
async def test_a_captive_portal_is_no_broker(broker: Scripted) -> None:
    broker.connack = None
    connection = make(broker.port)
    opening = asyncio.create_task(the_end_of_opening(connection))
    await broker.until(lambda it: bool(it.connects))
    broker.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in</html>")
    broker.hang_up()
    assert await opening == endings.NO_ANSWER


async def test_a_server_that_is_silent_is_given_up(
    broker: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "CONNACK_TIMEOUT_S", 0.05)
    broker.connack = None
    assert (await the_end_of_opening(make(broker.port))).kind is EndingKind.UNREACHABLE


async def test_a_broker_that_forbids_the_subscription_is_a_refusal(broker: Scripted) -> None:
    broker.suback = 0x87
    connection = await opened(broker.port)
    with pytest.raises(ConnectionEnded) as caught:
        await connection.subscribe("dho/v1/1804/0200000000000001/dn/#")
    assert caught.value.ending.kind is EndingKind.REFUSED
    connection.close()


async def test_the_brokers_own_limits_are_kept(broker: Scripted) -> None:
    # Receive Maximum 5, Maximum Packet Size 2048
    broker.connack = b"\x00\x00\x08" + b"\x21\x00\x05" + b"\x27\x00\x00\x08\x00"
    connection = await opened(broker.port)
    assert connection.in_flight_limit == 2
    with pytest.raises(TooLarge) as caught:
        connection.publish(Publication(topic="a", payload=b"x" * 1025))
    assert caught.value.limit == 2048
    connection.close()


@pytest.mark.parametrize("window", [1, 2, 5])
async def test_no_more_is_under_way_than_the_broker_takes(broker: Scripted, window: int) -> None:
    broker.connack = b"\x00\x00\x03\x21" + window.to_bytes(2, "big")  # Receive Maximum
    broker.puback = lambda topic: None
    answered = most = 0

    def count(topic: str, rest: bytes) -> None:
        nonlocal most
        most = max(most, len(broker.published) - answered)

    broker.on_publish = count
    connection = await opened(broker.port)
    promises = [connection.publish(Publication(topic=f"t{n}", payload=b"")) for n in range(8)]
    for number in range(8):
        await broker.until(lambda it, due=number: len(it.published) > due)  # type: ignore[misc]
        answered += 1
        broker.send(b"\x40\x03" + broker.published[number][1].to_bytes(2, "big") + b"\x00")
        assert await promises[number] == 0
    assert [topic for topic, _ in broker.published] == [f"t{n}" for n in range(8)]
    assert most == window
    connection.close()


async def test_what_waits_for_a_small_window_ends_with_the_connection(broker: Scripted) -> None:
    broker.connack = b"\x00\x00\x03\x21\x00\x01"
    broker.puback = lambda topic: None
    connection = await opened(broker.port)
    promises = [connection.publish(Publication(topic="a", payload=b"")) for _ in range(3)]
    await broker.until(lambda it: bool(it.published))
    broker.hang_up()
    for promise in promises:
        with pytest.raises(ConnectionEnded):
            await promise
    connection.close()


async def test_messages_are_acknowledged_in_the_order_of_arrival(broker: Scripted) -> None:
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    connection = make(broker.port, deliver=arrived.put_nowait)
    await connection.open()
    for mid in (1, 2, 3):
        broker.send(bytes([0x32, 6]) + b"\x00\x01a" + bytes([0, mid, 0]))
    first, second, third = [await arrived.get() for _ in range(3)]
    third.done()
    second.done()
    await connection.publish(Publication(topic="after", payload=b""))
    assert broker.pubacks == []
    first.done()
    await broker.until(lambda it: len(it.pubacks) == 3)
    assert broker.pubacks == [1, 2, 3]
    connection.close()


async def test_a_message_that_is_done_after_the_end_troubles_nobody(broker: Scripted) -> None:
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    connection = make(broker.port, deliver=arrived.put_nowait)
    await connection.open()
    broker.send(b"\x32\x06\x00\x01a\x00\x01\x00")
    delivery = await arrived.get()
    connection.close()
    delivery.done()


async def test_a_topic_that_is_not_text_is_delivered_as_no_topic(broker: Scripted) -> None:
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    connection = make(broker.port, deliver=arrived.put_nowait)
    await connection.open()
    broker.send(bytes([0x30, 5]) + b"\x00\x02\xff\xfe\x00")
    assert (await arrived.get()).topic == ""
    connection.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x40\x05\x00\x01\x00\xff\xff",  # PUBACK with properties that are cut short
        b"\x32\x03\x00\xff\x00",  # PUBLISH whose topic is longer than the packet
        b"\x90\x02\x00\x01",  # SUBACK without a code
        b"\xf0\x00",  # AUTH that nobody asked for
        b"\x30\xff\xff\xff\xff\x7f",  # a length of five bytes
        b"\xe0\x01\x05",  # DISCONNECT with a reason that does not exist
    ],
)
async def test_garbage_ends_the_connection_and_nothing_else(
    broker: Scripted, garbage: bytes
) -> None:
    connection = await opened(broker.port)
    broker.send(garbage)
    broker.hang_up()
    assert (await connection.ended()).kind is EndingKind.LOST
    connection.close()


async def test_a_connection_that_is_closed_while_it_is_made_is_never_heard_of(
    broker: Scripted,
) -> None:
    connection = make(broker.port)
    opening = asyncio.create_task(the_end_of_opening(connection))
    await asyncio.sleep(0)
    connection.close()
    assert await opening == endings.STOPPED
    await opened(broker.port)
    assert len(broker.connects) == 1


async def test_the_will_speaks_when_the_hub_falls_silent(
    hub_id: str, central: Central, shared_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "WILL_DELAY_S", 0)
    connection = make(shared_broker.port, hub_id)
    await connection.open()
    connection._network.cut()
    seen = await central.nth("up/status")
    assert seen.payload == b'{"state":"offline"}'
    connection.close()
