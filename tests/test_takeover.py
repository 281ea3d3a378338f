"""What the pages wrote is taken over in order, each row once, over real books."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from drivers.measurement import Kind, Measurement
from hub import clock
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.bundles import Bundles
from hub.home import Home
from hub.messages import Messages
from hub.records import JournalKind, Outcome, Reception, Step
from hub.requests import Requests
from hub.settings import Hub, Mqtt, Patient, Settings
from hub.store.journal import Journal, JournalReader
from hub.store.readings import LedgerReader
from hub.takeover import Takeover
from hub.uplink.endings import NOT_YET, ConnectionEnded

SETTINGS = Settings(
    hub=Hub(id="02000000000000D0"),
    patient=Patient(system="urn:oid:2.999.1.2.3.4", value="p-1"),
    mqtt=Mqtt(host="127.0.0.1", tenant="1804"),
)


def now() -> clock.Moment:
    return clock.now(trust="always")


class House:
    """A hub without radio and uplink: its books, and the pages' journal beside them."""

    def __init__(self, folder: Path, books: Books) -> None:
        self.books = books
        self.journal = Journal(folder / "journal.db")
        self.pages = LedgerReader(folder / "ledger.db")
        self.pairing = Pairing(window_s=120)
        self.forgotten: list[str] = []
        self.online = True
        self.completed: list[tuple[str, Mapping[str, object]]] = []
        home = Home(books, self.pairing, now, changed=lambda _: None, stirred=lambda: None)
        bundles = Bundles(SETTINGS, books.ledger, home.device, now, wake=lambda: None)
        self.messages = Messages(books, self._complete)
        requests = Requests(
            books,
            home,
            bundles,
            self.messages,
            choose=self.pairing.choose,
            forget=self._forget,
            test_connection=self._test,
            wake=lambda: None,
        )
        self.takeover = Takeover(
            books, JournalReader(folder / "journal.db"), requests.in_ledger, requests.live, now
        )

    def write(self, kind: JournalKind, /, ago_s: int = 0, **body: object) -> int:
        moment = replace(now(), mono_ms=now().mono_ms - 1000 * ago_s)
        return self.journal.append(kind, body, form=None, moment=moment).number

    async def until(self, reached: Callable[[], object]) -> None:
        task = asyncio.ensure_future(self.takeover.run())
        try:
            async with asyncio.timeout(20):
                while not reached():  # noqa: ASYNC110 - a book can only be looked at
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def outcome_of(self, number: int) -> Outcome:
        await self.until(lambda: self.pages.outcome(number))
        outcome = self.pages.outcome(number)
        assert outcome
        return outcome

    async def _forget(self, address: str) -> None:
        self.forgotten.append(address)

    async def _complete(self, command: str, detail: Mapping[str, object]) -> None:
        if not self.online:
            raise ConnectionEnded(NOT_YET)
        self.completed.append((command, detail))

    async def _test(self) -> Outcome:
        return Outcome(ok=False, detail="offline")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Books(tmp_path, lambda _: None) as books:
        house = House(tmp_path, books)
        yield house
        house.journal.close()
        house.pages.close()


def completed(house: House) -> int:
    return house.write(
        JournalKind.CHECK_IN_COMPLETED,
        check_in="5c0b6a33-6f4e-4e5e-9d5a-0e6a5e1f0001",
        questionnaire="https://hub.example/fhir/Questionnaire/demo|1.0.0",
        item=[{"linkId": "1", "answer": [{"valueBoolean": True}]}],
    )


async def test_a_completed_check_in_becomes_a_bundle(house: House) -> None:
    outcome = await house.outcome_of(completed(house))
    [row] = house.books.ledger.outbox.due(10)
    assert row.id == outcome.data["bundle"]
    assert row.body
    resource = msgspec.json.decode(row.body)["entry"][0]["resource"]
    assert resource["questionnaire"] == "https://hub.example/fhir/Questionnaire/demo|1.0.0"
    assert resource["item"] == [{"linkId": "1", "answer": [{"valueBoolean": True}]}]
    steps = house.pages.steps_of(outcome.data["bundle"])
    assert steps and set(steps) == {Step.SAVED}


async def test_the_same_check_in_taken_twice_is_one_bundle(house: House) -> None:
    await house.outcome_of(completed(house))
    await house.outcome_of(completed(house))
    assert len(house.books.ledger.outbox.due(10)) == 1


async def test_a_row_is_taken_once_across_restarts(house: House, tmp_path: Path) -> None:
    number = house.write(JournalKind.HELP_REQUESTED)
    await house.outcome_of(number)
    reader = JournalReader(tmp_path / "journal.db")
    assert house.books.ledger.notes.taken() == number
    assert not reader.after(house.books.ledger.notes.taken())


async def test_asking_for_help_is_an_urgent_alert(house: House) -> None:
    await house.outcome_of(house.write(JournalKind.HELP_REQUESTED))
    [row] = house.books.ledger.outbox.due(10, urgent=True)
    assert row.body
    issue = msgspec.json.decode(row.body)
    assert issue["code"]["coding"][0]["code"] == "help-requested"


async def test_not_me_in_time_takes_the_measurement_out(house: House) -> None:
    kept = house.books.ledger.append(
        Measurement(Kind.BODY_WEIGHT, {}, raw=(b"\x00",)),
        Reception("K", "gatt-weight-scale", "s", now(), None, live=True),
    )
    assert kept
    outcome = await house.outcome_of(house.write(JournalKind.NOT_ME, measurement=kept.id))
    assert outcome == Outcome(ok=True, detail="in_time")
    assert not house.books.ledger.outbox.due(10)


async def test_a_row_that_makes_no_sense_does_not_stop_the_next(house: House) -> None:
    broken = house.write(JournalKind.NOT_ME)
    good = house.write(JournalKind.OPEN_JOIN_WINDOW)
    assert (await house.outcome_of(good)).ok
    refused = house.pages.outcome(broken)
    assert refused and not refused.ok
    assert house.pairing.open_until(now().mono_ms)


async def test_the_page_learns_why_a_request_failed(house: House) -> None:
    assert (await house.outcome_of(house.write(JournalKind.TEST_CONNECTION))).detail == "offline"
    joined = await house.outcome_of(house.write(JournalKind.JOIN, address="AA:BB:CC:DD:EE:FF"))
    assert joined == Outcome(ok=False, detail="not heard in this join window")


async def test_what_was_asked_for_long_ago_is_not_done_any_more(house: House) -> None:
    number = house.write(JournalKind.OPEN_JOIN_WINDOW, ago_s=3600)
    assert await house.outcome_of(number) == Outcome(ok=False, detail="too old")
    assert house.pairing.open_until(now().mono_ms) is None


async def test_a_call_for_help_is_never_too_old(house: House) -> None:
    assert (await house.outcome_of(house.write(JournalKind.HELP_REQUESTED, ago_s=86_400))).ok


async def test_a_message_that_was_read_offline_is_told_later(house: House) -> None:
    message = {"id": "m1", "text": "Hei", "tell_when_read": True}
    house.books.documents.put_message(message)
    house.online = False
    number = house.write(JournalKind.MESSAGE_READ, message="m1")
    await house.until(lambda: house.books.ledger.notes.taken() == number)
    assert house.books.documents.messages()[0]["read_at"]
    assert not house.completed
    house.online = True
    await house.messages.tell()
    await house.messages.tell()
    assert [command for command, _ in house.completed] == ["m1"]
