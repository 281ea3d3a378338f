"""What the plan asked for and was not done: told once, ended when it is done after all."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers.measurement import Status
from hub.agenda import Agenda
from hub.books import Books
from hub.bundles import Bundles
from hub.clock import ClockState, Moment
from hub.diary import Diary
from hub.missed import Missed
from hub.records import Entry, JournalKind, Outcome, Reception, Whose
from hub.schedule import DEADLINE, Activity
from tests.books import KEY
from tests.store.made import blood_pressure
from tests.test_reminders import asked, plan, pressure
from tests.test_takeover import SETTINGS

Json = dict[str, Any]

OSLO = ZoneInfo("Europe/Oslo")
EPOCH, MS = datetime(2026, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
DAILY = "https://hub.example/fhir/Questionnaire/daglig"
FORM = {"resourceType": "Questionnaire", "url": DAILY, "version": "1.0"}


def until(minutes: int, activity: Json) -> Json:
    return activity | {"extension": [{"url": DEADLINE, "valueInteger": minutes}]}


def questions(*times: str, canonical: str = DAILY) -> Json:
    activity = asked(*times, text="Svar på tre spørsmål")
    activity["detail"]["instantiatesCanonical"] = [canonical]
    return activity


class Ward:
    """A hub over real books, and a time that the test tells."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.time: datetime | None = None
        self.taken = 0
        self.start()

    def start(self) -> None:
        """The hub's process, anew."""
        ledger = self.books.ledger
        bundles = Bundles(SETTINGS, ledger, lambda _: None, self.now, lambda: None)
        self.agenda = Agenda(self.books.documents, OSLO)
        self.diary = Diary(ledger, OSLO, self.now)
        self.missed = Missed(
            self.books, bundles, self.agenda, self.diary, lambda: self.time, self.now
        )

    def now(self) -> Moment:
        wall = self.time or EPOCH
        return Moment(wall, (wall - EPOCH) // MS, "boot", ClockState.NTP)

    def plan(self, *activities: Json, **care: Any) -> None:
        self.books.documents.put("plan", plan(*activities, **care))
        self.agenda.changed()

    def config(self, **members: Any) -> None:
        self.books.documents.put("config", members)
        self.agenda.changed()

    async def at(self, local: str) -> list[str]:
        """→ what has been told by this local time."""
        self.time = datetime.fromisoformat(local).replace(tzinfo=OSLO)
        await self.missed.look()
        return self.told()

    def alerts(self) -> list[Json]:
        rows = self.books.ledger.outbox.due(100, urgent=True)
        return [msgspec.json.decode(row.body or b"") for row in rows]

    def told(self) -> list[str]:
        """The alerts that are open, by the time of the occasion; those that ended with a "-"."""
        return [
            alert["detail"].partition(" kl. ")[2][:5] + "-" * (alert["status"] == "final")
            for alert in self.alerts()
        ]

    def measure(self, whose: Whose = Whose.PATIENT, **more: Any) -> str:
        """Now, as the device tells it, or with another time of its own."""
        self.taken += 1
        reading = blood_pressure(self.taken, **{"device_time": None, **more})
        received = Reception("CUFF", "gatt-blood-pressure", "s", self.now(), 0.0, live=True)
        kept = self.books.ledger.append(reading, received, whose)
        assert kept
        return kept.id

    def answer(self, version: str = "1.0") -> None:
        self.taken += 1
        self.diary.completed(f"check-in {self.taken}", f"{DAILY}|{version}", self.now())

    def skip(self, reason: str, **more: Any) -> Outcome:
        [occasion] = self.agenda.schedule.on(date(2026, 11, 22))
        body = {"task": occasion.task, "day": "2026-11-22", "time": "08:00", "reason": reason}
        entry = Entry(1, JournalKind.MEASUREMENT_SKIPPED, body | more, self.now())
        return self.books.ledger.transact(lambda: self.missed.skip(entry))


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        ward = Ward(books)
        ward.plan(until(60, pressure("08:00:00")))
        await ward.at("2026-11-21T20:00:00")
        yield ward


async def test_it_is_told_once_when_its_time_is_over(ward: Ward) -> None:
    assert await ward.at("2026-11-22T08:59:59") == []
    assert await ward.at("2026-11-22T09:00:00") == ["08:00"]
    assert await ward.at("2026-11-22T09:00:30") == ["08:00"]
    ward.start()
    assert await ward.at("2026-11-22T20:00:00") == ["08:00"]
    assert await ward.at("2026-11-23T08:30:00") == ["08:00"]
    assert await ward.at("2026-11-23T09:00:00") == ["08:00", "08:00"]


async def test_it_says_what_and_when_and_judges_nothing(ward: Ward) -> None:
    await ward.at("2026-11-22T09:00:00")
    [alert] = ward.alerts()
    assert alert["code"] == {
        "coding": [
            {
                "system": "https://hub.example/fhir/CodeSystem/hub-alert",
                "code": "measurement-missed",
            }
        ],
        "text": "Planlagt måling er ikke tatt",
    }
    assert alert["detail"] == "«Mål blodtrykket» 22.11.2026 kl. 08:00, ikke innen kl. 09:00"
    assert (alert["severity"], alert["status"]) == ("moderate", "preliminary")
    assert alert["identifiedDateTime"] == "2026-11-22T09:00:00+01:00"


async def test_without_a_deadline_the_whole_day_is_time_enough(ward: Ward) -> None:
    ward.plan(pressure("08:00:00"))
    assert await ward.at("2026-11-22T23:59:59") == []
    assert await ward.at("2026-11-23T00:00:00") == ["08:00"]
    assert ward.alerts()[0]["detail"] == "«Mål blodtrykket» 22.11.2026 kl. 08:00, ikke den dagen"


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        pytest.param("2026-11-22T04:59:59", ["08:00"], id="long before"),
        pytest.param("2026-11-22T05:00:00", [], id="three hours before"),
        pytest.param("2026-11-22T08:59:00", [], id="just in time"),
    ],
)
async def test_what_was_done_is_not_missed(ward: Ward, taken: str, told: list[str]) -> None:
    await ward.at(taken)
    ward.measure()
    assert await ward.at("2026-11-22T09:00:00") == told


async def test_a_reading_of_another_day_is_not_this_one(ward: Ward) -> None:
    await ward.at("2026-11-22T08:30:00")
    ward.measure(device_time=datetime(2026, 11, 21, 8, 0))  # noqa: DTZ001 - a device's clock
    assert await ward.at("2026-11-22T09:00:00") == ["08:00"]


async def test_a_reading_that_is_not_the_patients_does_not_count(ward: Ward) -> None:
    await ward.at("2026-11-22T08:30:00")
    ward.measure(Whose.ANOTHER)
    reading = ward.measure()
    assert await ward.at("2026-11-22T09:00:00") == []
    ward.books.ledger.disown(reading)
    assert await ward.at("2026-11-22T09:00:30") == ["08:00"]


async def test_what_is_about_the_meter_does_not_count(ward: Ward) -> None:
    await ward.at("2026-11-22T08:30:00")
    ward.measure(status=(Status.CONTROL_SOLUTION,))
    assert await ward.at("2026-11-22T09:00:00") == ["08:00"]


@pytest.mark.parametrize(
    ("known_before", "told"),
    [
        pytest.param("2026-11-22T08:50:00", [], id="perhaps in time"),
        pytest.param("2026-11-22T04:50:00", ["08:00"], id="certainly too early"),
    ],
)
async def test_a_reading_that_no_clock_can_date_is_not_said_to_be_missing(
    ward: Ward, known_before: str, told: list[str]
) -> None:
    """The power was cut, the patient measured, the power was cut again."""
    dark = Moment(EPOCH + timedelta(days=325), 1_000, "dark", ClockState.RESTORED)
    received = Reception("CUFF", "gatt-blood-pressure", "s", dark, None, live=True)
    assert ward.books.ledger.append(blood_pressure(1, device_time=None), received)
    ward.time = datetime.fromisoformat(known_before).replace(tzinfo=OSLO)
    ward.books.ledger.dating.note(ward.now())
    assert await ward.at("2026-11-22T09:00:00") == told


async def test_done_late_ends_it_once(ward: Ward) -> None:
    await ward.at("2026-11-22T09:00:00")
    await ward.at("2026-11-22T11:00:00")
    ward.measure()
    assert await ward.at("2026-11-22T11:00:30") == ["08:00", "08:00-"]
    ward.start()
    assert await ward.at("2026-11-22T12:00:00") == ["08:00", "08:00-"]
    first, last = ward.alerts()
    assert first["identifier"] == last["identifier"]
    assert last["mitigation"][0]["action"]["text"] == "Målingen er tatt likevel"
    names = [row.id for row in ward.books.ledger.outbox.due(10)]
    assert len(set(names)) == len(names)


async def test_a_device_that_tells_of_it_days_later_ends_it(ward: Ward) -> None:
    await ward.at("2026-11-22T09:00:00")
    await ward.at("2026-11-23T09:00:00")
    await ward.at("2026-11-25T07:30:00")
    ward.measure(device_time=datetime(2026, 11, 22, 8, 5))  # noqa: DTZ001 - a device's clock
    told = await ward.at("2026-11-25T07:30:30")
    assert told == ["08:00", "08:00", "08:00", "08:00-"]
    assert "22.11.2026" in ward.alerts()[-1]["detail"]


async def test_the_evenings_reading_is_not_the_mornings(ward: Ward) -> None:
    ward.plan(until(60, pressure("08:00:00", "20:00:00")))
    await ward.at("2026-11-21T21:00:00")
    await ward.at("2026-11-22T09:00:00")
    await ward.at("2026-11-22T20:05:00")
    ward.measure()
    assert await ward.at("2026-11-22T21:00:00") == ["08:00"]


async def test_questions_that_nobody_answered(ward: Ward) -> None:
    ward.books.documents.put("questionnaires", FORM)
    ward.plan(questions("09:00:00"))
    await ward.at("2026-11-22T08:55:00")
    assert await ward.at("2026-11-23T00:00:00") == ["09:00"]
    [alert] = ward.alerts()
    assert alert["code"]["text"] == "Planlagte spørsmål er ikke besvart"
    ward.time = datetime(2026, 11, 23, 9, 30, tzinfo=OSLO)
    ward.answer()
    assert await ward.at("2026-11-24T00:00:00") == ["09:00"]


async def test_answers_that_were_taken_back_are_none(ward: Ward) -> None:
    ward.books.documents.put("questionnaires", FORM)
    ward.plan(until(60, questions("09:00:00", canonical=f"{DAILY}|1.0")))
    await ward.at("2026-11-22T08:55:00")
    ward.answer("0.9")
    ward.answer("1.0")
    ward.diary.undone("check-in 2")
    assert await ward.at("2026-11-22T10:00:00") == ["09:00"]


async def test_what_the_hub_cannot_see_is_not_its_to_tell(ward: Ward) -> None:
    ward.plan(until(60, asked("08:00:00", text="Ta medisinen")), until(60, questions("08:00:00")))
    await ward.at("2026-11-22T07:00:00")
    assert await ward.at("2026-11-22T12:00:00") == []


async def test_in_a_pause_nothing_is_missed(ward: Ward) -> None:
    ward.config(servicePaused={"from": "2026-11-22", "to": "2026-11-23", "reason": "Sykehus"})
    for local in ("2026-11-22T09:00:00", "2026-11-23T09:00:00", "2026-11-24T07:00:00"):
        assert await ward.at(local) == []
    assert await ward.at("2026-11-24T09:00:00") == ["08:00"]


async def test_a_pause_that_is_lifted_accuses_nobody_afterwards(ward: Ward) -> None:
    ward.config(servicePaused={"from": "2026-11-22", "to": None})
    await ward.at("2026-11-22T09:00:00")
    ward.config()
    assert await ward.at("2026-11-22T13:00:00") == []
    assert await ward.at("2026-11-23T09:00:00") == ["08:00"]


async def test_a_pause_that_begins_the_day_after_still_hides_what_was_missed(ward: Ward) -> None:
    ward.plan(pressure("20:00:00"))
    await ward.at("2026-11-21T20:00:00")
    ward.config(servicePaused={"from": "2026-11-23"})
    assert await ward.at("2026-11-23T00:00:00") == []


async def test_nothing_is_missed_of_before_the_plan_came(ward: Ward) -> None:
    ward.plan()
    await ward.at("2026-11-22T07:00:00")
    ward.plan(until(60, pressure("08:00:00", "12:00:00")))
    assert await ward.at("2026-11-22T09:30:00") == []
    assert await ward.at("2026-11-22T13:00:00") == ["12:00"]


async def test_a_time_that_the_nurse_has_moved_is_not_missed_at_the_new_one(ward: Ward) -> None:
    await ward.at("2026-11-22T07:50:00")
    ward.plan(until(60, pressure("06:00:00")))
    assert await ward.at("2026-11-22T10:00:00") == []


async def test_a_plan_that_has_not_begun_misses_nothing(ward: Ward) -> None:
    ward.plan(until(60, pressure("08:00:00")), period={"start": "2026-11-23"})
    assert await ward.at("2026-11-22T12:00:00") == []
    assert await ward.at("2026-11-23T12:00:00") == ["08:00"]


async def test_after_weeks_off_there_is_no_flood(ward: Ward) -> None:
    assert await ward.at("2026-12-10T12:00:00") == []
    assert await ward.at("2026-12-11T09:00:00") == ["08:00"]


async def test_after_a_day_off_it_is_told(ward: Ward) -> None:
    ward.start()
    assert await ward.at("2026-11-23T12:00:00") == ["08:00", "08:00"]


async def test_while_the_time_is_unknown_nothing_is_told(ward: Ward) -> None:
    ward.time = None
    await ward.missed.look()
    assert ward.told() == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("unwell", "er ikke i form"),
        ("device", "apparatet virker ikke, eller er ikke der"),
        ("later", "vil gjøre det senere"),
        ("other", "annet"),
    ],
)
async def test_what_is_left_out_is_told_at_once_with_the_reason(
    ward: Ward, reason: str, words: str
) -> None:
    await ward.at("2026-11-22T08:10:00")
    outcome = ward.skip(reason)
    [row] = ward.books.ledger.outbox.due(10, urgent=True)
    assert outcome == Outcome(ok=True, data={"bundle": row.id})
    [alert] = ward.alerts()
    assert alert["code"]["text"] == "Pasienten hoppet over noe planlagt"
    assert alert["detail"] == f"«Mål blodtrykket» 22.11.2026 kl. 08:00. Grunn: {words}"
    ward.start()
    assert await ward.at("2026-11-22T09:00:00") == ["08:00"]
    assert await ward.at("2026-11-23T00:00:00") == ["08:00"]


async def test_what_was_left_out_and_then_done_is_ended(ward: Ward) -> None:
    await ward.at("2026-11-22T08:10:00")
    ward.skip("later")
    await ward.at("2026-11-22T10:00:00")
    ward.measure()
    assert await ward.at("2026-11-22T10:00:30") == ["08:00", "08:00-"]
    first, last = ward.alerts()
    assert first["identifier"] == last["identifier"]


async def test_a_reason_that_comes_late_is_told_of_the_same_alert(ward: Ward) -> None:
    await ward.at("2026-11-22T09:00:00")
    ward.skip("unwell")
    first, last = ward.alerts()
    assert first["identifier"] == last["identifier"]
    assert last["code"]["text"] == "Pasienten hoppet over noe planlagt"
    assert len(ward.books.ledger.outbox.due(10)) == 2


async def test_who_has_done_it_has_not_left_it_out(ward: Ward) -> None:
    await ward.at("2026-11-22T08:10:00")
    ward.measure()
    assert ward.skip("other") == Outcome(ok=True, detail="it is done")
    assert ward.told() == []


async def test_what_has_no_time_can_be_left_out_too(ward: Ward) -> None:
    ward.plan(pressure())
    ward.time = datetime(2026, 11, 22, 12, 0, tzinfo=OSLO)
    task = msgspec.convert(pressure(), Activity).task
    body = {"task": task, "day": "2026-11-22", "time": None, "reason": "device"}
    entry = Entry(1, JournalKind.MEASUREMENT_SKIPPED, body, ward.now())
    assert ward.books.ledger.transact(lambda: ward.missed.skip(entry)).ok
    detail = ward.alerts()[0]["detail"]
    assert detail.startswith("«Mål blodtrykket» 22.11.2026. Grunn:")
    ward.measure()
    await ward.missed.look()
    assert [alert["status"] for alert in ward.alerts()] == ["preliminary", "final"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"task": "none"}, id="not in the plan"),
        pytest.param({"day": "in the morning"}, id="no day"),
        pytest.param({"reason": "lazy"}, id="no reason that was offered"),
    ],
)
async def test_what_makes_no_sense_is_not_left_out(ward: Ward, said: Json) -> None:
    ward.time = datetime(2026, 11, 22, 8, 10, tzinfo=OSLO)
    assert not ward.skip(**{"reason": "other"} | said).ok
    assert ward.told() == []


async def test_what_it_remembers_is_bounded(ward: Ward) -> None:
    ward.plan(until(0, pressure(*(f"{hour:02}:00:00" for hour in range(24)))))
    for day in range(1, 31):
        await ward.at(f"2026-11-{day:02}T23:30:00")
    memory = ward.books.ledger.notes.state("missed")
    assert len(memory["asked"]) <= 4 * 24
    assert len(memory["told"]) <= 10 * 24
