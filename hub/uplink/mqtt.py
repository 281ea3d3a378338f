"""One MQTT network connection on the event loop. The only importer of paho.

Only the call itself (name, TCP, TLS) blocks, and has a thread for that; then paho's socket is read
and written by the event loop. With a network thread of its own the outbox drained a quarter more
slowly (2,550 and 3,450 bundles a second): each message crossed threads twice, under one lock.

A new connection is a new paho client: the old one would keep what was in flight and repeat it by
itself, before the subscription is back, while the outbox repeats it too.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.settings import Mqtt
from hub.uplink import endings, tls
from hub.uplink.arrivals import Arrivals
from hub.uplink.dialect import DIALECTS
from hub.uplink.endings import Ending
from hub.uplink.envelope import MAXIMUM_BYTES, Delivery, Publication

TIMERS_EVERY_S = 1.0  # paho's keep-alive is looked after this often
OK = MQTTErrorCode.MQTT_ERR_SUCCESS
UNSPECIFIED_ERROR = 0x80


class Listener(Protocol):
    """What the network reports, on the event loop and in the order in which it happened."""

    def greeted(self, session_present: bool, limit_bytes: int, window: int) -> None:
        """CONNACK. `window`: the broker's Receive Maximum."""

    def answered(self, mid: int, code: int) -> None:
        """PUBACK or SUBACK with its reason code."""

    def arrived(self, delivery: Delivery) -> None:
        """PUBLISH."""

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
        self._dialect = DIALECTS[settings.protocol]
        self._loop = asyncio.get_running_loop()
        self._greeted = self._stopping = self._finished = False
        self._said: Ending | None = None  # by the broker, about the end
        self._line: socket.socket | None = None
        self._heard_at = 0.0
        self._arrivals = Arrivals(self._acknowledge)
        self._tls: tls.Context | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._paho = self._client(client_id, will, window)

    def start(self) -> None:
        """Raises OSError for certificate files that cannot be used."""
        if self._settings.tls:
            self._tls = tls.context(self._settings)
            self._paho.tls_set_context(self._tls)
        # Not the loop's own executor: leaving would wait for a name server that does not answer.
        threading.Thread(target=self._call, name="mqtt call", daemon=True).start()

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
            properties=_encoded(self._dialect.message(publication)),
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise RuntimeError("more messages under way than were agreed")
        return info.mid

    def disconnect(self) -> None:
        """End it, with a DISCONNECT if the line takes one, and so without the Will."""
        self._stopping = True
        if self._line is not None:
            self._paho.disconnect()
            self._write()
        self._finish(endings.STOPPED)

    def cut(self) -> None:
        """As if the cable was pulled."""
        self._finish(endings.SILENT)

    def _client(self, client_id: str, will: Publication, window: int) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False if self._dialect.session() is None else None,
            protocol=MQTTProtocolVersion(self._dialect.level),
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages = client.max_queued_messages = window
        encoded = _encoded(self._dialect.will(will))
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=encoded)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_register_write = self._on_wants_write
        client.on_socket_close = self._on_socket_close
        return client

    def _call(self) -> None:
        """In a thread: name, TCP and TLS. The CONNECT waits for the event loop."""
        error: OSError | ValueError | None = None
        try:
            self._paho.connect(
                self._settings.host,
                self._settings.port,
                self._settings.keepalive_s,
                **self._session(),
            )
        except (OSError, ValueError) as failure:
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._on_called, error)

    def _session(self) -> dict[str, Any]:
        packed = self._dialect.session()
        return {} if packed is None else {"clean_start": False, "properties": _Encoded(packed)}

    def _on_called(self, error: OSError | ValueError | None) -> None:
        line = self._paho.socket()
        if error is not None:
            if self._tls is not None:
                self._tls.drop()
            self._finish(endings.from_error(error))
        elif self._finished and line is not None:
            line.close()  # unheard: a CONNECT now would throw out a newer connection
        elif isinstance(line, socket.socket):
            # A PUBACK and the PUBLISH after it are two small writes: Nagle would hold the second
            # until the broker's delayed ACK of the first, 40 ms later.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line = line
            self._heard_at = monotonic()
            self._loop.add_reader(line, self._read)
            self._look_at_timers()
            self._write()

    def _read(self) -> None:
        self._heard_at = monotonic()
        code = self._paho.loop_read()
        # What TLS has decrypted already does not make the socket readable again.
        while code == OK and isinstance(self._line, ssl.SSLSocket) and self._line.pending():
            code = self._paho.loop_read()
        self._check(code)

    def _write(self) -> None:
        if self._line is None:
            return
        self._loop.remove_writer(self._line)
        self._check(self._paho.loop_write())
        if self._line is not None and self._paho.want_write():
            self._loop.add_writer(self._line, self._write)

    def _look_at_timers(self) -> None:
        self._timer = self._loop.call_later(TIMERS_EVERY_S, self._look_at_timers)
        # paho alone would give up as late as two of these rounds after two keep-alives.
        if 0 < 2 * (self._paho.keepalive - TIMERS_EVERY_S) < monotonic() - self._heard_at:
            self._finish(endings.SILENT)
        else:
            self._check(self._paho.loop_misc())

    def _check(self, code: MQTTErrorCode) -> None:
        if self._stopping:
            self._finish(endings.STOPPED)
        elif code != OK or self._paho.socket() is None:
            self._finish(self._said or self._guess())

    def _guess(self) -> Ending:
        """Why the line broke, if the broker did not say it."""
        if self._greeted:
            return endings.SILENT
        # In TLS 1.3 a client knows only now that its certificate was not accepted.
        return tls.not_welcome(self._settings) if self._settings.tls else endings.NO_ANSWER

    def _finish(self, ending: Ending) -> None:
        if self._finished:
            return
        self._finished = True
        if self._timer is not None:
            self._timer.cancel()
        line = self._line
        if line is not None:
            self._on_socket_close()
            line.close()
        self._listener.finished(ending)

    def _on_wants_write(self, *_: object) -> None:
        if self._line is not None:  # not while the call is made, in its thread
            self._loop.call_soon(self._write)

    def _on_socket_close(self, *_: object) -> None:
        """paho is about to close it."""
        if self._line is not None:
            self._loop.remove_reader(self._line)
            self._loop.remove_writer(self._line)
            self._line = None

    def _acknowledge(self, mid: int) -> None:
        """For nothing when the connection that the message came over is gone."""
        if not self._finished:
            self._paho.ack(mid, qos=1)

    def _on_connect(
        self, _: object, __: object, flags: paho.ConnectFlags, reason: ReasonCode, given: object
    ) -> None:
        if reason.is_failure:
            self._said = endings.from_reason_code(reason.value, connected=False)
            return
        self._greeted = True
        limit_bytes = getattr(given, "MaximumPacketSize", MAXIMUM_BYTES)
        window = getattr(given, "ReceiveMaximum", 0xFFFF)
        self._listener.greeted(flags.session_present, limit_bytes, window)

    def _on_disconnect(
        self, _: object, __: object, flags: paho.DisconnectFlags, reason: ReasonCode, ___: object
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._said = endings.from_reason_code(reason.value, connected=True)

    def _on_publish(self, _: object, __: object, mid: int, reason: ReasonCode, ___: object) -> None:
        self._listener.answered(mid, reason.value)

    def _on_subscribe(
        self, _: object, __: object, mid: int, reasons: list[ReasonCode], ___: object
    ) -> None:
        worst = max((reason.value for reason in reasons), default=UNSPECIFIED_ERROR)
        self._listener.answered(mid, worst)

    def _on_message(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        done = self._arrivals.add(message.mid) if message.qos else _nothing
        self._listener.arrived(_delivery(message, done))


class _Encoded(Properties):
    """All that paho asks of properties that it sends is to be packed."""

    def __init__(self, packed: bytes) -> None:
        # Properties takes only names of properties as attributes.
        object.__setattr__(self, "_packed", packed)

    def pack(self) -> bytes:
        packed: bytes = object.__getattribute__(self, "_packed")
        return packed


def _encoded(packed: bytes | None) -> Properties | None:
    return None if packed is None else _Encoded(packed)


def _nothing() -> None:
    """QoS 0 waits for no acknowledgement."""


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
