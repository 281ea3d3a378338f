"""F15 to F18: whatever the clock does, no reading is lost or misdated, no reminder rings twice."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.clocked import Clocked, Pi
from tests.faults.tally import Tally

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
TIMES = ("08:00:00", "12:30:00", "20:00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@asynccontextmanager
async def home(folder: Path, pi: Pi, times: tuple[str, ...] = TIMES) -> AsyncIterator[Clocked]:

    hub = Clocked(folder, pi, times)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def synchronised(at: datetime = START) -> Pi:
    return Pi(at, at, synchronised=True)


async def live(hub: Clocked, chance: random.Random, span: timedelta) -> None:
    """Some readings at random times."""
    end = hub.pi.truth + span
    while hub.pi.truth < end:
        await hub.pass_(min(timedelta(minutes=chance.randint(1, 600)), end - hub.pi.truth))
        await hub.weigh()


def count(tally: Tally, hub: Clocked) -> None:
    given, missed = hub.counts.given, hub.counts.missed
    tally.add(
        accepted=len(hub.taken) + len(given),
        lost=hub.lost() + missed,
        duplicated=hub.counts.repeated,
        reordered=hub.reordered(),
    )
    tally.say("counted", "readings, and reminders missed and repeated")
    assert (hub.lost(), missed, hub.counts.repeated, hub.reordered()) == (0, 0, 0, 0)


async def jump(hub: Clocked, chance: random.Random, jump: timedelta) -> None:
    """A time server begins to lie, and stops: what is known goes on, and nothing is misdated."""
    await live(hub, chance, DAY)
    hub.pi.hear(hub.pi.truth + jump)
    await live(hub, chance, 2 * DAY)
    assert hub.untrusted() > 0
    assert hub.wrong() == 0
    hub.pi.hear(hub.pi.truth)
    await live(hub, chance, DAY)
    assert hub.wrong() == hub.untrusted() == 0
    assert len(hub.counts.given) == 4 * len(TIMES) + 1  # at their true times; the first at once


@pytest.mark.fault("F15")
async def test_a_jump_forward(tally: Tally, tmp_path: Path) -> None:
    for cycle in tally.cycles(pr=2, night=20):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        async with home(tmp_path / str(cycle), synchronised()) as hub:
            await jump(hub, chance, (1, 3652)[cycle % 2] * DAY)
            count(tally, hub)


@pytest.mark.fault("F16")
async def test_a_jump_back(tally: Tally, tmp_path: Path) -> None:
    for cycle in tally.cycles(pr=2, night=20):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        async with home(tmp_path / str(cycle), synchronised()) as hub:
            before_1970 = datetime(1970, 1, 1, tzinfo=UTC) - START - DAY
            await jump(hub, chance, (-HOUR, before_1970)[cycle % 2])
            count(tally, hub)


@pytest.mark.fault("F15")
async def test_a_power_cut_and_a_liar_ten_years_ahead(tally: Tally, tmp_path: Path) -> None:
    """A new boot has nothing to measure by but the last time that was known."""
    for cycle in tally.cycles(pr=1, night=10):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        async with home(tmp_path / str(cycle), synchronised()) as hub:
            await live(hub, chance, DAY)
            await hub.stop()
            hub.pi.boot(timedelta(minutes=chance.randint(1, 600)))
            await hub.start()
            hub.pi.hear(hub.pi.truth + 3652 * DAY)
            await live(hub, chance, DAY)
            assert hub.wrong() == 0
            assert hub.untrusted() > 0
            hub.pi.hear(hub.pi.truth)
            await live(hub, chance, HOUR)
            assert hub.wrong() == hub.untrusted() == 0
            count(tally, hub)


@pytest.mark.fault("F17")
async def test_fourteen_days_without_time(tally: Tally, tmp_path: Path) -> None:
    for cycle in tally.cycles(pr=1, night=10):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        pi = Pi(START, datetime(1970, 1, 1, tzinfo=UTC) + cycle * 365 * DAY)
        async with home(tmp_path / str(cycle), pi) as hub:
            await live(hub, chance, 7 * DAY)
            await hub.restart()
            await live(hub, chance, 7 * DAY)
            assert hub.counts.given == set()
            assert hub.untrusted() == len(hub.taken)
            pi.hear(pi.truth + timedelta(seconds=chance.uniform(-1.9, 1.9)))
            await hub.tick()
            assert hub.wrong() == hub.untrusted() == 0
            tally.say("stamps", "all within ± 2 s of the truth")
            await live(hub, chance, DAY)
            count(tally, hub)


NIGHTS = {
    "spring": datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
    "autumn": datetime(2026, 10, 24, 12, 0, tzinfo=UTC),
    "year-end": datetime(2026, 12, 31, 12, 0, tzinfo=UTC),
    "leap-day": datetime(2028, 2, 28, 12, 0, tzinfo=UTC),
}
AT_NIGHT = ("00:00:00", "01:59:00", "02:00:00", "02:30:00", "02:59:00", "03:00:00", "23:59:00")


@pytest.mark.fault("F18")
@pytest.mark.parametrize("night", NIGHTS)
async def test_the_nights_on_which_days_are_odd(tally: Tally, tmp_path: Path, night: str) -> None:
    for cycle in tally.cycles(pr=1, night=20):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        begin = NIGHTS[night]
        async with home(tmp_path / str(cycle), synchronised(begin), AT_NIGHT) as hub:
            hub.guard.confirm()  # years after the release
            while hub.pi.truth < begin + 2 * DAY:
                await live(hub, chance, timedelta(minutes=chance.randint(5, 90)))
                if chance.random() < 0.3:
                    await hub.restart()
            assert len(hub.counts.given) == 3 * len(AT_NIGHT) - 1  # all but the last 23:59
            assert hub.wrong() == 0
            count(tally, hub)
