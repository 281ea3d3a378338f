"""The broker child: comes up, keeps what it acknowledged, goes away."""

import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hub.demo.broker import Broker, BrokerError


def client(port: int) -> mqtt.Client:
    paho = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    paho.connect("127.0.0.1", port)
    paho.loop_start()
    return paho


def publish_retained(port: int, topic: str, payload: bytes) -> None:
    paho = client(port)
    paho.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
    paho.disconnect()
    paho.loop_stop()


def first_message(port: int, topic: str) -> bytes | None:
    """What a new subscriber gets at once: the retained message, or None."""
    got: list[bytes] = []
    done = threading.Event()
    paho = client(port)

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == "end":
            done.set()
        else:
            got.append(bytes(message.payload))

    def on_subscribe(paho: mqtt.Client, *_: object) -> None:
        # Retained messages come before anything that is published after the subscription.
        paho.publish("end", b"")

    paho.on_message = on_message
    paho.on_subscribe = on_subscribe
    paho.subscribe([(topic, 1), ("end", 0)])
    assert done.wait(10)
    paho.disconnect()
    paho.loop_stop()
    return got[0] if got else None


def test_a_stopped_broker_comes_back_on_the_same_port_with_its_store(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        port = broker.port
        publish_retained(port, "plan", b"1")
        broker.stop()
        assert not broker.is_running
        broker.start()
        assert (broker.is_running, broker.port) == (True, port)
        assert first_message(port, "plan") == b"1"
    assert not broker.is_running


def test_a_broker_that_forgets_has_lost_what_it_acknowledged(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        publish_retained(broker.port, "plan", b"1")
        broker.stop()
        broker.start()
        broker.forget()
        assert broker.is_running
        assert first_message(broker.port, "plan") is None


def test_kill_ends_a_frozen_broker(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        broker.freeze()
        broker.kill()
        assert broker.pid is None


def test_starting_twice_is_starting_once(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        pid = broker.pid
        broker.start()
        assert broker.pid == pid


def test_a_configuration_that_mosquitto_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="no_such_option"):
        Broker(tmp_path, extra=["no_such_option 1"]).start()


def test_two_brokers_live_side_by_side(tmp_path: Path) -> None:
    with Broker(tmp_path / "a") as first, Broker(tmp_path / "b") as second:
        assert first.port != second.port
