"""What the hub does by the clock, with a clock that the test winds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from drivers.measurement import Kind, Measurement
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.clock import ClockState, Moment
from hub.home import Home
from hub.records import Reception
from hub.rounds import Rounds
from hub.trust import Guard
from tests.books import KEY, ledger_reader_at
from tests.test_takeover import SETTINGS

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
WRONG = Moment(datetime(2026, 1, 1, tzinfo=UTC), 1_000, "boot", ClockState.RESTORED)
RIGHT = Moment(datetime(2026, 11, 22, 8, 0, tzinfo=UTC), 61_000, "boot", ClockState.NTP)


class House:
    def __init__(self, folder: Path, books: Books) -> None:
        self.books = books
        self.moment = WRONG
        self.synchronised = asyncio.Event()
        self.pages = ledger_reader_at(folder / "ledger.db")
        guard = Guard(self.now, books.ledger.dating.past(), released=RELEASED)
        home = Home(books, Pairing(120), guard.now, changed=lambda _: None, stirred=lambda: None)
        hub = msgspec.structs.replace(SETTINGS.hub, state_dir=folder)
        settings = msgspec.structs.replace(SETTINGS, hub=hub)
        self.rounds = Rounds(
            settings,
            books,
            home,
            guard,
            synchronised=self.synchronised.set,
            anomalies=lambda: {"malformed": 2},
        )

    def now(self) -> Moment:
        return self.moment


async def during(work: Callable[[], Awaitable[None]], reached: Callable[[], object]) -> None:
    task = asyncio.ensure_future(work())
    try:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110 - a book can only be looked at
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr("hub.rounds.CLOCK_LOOK_S", 0.01)
    async with Books(tmp_path, KEY, lambda _: None) as books:
        house = House(tmp_path, books)
        yield house
        house.pages.close()


def weigh(house: House) -> None:
    measurement = Measurement(Kind.BODY_WEIGHT, {}, raw=(b"\x00",))
    reception = Reception("K", "gatt-weight-scale", "s", house.moment, None, live=True)
    assert house.books.ledger.append(measurement, reception)


async def test_readings_from_before_the_time_was_known_are_restamped(house: House) -> None:
    weigh(house)
    house.moment = RIGHT
    await during(house.rounds.watch_clock, house.synchronised.is_set)
    [reading] = house.pages.readings(1)
    assert reading.kept.reception.received.wall == RIGHT.wall - timedelta(seconds=60)
    assert reading.kept.reception.received.trusted


async def test_the_pages_learn_whether_the_time_is_known(house: House) -> None:
    await during(house.rounds.watch_clock, lambda: house.pages.state("clock"))
    assert house.pages.state("clock") == {"synchronised": False, "doubt": None, "boot_id": "boot"}
    assert not house.synchronised.is_set()


async def test_the_beat_is_durable(house: House) -> None:
    await during(house.rounds.beat, lambda: house.pages.state("alive"))
    assert house.pages.state("alive") == {"mono_ms": 1_000, "boot_id": "boot"}


async def test_between_two_notes_the_watchdog_is_fed_and_nothing_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed: list[str] = []
    monkeypatch.setattr("hub.systemd.notify", lambda text: fed.append(house.pages.version()))
    monkeypatch.setattr("hub.systemd.watchdog_interval_s", lambda: 0.01)
    await during(house.rounds.beat, lambda: len(fed) > 3)
    assert len(set(fed)) == 1


async def test_what_failed_is_shown_to_the_technician_until_it_works(house: House) -> None:
    house.rounds.failed("bluetooth", "no adapter")
    await during(house.rounds.report_health, lambda: house.pages.state("anomalies"))
    facts = house.pages.state("health")["facts"]
    assert {"name": "bluetooth", "ok": False, "detail": "no adapter"} in facts
    assert house.pages.state("anomalies") == {"malformed": 2}
    house.rounds.failed("bluetooth", None)
    assert not house.rounds.problems


def heard(house: House, wall: datetime, mono_ms: int = 120_000) -> None:
    """From a time server."""
    house.moment = Moment(wall, mono_ms, "boot", ClockState.NTP)


def stamped(house: House) -> list[tuple[datetime, ClockState]]:
    found = [reading.kept.reception.received for reading in house.pages.readings(9)]
    return [(received.wall, received.state) for received in reversed(found)]


async def test_a_doubted_clock_restamps_nothing_and_says_why(house: House) -> None:
    weigh(house)
    heard(house, RIGHT.wall + timedelta(days=4000))
    await house.rounds.look_at_clock()
    assert stamped(house) == [(WRONG.wall, ClockState.RESTORED)]
    assert house.pages.state("clock") == {
        "synchronised": False,
        "doubt": "too-late",
        "boot_id": "boot",
    }
    assert "time.sync" in house.rounds.problems["time"]
    assert house.rounds.doubts == 1
    assert house.books.ledger.dating.past().last is None
    assert not house.synchronised.is_set()


async def test_the_central_service_ends_a_doubt(house: House) -> None:
    weigh(house)
    late = WRONG.wall + timedelta(days=800)
    heard(house, late)
    await house.rounds.look_at_clock()
    await house.rounds.told(late - timedelta(minutes=1), late + timedelta(minutes=9))
    assert stamped(house) == [(late - timedelta(seconds=119), ClockState.NTP)]
    assert "time" not in house.rounds.problems
    assert house.synchronised.is_set()


async def test_stamps_made_by_a_lie_are_corrected_when_it_is_found_out(house: House) -> None:
    heard(house, RIGHT.wall + timedelta(days=50))
    await house.rounds.look_at_clock()
    weigh(house)
    house.books.ledger.restamp(house.moment)
    heard(house, RIGHT.wall, 180_000)
    await house.rounds.look_at_clock()
    assert house.rounds.problems["time"].startswith("the clock has jumped")
    assert stamped(house)[0][0] == RIGHT.wall + timedelta(days=50)
    assert await house.rounds.confirm_time()
    assert stamped(house) == [(RIGHT.wall - timedelta(seconds=60), ClockState.NTP)]
    assert house.books.ledger.dating.past().last == RIGHT.wall
    assert house.books.ledger.dating.past().first == house.moment


async def test_a_sealed_row_keeps_its_bytes_and_its_stamp(house: House) -> None:
    heard(house, RIGHT.wall + timedelta(days=50))
    await house.rounds.look_at_clock()
    weigh(house)
    [due] = house.books.ledger.outbox.due(9)
    assert house.books.ledger.outbox.seal(due.seq, "urn:uuid:1", b"{}")
    heard(house, RIGHT.wall, 180_000)
    await house.rounds.confirm_time()
    assert stamped(house)[0][0] == RIGHT.wall + timedelta(days=50)


async def test_what_was_believed_outlives_the_process(house: House) -> None:
    heard(house, RIGHT.wall)
    await house.rounds.look_at_clock()
    past = house.books.ledger.dating.past()
    assert past.last == RIGHT.wall
    assert past.first == house.moment
