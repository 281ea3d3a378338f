"""`kill -9` of hub, web process and broker: nothing accepted is lost or counted twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import Random

import pytest

from hub.demo.broker import Broker
from hub.demo.visitor import VisitError
from tests.books import journal_reader_at, ledger_at
from tests.faults.house import House
from tests.faults.patient import QUESTIONNAIRES, CheckIn
from tests.faults.tally import Tally
from tests.faults.zygote import Zygote

SETTLE_EVERY = 20
BUSY = 20
A_POST_S = 0.012
STEPS_BEFORE = (0, 1, 2, 4, 5, 7)  # the fourth only types a digit, the seventh only turns a page


@asynccontextmanager
async def blowing(house: House, chance: Random) -> AsyncIterator[None]:
    """A blow now and then; a person waits while the device does not answer."""

    async def keep_blowing() -> None:
        while True:
            if len(house.monitor.waiting) < BUSY:
                house.monitor.blow()
            await asyncio.sleep(chance.uniform(0, 0.06))

    task = asyncio.create_task(keep_blowing())
    yield
    task.cancel()


async def with_pages(house: House) -> None:
    """The hub has the questionnaires, and the kiosk shows them."""
    house.centre.desire("questionnaires", QUESTIONNAIRES)
    house.start_hub()
    await house.centre.until(lambda: "questionnaires" in house.centre.reported)
    await house.start_web().ready()


async def settle(house: House, tally: Tally) -> None:
    """A hub that nobody kills any more brings everything to its end."""
    house.start_hub()
    await house.settled()
    await house.kill_hub()
    await house.check_steps()
    house.check_books()
    house.account(tally)


def say_duplicates(house: House, tally: Tally) -> None:
    share = 100 * house.centre.duplicated / max(1, len(house.centre.bundles))
    tally.say("duplicates", f"{share:.1f} %")


@pytest.mark.fault("F01")
async def test_the_hub_is_killed_at_any_moment(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    async with House(tmp_path, zygote, lasting_broker.port, pem=pem) as house:
        await with_pages(house)
        await house.kill_hub()
        for cycle in tally.cycles(pr=20, night=2000):
            chance = Random(cycle)  # noqa: S311 - a moment, not a secret
            async with blowing(house, chance):
                hub = house.start_hub()
                answering = asyncio.create_task(asyncio.to_thread(check_in, house.kiosk))
                await asyncio.sleep(chance.uniform(0.05, 1.2))
                assert await hub.kill() == -9
            house.thanked_for(await answering)
            await house.check_steps()
            if cycle % SETTLE_EVERY == SETTLE_EVERY - 1:
                await settle(house, tally)
        say_duplicates(house, tally)


def check_in(kiosk: str) -> str:
    return CheckIn(kiosk).finish()


@pytest.mark.fault("F02")
async def test_the_pages_are_killed_while_a_form_is_sent(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    async with House(tmp_path, zygote, lasting_broker.port, pem=pem) as house:
        await with_pages(house)
        kept_untold = 0
        for cycle in tally.cycles(pr=10, night=500):
            chance = Random(cycle)  # noqa: S311
            run = await asyncio.to_thread(CheckIn, house.kiosk)
            for _ in range(chance.choice(STEPS_BEFORE)):
                await asyncio.to_thread(run.step)
            kept_untold += await kill_in_mid_post(house, run, chance)
            house.thanked_for(await asyncio.to_thread(run.finish))
            await house.settled()
            kept = rows(house, run.id)
            assert set(kept.values()) == {1}
            tally.add(accepted=len(kept) - 1)  # the answers; the end of each is counted below
            house.account(tally)
        house.check_books()
        tally.say("killed between the commit and the answer", f"{kept_untold} times")


async def kill_in_mid_post(house: House, run: CheckIn, chance: Random) -> bool:
    """The form was kept or it was not, the pages go on accordingly, and it may be sent again.

    → whether it was kept although nobody was told so
    """
    asked = run.page
    before = rows(house, run.id).total()
    posting = asyncio.create_task(asyncio.to_thread(run.step))
    await asyncio.sleep(chance.uniform(0, A_POST_S))
    await house.kill_web()
    try:
        await posting
        was_answered = True
    except VisitError:
        was_answered = False
    is_kept = rows(house, run.id).total() > before
    assert is_kept or not was_answered
    await house.start_web().ready()
    resumed = await asyncio.to_thread(run.resumed)
    assert (resumed.path == asked.path) is not is_kept or "/review" in asked.path
    run.page = asked
    await asyncio.to_thread(run.step)
    assert rows(house, run.id).total() == before + 1
    return is_kept and not was_answered


def rows(house: House, check_in: str) -> Counter[str]:
    """Each question, and the end, → rows of the journal."""
    with closing(journal_reader_at(house.pages / "journal.db")) as journal:
        entries = journal.after(0, 1_000_000)
    return Counter(
        entry.body.get("link_id", entry.kind.value)
        for entry in entries
        if entry.body.get("check_in") == check_in
    )


@pytest.mark.fault("F20")
async def test_the_broker_is_killed_with_messages_in_flight(
    tmp_path: Path, zygote: Zygote, tally: Tally
) -> None:
    with Broker(tmp_path / "broker", dies_with_us=True) as broker:
        async with House(tmp_path / "house", zygote, broker.port, quick=True) as house:
            await house.start_hub().ready()
            for cycle in tally.cycles(pr=5, night=200):
                chance = Random(cycle)  # noqa: S311
                async with blowing(house, chance):
                    await asyncio.sleep(chance.uniform(0.05, 0.5))
                    broker.kill()
                    await asyncio.sleep(chance.uniform(0.05, 0.2))
                    broker.start()
                await house.centre.listens()
                await house.settled()
                await house.check_steps()
                house.account(tally)
            house.check_books()
            say_duplicates(house, tally)


@pytest.mark.fault("F21")
async def test_the_broker_acknowledges_and_then_forgets(
    tmp_path: Path, zygote: Zygote, tally: Tally
) -> None:
    """Once with all its sessions, once only what it had taken."""
    with Broker(tmp_path / "broker", dies_with_us=True) as broker:
        async with House(tmp_path / "house", zygote, broker.port, quick=True) as house:
            await house.start_hub().ready()
            for _ in tally.cycles(pr=1, night=10):
                await house.centre.hang_up()
                await acknowledged(house, 5)
                broker.forget()
                await house.centre.call()
                await house.settled()
                await house.centre.turn_away()
                await acknowledged(house, 5)
                await house.centre.listen()
                await house.settled()
                house.account(tally)
            house.check_books()


async def acknowledged(house: House, count: int) -> None:
    """So many blows, of which the broker has said that it has them."""
    before = len(house.centre.blows)
    house.monitor.blow(count)
    await house.monitor.emptied()
    await house.sent()
    assert len(house.centre.blows) == before


@pytest.mark.fault("F30")
async def test_everything_acknowledged_is_sent_again(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, tally: Tally
) -> None:
    async with House(tmp_path, zygote, lasting_broker.port) as house:
        for _ in tally.cycles(pr=1, night=10):
            house.start_hub()
            house.monitor.blow(40)
            await house.settled()
            await house.kill_hub()
            known, came = set(house.centre.entries), house.centre.bundles.copy()
            assert everything_is_due(house.state / "ledger.db") == len(came)
            house.start_hub()
            await house.settled()
            await house.kill_hub()
            assert house.centre.bundles == Counter({id: n + 1 for id, n in came.items()})
            assert house.centre.entries == known
            house.account(tally)


def everything_is_due(path: Path) -> int:
    """As if no receipt had ever come → how many rows."""
    with closing(ledger_at(path)) as ledger:
        return ledger._database.change(
            "UPDATE outbox SET state = 'due', done_at = NULL, sent_at = NULL, received_at = NULL"
        )
