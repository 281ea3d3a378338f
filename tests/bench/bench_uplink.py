"""How fast does the outbox drain? By hand: `python tests/bench/bench_uplink.py [BUNDLES]`

Against bare paho in the same run: the same bytes with the same properties, the same number in
flight, the same broker, and the same central service that answers each message with a receipt. The
hub besides reads every row from its ledger, checks it, compresses it, waits for the receipt of
each, and writes down what came of it, durably.

Also how long a row takes from being put into the outbox until the central service has it.
"""

import asyncio
import hashlib
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub import clock
from hub.demo.broker import Broker
from hub.records import OutboxKind
from hub.uplink.connection import IN_FLIGHT
from hub.uplink.envelope import FHIR_JSON, Publication, compressed
from hub.uplink.topics import Topics
from tests.uplink.hub import Hub

DRAIN_AT_LEAST = 0.5  # of bare paho
LATENCY_AT_MOST_MS = 50.0
BUNDLES = 10_000
SINGLES = 200
ROUNDS = 3
LOOK_S = 0.05

OURS, BARE = Topics("1804", "0200000000000001"), Topics("1804", "0200000000000002")
say = sys.stdout.write


def bundle(number: int) -> bytes:
    """About 11 kB of FHIR-like JSON, as of a blood pressure with its devices."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{UUID(int=number * 100 + part)}",
            "resource": {
                "resourceType": "Observation",
                "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"{number}-{part}"}],
                "code": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "150020"}]},
                "valueQuantity": {"value": 100 + number % 50, "code": "mm[Hg]"},
                "text": hashlib.sha512(b"%d %d" % (number, part)).hexdigest() + " MDC" * 200,
            },
            "request": {"method": "POST", "url": "Observation"},
        }
        for part in range(8)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def client(name: str) -> paho.Client:
    return paho.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
    )


def without_delay(_client: paho.Client, _data: object, line: Any) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def central(port: int, ready: Event) -> None:
    """A process of its own that answers every bundle with a receipt.

    Sockets and bytes only: with paho it would need more of the two cores than the hub does.
    """
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connect = b"\x00\x04MQTT\x05\x02\x00\x00\x00" + text(b"central")
    subscribe = b"\x00\x01\x00" + text(b"dho/v1/+/+/up/fhir/#") + b"\x01"
    line.sendall(packet(0x10, connect) + packet(0x82, subscribe))
    buffer = b""
    while received := line.recv(1 << 20):
        buffer += received
        answers = []
        while (found := taken_off(buffer)) is not None:
            first, body, buffer = found
            if first == 0x90:
                ready.set()
            elif first & 0xF0 == 0x30:
                answers.append(answer(body))
        line.sendall(b"".join(answers))


def answer(body: bytes) -> bytes:
    """PUBACK, and a receipt with QoS 1. The bundle's UUID is the Correlation Data."""
    size = int.from_bytes(body[:2], "big")
    mid = body[2 + size : 4 + size]
    at = body.index(b"\x09\x00\x10", 4 + size) + 3
    urn = UUID(bytes=body[at : at + 16]).urn
    receipt = b'{"schema":"dho.receipt/1.0","bundle":"%b","outcome":"accepted"}' % urn.encode()
    topic = body[2 : 2 + size].replace(b"up/fhir/observation", b"dn/receipt")
    return packet(0x40, mid) + packet(0x32, text(topic) + mid + b"\x00" + receipt)


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def packet(first: int, body: bytes) -> bytes:
    length = (
        bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    )
    return bytes([first]) + length + body


def taken_off(buffer: bytes) -> tuple[int, bytes, bytes] | None:
    """First byte and body of the first packet, and what is after it; None when it is not whole."""
    length = shift = 0
    for at, digit in enumerate(buffer[1:5], start=2):
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            whole = len(buffer) >= at + length
            return (buffer[0], buffer[at : at + length], buffer[at + length :]) if whole else None
    return None


@contextmanager
def world(directory: Path) -> Iterator[Broker]:
    with Broker(directory, extra=["autosave_on_changes false"]) as broker:
        ready = multiprocessing.Event()
        child = multiprocessing.Process(target=central, args=(broker.port, ready), daemon=True)
        child.start()
        ready.wait(10)
        yield broker
        child.terminate()
        child.join()


def publication(id: UUID, body: bytes) -> Publication:
    payload, encoding = compressed(body)
    return Publication(
        topic=BARE.fhir(OutboxKind.OBSERVATION),
        payload=payload,
        content_type=FHIR_JSON,
        id=id,
        response_topic=BARE.receipt,
        encoding=encoding,
    )


def properties(one: Publication) -> Properties:
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho has no types here
    made.PayloadFormatIndicator = 0
    made.ContentType = one.content_type
    made.ResponseTopic = one.response_topic
    made.CorrelationData = one.id.bytes
    made.UserProperty = one.user_properties()
    return made


def bare(port: int, bodies: list[bytes]) -> float:
    """Messages per second of paho alone, with its own queue and window."""
    ready = [publication(uuid4(), body) for body in bodies]
    me = client("bare")
    me.max_inflight_messages = IN_FLIGHT
    done = threading.Event()
    left = len(ready)

    def on_publish(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    me.on_publish = on_publish
    me.on_socket_open = without_delay
    me.connect("127.0.0.1", port)
    me.loop_start()
    began = time.perf_counter()
    for one in ready:
        me.publish(one.topic, one.payload, qos=1, properties=properties(one))
    done.wait()
    took = time.perf_counter() - began
    me.disconnect()
    me.loop_stop()
    return len(ready) / took


async def ours(directory: Path, port: int, bodies: list[bytes]) -> float:
    """Rows per second, from the first publish until the ledger says that each was received."""
    async with Hub(directory, port, OURS.tenant, OURS.hub) as hub:
        now = clock.now("always")

        def fill() -> None:
            for body in bodies:
                id = uuid4().urn
                hub.ledger.outbox.put(OutboxKind.OBSERVATION, id, body, created=now)

        await hub.transact(fill)
        began = time.perf_counter()
        await hub.start()
        # Not after every batch, which would be part of what is measured.
        while (await hub.counts()).waiting:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
        return len(bodies) / (time.perf_counter() - began)


async def latencies(directory: Path, port: int) -> list[float]:
    """Milliseconds from `wake` until another process has answered what it got."""
    async with Hub(directory, port, OURS.tenant, OURS.hub) as hub:
        await hub.start()
        took = []
        for number in range(SINGLES):
            body = bundle(number)
            began = time.perf_counter()
            await hub.put(body)
            await hub.emptied()
            took.append((time.perf_counter() - began) * 1000)
        return took


def main() -> int:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else BUNDLES
    bodies = [bundle(n) for n in range(number)]
    size, wire = len(bodies[0]), len(compressed(bodies[0])[0])
    say(f"{number} bundles of {size} bytes, {wire} on the wire, {IN_FLIGHT} in flight\n")
    ratios = []
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "broker") as broker:
        for turn in range(ROUNDS):
            floor = bare(broker.port, bodies)
            drain = asyncio.run(ours(Path(folder) / f"hub-{turn}", broker.port, bodies))
            ratios.append(drain / floor)
            say(f"bare paho {floor:.0f} /s, the hub with receipts {drain:.0f} /s\n")
        took = asyncio.run(latencies(Path(folder) / "single", broker.port))
    ratio, median = statistics.median(ratios), statistics.median(took)
    lines = [
        (ratio >= DRAIN_AT_LEAST, f"drain {ratio:.2f} of bare paho (>= {DRAIN_AT_LEAST})"),
        (median <= LATENCY_AT_MOST_MS, f"from put to receipt {median:.1f} ms median (<= 50)"),
    ]
    for good, line in lines:
        say(f"{'PASS' if good else 'FAIL'}  {line}\n")
    return 0 if all(good for good, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
