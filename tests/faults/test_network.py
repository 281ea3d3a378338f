"""The line and the broker at their worst. Time is virtual: minutes of it pass in milliseconds."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import paho.mqtt.client
import pytest

from hub.demo.broker import Broker
from hub.uplink import mqtt
from hub.uplink.backoff import Backoff
from hub.uplink.endings import words
from hub.uplink.patience import Pace
from tests.faults.relay import Relay, relay
from tests.faults.tally import Tally
from tests.faults.town import Town, put, town
from tests.faults.virtual import in_virtual_time, running
from tests.uplink.central import Central
from tests.uplink.hub import Hub
from tests.uplink.scripted import Scripted, scripted

TENANT = "1804"
ROWS = 3
MINUTES_10 = 600

# What a broker may say in each packet, MQTT 5.0 §3.2.2.2, §3.4.2.1, §3.14.2.1; paho reads these.
CONNACK = [*range(0x80, 0x8B), 0x90, 0x95, 0x97, *range(0x9A, 0x9E), 0x9F]
DISCONNECT = [0x80, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x93, 0x96, 0x97, 0x98, 0x9C, 0x9D, 0xA0]
PUBACK = [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
POISON = {0x90, 0x99}

_numbers = count(1)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@asynccontextmanager
async def a_hub(folder: Path, port: int, seed: int, **more: Any) -> AsyncIterator[Hub]:
    """With the waits of the product, drawn from `seed`."""
    number = next(_numbers)
    hub_id = str(more.pop("hub_id", f"0200F000{number:08X}"))
    async with Hub(folder / f"hub-{number}", port, TENANT, hub_id) as hub:
        hub.settings = msgspec.structs.replace(hub.settings, keepalive_s=60, **more)
        hub.pace = Pace(backlog_per_s=5)
        hub.backoff = Backoff(draw=Random(seed).uniform)  # noqa: S311 - waits, not secrets
        yield hub


def hang_up_soon(broker: Scripted, code: int) -> None:
    asyncio.get_running_loop().call_later(0.1, broker.hang_up, code)


def refuse(code: int, topic: str) -> int:
    return code if "fhir" in topic else 0


async def kept(hub: Hub) -> int:
    """Rows that are still to be sent, or set aside with a reason."""
    counts = await hub.counts()
    return counts.waiting + counts.parked


@pytest.mark.fault("F22")
@in_virtual_time
async def test_a_refused_connection_is_tried_ever_more_seldom(tally: Tally, tmp_path: Path) -> None:
    most = 0
    for cycle in tally.cycles(pr=len(CONNACK), night=len(CONNACK)):
        async with scripted() as broker, a_hub(tmp_path, broker.port, cycle) as hub:
            broker.connack = bytes([0, CONNACK[cycle], 0])
            for _ in range(ROWS):
                await hub.put(wake=False)
            await hub.start(online=False)
            await asyncio.sleep(MINUTES_10)
            assert hub.uplink.state.reason == words(CONNACK[cycle])
            assert broker.published == []
            tally.add(accepted=ROWS, lost=ROWS - (await hub.counts()).waiting)
        most = max(most, len(broker.connects))
        tally.say("attempts in 10 min of refusals", f"at most {most}")
    assert 2 <= most <= 25
    assert tally.lost == 0


@pytest.mark.fault("F22")
@in_virtual_time
async def test_a_broker_that_hangs_up_is_not_called_in_a_loop(tally: Tally, tmp_path: Path) -> None:
    most = 0
    for cycle in tally.cycles(pr=len(DISCONNECT), night=len(DISCONNECT)):
        code = DISCONNECT[cycle]
        async with scripted() as broker, a_hub(tmp_path, broker.port, cycle) as hub:
            broker.on_subscribe = partial(hang_up_soon, broker, code)
            broker.puback = lambda topic: None if "fhir" in topic else 0
            for _ in range(ROWS):
                await hub.put(wake=False)
            await hub.start(online=False)
            await asyncio.sleep(MINUTES_10)
            reasons = {state.reason for state in hub.states}
            assert words(code) in reasons or "another hub with the same id" in str(reasons)
            tally.add(accepted=ROWS, lost=ROWS - await kept(hub))
        if code == 0x8E:
            assert len(broker.connects) <= 11
        most = max(most, len(broker.connects))
        tally.say("connections in 10 min of hang-ups", f"at most {most}")
    assert 2 <= most <= 25
    assert tally.lost == 0


@pytest.mark.fault("F22")
@in_virtual_time
async def test_a_refused_row_is_kept_or_parked_and_never_delivered(
    tally: Tally, tmp_path: Path
) -> None:
    most = 0
    for cycle in tally.cycles(pr=len(PUBACK), night=len(PUBACK)):
        code = PUBACK[cycle]
        async with (
            scripted() as broker,
            a_hub(tmp_path, broker.port, cycle, receipts="broker") as hub,
        ):
            broker.puback = partial(refuse, code)
            for _ in range(ROWS):
                await hub.put(wake=False)
            await hub.start()
            await asyncio.sleep(MINUTES_10)
            most = max(most, len(broker.to("fhir")))
            assert hub.times("sent_at") == []
            counts = await hub.counts()
            assert (counts.waiting, counts.parked) == ((0, ROWS) if code in POISON else (ROWS, 0))
            if code in POISON:
                assert len(broker.to("fhir")) == 3 * ROWS
                assert {reason for _, reason in hub.parked} == {f"refused 3 times: {words(code)}"}
            else:
                assert words(code) in (hub.uplink.state.reason or "")
            broker.puback = lambda topic: 0
            await hub.emptied()
            done = len(hub.times("sent_at"))
            tally.add(accepted=ROWS, lost=ROWS - done - (await hub.counts()).parked)
        tally.say(f"publishes of {ROWS} refused rows in 10 min", f"at most {most}")
    assert most <= 10 * ROWS
    assert tally.lost == 0


@pytest.mark.fault("F31")
@pytest.mark.parametrize("code", [0x8E, None], ids=["told", "hung up"])
@in_virtual_time
async def test_two_hubs_with_one_id_change_places_less_than_once_a_minute(
    tally: Tally, tmp_path: Path, code: int | None
) -> None:
    minutes = 30
    for cycle in tally.cycles(pr=1, night=1):
        identity = "0200F1F1F1F1F1F1"
        async with (
            scripted() as broker,
            a_hub(tmp_path, broker.port, cycle, hub_id=identity, receipts="broker") as one,
            a_hub(tmp_path, broker.port, cycle + 1, hub_id=identity, receipts="broker") as other,
        ):
            calls: list[float] = []

            def on_connect(broker: Scripted = broker, calls: list[float] = calls) -> None:
                broker.throw_out(code)
                calls.append(running().time())

            broker.on_connect = on_connect
            for hub in (one, other):
                await put(hub, 1)
                await hub.start(online=False)
            await asyncio.sleep(minutes * 60)
            for hub in (one, other):
                assert 2 <= len(hub._in("online")) <= minutes
                tally.add(accepted=1, lost=1 - len(hub.times("sent_at")))
            reasons = {state.reason for hub in (one, other) for state in hub.states}
            assert any("same id" in (reason or "") for reason in reasons)
            # They take turns, and the one that was told stays away for a minute.
            if code is not None:
                assert (
                    min(after - before for before, after in zip(calls, calls[2:], strict=False))
                    >= 60
                )
            connects = len(calls)
        why = "told why" if code else "not told why"
        tally.say(f"connections of both in 30 min, {why}", f"{connects}")
    assert tally.lost == 0


@pytest.mark.fault("F23")
@pytest.mark.parametrize("how", ["broker stopped", "packets swallowed"])
@in_virtual_time
async def test_a_half_open_line_is_noticed_within_two_keep_alives(
    tally: Tally, own_broker: Broker, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = running()
    monkeypatch.setattr(mqtt, "monotonic", clock.time)
    monkeypatch.setattr(paho.mqtt.client, "time_func", clock.time)
    clock.skips = False  # the broker is another process
    worst = 0.0
    for cycle in tally.cycles(pr=2, night=20):
        random = Random(cycle)  # noqa: S311 - moments, not secrets
        async with (
            relay(own_broker.port) as line,
            a_hub(tmp_path, line.port, cycle) as hub,
            Central(own_broker.port, TENANT, hub.id) as central,
        ):
            hub.backoff = Backoff(draw=lambda low, high: 0.01)
            await hub.start()
            before = await hub.put()
            await hub.emptied()
            clock.skips = True
            await asyncio.sleep(random.uniform(0, 60) if cycle else 0)
            own_broker.freeze() if how == "broker stopped" else line.swallow()
            stopped = clock.time()
            await asyncio.sleep(random.uniform(0, 30))
            after = await hub.put()
            await hub.state("offline")
            worst = max(worst, clock.time() - stopped)
            clock.skips = False
            own_broker.thaw()
            line.flow()
            await hub.state("online", 2)
            await hub.emptied()
            arrived = [seen.id for seen in central.at("up/fhir/observation")]
            tally.add(
                accepted=2,
                lost=len({before, after} - set(arrived)),
                duplicated=len(arrived) - len(set(arrived)),
            )
        tally.say(f"noticed ({how}), keep-alive 60 s", f"after {worst:.0f} s at most")
    assert 60 < worst <= 120
    assert tally.lost == 0


@pytest.mark.fault("F24")
@in_virtual_time
async def test_a_slow_line_that_stalls_and_breaks_makes_few_duplicates(
    tally: Tally, tmp_path: Path
) -> None:
    """8 kbit/s and 2 s each way; it stalls for up to 20 s, and is cut about once a minute."""
    rows, size = 120, 1000
    for cycle in tally.cycles(pr=1, night=5):
        random = Random(cycle)  # noqa: S311 - moments, not secrets
        hub_id = f"0200F024{cycle:08X}"
        async with (
            town(hub_id) as central,
            relay(central.broker.port, delay_s=2, byte_s=0.001) as line,
            a_hub(tmp_path, line.port, cycle, hub_id=hub_id) as hub,
        ):
            central.answers_after_s = 10
            for number in range(rows):
                await put(hub, number, size)
            began = running().time()
            await hub.start(online=False)
            trouble = asyncio.create_task(troubled(line, random))
            await hub.emptied()
            trouble.cancel()
            took = running().time() - began
            count_into(tally, central, rows)
            tally.say(
                "slow line",
                f"{rows} bundles of 1 kB in {took:.0f} s over {len(central.broker.connects)}"
                f" connections, {100 * tally.duplicated / tally.accepted:.0f} % duplicates",
            )
            assert len(central.broker.connects) > 1
    assert tally.duplicated < 0.2 * tally.accepted
    assert tally.lost == 0


def count_into(tally: Tally, central: Town, rows: int) -> None:
    tally.add(
        accepted=rows,
        lost=len(set(range(rows)) - central.times.keys()),
        duplicated=len(central.arrived) - len(central.times),
        reordered=central.reordered,
    )


async def troubled(line: Relay, random: Random) -> None:
    while True:
        await asyncio.sleep(random.uniform(10, 40))
        line.swallow()
        await asyncio.sleep(random.uniform(1, 20))
        line.flow()
        await asyncio.sleep(random.uniform(1, 20))
        line.cut()
