"""What the pages wrote is taken over in order, each row once, over real books."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers.measurement import Kind, Measurement
from hub import clock
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.bundles import Bundles
from hub.calls import Calls
from hub.diary import Diary
from hub.home import Home
from hub.messages import Messages
from hub.records import Device, JournalKind, Outcome, Reception, Step, Task, Whose
from hub.requests import Requests
from hub.settings import Hub, Mqtt, Patient, Settings
from hub.takeover import Takeover
from hub.uplink.endings import NOT_YET, ConnectionEnded
from tests.books import KEY, journal_at, journal_reader_at, ledger_reader_at

SETTINGS = Settings(
    hub=Hub(id="02000000000000D0"),
    patient=Patient(system="urn:oid:2.999.1.2.3.4", value="p-1"),
    mqtt=Mqtt(host="127.0.0.1", tenant="1804"),
)
PATIENT = {"system": "urn:oid:2.999.1.2.3.4", "value": "p-1"}
CHECK_IN = "5c0b6a33-6f4e-4e5e-9d5a-0e6a5e1f0001"
CUFF = Device(
    key="F0F1F2FFFEA10001",
    address="F0:F1:F2:A1:00:01",
    transport="ble",
    driver="gatt-blood-pressure",
    name="Blodtrykksmåler",
    joined_at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
)

OFFERED = {"id": "m1", "text": "Kan vi ringe?", "replies": ["Ja", "Nei"], "tell_when_read": True}


def now() -> clock.Moment:
    return clock.now(trust="always")


class House:
    """A hub without radio and uplink: its books, and the pages' journal beside them."""

    def __init__(self, folder: Path, books: Books) -> None:
        self.books = books
        self.journal = journal_at(folder / "journal.db")
        self.pages = ledger_reader_at(folder / "ledger.db")
        self.pairing = Pairing(window_s=120)
        self.forgotten: list[str] = []
        self.online = True
        self.is_synchronised = True
        self.completed: list[tuple[str, Mapping[str, object], bool]] = []
        self.home = Home(books, self.pairing, now, changed=lambda _: None, stirred=lambda: None)
        bundles = Bundles(SETTINGS, books.ledger, self.home.device, now, wake=lambda: None)
        self.messages = Messages(books, self._complete)
        diary = Diary(books.ledger, ZoneInfo("Europe/Oslo"), now)
        requests = Requests(
            books,
            self.home,
            bundles,
            self.messages,
            Calls(books, bundles, now),
            diary,
            choose=self.pairing.choose,
            forget=self._forget,
            test_connection=self._test,
            confirm_time=self._confirm_time,
            wake=lambda: None,
        )
        self.takeover = Takeover(
            books, journal_reader_at(folder / "journal.db"), requests.in_ledger, requests.live, now
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

    def responses(self) -> list[dict[str, Any]]:
        """The answers that wait to be sent."""
        due = self.books.ledger.outbox.due(10, urgent=False)
        return [msgspec.json.decode(row.body or b"")["entry"][0]["resource"] for row in due]

    def message(self) -> dict[str, Any]:
        [found] = self.books.documents.messages()
        return found

    async def _forget(self, address: str) -> None:
        self.forgotten.append(address)

    async def _complete(self, command: str, detail: Mapping[str, object], /, *, ends: bool) -> None:
        if not self.online:
            raise ConnectionEnded(NOT_YET)
        self.completed.append((command, detail, ends))

    async def _test(self) -> Outcome:
        return Outcome(ok=False, detail="offline")

    async def _confirm_time(self) -> bool:
        return self.is_synchronised


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        house = House(tmp_path, books)
        yield house
        house.journal.close()
        house.pages.close()


def completed(house: House, **more: Any) -> int:
    return house.write(
        JournalKind.CHECK_IN_COMPLETED,
        check_in=CHECK_IN,
        questionnaire="https://hub.example/fhir/Questionnaire/demo|1.0.0",
        item=[{"linkId": "1", "answer": [{"valueBoolean": True}]}],
        **more,
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


@pytest.mark.parametrize(
    ("said", "source"),
    [
        pytest.param({}, {"type": "Patient", "identifier": PATIENT}, id="nobody has said"),
        pytest.param({"source": "patient"}, {"type": "Patient", "identifier": PATIENT}, id="self"),
        pytest.param(
            {"source": "kin"}, {"type": "RelatedPerson", "display": "Pårørende"}, id="kin"
        ),
        pytest.param(
            {"source": "nurse"},
            {"type": "Practitioner", "display": "Helsepersonell i hjemmet"},
            id="nurse",
        ),
    ],
)
async def test_who_answered_is_told_by_the_part_they_have(
    house: House, said: dict[str, str], source: dict[str, Any]
) -> None:
    await house.outcome_of(completed(house, **said))
    [resource] = house.responses()
    assert resource["source"] == source
    assert resource["subject"] == {"type": "Patient", "identifier": PATIENT}


async def test_a_check_in_that_is_undone_is_marked_as_a_mistake(house: House) -> None:
    await house.outcome_of(completed(house, source="kin"))
    undone = house.write(JournalKind.CHECK_IN_UNDONE, check_in=CHECK_IN, into="another")
    outcome = await house.outcome_of(undone)
    first, last = house.responses()
    assert last == first | {"status": "entered-in-error"}
    sent, taken_back = house.books.ledger.outbox.due(10)
    assert (taken_back.id, taken_back.id != sent.id) == (outcome.data["bundle"], True)
    [entry] = msgspec.json.decode(taken_back.body or b"")["entry"]
    name = first["identifier"]["value"]
    assert entry["fullUrl"] == name
    assert entry["request"] == {
        "method": "PUT",
        "url": f"QuestionnaireResponse?identifier=urn:ietf:rfc:3986|{name}",
    }


async def test_the_answers_that_were_sent_already_are_taken_back_too(house: House) -> None:
    bundle = (await house.outcome_of(completed(house))).data["bundle"]
    house.books.ledger.outbox.acknowledge([bundle], now().wall)
    for _ in range(2):
        undone = house.write(JournalKind.CHECK_IN_UNDONE, check_in=CHECK_IN, into="another")
        assert (await house.outcome_of(undone)).ok
    assert [one["status"] for one in house.responses()] == ["entered-in-error"]


async def test_a_check_in_that_was_never_completed_cannot_be_undone(house: House) -> None:
    undone = house.write(JournalKind.CHECK_IN_UNDONE, check_in=CHECK_IN, into="another")
    assert not (await house.outcome_of(undone)).ok
    assert house.responses() == []


async def test_a_row_is_taken_once_across_restarts(house: House, tmp_path: Path) -> None:
    number = house.write(JournalKind.HELP_REQUESTED)
    await house.outcome_of(number)
    reader = journal_reader_at(tmp_path / "journal.db")
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


async def test_a_technician_confirms_the_time(house: House) -> None:
    assert (await house.outcome_of(house.write(JournalKind.TRUST_CLOCK))).ok
    house.is_synchronised = False
    outcome = await house.outcome_of(house.write(JournalKind.TRUST_CLOCK))
    assert outcome == Outcome(ok=False, detail="not synchronised")
    number = house.write(JournalKind.TRUST_CLOCK, ago_s=3600)
    assert await house.outcome_of(number) == Outcome(ok=False, detail="too old")


async def test_what_was_asked_for_long_ago_is_not_done_any_more(house: House) -> None:
    number = house.write(JournalKind.OPEN_JOIN_WINDOW, ago_s=3600)
    assert await house.outcome_of(number) == Outcome(ok=False, detail="too old")
    assert house.pairing.open_until(now().mono_ms) is None


async def test_a_call_for_help_is_never_too_old(house: House) -> None:
    assert (await house.outcome_of(house.write(JournalKind.HELP_REQUESTED, ago_s=86_400))).ok


async def test_a_passkey_reaches_the_device_that_asks(house: House) -> None:
    late = house.write(JournalKind.PASSKEY, address=CUFF.address, passkey="123456")
    assert not (await house.outcome_of(late)).ok
    asking = asyncio.ensure_future(house.home.passkeys.ask(CUFF.address))
    await house.until(lambda: house.pages.state("passkey_wanted"))
    house.write(JournalKind.PASSKEY, address=CUFF.address, passkey="123456")
    await house.until(asking.done)
    assert await asking == 123456
    await house.until(lambda: house.pages.state("passkey_wanted") is None)


async def test_a_code_from_a_display_is_kept_for_the_driver(house: House) -> None:
    await house.home.joined(CUFF)
    house.home.status(CUFF.key, task=Task.CONSENT_NEEDED)
    number = house.write(JournalKind.CONSENT, device_key=CUFF.key, user_index=2, consent="0815")
    assert (await house.outcome_of(number)).ok
    [device] = house.books.documents.devices()
    assert device.user_index == 2
    assert device.memory == {"user_index": "2", "consent": "0815"}
    await house.until(lambda: house.pages.device_statuses()[CUFF.key].task is None)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"user_index": 255, "consent": "0815"}, id="no user"),
        pytest.param({"user_index": 1, "consent": "12345"}, id="no code"),
        pytest.param({"user_index": 1, "consent": ""}, id="nothing typed"),
        pytest.param({"device_key": "gone"}, id="no such device"),
    ],
)
async def test_a_code_that_makes_no_sense_is_refused(house: House, said: dict[str, Any]) -> None:
    await house.home.joined(CUFF)
    body: dict[str, Any] = {"device_key": CUFF.key, "user_index": 1, "consent": "1"} | said
    assert not (await house.outcome_of(house.write(JournalKind.CONSENT, **body))).ok
    assert house.books.documents.devices() == [CUFF]


async def test_a_window_opens_for_one_that_takes_the_place_of_another(house: House) -> None:
    await house.home.joined(CUFF)
    opened = house.write(JournalKind.REPLACE_DEVICE, device_key=CUFF.key)
    assert (await house.outcome_of(opened)).ok
    assert house.pairing.open_until(now().mono_ms)
    refused = house.write(JournalKind.REPLACE_DEVICE, device_key="gone")
    assert not (await house.outcome_of(refused)).ok


async def test_what_nobody_owned_is_asked_about_and_sent_when_it_is_the_patients(
    house: House,
) -> None:
    ids = []
    for number in (1, 2):
        kept = house.books.ledger.append(
            Measurement(Kind.BODY_WEIGHT, {}, raw=(bytes((number,)),), sequence=number),
            Reception("K", "gatt-weight-scale", "s", now(), None, live=True),
            Whose.UNKNOWN,
        )
        assert kept
        ids.append(kept.id)
    first, second = ids
    assert house.pages.state("ask_who") == [second, first]
    await house.outcome_of(house.write(JournalKind.NOT_ME, measurement=second))
    await house.outcome_of(house.write(JournalKind.THIS_WAS_ME, measurement=first))
    assert house.pages.state("ask_who") == []
    [row] = house.books.ledger.outbox.due(10)
    assert [kept.id for kept in house.books.ledger.measurements_of(row.seq)] == [first]


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
    assert [command for command, _, _ in house.completed] == ["m1"]


async def test_an_answer_to_a_message_is_kept_and_told(house: House) -> None:
    house.books.documents.put_message(OFFERED)
    number = house.write(JournalKind.MESSAGE_REPLIED, message="m1", reply="Ja")
    assert (await house.outcome_of(number)).ok
    message = house.message()
    assert message["reply"] == "Ja"
    assert message["read_at"] == message["replied_at"]
    detail = {"readAt": message["read_at"], "reply": "Ja", "repliedAt": message["replied_at"]}
    assert house.completed == [("m1", detail, True)]


async def test_that_it_was_read_is_told_before_it_is_answered(house: House) -> None:
    house.books.documents.put_message(OFFERED)
    read = house.write(JournalKind.MESSAGE_READ, message="m1")
    await house.until(lambda: house.books.ledger.notes.taken() == read)
    read_at = house.message()["read_at"]
    assert house.completed == [("m1", {"readAt": read_at}, False)]
    replied = house.write(JournalKind.MESSAGE_REPLIED, message="m1", reply="Nei")
    await house.outcome_of(replied)
    assert house.message()["read_at"] == read_at
    _, (_, detail, ends) = house.completed
    assert (detail["reply"], detail["readAt"], ends) == ("Nei", read_at, True)
    await house.messages.tell()
    assert len(house.completed) == 2


async def test_an_answer_that_nobody_heard_is_told_later(house: House) -> None:
    house.books.documents.put_message(OFFERED)
    house.online = False
    house.write(JournalKind.MESSAGE_READ, message="m1")
    await house.outcome_of(house.write(JournalKind.MESSAGE_REPLIED, message="m1", reply="Ja"))
    assert not house.completed
    house.online = True
    await house.messages.tell()
    await house.messages.tell()
    assert [(detail["reply"], ends) for _, detail, ends in house.completed] == [("Ja", True)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param({"reply": "Kanskje"}, "not offered", id="not offered"),
        pytest.param({"message": "m2", "reply": "Ja"}, "no such message", id="no such message"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_refused(
    house: House, said: dict[str, Any], why: str
) -> None:
    house.books.documents.put_message(OFFERED)
    number = house.write(JournalKind.MESSAGE_REPLIED, **{"message": "m1"} | said)
    assert await house.outcome_of(number) == Outcome(ok=False, detail=why)
    assert "reply" not in house.message()
    assert not house.completed


async def test_the_first_answer_counts(house: House) -> None:
    house.books.documents.put_message(OFFERED)
    outcomes = [
        await house.outcome_of(house.write(JournalKind.MESSAGE_REPLIED, message="m1", reply=reply))
        for reply in ("Ja", "Ja", "Nei")
    ]
    assert [one.detail for one in outcomes] == ["", "", "answered already"]
    assert house.message()["reply"] == "Ja"
    assert len(house.completed) == 1
