"""One connection to the broker, from CONNECT to its end. The only importer of paho.

paho's network loop runs in a thread of its own; whatever it reports crosses to the event loop with
`call_soon_threadsafe`. A new connection is a new paho client: paho would otherwise keep what was
in flight and repeat it by itself, before the subscription is back, while the outbox repeats it too.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.settings import Mqtt
from hub.uplink import endings, tls
from hub.uplink.arrivals import Arrivals
from hub.uplink.endings import ConnectionEnded, Ending, TooLarge
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, Publication

SESSION_EXPIRY_S = 30 * 24 * 3600
WILL_DELAY_S = 45
RECEIVE_MAXIMUM = 10
CONNACK_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 3.0
LOOP_TIMEOUT_S = 1.0  # paho looks at its keep-alive timers this often

# Beside the outbox's rows, one retained document and one command's reply can be under way.
BESIDE_THE_OUTBOX = 2
UNSPECIFIED_ERROR = 0x80
ENVELOPE_BYTES = 1024  # topic and properties; ours take about 450


_Given = Properties | None


class Connection:
    """`open`, then `subscribe` and `publish` until one of them or `ended` raises ConnectionEnded.

    deliver  called on the event loop with each message from the broker
    """

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        *,
        will: Publication,
        deliver: Callable[[Delivery], None],
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._session_present: asyncio.Future[bool] = self._loop.create_future()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._promised: dict[int, asyncio.Future[int]] = {}
        self._arrivals = Arrivals(self._acknowledge)
        self._stopping = False
        self._said: Ending | None = None  # by the broker, about the end
        self.limit_bytes = MAXIMUM_BYTES
        self.in_flight_limit = RECEIVE_MAXIMUM
        self._paho = self._client(client_id, will)
        self._thread = threading.Thread(target=self._network, name="mqtt", daemon=True)

    async def open(self) -> bool:
        """Connect. True when the broker still has our session. Raises ConnectionEnded."""
        try:
            if self._settings.tls:
                self._paho.tls_set_context(tls.context(self._settings))
        except (OSError, ValueError) as error:  # a certificate file that is missing or unreadable
            raise ConnectionEnded(endings.from_error(error)) from error
        self._thread.start()
        try:
            async with asyncio.timeout(CONNACK_TIMEOUT_S):
                return await asyncio.shield(self._session_present)
        except TimeoutError as error:
            raise ConnectionEnded(endings.NO_ANSWER) from error

    async def subscribe(self, topic_filter: str) -> None:
        """QoS 1. Retained documents come again with each subscription."""
        self._check_open()
        _, mid = self._paho.subscribe(topic_filter, qos=1)
        code = await self._promise(mid)
        if code >= 0x80:
            raise ConnectionEnded(endings.from_reason_code(code, connected=False))

    def publish(self, publication: Publication) -> asyncio.Future[int]:
        """Send now; the future is the PUBACK's reason code, or ConnectionEnded.

        Raises TooLarge, and ConnectionEnded when there is no connection. Never waits: who publishes
        keeps to `in_flight_limit`, so that nothing queues up in paho's memory.
        """
        self._check_open()
        size = len(publication.payload) + ENVELOPE_BYTES
        if size > self.limit_bytes:
            raise TooLarge(size, self.limit_bytes)
        info = self._paho.publish(
            publication.topic,
            publication.payload,
            qos=1,
            retain=publication.retain,
            properties=_properties(PacketTypes.PUBLISH, publication),
        )
        return self._promise(info.mid)

    async def ended(self) -> Ending:
        """Wait for the end."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """End it with a DISCONNECT (so without the Will) and wait for the thread."""
        self._stopping = True
        if not self._thread.ident:
            return
        self._paho.disconnect()
        if not await self._ends_soon():  # a dead line takes no DISCONNECT
            dead = self._paho.socket()
            if dead is not None:
                dead.close()
            # A thread that still looks up a name ends by itself, without having said CONNECT.
            await self._ends_soon()

    async def _ends_soon(self) -> bool:
        done, _ = await asyncio.wait([self._ended], timeout=CLOSE_TIMEOUT_S)
        return bool(done)

    def _client(self, client_id: str, will: Publication) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages = RECEIVE_MAXIMUM + BESIDE_THE_OUTBOX
        client.max_queued_messages = RECEIVE_MAXIMUM + BESIDE_THE_OUTBOX
        properties = _properties(PacketTypes.WILLMESSAGE, will)
        properties.WillDelayInterval = WILL_DELAY_S
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=properties)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        # Without a writer of its own registered, paho writes to the socket in publish()'s thread.
        client.on_socket_register_write = lambda *_: None
        return client

    def _check_open(self) -> None:
        if self._ended.done():
            raise ConnectionEnded(self._ended.result())

    def _promise(self, mid: int | None) -> asyncio.Future[int]:
        """The answer comes through the event loop, so it cannot overtake this."""
        if mid is None:
            raise ConnectionEnded(endings.SILENT)
        promise: asyncio.Future[int] = self._loop.create_future()
        self._promised[mid] = promise
        return promise

    # In paho's thread.

    def _network(self) -> None:
        ending = endings.SILENT
        try:
            self._paho.connect(
                self._settings.host,
                self._settings.port,
                self._settings.keepalive_s,
                clean_start=False,
                properties=_session_properties(),
            )
            while not self._stopping and self._turn():
                pass
            while self._turn():  # until DISCONNECT is out
                pass
        except (OSError, ValueError) as error:
            ending = endings.from_error(error)
        finally:
            # The client refers to this object and back; undone, its sockets go with it at once.
            self._paho.on_connect = self._paho.on_disconnect = self._paho.on_publish = None
            self._paho.on_subscribe = self._paho.on_message = None
            self._post(self._finish, self._said or ending)

    def _turn(self) -> bool:
        return self._paho.loop(LOOP_TIMEOUT_S) == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(call, *arguments)

    def _on_connect(
        self,
        _: paho.Client,
        __: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        given: _Given,
    ) -> None:
        if reason.is_failure:
            self._said = endings.from_reason_code(reason.value, connected=False)
            return
        limit_bytes = getattr(given, "MaximumPacketSize", MAXIMUM_BYTES)
        window = getattr(given, "ReceiveMaximum", RECEIVE_MAXIMUM + BESIDE_THE_OUTBOX)
        self._post(self._connected, flags.session_present, limit_bytes, window)

    def _on_disconnect(
        self,
        _: paho.Client,
        __: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        ___: _Given,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._said = endings.from_reason_code(reason.value, connected=True)

    def _on_publish(
        self, _: paho.Client, __: object, mid: int, reason: ReasonCode, ___: _Given
    ) -> None:
        self._post(self._keep_promise, mid, reason.value)

    def _on_subscribe(
        self, _: paho.Client, __: object, mid: int, reasons: list[ReasonCode], ___: _Given
    ) -> None:
        worst = max((reason.value for reason in reasons), default=UNSPECIFIED_ERROR)
        self._post(self._keep_promise, mid, worst)

    def _on_message(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        self._post(self._arrive, message)

    # On the event loop.

    def _connected(self, session_present: bool, limit_bytes: int, window: int) -> None:
        self.limit_bytes = min(self.limit_bytes, limit_bytes)
        self.in_flight_limit = max(1, min(self.in_flight_limit, window - BESIDE_THE_OUTBOX))
        if not self._session_present.done():
            self._session_present.set_result(session_present)

    def _keep_promise(self, mid: int, code: int) -> None:
        promise = self._promised.pop(mid, None)
        if promise is not None and not promise.done():
            promise.set_result(code)

    def _arrive(self, message: paho.MQTTMessage) -> None:
        done = self._arrivals.add(message.mid) if message.qos else _nothing
        self._deliver(_delivery(message, done))

    def _acknowledge(self, mid: int) -> None:
        if not self._ended.done():
            self._paho.ack(mid, qos=1)

    def _finish(self, ending: Ending) -> None:
        ending = endings.STOPPED if self._stopping else ending
        error = ConnectionEnded(ending)
        _break(self._session_present, error)
        for promise in self._promised.values():
            _break(promise, error)
        self._promised.clear()
        self._ended.set_result(ending)


def _nothing() -> None:
    pass


def _break(promise: asyncio.Future[Any], error: ConnectionEnded) -> None:
    if not promise.done():
        promise.set_exception(error)
        promise.exception()  # that nobody waits for it is no fault


def _session_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho has no types here
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAXIMUM_BYTES
    return properties


def _properties(packet: int, publication: Publication) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call] # paho has no types here
    properties.PayloadFormatIndicator = 1 if publication.encoding == "identity" else 0
    properties.ContentType = publication.content_type
    properties.CorrelationData = publication.id.bytes
    properties.UserProperty = publication.user_properties()
    if publication.response_topic is not None:
        properties.ResponseTopic = publication.response_topic
    if publication.expires_s is not None:
        properties.MessageExpiryInterval = publication.expires_s
    return properties


def _delivery(message: paho.MQTTMessage, done: Callable[[], None]) -> Delivery:
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = ""
    return Delivery(
        topic=topic,
        payload=bytes(message.payload),
        retained=message.retain,
        response_topic=getattr(message.properties, "ResponseTopic", None),
        user_properties=dict(getattr(message.properties, "UserProperty", ())),
        done=done,
    )
