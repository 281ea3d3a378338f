"""Commands over a real broker: run once, answered always, refused when in doubt."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.uplink.commands import Refused
from hub.uplink.orders import DevicePair, MessageShow, Order

from .central import Central, Seen
from .hub import Hub

ACK = "up/cmd/ack"


def command(type: str, args: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "schema": "dho.command/1.0",
        "id": str(uuid4()),
        "type": type,
        "issued": now.isoformat(),
        "expires": (now + timedelta(hours=1)).isoformat(),
        "args": args or {},
    } | more


class Handled:
    """A handler that remembers what it was asked."""

    def __init__(self, reply: dict[str, Any] | None = None, refusal: str = "") -> None:
        self.orders: list[Order] = []
        self._reply = reply
        self._refusal = refusal

    async def __call__(self, order: Order) -> dict[str, Any] | None:
        self.orders.append(order)
        if self._refusal:
            raise Refused(self._refusal)
        return self._reply


def states(acks: list[Seen]) -> list[tuple[str, int]]:
    return [(ack.json["state"], ack.json["seq"]) for ack in acks]


async def test_a_command_is_run_and_each_step_is_told(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled({"shown": True})
    await hub.start()
    sent = command("message.show", {"title": "Hei", "text": "Husk å måle.", "requireRead": True})
    central.send("dn/cmd", sent)
    last = await central.nth(ACK, 3)
    assert states(central.at(ACK)) == [("received", 1), ("in-progress", 2), ("succeeded", 3)]
    assert last.json["schema"] == "dho.command.ack/1.0"
    assert (last.json["id"], last.json["detail"]) == (sent["id"], {"shown": True})
    assert last.properties["CorrelationData"] == UUID(sent["id"]).bytes
    (order,) = show.orders
    assert order.args == MessageShow(title="Hei", text="Husk å måle.", require_read=True)


async def test_a_repeated_command_is_answered_and_not_run_again(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled({"n": 1})
    await hub.start()
    sent = command("message.show", {"text": "Hei"})
    central.send("dn/cmd", sent)
    first = await central.nth(ACK, 3)
    await hub.stop()
    await hub.start()
    central.send("dn/cmd", sent)
    again = await central.nth(ACK, 4)
    assert again.payload == first.payload
    assert len(show.orders) == 1


async def test_an_expired_command_is_not_run(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled({})
    await hub.start()
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    central.send("dn/cmd", command("message.show", {"text": "Hei"}, expires=past))
    ack = await central.nth(ACK)
    assert ack.json["state"] == "expired"
    assert show.orders == []


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (command("hub.reboot"), "not signed"),
        (command("hub.update", {"url": "https://a"}), "not signed"),
        (command("hub.wipe"), "not signed"),
        (command("log.upload", {"url": "https://a"}), "not signed"),
        (command("hub.explode"), "unknown type 'hub.explode'"),
        (command("message.show", {"text": "x" * 4001}), "length <= 4000"),
        (command("message.show", {"text": "x", "title": "x" * 201}), "length <= 200"),
        (command("message.show", {"text": ""}), "length >= 1"),
        (command("message.show", {}), "missing required field `text`"),
        (command("message.show", schema="dho.command/2.0"), "schema"),
        (command("message.show", expires="tomorrow"), "expires"),
        (command("message.show", expires="2036-11-22T10:00:00"), "expires"),
        (command("message.show") | {"args": [1]}, "args"),
        (command("device.pair", {"window": 10**9}), "3600"),
        (command("device.unpair", {"deviceKey": "../../etc"}), "deviceKey"),
        (command("message.clear", {"id": "x"}), "UUID"),
        (command("time.sync"), "cannot do that"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else value,
)
async def test_what_must_not_run_is_rejected_with_the_reason(
    hub: Hub, central: Central, sent: dict[str, Any], reason: str
) -> None:
    show = hub.handlers["message.show"] = Handled({})
    hub.handlers["device.pair"] = hub.handlers["device.unpair"] = show
    hub.handlers["message.clear"] = show
    await hub.start()
    central.send("dn/cmd", sent | {"id": str(uuid4())})
    ack = await central.nth(ACK)
    assert ack.json["state"] == "rejected"
    assert reason in ack.json["detail"]["reason"]
    assert show.orders == []


async def test_a_handler_that_cannot_is_a_failure_with_its_words(
    hub: Hub, central: Central
) -> None:
    hub.handlers["device.unpair"] = Handled(refusal="no such device")
    await hub.start()
    central.send("dn/cmd", command("device.unpair", {"deviceKey": "C4F312FFFE53F2C9"}))
    ack = await central.nth(ACK, 3)
    assert (ack.json["state"], ack.json["detail"]) == ("failed", {"reason": "no such device"})


async def test_arguments_have_their_defaults(hub: Hub, central: Central) -> None:
    pair = hub.handlers["device.pair"] = Handled({})
    await hub.start()
    central.send("dn/cmd", command("device.pair"))
    await central.nth(ACK, 3)
    assert pair.orders[0].args == DevicePair(window=120)


async def test_a_message_that_must_be_read_ends_when_it_was(hub: Hub, central: Central) -> None:
    hub.handlers["message.show"] = Handled(None)
    await hub.start()
    sent = command("message.show", {"text": "Hei", "requireRead": True})
    central.send("dn/cmd", sent)
    await central.nth(ACK, 2)
    await hub.until(lambda: hub.ledger.notes.command(sent["id"]))
    await hub.uplink.complete(sent["id"], {"readAt": "2026-11-22T10:12:30Z"})
    await hub.uplink.complete(sent["id"], {"readAt": "later"})
    last = await central.nth(ACK, 4)
    assert states(central.at(ACK)) == [
        ("received", 1),
        ("in-progress", 2),
        ("succeeded", 3),
        ("succeeded", 3),
    ]
    assert last.json["detail"] == {"readAt": "2026-11-22T10:12:30Z"}


async def test_a_command_that_is_waiting_is_not_started_twice(hub: Hub, central: Central) -> None:
    show = hub.handlers["message.show"] = Handled(None)
    await hub.start()
    sent = command("message.show", {"text": "Hei"})
    central.send("dn/cmd", sent)
    await central.nth(ACK, 2)
    central.send("dn/cmd", sent)
    assert (await central.nth(ACK, 3)).json["state"] == "in-progress"
    assert len(show.orders) == 1


async def test_the_answer_goes_where_it_is_asked_for_inside_our_own_topics(
    hub: Hub, central: Central
) -> None:
    hub.handlers["hub.identify"] = Handled({})
    await hub.start()
    topic = f"{central.prefix}up/cmd/special"
    central.send("dn/cmd", command("hub.identify"), response_topic=topic)
    await central.nth("up/cmd/special", 3)
    assert central.at(ACK) == []


@pytest.mark.parametrize(
    "topic",
    [
        "dho/v1/1804/0200000000009999/up/cmd/ack",
        "dho/v1/1804/0200000000009999/dn/cmd",
        "$SYS/broker",
        "elsewhere",
    ],
)
async def test_an_answer_never_leaves_our_own_topics(
    hub: Hub, central: Central, topic: str
) -> None:
    hub.handlers["hub.identify"] = Handled({})
    await hub.start()
    central.send("dn/cmd", command("hub.identify"), response_topic=topic)
    await central.nth(ACK, 3)
    assert hub.uplink.anomalies.counts() == {"response_topic": 1}


async def test_a_command_whose_answer_was_lost_comes_again_and_is_answered(
    hub: Hub, central: Central
) -> None:
    """The hub dies after it ran the command and before the broker had the answer."""
    ran = asyncio.Event()

    async def never_done(order: Order) -> dict[str, Any]:
        ran.set()
        await asyncio.Event().wait()
        raise AssertionError

    hub.handlers["hub.identify"] = never_done
    await hub.start()
    central.send("dn/cmd", command("hub.identify"))
    await ran.wait()
    await hub.stop()
    hub.handlers["hub.identify"] = Handled({"again": True})
    await hub.start()
    ack = await central.nth(ACK, 5)
    assert (ack.json["state"], ack.json["detail"]) == ("succeeded", {"again": True})
