"""The central service as the fault tests need it: it survives, and tells what came how often.

A delivery is counted before the broker hears that it was taken, and before its receipt leaves.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Self
from uuid import uuid4

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.demo import central_bundle
from hub.demo.central_bundle import Upload
from hub.uplink.codes import FEV1, FEV6
from tests.faults.lung_monitor import number_of

SESSION_EXPIRY_S = 24 * 3600
RECONNECT_S = 0.05


class Centre:
    """
    receipts       whether bundles are answered
    blows          number → how many deliveries
    bundles        `Bundle.identifier` → how many deliveries
    entries        what was created, Devices left out
    created_twice  blows of which two deliveries bear different names: no centre could know them
    """

    def __init__(self, port: int, tenant: str, hub: str) -> None:
        self.receipts = True
        self.blows: Counter[int] = Counter()
        self.bundles: Counter[str] = Counter()
        self.entries: set[str] = set()
        self.created_twice: set[int] = set()
        self.reported: dict[str, Any] = {}
        self._names: dict[int, tuple[str, frozenset[str]]] = {}
        self._connections: list[dict[int, None]] = [{}]
        self._markers: set[str] = set()
        self._port = port
        self._prefix = f"dho/v1/{tenant}/{hub}/"
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._listens = asyncio.Event()
        self._is_deaf = asyncio.Event()
        self._client_id = f"centre-{hub}"
        self._paho: mqtt.Client

    async def __aenter__(self) -> Self:
        await self.call()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def call(self) -> None:
        """Connect; the broker keeps what comes for it from now on, also while it is away."""
        self._paho = self._client()
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's
        session.SessionExpiryInterval = SESSION_EXPIRY_S
        self._paho.connect_async("127.0.0.1", self._port, clean_start=False, properties=session)
        self._paho.loop_start()
        await self._listens.wait()

    async def hang_up(self) -> None:
        self._listens.clear()
        self._paho.disconnect()
        await asyncio.to_thread(self._paho.loop_stop)

    async def turn_away(self) -> None:
        """What comes now is acknowledged by the broker, and kept by nobody."""
        self._listens.clear()
        self._is_deaf.clear()
        self._paho.unsubscribe(f"{self._prefix}up/#")
        await self._is_deaf.wait()

    async def listen(self) -> None:
        self._subscribe()
        await self._listens.wait()

    async def listens(self) -> None:
        """Its subscription is at the broker (again)."""
        await self._listens.wait()

    async def until(self, holds: Callable[[], object]) -> None:
        """Asks again after each message."""
        while not holds():
            self._news.clear()
            await self._news.wait()

    async def heard_all(self) -> None:
        """Everything that the broker has acknowledged to the hub before this call is here now."""
        marker = uuid4().hex
        self._paho.publish(f"{self._prefix}up/marker", marker.encode(), qos=1)
        await self.until(lambda: marker in self._markers)

    def desire(self, document: str, content: dict[str, Any]) -> None:
        topic = f"{self._prefix}dn/desired/{document}"
        self._paho.publish(topic, msgspec.json.encode(content), qos=1, retain=True)

    @property
    def duplicated(self) -> int:
        """Deliveries beyond the first."""
        return self.bundles.total() - len(self.bundles)

    @property
    def reordered(self) -> int:
        """Blows that came out of their order within one lane of one connection.

        What was in the outbox when a connection began is its backlog, what came later is fresh:
        each of the two is in order, wherever the border between them was.
        """
        return sum(_disorder(list(came)) for came in self._connections)

    def _client(self) -> mqtt.Client:
        def note(change: Callable[[], None]) -> Callable[..., None]:
            def called(*_: object) -> None:
                self._loop.call_soon_threadsafe(change)

            return called

        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        client.on_connect = lambda *_: self._subscribe()
        client.on_subscribe = note(self._listens.set)
        client.on_unsubscribe = note(self._is_deaf.set)
        client.on_disconnect = note(self._listens.clear)
        client.on_message = self._on_message
        client.reconnect_delay_set(RECONNECT_S, RECONNECT_S)  # type: ignore[arg-type] # it works
        return client

    def _subscribe(self) -> None:
        self._paho.subscribe(f"{self._prefix}up/#", qos=1)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        """In the network's thread. What is counted is counted on the loop, in the same order."""
        path = message.topic.removeprefix(f"{self._prefix}up/")
        if path.startswith("fhir/"):
            headers = dict(getattr(message.properties, "UserProperty", ()))
            body = central_bundle.unpacked(bytes(message.payload), headers.get("enc", "identity"))
            upload = central_bundle.read(path.removeprefix("fhir/"), body, headers.get("mid"))
            self._loop.call_soon_threadsafe(self._count, upload)
            if self.receipts:
                receipt = {"schema": "dho.receipt/1.0", "bundle": upload.id, "outcome": "accepted"}
                self._paho.publish(f"{self._prefix}dn/receipt", msgspec.json.encode(receipt), qos=1)
        else:
            self._loop.call_soon_threadsafe(
                self._note, path, bytes(message.payload), message.retain
            )

    def _count(self, upload: Upload) -> None:
        entries = frozenset(entry.identity for entry in upload.entries if entry.type != "Device")
        self.bundles[upload.id] += 1
        self.entries |= entries
        if upload.kind == central_bundle.OBSERVATION:
            self._count_blow(upload, entries)
        self._news.set()

    def _count_blow(self, upload: Upload, entries: frozenset[str]) -> None:
        number = _number(upload)
        if number is None:
            return
        self.blows[number] += 1
        self._connections[-1].setdefault(number)
        if self._names.setdefault(number, (upload.id, entries)) != (upload.id, entries):
            self.created_twice.add(number)

    def _note(self, path: str, payload: bytes, retained: bool) -> None:
        if path == "marker":
            self._markers.add(payload.decode())
        elif path == "status" and not retained and b'"online"' in payload:
            self._connections.append({})
        elif path.startswith("reported/"):
            self.reported[path.removeprefix("reported/")] = msgspec.json.decode(payload)
        self._news.set()


def _number(upload: Upload) -> int | None:
    """The blow that these observations are of; None where they are of none."""
    found: dict[str, float] = {}
    for entry in upload.entries:
        resource = msgspec.json.decode(entry.resource)
        for coding in resource.get("code", {}).get("coding", ()):
            if "valueQuantity" in resource:
                found[coding["code"]] = resource["valueQuantity"]["value"]
    fev1, fev6 = found.get(str(FEV1.number)), found.get(str(FEV6.number))
    return None if fev1 is None or fev6 is None else number_of(fev1, fev6)


def _disorder(sequence: list[int]) -> int:
    if sequence == sorted(sequence):
        return 0
    return min((_descents(sequence, border) for border in (-1, *sequence)), default=0)


def _descents(sequence: list[int], border: int) -> int:
    lanes = (
        [number for number in sequence if number <= border],
        [number for number in sequence if number > border],
    )
    return sum(later < earlier for lane in lanes for earlier, later in pairwise(lane))
