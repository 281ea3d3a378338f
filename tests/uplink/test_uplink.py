"""The whole way over a real broker: order at connect, losses, refusals, and the last word."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from hub.demo.broker import Broker
from hub.records import OutboxKind
from hub.uplink import dialect, uplink
from hub.uplink.backoff import Backoff
from hub.uplink.patience import Pace
from hub.uplink.status import DeviceStatus

from .central import Central
from .conftest import TENANT
from .hub import Hub
from .scripted import Scripted, scripted

KEY = "C4F312FFFE53F2C9"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Waits:
    """Back-offs that last as long as the test wants, by default for ever."""

    def __init__(self, really: float = 3600) -> None:
        self.really = really
        self.drawn: list[tuple[float, float]] = []
        self.begun = asyncio.Event()

    def draw(self, low: float, high: float) -> float:
        self.drawn.append((low, high))
        self.begun.set()
        return self.really


@pytest.fixture
async def broker() -> AsyncIterator[Scripted]:
    async with scripted() as broker:
        yield broker


async def test_a_row_arrives_and_its_receipt_ends_it(hub: Hub, central: Central) -> None:
    await hub.start()
    id = await hub.put(b'{"resourceType":"Bundle","n":1.50}')
    seen = await central.nth("up/fhir/observation")
    assert (seen.user["mid"], seen.body) == (id, b'{"resourceType":"Bundle","n":1.50}')
    await hub.emptied()


async def test_the_order_at_connect(hub: Hub, broker: Scripted, hub_id: str) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    subscribed_after: list[int] = []
    broker.on_subscribe = lambda: subscribed_after.append(len(broker.published))
    await hub.put(kind=OutboxKind.OBSERVATION, wake=False)
    await hub.put(kind=OutboxKind.ALERT, urgent=True, wake=False)
    await hub.start(online=False)
    hub.uplink.put_device(DeviceStatus(device_key=KEY, state="paired"))
    await broker.until(lambda it: len(it.published) >= 4)
    root = f"dho/v1/{TENANT}/{hub_id}/up/"
    assert subscribed_after == [0]
    assert [topic.removeprefix(root) for topic, _ in broker.published] == [
        "status",
        f"device/{KEY}",
        "fhir/alert",
        "fhir/observation",
    ]


async def test_the_status_is_retained_and_has_what_the_contract_asks_for(
    hub: Hub, central: Central, shared_broker: Broker, hub_id: str
) -> None:
    await hub.put(wake=False)
    await hub.start()
    await hub.emptied()
    async with Central(shared_broker.port, TENANT, hub_id) as late:
        seen = await late.nth("up/status")
    assert seen.retained
    status = seen.json
    dashed = "-".join(hub_id[i : i + 2] for i in range(0, 16, 2))
    assert (status["schema"], status["hub"]) == ("dho.hub.status/1.0", dashed)
    assert (status["state"], status["session"]) == ("online", 1)
    assert status["outbox"]["pending"] == 1  # when it was said
    assert status["supports"]["sv"] == ["1.2"]
    assert status["sw"] == {"name": "hjemmehub", "version": "0.1.0", "channel": "test"}


async def test_each_connection_has_a_session_of_its_own(hub: Hub, central: Central) -> None:
    await hub.start()
    await hub.stop()
    await hub.start()
    assert (await central.nth("up/status", 2)).json["session"] == 2


async def test_a_hub_that_leaves_says_so_itself(hub: Hub, central: Central) -> None:
    await hub.start()
    await hub.uplink.leave("shutdown")
    seen = await central.nth("up/status", 2)
    assert (seen.json["state"], seen.json["reason"]) == ("offline", "shutdown")
    assert seen.json["session"] == 1


async def test_a_hub_that_dies_is_spoken_for_by_its_will(
    hub: Hub, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "WILL_DELAY_S", 0)
    hub.backoff = Backoff(draw=lambda low, high: 3600)
    await hub.start()
    assert hub.uplink._connection is not None
    hub.uplink._connection._network.cut()
    seen = await central.nth("up/status", 2)
    assert (seen.json["state"], seen.json["reason"]) == ("offline", "connection-lost")
    assert seen.json["session"] == 1
    assert seen.json["bootId"] == central.at("up/status")[0].json["bootId"]


async def test_devices_are_told_once_and_taken_away(hub: Hub, central: Central) -> None:
    await hub.start()
    device = DeviceStatus(
        device_key=KEY,
        state="paired",
        battery_pct=95,
        clock_offset_s=-9,
        last_seen=datetime(2026, 11, 22, 8, 16, 4, tzinfo=UTC),
    )
    hub.uplink.put_device(device)
    seen = await central.nth(f"up/device/{KEY}")
    assert seen.json == {
        "schema": "dho.device.status/1.0",
        "deviceKey": KEY,
        "state": "paired",
        "lastSeen": "2026-11-22T08:16:04Z",
        "batteryPct": 95,
        "clockOffsetS": -9,
    }
    hub.uplink.put_device(device)
    hub.uplink.remove_device(KEY)
    assert (await central.nth(f"up/device/{KEY}", 2)).payload == b""


async def test_facts_that_changed_are_told_when_asked(hub: Hub, central: Central) -> None:
    await hub.start()
    await central.nth("up/status")
    hub.uplink.refresh()
    await central.nth("up/status", 2)


async def test_a_hub_that_says_nothing_still_says_that_it_is_there(
    hub: Hub, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink, "STATUS_EVERY_S", 0.01)
    await hub.start()
    await central.nth("up/status", 3)


async def test_rows_in_flight_when_the_line_breaks_go_again(hub: Hub, broker: Scripted) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    broker.puback = lambda topic: None if "fhir" in topic else 0
    for _ in range(12):
        await hub.put(wake=False)
    await hub.start()
    await broker.until(lambda it: len(it.to("fhir")) == 10)
    broker.puback = lambda topic: 0
    broker.hang_up()
    await broker.until(lambda it: len(it.to("fhir")) == 22)


async def test_an_uplink_that_is_started_again_sends_what_was_in_flight(
    hub: Hub, broker: Scripted
) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    broker.puback = lambda topic: None if "fhir" in topic else 0
    await hub.put(wake=False)
    await hub.start()
    await broker.until(lambda it: len(it.to("fhir")) == 1)
    await hub.restart_task()
    await broker.until(lambda it: len(it.to("fhir")) == 2)
    assert [state.state for state in hub.states] == ["online", "offline", "online"]


async def test_many_late_answers_beside_a_full_line_go_one_after_the_other(
    hub: Hub, broker: Scripted
) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    broker.puback = lambda topic: None if "fhir" in topic else 0
    for _ in range(12):
        await hub.put(wake=False)
    await hub.start()
    await broker.until(lambda it: len(it.to("fhir")) == 10)
    ids = [str(uuid4()) for _ in range(20)]
    ack = {"state": "succeeded", "seq": 3}
    for id in ids:
        remember = partial(hub.ledger.notes.remember_command, id, ack | {"id": id}, NOW)
        await hub.call(remember)
    await asyncio.gather(*(hub.uplink.complete(id, {}) for id in ids))
    assert len(broker.to("cmd/ack")) == 20


async def test_a_broker_that_lost_everything_is_told_about_the_devices_again(
    hub: Hub, own_broker: Broker, hub_id: str
) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=own_broker.port)
    await hub.start()
    hub.uplink.put_device(DeviceStatus(device_key=KEY, state="paired"))
    async with Central(own_broker.port, TENANT, hub_id) as central:
        await central.nth(f"up/device/{KEY}")
    own_broker.forget()
    await hub.state("online", 2)
    async with Central(own_broker.port, TENANT, hub_id) as central:
        assert (await central.nth(f"up/device/{KEY}")).retained


@pytest.mark.fault("F20")
async def test_a_killed_broker_loses_nothing_that_was_in_flight(
    hub: Hub, own_broker: Broker, hub_id: str
) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=own_broker.port)
    bodies = {}
    async with Central(own_broker.port, TENANT, hub_id) as central:
        await hub.start()
        for round in range(3):
            for number in range(30):
                body = b'{"round":%d,"number":%d}' % (round, number)
                bodies[await hub.put(body)] = body
            own_broker.kill()
            await hub.state("offline", round + 1)
            own_broker.start()
            await hub.state("online", round + 2)
        await hub.emptied()
        arrived = {(one.user["mid"], one.body) for one in central.at("up/fhir/observation")}
    assert arrived == set(bodies.items())
    assert await hub.parked_rows() == []


@pytest.mark.fault("F21")
async def test_what_the_broker_took_and_lost_is_sent_again(
    hub: Hub, own_broker: Broker, hub_id: str
) -> None:
    """The broker acknowledged it, and then lost its store with our session in it."""
    hub.settings = msgspec.structs.replace(hub.settings, port=own_broker.port)
    waits = Waits()
    hub.backoff = Backoff(draw=waits.draw)
    await hub.start()
    id = await hub.put(b'{"n":1}')
    await hub.until(lambda: hub.times("sent_at"))
    own_broker.forget()
    async with Central(own_broker.port, TENANT, hub_id) as central:
        await waits.begun.wait()
        hub.uplink.retry_now()
        seen = await central.nth("up/fhir/observation")
        await hub.emptied()
    assert (seen.user["mid"], seen.body) == (id, b'{"n":1}')


async def test_a_receipt_that_never_comes_means_again(
    hub: Hub, shared_broker: Broker, hub_id: str
) -> None:
    """The broker took it and dropped it, and the connection never broke."""
    hub.pace = replace(hub.pace, receipt_gap_s=0.05)
    async with Central(shared_broker.port, TENANT, hub_id, receipts=False) as central:
        await hub.start()
        id = await hub.put(b'{"n":1}')
        first = await central.nth("up/fhir/observation")
        second = await central.nth("up/fhir/observation", 2)
        assert (first.payload, first.user) == (second.payload, second.user)
        central.receipt(id)
        await hub.emptied()


async def test_rows_put_while_the_broker_was_away_are_the_backlog(
    hub: Hub, own_broker: Broker, hub_id: str
) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=own_broker.port)
    hub.pace = Pace(backlog_per_s=0.001, board_pause_s=0)
    own_broker.stop()
    await hub.start(online=False)
    await hub.state("offline")
    backlog = [await hub.put() for _ in range(2)]
    own_broker.start()
    async with Central(own_broker.port, TENANT, hub_id) as central:
        hub.uplink.retry_now()
        await hub.state("online")
        await central.nth("up/fhir/observation")
        fresh = await hub.put()
        await central.nth("up/fhir/observation", 2)
        order = [one.user["mid"] for one in central.at("up/fhir/observation")]
    assert order == [backlog[0], fresh]


async def test_a_retry_that_is_asked_for_does_not_wait(hub: Hub, own_broker: Broker) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=own_broker.port)
    waits = Waits()
    hub.backoff = Backoff(draw=waits.draw)
    own_broker.stop()
    await hub.start(online=False)
    await waits.begun.wait()
    assert hub.uplink.state.reason == "the server is there, but no broker listens"
    own_broker.start()
    hub.uplink.retry_now()
    await hub.state("online")


async def test_a_hub_whose_session_was_taken_over_stays_away_for_a_minute(
    hub: Hub, broker: Scripted
) -> None:
    waits = Waits()
    hub.backoff = Backoff(draw=waits.draw)
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    await hub.start()
    broker.hang_up(0x8E)
    state = await hub.state("refused")
    assert state.reason == "another hub uses the same id and took over the session"
    await waits.begun.wait()
    assert waits.drawn == [(60, 120)]


@pytest.mark.fault("F31")
async def test_two_hubs_with_one_id_throw_each_other_out_ever_more_slowly(
    hub: Hub, shared_broker: Broker, hub_id: str, tmp_path: Path
) -> None:
    """mosquitto 2.0.11 does not say that a session was taken over."""
    waits = Waits(really=0.01)
    hub.backoff = Backoff(draw=waits.draw)
    async with Hub(tmp_path / "clone", shared_broker.port, TENANT, hub_id) as clone:
        clone.backoff = Backoff(draw=lambda low, high: 0.01)
        await hub.start()
        await clone.start()
        await hub.state("online", 7)
        assert [high for _, high in waits.drawn[:6]] == [1, 2, 4, 8, 16, 32]
        assert "same id" in (hub._in("offline")[-1].reason or "")


async def test_a_refusal_to_connect_is_told_and_tried_again(hub: Hub, broker: Scripted) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
    broker.connack = b"\x00\x87\x00"
    await hub.start(online=False)
    state = await hub.state("refused")
    assert "not authorised" in (state.reason or "")
    broker.connack = b"\x00\x00\x00"
    await hub.state("online")
    assert len(broker.connects) >= 2


async def test_a_row_goes_while_commands_and_documents_come(hub: Hub, central: Central) -> None:
    await hub.start()
    ids = [await hub.put() for _ in range(50)]
    for number in range(20):
        central.send("dn/desired/config", {"schema": "dho.config/1.0", "version": f"{number}"})
        central.send("dn/cmd", b"{")
    await hub.emptied()
    assert {one.user["mid"] for one in central.at("up/fhir/observation")} == set(ids)
    await asyncio.gather(*(central.nth("up/reported/config", n) for n in (1, 2)))
