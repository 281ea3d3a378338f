"""One MQTT 5 network connection in a thread of its own. The only importer of paho.

A new connection is a new paho client: the old one would keep what was in flight and repeat it by
itself, before the subscription is back, while the outbox repeats it too.
"""

import threading
from typing import Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.settings import Mqtt
from hub.uplink import endings, tls
from hub.uplink.endings import Ending
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, Publication

SESSION_EXPIRY_S = 30 * 24 * 3600
WILL_DELAY_S = 45
RECEIVE_MAXIMUM = 10
LOOP_TIMEOUT_S = 1.0  # paho looks at its keep-alive timers this often
UNSPECIFIED_ERROR = 0x80

_Given = Properties | None


class Listener(Protocol):
    """What the network reports, in its thread, and in the order in which it happened."""

    def greeted(self, session_present: bool, limit_bytes: int, window: int) -> None:
        """CONNACK. `window`: the broker's Receive Maximum."""

    def answered(self, mid: int, code: int) -> None:
        """PUBACK or SUBACK with its reason code."""

    def arrived(self, delivery: Delivery, mid: int | None) -> None:
        """PUBLISH. `mid` None: it was QoS 0, and waits for no acknowledgement."""

    def turned(self) -> None:
        """The loop went around once more."""

    def finished(self, ending: Ending) -> None:
        """Nothing more comes."""


class Network:
    """`start` it once; it ends by itself when the connection does.

    window  QoS 1 messages that may be under way to the broker at once
    """

    def __init__(
        self, settings: Mqtt, client_id: str, will: Publication, listener: Listener, window: int
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._stopping = False
        self._greeted = False
        self._said: Ending | None = None  # by the broker, about the end
        self._paho = self._client(client_id, will, window)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def is_started(self) -> bool:
        return self._thread.ident is not None

    def start(self) -> None:
        """Raises OSError for certificate files that cannot be used."""
        if self._settings.tls:
            self._paho.tls_set_context(tls.context(self._settings))
        self._thread.start()

    def subscribe(self, topic_filter: str) -> int | None:
        """→ packet id; None when there is no connection any more."""
        _, mid = self._paho.subscribe(topic_filter, qos=1)
        return mid

    def publish(self, publication: Publication) -> int:
        """→ packet id. RuntimeError when more is under way than was agreed."""
        info = self._paho.publish(
            publication.topic,
            publication.payload,
            qos=1,
            retain=publication.retain,
            properties=_properties(PacketTypes.PUBLISH, publication),
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise RuntimeError("more messages under way than were agreed")
        return info.mid

    def acknowledge(self, mid: int) -> None:
        self._paho.ack(mid, qos=1)

    def disconnect(self) -> None:
        """Ask for the end, with a DISCONNECT and so without the Will."""
        self._stopping = True
        self._paho.disconnect()

    def cut(self) -> None:
        """For a line that takes no DISCONNECT."""
        line = self._paho.socket()
        if line is not None:
            line.close()

    def _client(self, client_id: str, will: Publication, window: int) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages = client.max_queued_messages = window
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

    def _run(self) -> None:
        ending = endings.NO_ANSWER
        try:
            self._paho.connect(
                self._settings.host,
                self._settings.port,
                self._settings.keepalive_s,
                clean_start=False,
                properties=_session_properties(),
            )
            # Before CONNACK a stop is silent: a CONNECT now would throw out a newer connection.
            while (self._greeted or not self._stopping) and self._turn():
                pass
            if self._greeted:
                ending = endings.SILENT
        except (OSError, ValueError) as error:
            ending = endings.from_error(error)
        finally:
            # The client refers to this object and back; undone, its sockets go with it at once.
            self._paho.on_connect = self._paho.on_disconnect = self._paho.on_publish = None
            self._paho.on_subscribe = self._paho.on_message = None
            self._listener.finished(endings.STOPPED if self._stopping else self._said or ending)

    def _turn(self) -> bool:
        self._listener.turned()
        return self._paho.loop(LOOP_TIMEOUT_S) == MQTTErrorCode.MQTT_ERR_SUCCESS

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
        self._greeted = True
        limit_bytes = getattr(given, "MaximumPacketSize", MAXIMUM_BYTES)
        window = getattr(given, "ReceiveMaximum", 0xFFFF)
        self._listener.greeted(flags.session_present, limit_bytes, window)

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
        self._listener.answered(mid, reason.value)

    def _on_subscribe(
        self, _: paho.Client, __: object, mid: int, reasons: list[ReasonCode], ___: _Given
    ) -> None:
        worst = max((reason.value for reason in reasons), default=UNSPECIFIED_ERROR)
        self._listener.answered(mid, worst)

    def _on_message(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        self._listener.arrived(_delivery(message), message.mid if message.qos else None)


def _session_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAXIMUM_BYTES
    return properties


def _properties(packet: int, publication: Publication) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call] # paho's
    # "Text" would be untrue of gzip, and a broker may check it and refuse the message (0x99).
    properties.PayloadFormatIndicator = 1 if publication.encoding == "identity" else 0
    properties.ContentType = publication.content_type
    properties.CorrelationData = publication.id.bytes
    properties.UserProperty = publication.user_properties()
    if publication.response_topic is not None:
        properties.ResponseTopic = publication.response_topic
    if publication.expires_s is not None:
        properties.MessageExpiryInterval = publication.expires_s
    return properties


def _delivery(message: paho.MQTTMessage) -> Delivery:
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
    )
