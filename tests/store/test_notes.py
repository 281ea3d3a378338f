"""What the hub remembers across restarts."""

from pathlib import Path

import pytest

from hub.records import OutboxKind, Outcome
from hub.store.ledger import Ledger
from hub.store.notes import OUTCOMES_KEPT, AlreadyTaken
from hub.store.readings import LedgerReader
from tests.books import ledger_at
from tests.store.made import moment


class TestTaking:
    def test_the_number_and_what_was_done_are_kept_together(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        with ledger.notes.taking(7):
            ledger.outbox.put(OutboxKind.ALERT, "a1", b"{}", urgent=True, created=moment())
            ledger.notes.set_outcome(7, Outcome(ok=True, detail="asked", data={"n": 1}))
        assert (ledger.notes.taken(), reader.taken()) == (7, 7)
        assert reader.outcome(7) == Outcome(ok=True, detail="asked", data={"n": 1})
        assert reader.outcome(8) is None

    def test_neither_is_kept_when_it_fails(self, ledger: Ledger) -> None:
        with pytest.raises(ZeroDivisionError), ledger.notes.taking(7):
            ledger.outbox.put(OutboxKind.ALERT, "a1", b"{}", created=moment())
            raise ZeroDivisionError
        assert ledger.notes.taken() == 0
        assert ledger.outbox.due(10) == []

    def test_no_row_is_taken_twice(self, ledger: Ledger) -> None:
        with ledger.notes.taking(7):
            pass
        with pytest.raises(AlreadyTaken) as caught, ledger.notes.taking(7):
            pytest.fail("it was done again")
        assert (caught.value.number, caught.value.taken) == (7, 7)

    def test_the_failure_of_a_part_can_be_survived(self, ledger: Ledger) -> None:
        """An inner transaction that fails takes back its own part only."""
        with ledger.notes.taking(7):
            ledger.notes.put_state("a", 1)
            with pytest.raises(ZeroDivisionError), ledger.notes.taking(8):
                ledger.notes.put_state("b", 2)
                raise ZeroDivisionError
        assert ledger.notes.taken() == 7
        assert ledger.notes.put_state("b", 2)
        assert not ledger.notes.put_state("a", 1)


def test_old_outcomes_make_room(ledger: Ledger, reader: LedgerReader) -> None:
    with ledger.notes.taking(1):
        for number in range(OUTCOMES_KEPT + 1):
            ledger.notes.set_outcome(number, Outcome(ok=True))
    assert reader.outcome(0) is None
    assert reader.outcome(1) is not None


class TestState:
    def test_reaches_the_pages(self, ledger: Ledger, reader: LedgerReader) -> None:
        ledger.notes.put_state("connection", {"state": "online", "reason": None})
        assert reader.state("connection") == {"state": "online", "reason": None}
        assert reader.state("never put") is None

    def test_is_written_only_when_it_changed(self, ledger: Ledger, reader: LedgerReader) -> None:
        assert ledger.notes.put_state("clock", {"synchronised": False})
        before = reader.version()
        assert not ledger.notes.put_state("clock", {"synchronised": False})
        assert reader.version() == before
        assert ledger.notes.put_state("clock", {"synchronised": True})
        assert reader.version() != before


class TestDeviceStatus:
    def test_keeps_what_is_not_said_again(self, ledger: Ledger, reader: LedgerReader) -> None:
        ledger.notes.device_status("cuff", battery_percent=80, last_seen=moment(0).wall)
        ledger.notes.device_status("cuff", state="auth-failed", problem="asks for a PIN")
        status = reader.device_statuses()["cuff"]
        assert (status.battery_percent, status.last_seen) == (80, moment(0).wall)
        assert (status.state, status.problem) == ("auth-failed", "asks for a PIN")

    def test_being_seen_every_second_is_written_every_minute(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        for second in range(59):
            ledger.notes.device_status("cuff", last_seen=moment(second).wall)
        assert reader.device_statuses()["cuff"].last_seen == moment(0).wall
        ledger.notes.device_status("cuff", last_seen=moment(60).wall)
        assert reader.device_statuses()["cuff"].last_seen == moment(60).wall

    def test_a_removed_device_has_none(self, ledger: Ledger, reader: LedgerReader) -> None:
        ledger.notes.device_status("cuff")
        ledger.notes.forget_device("cuff")
        assert reader.device_statuses() == {}


def test_a_command_is_remembered_with_its_last_word(ledger: Ledger, path: Path) -> None:
    assert ledger.notes.command("c1") is None
    ledger.notes.remember_command("c1", {"state": "in-progress"}, moment().wall)
    ledger.notes.remember_command("c1", {"state": "succeeded", "seq": 3}, moment(1).wall)
    ledger.close()
    again = ledger_at(path)
    assert again.notes.command("c1") == {"state": "succeeded", "seq": 3}
    again.close()


def test_a_session_number_is_never_given_twice(ledger: Ledger, path: Path) -> None:
    assert [ledger.notes.next_session(), ledger.notes.next_session()] == [1, 2]
    ledger.close()
    again = ledger_at(path)
    assert again.notes.next_session() == 3
    again.close()
