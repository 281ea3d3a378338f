"""What many readings cost: 400 days at 100 a day fit, and a page looks at no more rows for them."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from drivers.measurement import Kind
from hub.records import Reception
from hub.store.retention import LARGEST_BYTES
from tests.books import ledger_at
from tests.faults.tally import IS_NIGHT, Tally
from tests.store.made import blood_pressure, moment, reception
from tests.web.house import CUFF, TODAY, House

FOUR_HUNDRED_DAYS = 40_000
MANY = 40_000 if IS_NIGHT else 2_000
FIVE_YEARS = 200_000 if IS_NIGHT else 3_000
AT_ONCE = 1_000
QUARTER = 1_000 if not IS_NIGHT else 10_000
STEP = 100  # instructions of SQLite's machine that one count stands for
PAGES = ("/", "/readings", f"/readings/{Kind.BLOOD_PRESSURE}/7")
A_DAY = 100 if IS_NIGHT else 10


def living(folder: Path, readings: int) -> House:
    """With so many readings, `A_DAY`, all received, the newest of today."""
    house = House(folder)
    house.start_hub()

    def keep(first: int) -> None:
        for number in range(first, min(first + AT_ONCE, readings)):
            at = moment(-timedelta(days=(readings - number) / A_DAY).total_seconds())
            assert at.wall < TODAY
            came = Reception(CUFF, "gatt-blood-pressure", f"s{number}", at, 0.0, True)
            house.ledger.append(blood_pressure(number), came)

    for first in range(0, readings, AT_ONCE):
        house.ledger.transact(partial(keep, first))
    received = "UPDATE outbox SET state = 'acknowledged', done_at = created_wall"
    house.ledger._database.change(received)
    return house


def work(house: House, path: str) -> tuple[int, float]:
    """How much SQLite did for one page, in its own instructions, and how long it took."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection = house.page_ledger._reader._reader.database()._connection
    kiosk = house.kiosk()
    assert kiosk.get(path).status_code == 200  # opens what is opened once
    connection.set_progress_handler(count, STEP)
    began = time.perf_counter()
    assert kiosk.get(path).status_code == 200
    page_s = time.perf_counter() - began
    connection.set_progress_handler(None, STEP)
    return counted, page_s


@pytest.mark.fault("F50")
def test_pages_look_at_no_more_rows_after_five_years(tmp_path: Path, tally: Tally) -> None:
    young, old = living(tmp_path / "young", QUARTER), living(tmp_path / "old", FIVE_YEARS)
    for path in PAGES:
        few, _ = work(young, path)
        many, page_s = work(old, path)
        tally.say(path, f"{1000 * page_s:.0f} ms")
        assert many <= 1.2 * few + 5, path
    old.ledger.close()
    began = time.perf_counter()
    old.start_hub()
    tally.say("start", f"{time.perf_counter() - began:.1f} s with {FIVE_YEARS} readings")
    young.close()
    old.close()


@pytest.mark.fault("F50")
def test_four_hundred_days_fit(tmp_path: Path, tally: Tally) -> None:
    path = tmp_path / "ledger.db"
    ledger = ledger_at(path)
    body = bytes(2500)  # a bundle of one blood pressure, as it is stored

    def keep(first: int) -> None:
        for number in range(first, first + AT_ONCE):
            ledger.append(blood_pressure(number), reception(f"s{number}"))

    def seal(first: int) -> None:
        for seq in range(first + 1, first + AT_ONCE + 1):
            ledger.outbox.seal(seq, f"b{seq}", body)

    for first in range(0, MANY, AT_ONCE):
        ledger.transact(partial(keep, first))
    ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    unsent = path.stat().st_size / MANY * FOUR_HUNDRED_DAYS
    for first in range(0, MANY, AT_ONCE):
        ledger.transact(partial(seal, first))
    ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    sealed = path.stat().st_size / MANY * FOUR_HUNDRED_DAYS
    tally.add(accepted=MANY)
    tally.say("unsent", f"{unsent / 1e6:.0f} MB for 40,000 readings")
    tally.say("sealed", f"{sealed / 1e6:.0f} MB with their bundles")
    assert sealed <= LARGEST_BYTES
    ledger.close()
