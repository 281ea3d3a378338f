"""The whole hub with no hardware: real processes, real bytes on the air, a real broker."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.demo.central_view import numbers
from hub.demo.household import Numbers
from hub.demo.world import World
from tests.books import ledger_reader_at

DEADLINE_S = 90
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, arrived=lambda _: None, ports=False) as world:
        await until(lambda: world.hub_is_online)
        yield world


async def until(reached: Callable[[], bool]) -> None:
    """Other processes are waited for, and they tell nobody."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if reached():
                return
            await asyncio.sleep(0.05)


def times_stored(world: World, reading: Numbers) -> int:
    stored = [numbers(arrival) for arrival in world.central.arrivals()]
    return sum(reading.items() <= each.items() for each in stored)


async def test_nothing_saved_is_lost_when_broker_hub_and_web_die_in_between(world: World) -> None:
    taken = [await world.household.take("cuff")]
    await until(lambda: times_stored(world, taken[0]) == 1)

    world.broker.stop()
    taken += [await world.household.take("cuff"), await world.household.take("scale")]
    with closing(ledger_reader_at(world.directory / "hub" / "ledger.db")) as ledger:
        await until(lambda: len(ledger.readings(10)) == len(taken))
    world.hub.kill()
    world.web.kill()
    taken.append(await world.household.take("thermometer"))
    world.broker.kill()
    world.broker.start()

    await until(lambda: all(times_stored(world, reading) for reading in taken))
    assert [times_stored(world, reading) for reading in taken] == [1, 1, 1, 1]
    assert (world.hub.starts, world.web.starts) == (2, 2)


async def test_a_message_is_acknowledged_and_a_nurse_is_told_of(world: World) -> None:
    world.send_message("Husk blodtrykket.")
    await until(lambda: any(ack["state"] == "succeeded" for ack in world.central.acks))
    reading = await world.household.take("scale")
    await until(lambda: times_stored(world, reading) == 1)
    world.central.see(world.central.arrivals()[0].number)
    with closing(ledger_reader_at(world.directory / "hub" / "ledger.db")) as ledger:
        await until(lambda: "seen" in ledger.readings(1)[0].steps)


def test_once_prints_each_stored_bundle_as_a_line_of_json_and_nothing_else() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "hub", "demo", "--once"], cwd=ROOT, capture_output=True, timeout=180
    )
    assert run.returncode == 0, run.stderr.decode()
    stored = [json.loads(line) for line in run.stdout.splitlines()]
    alerts = [one for one in stored if one["resourceType"] == "DetectedIssue"]
    bundles = [one for one in stored if one not in alerts]
    kinds = Counter("check-in" if len(bundle["entry"]) == 1 else "readings" for bundle in bundles)
    assert kinds == {"check-in": 1, "readings": 6}
    assert len({bundle["identifier"]["value"] for bundle in bundles}) == 7
    [wish] = alerts  # the first answer to "shall the nurse call you?" is yes
    assert wish["code"]["coding"][0]["code"] == "help-requested"
