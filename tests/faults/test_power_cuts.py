"""The power fails at any moment: what was said to be saved is there, whole and in its order."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import quantiles

import pytest
from tinydb import Query, TinyDB

from hub.store import database
from hub.store.key import load_or_make
from tests.books import ledger_at, ledger_reader_at
from tests.faults.lossy import LossyDisk, missing
from tests.faults.power_cut import Found, Promised, Say, Writer, keep_books
from tests.faults.tally import Tally
from tests.store.made import blood_pressure, reception

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

CUTS_OF_ONE_HOME = 25
OPENED_S = 0.05
WRITTEN_S = 0.004


@pytest.fixture
def mount(memory: Path) -> Path:
    return memory / "mount"


@pytest.fixture
def loses_all(memory: Path, mount: Path) -> Iterator[LossyDisk]:
    with LossyDisk(memory / "disk", mount, seed=1, keep=0.0) as disk:
        yield disk


@pytest.fixture
def tears(memory: Path, mount: Path) -> Iterator[LossyDisk]:
    with LossyDisk(memory / "disk", mount, seed=2, keep=0.5) as disk:
        yield disk


@pytest.mark.fault("F04")
def test_a_power_cut_takes_nothing_that_is_saved(loses_all: LossyDisk, tally: Tally) -> None:
    assert cut_again_and_again(loses_all, tally, pr=30, night=1500) > 0


@pytest.mark.fault("F05")
def test_torn_and_reordered_writes_take_nothing_that_is_saved(
    tears: LossyDisk, tally: Tally
) -> None:
    assert cut_again_and_again(tears, tally, pr=10, night=500) > 0


@pytest.mark.fault("F07")
def test_a_disk_that_fails_for_a_while_takes_nothing_that_is_saved(
    loses_all: LossyDisk, tally: Tally
) -> None:
    """Whoever meets it ends, starts anew and meets it again, until the disk is well."""
    for cycle in tally.cycles(pr=10, night=500):
        chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
        folder, promised = loses_all.mount / f"home-{cycle}", Promised()
        writer = Writer(partial(keep_books, folder, 0))
        said = [writer.hear() for _ in range(chance.randrange(1, 40))]
        time.sleep(chance.random() * WRITTEN_S)
        loses_all.fail()
        said += until_it_ends(writer)
        for start in range(chance.randrange(3)):
            said += until_it_ends(Writer(partial(keep_books, folder, 1000 * (start + 1))))
        loses_all.heal()
        accepted = sum(promised.add(words) for words in said)
        found = Found.of(folder)
        lost = found.lost(promised)
        tally.add(accepted=accepted, lost=len(lost), reordered=found.reordered(promised))
        assert (found.damaged, lost) == ([], [])


def until_it_ends(writer: Writer) -> list[list[str]]:
    said = list(iter(writer.hear, []))
    return said + writer.end()


@pytest.mark.fault("K1")
def test_with_synchronous_normal_the_same_cut_takes_what_was_saved(
    loses_all: LossyDisk, tally: Tally
) -> None:
    cuts = 0
    for cycle in tally.cycles(pr=5, night=100):
        folder, promised = loses_all.mount / f"home-{cycle}", Promised()
        accepted = cut_while(loses_all, promised, cycle, partial(keep_carelessly, folder))
        lost = Found.of(folder).lost(promised)
        cuts += bool(lost)
        tally.add(accepted=accepted, lost=len(lost))
        tally.say("cuts with loss", f"{cuts} of {cycle + 1}")
    assert tally.lost > 0, "the disk loses nothing: the tests above prove nothing"


def keep_carelessly(folder: Path, say: Say) -> None:
    database.PRAGMAS = database.PRAGMAS | {"synchronous": (1, "NORMAL")}  # type: ignore[misc]
    keep_books(folder, 0, say)


@pytest.mark.fault("K2")
def test_tinydb_as_it_comes_is_cut_short(loses_all: LossyDisk, tally: Tally) -> None:
    unreadable = 0
    for cycle in tally.cycles(pr=20, night=100):
        path, promised = loses_all.mount / f"{cycle}.json", Promised()
        accepted = cut_while(loses_all, promised, cycle, partial(keep_in_tinydb, path))
        kept = read_tinydb(path)
        unreadable += kept is None
        tally.add(accepted=accepted, lost=len(set(promised.readings) - (kept or set())))
        tally.say("unreadable", f"{unreadable} of {cycle + 1}")
    assert unreadable > 0


def keep_in_tinydb(path: Path, say: Say) -> None:
    """Readings come, and each is marked as sent a little later, which makes its row shorter."""
    kept = TinyDB(path)
    for number in range(100_000):
        kept.insert({"id": f"r{number}", "state": "waiting for the central service"})
        say("reading", f"r{number}")
        kept.update({"state": "sent"}, Query().id == f"r{number - 1}")


def read_tinydb(path: Path) -> set[str] | None:
    """None: its own reader cannot make anything of it."""
    with closing(TinyDB(path)) as kept:
        try:
            return {row["id"] for row in kept.all()}
        except ValueError:
            return None


@pytest.mark.fault("F47")
def test_while_the_disk_stalls_pages_read_and_nothing_is_lost(
    loses_all: LossyDisk, tally: Tally
) -> None:
    """Two seconds for each sync, as a card that tidies up."""
    waits: list[float] = []
    for cycle in tally.cycles(pr=1, night=50):
        path, promised = loses_all.mount / f"home-{cycle}" / "ledger.db", Promised()
        load_or_make(path.with_name("data.key"))
        with closing(ledger_at(path)):
            loses_all.stall(2.0)
        writer = Writer(partial(append_slowly, path))
        read = 0
        with closing(ledger_reader_at(path)) as reader:
            while said := writer.hear():
                if said == ["begins"]:
                    while not writer.has_said():
                        began = time.monotonic()
                        reader.readings(limit=10)
                        waits.append(time.monotonic() - began)
                        read += 1
                else:
                    promised.add(said)
        writer.end()
        loses_all.cut()
        found = Found.of(path.parent)
        lost = found.lost(promised)
        tally.add(
            accepted=len(promised.readings), lost=len(lost), reordered=found.reordered(promised)
        )
        tally.say("a page's reading while a sync stalls", f"{quantiles(waits, n=20)[-1]:.4f} s p95")
        assert (len(promised.readings), lost, found.damaged) == (3, [], [])
        assert read > 3, "every reading waited for the commit"
    assert tally.reordered == 0


def append_slowly(path: Path, say: Say) -> None:
    with closing(ledger_at(path)) as ledger:
        for number in range(3):
            say("begins")
            kept = ledger.append(blood_pressure(number), reception())
            say("reading", kept.id if kept else "-")


def cut_again_and_again(disk: LossyDisk, tally: Tally, *, pr: int, night: int) -> int:
    """→ how many unsynced sectors the cuts took"""
    taken = 0
    home: tuple[Path, Promised] | None = None
    for cycle in tally.cycles(pr=pr, night=night):
        if home is None or cycle % CUTS_OF_ONE_HOME == 0:
            home = disk.mount / f"home-{cycle}", Promised()
        folder, promised = home
        accepted = cut_while(disk, promised, cycle, partial(keep_books, folder, cycle * 100_000))
        taken += disk.lost["sectors_lost"]
        found = Found.of(folder)
        lost = found.lost(promised)
        tally.add(accepted=accepted, lost=len(lost), reordered=found.reordered(promised))
        assert (found.damaged, lost) == ([], []), disk.lost
    assert tally.reordered == 0
    return taken


def cut_while(disk: LossyDisk, promised: Promised, cycle: int, work: Callable[[Say], None]) -> int:
    """The power fails at some moment, one in five times while the books open → accepted before."""
    chance = random.Random(cycle)  # noqa: S311 - moments, not secrets
    lines = max(0, chance.randrange(-15, 60))
    writer = Writer(work)
    said = [writer.hear() for _ in range(lines)]
    time.sleep(chance.random() * (WRITTEN_S if lines else OPENED_S))
    disk.cut(writer.pid)
    return sum(promised.add(words) for words in said + writer.end())
