"""The hub ends at each point that matters (F03), starts again, and everything is as it was told."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from hub import clock
from hub.demo.broker import Broker
from hub.demo.visitor import VisitError
from hub.records import JournalKind, Step
from tests.books import documents_at, journal_at, key_at, ledger_reader_at
from tests.faults.house import House
from tests.faults.patient import QUESTIONNAIRES, RESOURCE, CheckIn
from tests.faults.tally import Tally
from tests.faults.zygote import Zygote
from tests.faults.zygote_crash import POINTS
from tests.store.test_old_books import laid_out

BLOWS = 3
_folders = count()


@pytest.mark.fault("F03")
@pytest.mark.parametrize("name", POINTS)
async def test_it_ends_here_and_starts_again(
    name: str, tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    scene = SCENES[POINTS[name].scene]
    for _ in tally.cycles(pr=1, night=50):
        folder = tmp_path / str(next(_folders))
        async with House(folder, zygote, lasting_broker.port, quick=True, pem=pem) as house:
            await scene(house, name)
            house.start_hub()
            house.monitor.blow()
            await house.settled()
            await house.kill_hub()
            await house.check_steps()
            house.check_books(was_damaged=POINTS[name].scene == "salvage")
            house.account(tally)
            assert is_shown(house, house.monitor.accepted)


async def a_reading(house: House, name: str) -> None:
    house.monitor.blow(BLOWS)
    await house.crashed(house.start_hub(name))
    await house.check_steps()


async def a_prune(house: House, name: str) -> None:
    """What was let go of, and comes out of the device's memory again, is known."""
    await received(house)
    await house.crashed(house.start_hub(name))
    house.monitor.forget_to_delete(list(house.monitor.accepted))
    known = house.centre.bundles.copy()
    house.start_hub()
    await house.settled()
    assert house.centre.bundles == known
    house.monitor.accepted.clear()
    await house.kill_hub()


async def a_document(house: House, name: str) -> None:
    """There is always a whole one: the old or the new."""
    await desired(house, "1")
    house.centre.desire("devices", kit("2"))
    await house.crashed(house.start_hub(name))
    assert in_force(house) in ("1", "2")
    await desired(house, "2")
    assert in_force(house) == "2"


async def a_plain_document(house: House, name: str) -> None:
    """As the documents stood there before there was a key."""
    folder = house.state / "documents"
    folder.mkdir(parents=True)
    single = {"1": {"version": "1", "content": kit("1")}}
    (folder / "kit.json").write_text(json.dumps({"document": single}))
    await house.crashed(house.start_hub(name))
    await received(house)
    assert in_force(house) == "1"
    assert not (folder / "kit.json").exists()


async def a_journal(house: House, name: str) -> None:
    check_in = str(uuid4())
    key_at(house.state)  # before the pages' journal is made with it
    with closing(journal_at(house.pages / "journal.db")) as journal:
        body = {"check_in": check_in, "questionnaire": RESOURCE["url"], "item": []}
        moment = clock.now("always")
        journal.append(JournalKind.CHECK_IN_COMPLETED, body, form="f1", moment=moment)
    house.thanked_for(check_in)
    await house.crashed(house.start_hub(name))


async def a_form(house: House, name: str) -> None:
    await with_questionnaires(house)
    web = house.start_web(name)
    await web.ready()
    run = await asyncio.to_thread(CheckIn, house.kiosk)
    with pytest.raises(VisitError):
        await asyncio.to_thread(run.step)
    await house.crashed(web)
    await house.start_web().ready()
    house.thanked_for(await asyncio.to_thread(run.finish))
    await house.settled()
    await house.kill_hub()


async def a_first_page(house: House, name: str) -> None:
    await with_questionnaires(house)
    await house.crashed(house.start_web(name))
    await house.start_web().ready()
    run = await asyncio.to_thread(CheckIn, house.kiosk)
    house.thanked_for(await asyncio.to_thread(run.finish))
    await house.settled()
    await house.kill_hub()


async def a_salvage(house: House, name: str) -> None:
    """Damage of which every row can be rescued: the book has forgotten its version."""
    await received(house)
    with closing(sqlite3.connect(house.state / "ledger.db")) as book:
        book.execute("PRAGMA user_version = 0")
    await house.crashed(house.start_hub(name))


async def an_old_book(house: House, name: str) -> None:
    house.state.mkdir()
    path = laid_out(house.state, "ledger", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as book:
        for table in ("bundle", "outbox"):
            book.execute(f"DELETE FROM {table} WHERE seq = 3")  # noqa: S608 - its id is made up
    await house.crashed(house.start_hub(name))
    house.start_hub()
    house.monitor.blow()
    await house.settled()
    await house.kill_hub()
    with closing(ledger_reader_at(path)) as reader:
        assert len(reader.readings(10)) == 3 + 1


SCENES: dict[str, Callable[[House, str], Awaitable[None]]] = {
    "reading": a_reading,
    "prune": a_prune,
    "document": a_document,
    "plain document": a_plain_document,
    "journal": a_journal,
    "form": a_form,
    "first start": a_reading,
    "first page": a_first_page,
    "salvage": a_salvage,
    "old": an_old_book,
}


async def received(house: House) -> None:
    house.monitor.blow(BLOWS)
    house.start_hub()
    await house.settled()
    await house.kill_hub()


async def desired(house: House, version: str) -> None:
    house.centre.desire("devices", kit(version))
    house.start_hub()
    reported = house.centre.reported
    await house.centre.until(lambda: reported.get("devices", {}).get("version") == version)
    await house.kill_hub()


async def with_questionnaires(house: House) -> None:
    house.centre.desire("questionnaires", QUESTIONNAIRES)
    house.start_hub()
    await house.centre.until(lambda: "questionnaires" in house.centre.reported)


def kit(version: str) -> dict[str, object]:
    return {"schema": "dho.devices/1.0", "version": version, "devices": []}


def in_force(house: House) -> str | None:
    documents = documents_at(house.state / "documents", writable=False)
    found = documents.get("kit")
    return None if found is None else found["version"]


def is_shown(house: House, numbers: list[int]) -> bool:
    """On the patient's page, each as received."""
    shown = house.shown()
    return all(Step.RECEIVED in shown.get(number, ()) for number in numbers)
