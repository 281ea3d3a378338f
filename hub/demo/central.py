"""The reference central service: takes what hubs send, keeps it, answers, and sends things down.

It speaks the contract (MQTT 5, `dho/v1/…`) and nothing else: it knows nothing of the inside of a
hub. A message is acknowledged to the broker, and a receipt sent, only after its own commit.

For tests it can be difficult: `receipts = False`, and `answer_next(…)`.
"""

import logging
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self
from uuid import UUID, uuid4

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.demo import central_bundle
from hub.demo.central_bundle import Unreadable, Upload
from hub.demo.central_store import Arrival, CentralStore

log = logging.getLogger(__name__)

CLIENT_ID = "central"
EVERYTHING_UP = "dho/v1/+/+/up/#"
CONTRACT = "1.2"
SESSION_EXPIRY_S = 30 * 24 * 3600
RECEIPT_EXPIRY_S = 7 * 24 * 3600
COMMAND_LIFE = timedelta(days=1)
REFUSED = "422"
JSON = "application/json"
FHIR_JSON = "application/fhir+json; fhirVersion=4.0"

Outcome = Literal["accepted", "partial", "rejected", "retry"]


@dataclass(frozen=True, slots=True)
class HubTopic:
    """`dho/v1/{tenant}/{hub}/up/{path}` taken apart."""

    tenant: str
    hub: str
    path: str

    @classmethod
    def parse(cls, topic: str) -> "HubTopic | None":
        parts = topic.split("/")
        if len(parts) < 6 or parts[:2] != ["dho", "v1"] or parts[4] != "up":
            return None
        return cls(parts[2], parts[3], "/".join(parts[5:]))

    def down(self, path: str) -> str:
        return f"dho/v1/{self.tenant}/{self.hub}/dn/{path}"


class Central:
    """states     the last retained word of a hub by path: `status`, `device/…`, `reported/…`
    acks       every command acknowledgement, as it came
    anomalies  what was not understood, counted by kind
    arrived    called from the network thread with each new bundle, after the commit
    """

    def __init__(self, path: Path, port: int, *, arrived: Callable[[Arrival], None] | None = None):
        self.store = CentralStore(path)
        self.receipts = True
        self.states: dict[tuple[str, str], Any] = {}
        self.acks: list[dict[str, Any]] = []
        self.anomalies: Counter[str] = Counter()
        self.connected = threading.Event()
        self._arrived = arrived or (lambda _: None)
        self._answers: deque[tuple[Outcome, int]] = deque()
        self._documents: dict[str, bytes] = {}
        self._topics: dict[str, HubTopic] = {}
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=CLIENT_ID,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 2)
        self._port = port

    def start(self) -> Self:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_EXPIRY_S
        self._client.connect_async("127.0.0.1", self._port, clean_start=False, properties=session)
        self._client.loop_start()
        return self

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def arrivals(self) -> list[Arrival]:
        return self.store.arrivals()

    def answer_next(self, outcome: Outcome, retry_after_s: int = 1) -> None:
        """The next new message gets this answer; `partial` refuses its last entry."""
        self._answers.append((outcome, retry_after_s))

    def see(self, number: int) -> None:
        """A nurse opens a bundle: its receipt goes out once more, with the time."""
        arrival = self.store.see(number)
        if arrival is None or arrival.seen_at is None or arrival.hub not in self._topics:
            return
        upload = central_bundle.read(arrival.kind, arrival.body, _uuid_text(arrival.id))
        statuses = {entry.full_url: "200" for entry in upload.entries}
        self._receipt(self._topics[arrival.hub], upload, "accepted", statuses, seen=arrival.seen_at)

    def desire(self, tenant: str, hub: str, document: str, payload: bytes | None) -> None:
        """Publish a desired document, retained; None withdraws it."""
        topic = HubTopic(tenant, hub, "").down(f"desired/{document}")
        self._documents[topic] = payload or b""
        if self.connected.is_set():
            self._publish_document(topic)

    def command(
        self, tenant: str, hub: str, kind: str, args: dict[str, Any], life: timedelta = COMMAND_LIFE
    ) -> str:
        """Send a command; returns its id, which the hub's acknowledgements carry."""
        now, id_ = datetime.now(UTC), uuid4()
        payload = {
            "schema": "dho.command/1.0",
            "id": str(id_),
            "type": kind,
            "issued": _iso(now),
            "expires": _iso(now + life),
            "args": args,
        }
        properties = self._properties(id_, JSON, expiry_s=max(1, int(life.total_seconds())))
        properties.ResponseTopic = f"dho/v1/{tenant}/{hub}/up/cmd/ack"
        topic = HubTopic(tenant, hub, "").down("cmd")
        self._client.publish(topic, msgspec.json.encode(payload), qos=1, properties=properties)
        return str(id_)

    def show_message(
        self, tenant: str, hub: str, text: str, title: str, replies: Sequence[str] = ()
    ) -> str:
        """With `replies` the acknowledgements tell when it was read, and which was chosen."""
        said = {"title": title, "text": text} | ({"replies": list(replies)} if replies else {})
        return self.command(tenant, hub, "message.show", said)

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("central: the broker says %s", reason)
            return
        client.subscribe(EVERYTHING_UP, qos=1)
        # A broker may have lost them; they are few, and the same one again changes nothing.
        for topic in self._documents:
            self._publish_document(topic)
        self.connected.set()

    def _on_disconnect(self, *_: object) -> None:
        self.connected.clear()

    def _on_message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        topic = HubTopic.parse(message.topic)
        if topic is None:
            self._anomaly("topic", message.topic)
        else:
            self._topics[topic.hub] = topic
            try:
                self._take(topic, message)
            except sqlite3.Error:
                # Neither acknowledged nor receipted: the hub sends it again.
                log.exception("central: cannot keep what came")
                return
        client.ack(message.mid, message.qos)

    def _take(self, topic: HubTopic, message: mqtt.MQTTMessage) -> None:
        headers = dict(getattr(message.properties, "UserProperty", []))
        try:
            body = central_bundle.unpacked(bytes(message.payload), headers.get("enc", "identity"))
            if topic.path.startswith("fhir/"):
                kind = topic.path.removeprefix("fhir/")
                self._ingest(topic, central_bundle.read(kind, body, headers.get("mid")), body)
            elif topic.path == "cmd/ack":
                self.acks.append(msgspec.json.decode(body, type=dict[str, Any]))
            elif topic.path != "log":
                self.states[topic.hub, topic.path] = msgspec.json.decode(body) if body else None
        except (Unreadable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._anomaly("payload", f"{message.topic}: {error}")

    def _ingest(self, topic: HubTopic, upload: Upload, body: bytes) -> None:
        outcome, retry_after_s = self._answers.popleft() if self._answers else ("accepted", 0)
        full_urls = [entry.full_url for entry in upload.entries]
        if outcome in ("rejected", "retry"):
            statuses = dict.fromkeys(full_urls if outcome == "rejected" else (), REFUSED)
            self._receipt(topic, upload, outcome, statuses, retry_after_s=retry_after_s)
            return
        refused = full_urls[-1:] if outcome == "partial" else []
        arrival, statuses = self.store.ingest(topic.hub, upload, body, leave_out=refused)
        self._receipt(topic, upload, outcome, statuses | dict.fromkeys(refused, REFUSED))
        if arrival.copies == 1:
            self._arrived(arrival)

    def _receipt(
        self,
        topic: HubTopic,
        upload: Upload,
        outcome: Outcome,
        statuses: dict[str, str],
        *,
        retry_after_s: int = 0,
        seen: datetime | None = None,
    ) -> None:
        if not self.receipts:
            return
        receipt: dict[str, Any] = {
            "schema": "dho.receipt/1.0",
            "bundle": upload.id,
            "outcome": outcome,
            "entries": [{"fullUrl": url, "status": status} for url, status in statuses.items()],
            "ts": _iso(datetime.now(UTC)),
        }
        if outcome == "retry":
            receipt["retryAfterS"] = retry_after_s
        if seen is not None:
            receipt["seenAt"] = _iso(seen)
        properties = self._properties(uuid4(), JSON, expiry_s=RECEIPT_EXPIRY_S)
        if text := _uuid_text(upload.id):
            properties.CorrelationData = UUID(text).bytes
        payload = msgspec.json.encode(receipt)
        self._client.publish(topic.down("receipt"), payload, qos=1, properties=properties)

    def _publish_document(self, topic: str) -> None:
        fhir = topic.endswith(("/plan", "/questionnaires"))
        properties = self._properties(uuid4(), FHIR_JSON if fhir else JSON)
        self._client.publish(
            topic, self._documents[topic], qos=1, retain=True, properties=properties
        )

    def _properties(self, id_: UUID, content_type: str, expiry_s: int | None = None) -> Properties:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.PayloadFormatIndicator = 1
        properties.ContentType = content_type
        properties.CorrelationData = id_.bytes
        properties.UserProperty = [
            ("sv", CONTRACT),
            ("mid", str(id_)),
            ("ct", _iso(datetime.now(UTC))),
            ("enc", "identity"),
        ]
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        return properties

    def _anomaly(self, kind: str, detail: str) -> None:
        self.anomalies[kind] += 1
        log.warning("central: %s not understood: %s", kind, detail[:200])


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _uuid_text(urn: str) -> str | None:
    try:
        return str(UUID(urn.removeprefix(central_bundle.UUID_URN)))
    except ValueError:
        return None
