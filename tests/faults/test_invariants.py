"""The eleven invariants of storage and forwarding, a short test for each.

I1   a reading is saved, and the device told so, only after COMMIT
I2   each book has one writing process and one writing connection
I3   sealed bytes never change; damaged ones are set aside and block nothing
I4   a row is done, and may go, only by its receipt
I5   ten in flight, alerts first, the backlog at its pace, a poison message set aside
I6   the central service knows a thing by its identifiers, however often it comes
I7   what the broker acknowledged is kept until the central service names it
I8   a full disk costs what was received already, and never an unsent reading
I9   a damaged book is moved aside, never deleted, and the hub starts
I10  a disk that fails a write ends the process: no second try on the same handle
I11  a document is written beside the old one, synced, renamed, and the folder synced
"""

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import BleDriver
from drivers.links import GattLink
from drivers.replay import ReplayGattLink
from hub.acquire.session import Session
from hub.books import Books
from hub.records import JournalKind, Whose
from hub.store.database import open_reader
from hub.store.errors import DiskFault, DiskFull
from hub.supervisor import EX_IOERR, Supervisor
from hub.uplink.patience import Pace
from tests.acquire.conftest import OSLO
from tests.acquire.test_session import NOW, SILENT, Clocked
from tests.books import KEY, documents_at, ledger_at, ledger_reader_at
from tests.faults.model_house import House, weight
from tests.store.made import blood_pressure, reception

TEN_KILOGRAMS = 100  # measurements, until one weighs ten more


@pytest.fixture
def house() -> Iterator[House]:
    house = House("central", Pace())
    yield house
    house.close()


def weigh(house: House, count: int = 1) -> None:
    """Each in a session of its own, and so in a row of its own."""
    for _ in range(count):
        number = len(house.facts.taken)
        house.facts.taken.append((f"session {number}", house.clock.now()))
        house.keep(number, Whose.PATIENT)


class Telling(Clocked):
    """Tells one measurement; `told` when it learns that this is kept."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__(None)
        self._told = told

    async def read(self, link: GattLink) -> AsyncGenerator[Any, None]:
        yield blood_pressure()
        self._told()


async def test_i1_the_device_is_told_after_the_commit(tmp_path: Path) -> None:
    kept_by_then: list[int] = []

    def look() -> None:
        with closing(open_reader(tmp_path / "ledger.db", KEY)) as somebody_else:
            kept_by_then.append(somebody_else.value("SELECT count(*) FROM measurement"))

    async def learn(_: object) -> None: ...

    async with Books(tmp_path, KEY, lambda _: None) as books:
        session = Session("K", books, lambda: NOW, OSLO, learn, lambda *_: Whose.PATIENT)
        driver: BleDriver = Telling(look)
        report = await session.run(driver, ReplayGattLink(SILENT), 5)
        assert report.problem is None
        assert books.ledger._database.value("PRAGMA synchronous") == 2
    assert kept_by_then == [1]


def test_i2_pages_cannot_write_the_hubs_book(tmp_path: Path) -> None:
    with closing(ledger_at(tmp_path / "ledger.db")) as ledger:
        pages = ledger_reader_at(tmp_path / "ledger.db")
        assert pages.taken() == 0
        database = pages._reader.database()
        with pytest.raises(DiskFault, match="readonly"):
            database.change("INSERT INTO counter VALUES ('x', 1)")
        ledger.append(blood_pressure(), reception())
        pages.close()


def test_i3_damaged_bytes_are_set_aside_and_block_nothing(house: House) -> None:
    weigh(house, 2)
    house.connect(session_kept=False)
    house.pass_time(1)
    sent = {one.publication.id.urn for one in house.wire.sent} if house.wire else set()
    book = house.life.books.ledger._database
    book.change("UPDATE bundle SET body = zeroblob(length(body)) WHERE seq = 1")
    house.connect(session_kept=False)
    house.pass_time(1)
    again = {one.publication.id.urn for one in house.wire.sent} if house.wire else set()
    (parked,) = house.life.books.ledger.outbox.parked()
    assert (parked.seq, len(sent)) == (1, 2)
    assert again >= sent - {parked.id}
    assert parked.id not in again


def test_i4_only_a_receipt_ends_a_row(house: House) -> None:
    weigh(house)
    house.connect(session_kept=False)
    house.pass_time(1)
    house.puback(0, 0)
    house.pass_time(1)
    house.prune(days=0)
    assert house.life.books.ledger.outbox.counts().waiting == 1
    house.let_through()
    assert house.life.books.ledger.outbox.counts().waiting == 0
    weigh(house)
    house.prune(days=0)
    assert house.life.reader.value("SELECT count(*) FROM pruned") == 1


def test_i5_ten_in_flight_oldest_first_alerts_before_them(house: House) -> None:
    weigh(house, 12)
    house.connect(session_kept=False)
    house.pass_time(60)
    assert house.wire
    assert len(house.wire.sent) == 10
    house.answer(JournalKind.HELP_REQUESTED)
    house.take_over(1.0)
    house.puback(0, 0)
    house.pass_time(1)
    assert [one.publication.urgent for one in house.wire.sent] == [*[False] * 9, True]
    seqs = [sequence(house, one.publication.id.urn) for one in house.wire.sent]
    assert seqs == [*range(2, 11), 13]


def test_i5_the_backlog_leaves_five_a_second(house: House) -> None:
    weigh(house, 8)
    house.connect(session_kept=False)
    house.pass_time(0.99)
    assert house.wire
    assert len(house.wire.sent) == 5


def test_i5_a_poison_message_is_set_aside(house: House) -> None:
    weigh(house, 2)
    house.connect(session_kept=False)
    for _ in range(3):
        house.pass_time(30)
        house.puback(0 if len(house.life.published) == 1 else -1, 0x99)
    house.pass_time(1)
    assert house.life.books.ledger.outbox.counts().parked == 1


def test_i6_what_comes_twice_counts_once(house: House) -> None:
    weigh(house, 3)
    house.connect(session_kept=False)
    house.pass_time(2)
    assert house.wire
    for one in house.wire.sent:
        house.world.take(one)
    house.connect(session_kept=False)  # no PUBACK came
    house.pass_time(2)
    for _ in range(2):
        house.let_through()
    assert set(house.world.copies.values()) == {2}
    assert house.world.weights() == dict.fromkeys((weight(n) for n in range(3)), 1)


def test_i7_what_the_broker_acknowledged_and_lost_goes_again(house: House) -> None:
    weigh(house)
    house.connect(session_kept=True)
    house.pass_time(1)
    house.puback(0, 0)
    house.world.forget()
    house.pass_time(61)
    house.let_through()
    assert house.world.weights() == {weight(0): 1}


def test_i8_an_unsent_reading_never_makes_room(tmp_path: Path) -> None:
    with closing(ledger_at(tmp_path / "ledger.db")) as ledger:
        pages = ledger._database.value("PRAGMA page_count")
        ledger._database.rows(f"PRAGMA max_page_count = {pages + 60}")
        kept = []
        with pytest.raises(DiskFull):
            for number in range(1000):
                kept.append(ledger.append(blood_pressure(number), reception(f"s{number}")))
        ids = [one.id for one in kept if one]
        assert ids
        assert all(ledger.kept(id) for id in ids)


def test_i9_a_damaged_book_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(bytes(100_000))
    with closing(ledger_at(path)) as ledger:
        assert ledger.damaged
        assert ledger.damaged.moved_to.read_bytes() == bytes(100_000)
        assert ledger.append(blood_pressure(), reception())


async def test_i10_a_failing_disk_ends_the_process_after_one_try(tmp_path: Path) -> None:
    tries = 0
    supervisor = Supervisor(lambda name, reason: None)

    async def work() -> None:
        nonlocal tries
        tries += 1
        raise DiskFault(tmp_path, "disk I/O error", "SQLITE_IOERR_FSYNC")

    supervisor.start("books", work)
    assert await supervisor.wait() == EX_IOERR
    await supervisor.close()
    assert tries == 1


def test_i11_a_document_is_synced_then_renamed_then_its_folder_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = documents_at(tmp_path / "documents")
    documents.put("plan", {"n": 1}, version="1")
    steps: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def watched_fsync(handle: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def watched_rename(path: Path, target: Path) -> Path:
        steps.append(f"{path.name} -> {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_rename)
    documents.put("plan", {"n": 2}, version="2")
    named = [step for step in steps if "previous" not in step]
    assert named == ["sync plan.sealed.new", "plan.sealed.new -> plan.sealed", "sync documents"]


def sequence(house: House, bundle: str) -> int:
    seq: int = house.life.reader.value("SELECT seq FROM bundle WHERE id = ?", (bundle,))
    return seq
