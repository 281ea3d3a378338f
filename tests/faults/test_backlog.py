"""F19: weeks without a broker, then everything is sent, at its pace. The time is virtual."""

import asyncio
import gc
from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec
import pytest

from hub import clock
from hub.demo.broker import free_port
from hub.records import OutboxKind
from hub.uplink.backoff import Backoff
from hub.uplink.patience import Pace
from tests.faults.tally import IS_NIGHT, Tally
from tests.faults.town import Town, body, town
from tests.faults.virtual import in_virtual_time, running
from tests.uplink.hub import Hub

TENANT, HUB = "1804", "0200F01900000001"
DAYS, A_DAY = (60, 500) if IS_NIGHT else (7, 100)
ROWS = DAYS * A_DAY
# By the clock of the loop the hub calls in vain for so long; each call costs a millisecond.
AWAY_S = (DAYS if IS_NIGHT else 1) * 86_400
PER_S = 5
SIZE = 9_000  # as a blood pressure bundle


class Watch:
    """How fast bundles come, and what that costs in memory."""

    def __init__(self, central: Town) -> None:
        self.most_in_a_second = 0
        self.before_mb = resident_mb()
        self.grown_mb = 0.0
        self._lately: deque[float] = deque()
        self._central = central
        central.on_bundle = self._look

    def _look(self) -> None:
        now = running().time()
        self._lately.append(now)
        while self._lately[0] <= now - 1:
            self._lately.popleft()
        self.most_in_a_second = max(self.most_in_a_second, len(self._lately))
        if len(self._central.arrived) % 100 == 0:
            self._central.broker.published.clear()
            self.grown_mb = max(self.grown_mb, resident_mb() - self.before_mb)


@pytest.mark.fault("F19")
@pytest.mark.timeout(0 if IS_NIGHT else 120)
@in_virtual_time
async def test_a_backlog_of_weeks_drains_at_its_pace(tally: Tally, tmp_path: Path) -> None:
    for _ in tally.cycles(pr=1, night=1):
        async with Hub(tmp_path / "hub", free_port(), TENANT, HUB) as hub:
            hub.pace = Pace(backlog_per_s=PER_S)
            hub.backoff = Backoff(draw=Random(19).uniform)  # noqa: S311 - waits, not secrets
            hub.settings = msgspec.structs.replace(hub.settings, keepalive_s=60)
            for day in range(DAYS):
                await a_day(hub, day)
            await hub.start(online=False)
            await asyncio.sleep(AWAY_S)
            attempts = await hub.transact(hub.ledger.notes.next_session) - 1
            assert (await hub.counts()).waiting == ROWS
            await hub.stop()
            async with town(HUB) as central:
                hub.settings = msgspec.structs.replace(hub.settings, port=central.broker.port)
                gc.collect()
                watch = Watch(central)
                began = running().time()
                await hub.start()
                fresh = ROWS
                await hub.put(body(fresh, SIZE), id=UUID(int=fresh))
                await until_arrived(central, fresh)
                place = len(central.arrived)
                await hub.emptied()
                took_s = running().time() - began
            first = list(dict.fromkeys(number for number in central.arrived if number != fresh))
            tally.add(
                accepted=ROWS + 1,
                lost=len(set(range(ROWS + 1)) - central.times.keys()),
                duplicated=len(central.arrived) - len(central.times),
                reordered=sum(number != place for place, number in enumerate(first)),
            )
        tally.say("away", f"{AWAY_S / 86_400:.0f} d of virtual time, {attempts} attempts")
        tally.say(
            "backlog", f"{ROWS:,} rows in {took_s / 60:.0f} min of virtual time at {PER_S} a second"
        )
        tally.say("memory", f"grew by {max(0.0, watch.grown_mb):.1f} MB")
        tally.say("a fresh reading", f"was number {place} to arrive")
        assert AWAY_S / 300 < attempts < AWAY_S / 100
        assert watch.most_in_a_second <= PER_S + 1
        gaps = ROWS - 1  # between so many rows; the first waits for nothing
        assert gaps / PER_S <= took_s < 1.2 * gaps / PER_S
        assert place <= 2 * PER_S
        assert watch.grown_mb < 10
    assert (tally.lost, tally.duplicated, tally.reordered) == (0, 0, 0)


async def a_day(hub: Hub, day: int) -> None:
    """Rows of that day, in one transaction: this is no test of the disk."""
    outbox = hub.ledger.outbox
    now = clock.now("always")
    created = replace(now, wall=now.wall - timedelta(days=DAYS - day))

    def put() -> None:
        for number in range(day * A_DAY, (day + 1) * A_DAY):
            id = UUID(int=number).urn
            outbox.put(OutboxKind.OBSERVATION, id, body(number, SIZE), created=created)

    await hub.transact(put)


async def until_arrived(central: Town, number: int) -> None:
    async with central.broker.news:
        await central.broker.news.wait_for(lambda: number in central.arrived)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
