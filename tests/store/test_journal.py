"""The pages' book."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub.clock import Moment
from hub.records import JournalKind
from hub.store.errors import NotThereYet
from hub.store.journal import Journal, Written
from tests.books import KEY, journal_at, journal_reader_at
from tests.store.made import START, moment

YESTERDAY = moment(-86_400)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = journal_at(path)
    yield journal
    journal.close()


def answer(
    journal: Journal, link_id: str, value: Any, *, check_in: str = "c1", at: float = 0
) -> int:
    body = {"check_in": check_in, "questionnaire": "q", "link_id": link_id, "answer": value}
    return journal.append(JournalKind.ANSWER, body, form=None, moment=moment(at)).number


def say(journal: Journal, kind: JournalKind, at: float = 0, **body: Any) -> int:
    return journal.append(kind, body, form=None, moment=moment(at)).number


class TestAppend:
    def test_what_was_said_is_there_after_a_restart(self, journal: Journal, path: Path) -> None:
        number = answer(journal, "1", {"valueDecimal": Decimal("36.70")}, at=5)
        journal.close()
        again = journal_at(path)
        entry = again.last(JournalKind.ANSWER)
        assert entry is not None
        assert (entry.number, entry.written) == (number, moment(5))
        assert str(entry.body["answer"]["valueDecimal"]) == "36.70"
        again.close()

    def test_a_double_tap_is_one_entry(self, journal: Journal) -> None:
        first = journal.append(JournalKind.HELP_REQUESTED, {}, form="f1", moment=moment())
        again = journal.append(JournalKind.HELP_REQUESTED, {}, form="f1", moment=moment(1))
        other = journal.append(JournalKind.HELP_REQUESTED, {}, form="f2", moment=moment(2))
        assert again == Written(first.number, again=True)
        assert not other.again
        assert other.number > first.number

    def test_a_double_tap_across_a_restart(self, journal: Journal, path: Path) -> None:
        first = journal.append(JournalKind.LANGUAGE, {"language": "se"}, form="f", moment=moment())
        journal.close()
        again = journal_at(path)
        assert again.append(JournalKind.LANGUAGE, {}, form="f", moment=moment()).again
        assert first.number == again.last(JournalKind.LANGUAGE).number  # type: ignore[union-attr]
        again.close()


class TestAppendAll:
    def test_the_rows_of_one_form_come_in_order_and_once(
        self, journal: Journal, path: Path
    ) -> None:
        rows: list[tuple[JournalKind, dict[str, Any]]] = [
            (JournalKind.CHECK_IN_UNDONE, {"check_in": "c1", "into": "c2"}),
            (JournalKind.ANSWER, {"check_in": "c2", "link_id": "1", "answer": None}),
        ]
        first = journal.append_all(rows, form="f", moment=moment())
        assert journal.append_all(rows, form="f", moment=moment(1)) == Written(first.number, True)
        reader = journal_reader_at(path)
        found = [(entry.number, entry.kind, entry.body) for entry in reader.after(0)]
        assert found == [(first.number + place, *row) for place, row in enumerate(rows)]
        reader.close()
        assert say(journal, JournalKind.HELP_REQUESTED) == first.number + 2

    def test_all_or_none(self, journal: Journal) -> None:
        rows: list[tuple[JournalKind, dict[str, Any]]] = [
            (JournalKind.ANSWER, {"check_in": "c2", "link_id": "1", "answer": None}),
            (JournalKind.ANSWER, {"check_in": "c2", "link_id": "2", "answer": object()}),
        ]
        with pytest.raises(TypeError):
            journal.append_all(rows, form="f", moment=moment())
        assert journal.answers("c2") == {}


class TestCheckIn:
    def test_the_latest_answer_to_each_question_counts(self, journal: Journal) -> None:
        answer(journal, "1", {"valueInteger": 3})
        answer(journal, "2", None)
        answer(journal, "1", {"valueInteger": 4})
        answer(journal, "1", {"valueInteger": 9}, check_in="another")
        assert journal.answers("c1") == {"1": {"valueInteger": 4}, "2": None}
        assert journal.answers("never begun") == {}

    def test_a_draft_is_what_was_begun_and_not_ended(self, journal: Journal) -> None:
        assert journal.draft("q", YESTERDAY) is None
        answer(journal, "1", None, check_in="c1")
        assert journal.draft("q", YESTERDAY) == "c1"
        assert journal.draft("another questionnaire", YESTERDAY) is None
        assert journal.draft("q", moment(1)) is None

    @pytest.mark.parametrize("end", [JournalKind.CHECK_IN_COMPLETED, JournalKind.CHECK_IN_STOPPED])
    def test_an_ended_check_in_is_no_draft(self, journal: Journal, end: JournalKind) -> None:
        answer(journal, "1", None, check_in="c1")
        say(journal, end, check_in="c1", questionnaire="q")
        assert journal.draft("q", YESTERDAY) is None
        answer(journal, "1", None, check_in="c2")
        assert journal.draft("q", YESTERDAY) == "c2"

    def test_when_it_was_completed(self, journal: Journal) -> None:
        assert journal.completed("q", YESTERDAY) is None
        for at in (10, 20):
            say(journal, JournalKind.CHECK_IN_COMPLETED, at, check_in=f"c{at}", questionnaire="q")
        assert journal.completed("q", YESTERDAY) == moment(20).wall
        assert journal.completed("q", moment(21)) is None
        assert journal.completed("another", YESTERDAY) is None

    def test_a_draft_that_was_overtaken_is_none_any_more(self, journal: Journal) -> None:
        answer(journal, "1", None, check_in="c1")
        answer(journal, "1", None, check_in="c2")
        say(journal, JournalKind.CHECK_IN_COMPLETED, check_in="c2", questionnaire="q")
        assert journal.draft("q", YESTERDAY) is None
        answer(journal, "1", None, check_in="c3")
        assert journal.draft("q", YESTERDAY) == "c3"

    def test_another_questionnaire_overtakes_nothing(self, journal: Journal) -> None:
        answer(journal, "1", None, check_in="c1")
        say(journal, JournalKind.CHECK_IN_COMPLETED, check_in="c2", questionnaire="another")
        assert journal.draft("q", YESTERDAY) == "c1"

    def test_how_it_ended(self, journal: Journal) -> None:
        answer(journal, "1", None, check_in="c1")
        assert journal.ended("c1") is None
        for kind in (JournalKind.CHECK_IN_COMPLETED, JournalKind.CHECK_IN_UNDONE):
            number = say(journal, kind, check_in="c1", into="c2")
            ended = journal.ended("c1")
            assert ended is not None
            assert (ended.kind, ended.number, ended.body["into"]) == (kind, number, "c2")


class TestUndone:
    """A check-in that was sent and taken back: the one that goes on is the draft."""

    @pytest.fixture(autouse=True)
    def undo(self, journal: Journal) -> None:
        for check_in in ("c1", "c2"):
            answer(journal, "1", None, check_in=check_in)
            done = {"check_in": check_in, "questionnaire": "q"}
            say(journal, JournalKind.CHECK_IN_COMPLETED, 10 if check_in == "c1" else 20, **done)
        say(journal, JournalKind.CHECK_IN_UNDONE, 30, check_in="c2", into="c3")
        answer(journal, "1", None, check_in="c3", at=30)

    def test_it_is_not_completed(self, journal: Journal) -> None:
        assert journal.completed("q", YESTERDAY) == moment(10).wall
        last = journal.last(JournalKind.CHECK_IN_COMPLETED)
        assert last is not None and last.body["check_in"] == "c1"
        recent = journal.recent("q", timedelta(hours=1), moment(40))
        assert recent is not None and recent.body["check_in"] == "c1"

    def test_the_one_that_goes_on_is_the_draft(self, journal: Journal) -> None:
        assert journal.draft("q", YESTERDAY) == "c3"

    def test_it_is_completed_when_it_was_sent_anew(self, journal: Journal) -> None:
        done = {"check_in": "c3", "questionnaire": "q"}
        say(journal, JournalKind.CHECK_IN_COMPLETED, 40, **done)
        assert journal.completed("q", YESTERDAY) == moment(40).wall
        assert journal.draft("q", YESTERDAY) is None


HOURS = 3_600


class TestRecent:
    """The last 48 hours, by a clock that can be believed."""

    @pytest.fixture(autouse=True)
    def complete(self, journal: Journal) -> None:
        say(journal, JournalKind.CHECK_IN_COMPLETED, check_in="c1", questionnaire="q")

    def found(self, journal: Journal, now: Moment) -> bool:
        return journal.recent("q", timedelta(hours=48), now) is not None

    def test_of_this_boot_the_clock_counts_that_does_not_jump(self, journal: Journal) -> None:
        assert self.found(journal, moment(47 * HOURS))
        assert not self.found(journal, moment(49 * HOURS))
        assert self.found(journal, replace(moment(HOURS), wall=START + timedelta(days=9)))
        assert not self.found(journal, replace(moment(49 * HOURS), wall=START))

    @pytest.mark.parametrize(("hours", "found"), [(47, True), (49, False), (-1, False)])
    def test_of_another_boot_the_time_of_the_day(
        self, journal: Journal, hours: int, found: bool
    ) -> None:
        assert self.found(journal, moment(hours * HOURS, boot="later boot")) is found

    def test_a_time_that_is_not_trusted_says_nothing(self, journal: Journal) -> None:
        assert not self.found(journal, moment(HOURS, boot="later boot", trusted=False))
        body = {"check_in": "c2", "questionnaire": "q"}
        untrusted = moment(HOURS, boot="a boot without time", trusted=False)
        kind = JournalKind.CHECK_IN_COMPLETED
        journal.append(kind, body, form=None, moment=untrusted)
        found = journal.recent("q", timedelta(hours=48), moment(2 * HOURS, boot="later boot"))
        assert found is not None and found.body["check_in"] == "c1"

    def test_of_another_questionnaire_it_is_none(self, journal: Journal) -> None:
        assert journal.recent("another", timedelta(hours=48), moment(1)) is None


class TestJumpsOfTheClock:
    """What was said is placed by the clock that does not jump, where that is known."""

    def test_the_time_is_set_while_somebody_answers(self, journal: Journal) -> None:
        say(journal, JournalKind.CHECK_IN_COMPLETED, 60, check_in="c1", questionnaire="q")
        answer(journal, "1", None, check_in="c2", at=90)
        tomorrow = replace(moment(120), wall=START + timedelta(days=1))  # 30 s after the answer
        midnight = replace(tomorrow, mono_ms=-1)
        assert journal.draft("q", midnight) == "c2"
        assert journal.completed("q", midnight) == tomorrow.wall + timedelta(seconds=60.001)
        assert journal.completed("q", replace(midnight, mono_ms=60_001)) is None

    def test_another_boot_was_years_ahead(self, journal: Journal) -> None:
        say(journal, JournalKind.CHECK_IN_COMPLETED, check_in="c1", questionnaire="q")
        answer(journal, "1", None, check_in="c2")
        year_before = moment(-365 * 86_400, boot="later boot")
        assert journal.completed("q", year_before) is None
        assert journal.draft("q", year_before) is None
        same_day = moment(-3_600, boot="later boot")
        assert journal.completed("q", same_day) == START
        assert journal.draft("q", same_day) == "c2"


def test_the_last_word_on_whose_a_reading_is(journal: Journal) -> None:
    taken = say(journal, JournalKind.NOT_ME, measurement="a")
    say(journal, JournalKind.NOT_ME, measurement="b")
    say(journal, JournalKind.THIS_WAS_ME, measurement="c")
    say(journal, JournalKind.THIS_WAS_ME, measurement="b")
    words = {"b": JournalKind.THIS_WAS_ME, "c": JournalKind.THIS_WAS_ME}
    assert journal.whose(after=taken) == words
    assert journal.whose(after=0) == {"a": JournalKind.NOT_ME, **words}


def test_messages_read(journal: Journal) -> None:
    for message in ("m1", "m2", "m1"):
        say(journal, JournalKind.MESSAGE_READ, message=message)
    say(journal, JournalKind.MESSAGE_REPLIED, message="m3", reply="Ja")
    assert journal.messages_read() == {"m1", "m2", "m3"}


def test_the_last_answer_to_each_message(journal: Journal) -> None:
    say(journal, JournalKind.MESSAGE_REPLIED, message="m1", reply="Nei")
    number = say(journal, JournalKind.MESSAGE_REPLIED, message="m1", reply="Ja")
    found = journal.replies()
    assert {message: entry.body["reply"] for message, entry in found.items()} == {"m1": "Ja"}
    assert found["m1"].number == number


class TestHubsView:
    def test_rows_in_order_after_the_last_taken(self, journal: Journal, path: Path) -> None:
        numbers = [say(journal, JournalKind.HELP_REQUESTED, at) for at in range(5)]
        reader = journal_reader_at(path)
        assert [entry.number for entry in reader.after(0)] == numbers
        assert [entry.number for entry in reader.after(numbers[1], limit=2)] == numbers[2:4]
        assert reader.after(numbers[-1]) == []
        reader.close()

    def test_a_new_entry_shows_in_the_version(self, journal: Journal, path: Path) -> None:
        reader = journal_reader_at(path)
        before = reader.version()
        assert reader.version() == before
        say(journal, JournalKind.HELP_REQUESTED)
        assert reader.version() != before
        reader.close()

    def test_before_the_pages_have_started(self, path: Path) -> None:
        with pytest.raises(NotThereYet):
            journal_reader_at(path).after(0)

    def test_an_entry_of_a_newer_page_blocks_nothing(self, journal: Journal, path: Path) -> None:
        say(journal, JournalKind.HELP_REQUESTED)
        journal._database.change("UPDATE entry SET kind = 'not invented yet'")
        last = say(journal, JournalKind.LANGUAGE, language="nb")
        reader = journal_reader_at(path)
        assert [entry.number for entry in reader.after(0)] == [last]
        reader.close()


class TestPrune:
    def test_only_what_was_taken_and_is_old(self, journal: Journal) -> None:
        old = say(journal, JournalKind.HELP_REQUESTED, at=0)
        untaken = say(journal, JournalKind.HELP_REQUESTED, at=1)
        in_a_month = moment(31 * 86400)
        assert journal.prune(old, in_a_month) == 1
        assert journal.last(JournalKind.HELP_REQUESTED).number == untaken  # type: ignore[union-attr]
        assert journal.prune(untaken, moment(29 * 86400)) == 0

    def test_never_by_a_clock_that_is_not_trusted(self, journal: Journal) -> None:
        number = say(journal, JournalKind.HELP_REQUESTED)
        assert journal.prune(number, moment(4000 * 86400, trusted=False)) == 0

    def test_numbers_are_never_given_again(self, journal: Journal, path: Path) -> None:
        number = say(journal, JournalKind.HELP_REQUESTED)
        journal.prune(number, moment(31 * 86400))
        journal.close()
        again = journal_at(path)
        assert say(again, JournalKind.HELP_REQUESTED) > number
        again.close()


def test_a_lost_journal_does_not_repeat_numbers_that_the_hub_has_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day later, that is: here the first day moves instead."""
    monkeypatch.setattr("hub.store.journal.FIRST_DAY", datetime.now(UTC) - timedelta(days=1))
    first = journal_at(path)
    number = say(first, JournalKind.HELP_REQUESTED)
    first.close()
    for file in path.parent.glob("journal.db*"):
        file.unlink()
    monkeypatch.setattr("hub.store.journal.FIRST_DAY", datetime.now(UTC) - timedelta(days=2))
    again = journal_at(path)
    assert say(again, JournalKind.HELP_REQUESTED) > number + 800_000_000
    again.close()


def test_one_begun_anew_under_a_wrong_clock_repeats_no_number_that_was_taken(path: Path) -> None:
    far = 10**15
    journal = Journal(path, KEY, taken=far)
    written = journal.append(JournalKind.HELP_REQUESTED, {}, form=None, moment=moment())
    assert written.number == far + 1
    journal.close()
