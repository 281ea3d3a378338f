"""The other end of the wire, for tests: sees each message with its properties, answers if told."""

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.uplink.dialect import Version


@dataclass(frozen=True)
class Seen:
    """`path` is what comes after the hub's prefix, such as `up/status`."""

    path: str
    payload: bytes
    retained: bool
    properties: dict[str, Any]
    user: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.payload) if self.user.get("enc") == "gzip" else self.payload

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def id(self) -> str:
        """Of a FHIR message: beside the payload, or where there are no properties, in it."""
        if "mid" in self.user:
            return self.user["mid"]
        named = self.json["identifier"]
        (one,) = named if isinstance(named, list) else [named]
        value: str = one["value"]
        return value.removeprefix("urn:uuid:")


class Central:
    """receipts  answer each bundle with "accepted"
    version   of MQTT; in 3.1.1 nothing that it sends has properties
    """

    def __init__(
        self,
        port: int,
        tenant: str,
        hub: str,
        *,
        receipts: bool = True,
        version: Version = "5",
    ) -> None:
        self.prefix = f"dho/v1/{tenant}/{hub}/"
        self.receipts = receipts
        self.seen: list[Seen] = []
        self._port = port
        self._news = asyncio.Condition()
        self._subscribed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._is_old = version == "3.1.1"
        self._paho = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"central-{hub}",
            clean_session=False if self._is_old else None,
            protocol=MQTTProtocolVersion.MQTTv311 if self._is_old else MQTTProtocolVersion.MQTTv5,
        )
        self._paho.on_connect = lambda client, *_: client.subscribe(f"{self.prefix}#", qos=1)
        self._paho.on_subscribe = self._on_subscribe
        self._paho.on_message = self._on_message
        self._paho.reconnect_delay_set(1, 1)

    async def __aenter__(self) -> Self:
        if self._is_old:
            self._paho.connect("127.0.0.1", self._port)
        else:
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's
            session.SessionExpiryInterval = 3600
            self._paho.connect("127.0.0.1", self._port, clean_start=False, properties=session)
        self._paho.loop_start()
        await self._subscribed.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._paho.disconnect()
        await asyncio.to_thread(self._paho.loop_stop)

    def send(
        self,
        path: str,
        payload: bytes | dict[str, Any],
        *,
        retain: bool = False,
        response_topic: str | None = None,
        user: dict[str, str] | None = None,
    ) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's
        properties.UserProperty = list((user or {}).items())
        if response_topic is not None:
            properties.ResponseTopic = response_topic
        body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        beside = None if self._is_old else properties
        self._paho.publish(self.prefix + path, body, qos=1, retain=retain, properties=beside)

    def receipt(self, bundle: str, outcome: str = "accepted", **more: Any) -> None:
        uuid = UUID(bundle.removeprefix("urn:uuid:"))
        document = {"schema": "dho.receipt/1.0", "bundle": uuid.urn, "outcome": outcome}
        self.send("dn/receipt", document | more)

    def at(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path == path]

    async def nth(self, path: str, number: int = 1) -> Seen:
        """The n-th message on `path`, counted from 1; waits for it."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.at(path)) >= number)
        return self.at(path)[number - 1]

    def _on_subscribe(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._subscribed.set)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        path = message.topic.removeprefix(self.prefix)
        if not path.startswith("up/"):
            return
        given = vars(message.properties) if message.properties else {}
        one = Seen(
            path,
            bytes(message.payload),
            message.retain,
            {name: value for name, value in given.items() if name[0].isupper()},
            dict(given.get("UserProperty", ())),
        )
        if self.receipts and path.startswith("up/fhir/"):
            self.receipt(one.id)
        asyncio.run_coroutine_threadsafe(self._add(one), self._loop)

    async def _add(self, one: Seen) -> None:
        async with self._news:
            self.seen.append(one)
            self._news.notify_all()
