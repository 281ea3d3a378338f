"""Which rows are due, and how far each has come."""

import pytest

from hub.records import Due, OutboxKind, Step
from hub.store.ledger import Ledger
from hub.store.outbox import Outbox
from hub.store.quarantine import DAMAGED
from hub.store.readings import LedgerReader
from tests.store.made import blood_pressure, moment, reception


@pytest.fixture
def outbox(ledger: Ledger) -> Outbox:
    return ledger.outbox


def put(outbox: Outbox, id: str, *, urgent: bool = False, at: float = 0) -> int:
    kind = OutboxKind.ALERT if urgent else OutboxKind.QUESTIONNAIRE_RESPONSE
    return outbox.put(kind, id, id.encode(), urgent=urgent, created=moment(at))


def seqs(rows: list[Due]) -> list[int]:
    return [row.seq for row in rows]


def test_a_row_says_everything_that_the_uplink_needs(outbox: Outbox) -> None:
    put(outbox, "a1", urgent=True, at=5)
    assert outbox.due(10) == [
        Due(seq=1, kind=OutboxKind.ALERT, id="a1", body=b"a1", created=moment(5), attempts=0)
    ]


def test_a_reading_is_due_at_once_and_without_bytes(ledger: Ledger) -> None:
    ledger.append(blood_pressure(), reception(at=moment(7)))
    assert ledger.outbox.due(10) == [
        Due(seq=1, kind=OutboxKind.OBSERVATION, id=None, body=None, created=moment(7), attempts=0)
    ]


def test_the_same_answer_put_twice_keeps_its_row_and_bytes(outbox: Outbox) -> None:
    first = put(outbox, "q1")
    again = outbox.put(OutboxKind.QUESTIONNAIRE_RESPONSE, "q1", b"other", created=moment(9))
    assert again == first
    assert [row.body for row in outbox.due(10)] == [b"q1"]


def test_alerts_fresh_and_backlog_are_told_apart(outbox: Outbox) -> None:
    put(outbox, "old")
    put(outbox, "alert", urgent=True)
    put(outbox, "newest old one")
    mark = outbox.newest()
    put(outbox, "new")
    assert seqs(outbox.due(10, urgent=True)) == [2]
    assert seqs(outbox.due(10, urgent=False, after_seq=mark)) == [4]
    assert seqs(outbox.due(10, urgent=False, upto_seq=mark)) == [1, 3]


def test_the_oldest_come_first_without_those_in_flight(outbox: Outbox) -> None:
    for number in range(5):
        put(outbox, f"q{number}")
    assert seqs(outbox.due(2)) == [1, 2]
    assert seqs(outbox.due(2, excluding=frozenset({1, 2}))) == [3, 4]


class TestSeal:
    @pytest.fixture(autouse=True)
    def two_measurements(self, ledger: Ledger) -> None:
        for sequence in (1, 2):
            ledger.append(blood_pressure(sequence), reception())

    def test_fixes_the_bytes(self, outbox: Outbox) -> None:
        assert outbox.seal(1, "b1", b"bytes", members=2)
        (row,) = outbox.due(10)
        assert (row.id, row.body) == ("b1", b"bytes")

    def test_once(self, outbox: Outbox) -> None:
        outbox.seal(1, "b1", b"bytes")
        assert not outbox.seal(1, "b2", b"other")
        assert outbox.due(10)[0].id == "b1"

    def test_not_when_a_measurement_joined_meanwhile(self, outbox: Outbox) -> None:
        assert not outbox.seal(1, "b1", b"bytes", members=1)
        assert outbox.due(10)[0].id is None

    def test_not_what_is_gone(self, outbox: Outbox) -> None:
        assert not outbox.seal(99, "b1", b"bytes")

    def test_not_what_was_disowned_whole(self, ledger: Ledger) -> None:
        for kept in ledger.measurements_of(1):
            ledger.disown(kept.id)
        assert not ledger.outbox.seal(1, "b1", b"bytes", members=2)


class TestReceipt:
    def test_a_broker_is_not_enough(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        outbox.sent([1], moment(1).wall)
        assert seqs(outbox.due(10)) == [1]

    def test_ends_the_row(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        put(outbox, "q2")
        assert outbox.acknowledge(["q1", "of another hub"], moment(1).wall) == {"q1"}
        assert seqs(outbox.due(10)) == [2]

    def test_ends_a_parked_and_a_deferred_row_too(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        put(outbox, "q2")
        outbox.park(1, "refused")
        outbox.defer(2)
        outbox.acknowledge(["q1", "q2"], moment(1).wall)
        assert (outbox.counts().waiting, outbox.parked()) == (0, [])

    def test_is_never_taken_back(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        outbox.acknowledge(["q1"], moment(1).wall)
        outbox.park(1, "late refusal")
        outbox.defer(1)
        assert not outbox.send_again(1)
        assert (outbox.undefer(), outbox.due(10), outbox.parked()) == (0, [], [])

    def test_the_four_steps_as_the_page_sees_them(
        self, outbox: Outbox, reader: LedgerReader
    ) -> None:
        put(outbox, "q1", at=0)
        outbox.sent([1], moment(1).wall)
        outbox.sent([1], moment(99).wall)
        outbox.acknowledge(["q1"], moment(2).wall)
        assert outbox.seen("q1", moment(3).wall)
        assert reader.steps_of("q1") == {
            Step.SAVED: moment(0).wall,
            Step.SENT: moment(1).wall,
            Step.RECEIVED: moment(2).wall,
            Step.SEEN: moment(3).wall,
        }

    def test_a_brokers_word_is_not_received(self, outbox: Outbox, reader: LedgerReader) -> None:
        put(outbox, "q1")
        outbox.acknowledge(["q1"], moment(2).wall, received=False)
        assert reader.steps_of("q1") == {Step.SAVED: moment(0).wall, Step.SENT: moment(2).wall}
        assert outbox.due(10) == []

    def test_of_an_unknown_bundle(self, outbox: Outbox) -> None:
        assert not outbox.seen("unknown", moment(1).wall)


class TestHeldBack:
    def test_deferred_comes_back(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        put(outbox, "q2")
        outbox.defer(1)
        outbox.defer(2)
        assert outbox.due(10) == []
        assert outbox.undefer(1) == 1
        assert [(row.seq, row.attempts) for row in outbox.due(10)] == [(1, 1)]
        assert outbox.undefer() == 1
        assert seqs(outbox.due(10)) == [1, 2]

    def test_parked_says_why_and_waits_for_a_technician(self, outbox: Outbox) -> None:
        put(outbox, "q1", at=5)
        outbox.park(1, "0x99 payload format invalid")
        (parked,) = outbox.parked()
        assert (parked.id, parked.reason) == ("q1", "0x99 payload format invalid")
        assert parked.created_at == moment(5).wall
        assert (outbox.due(10), outbox.undefer()) == ([], 0)
        assert outbox.send_again(1)
        assert (seqs(outbox.due(10)), outbox.parked()) == ([1], [])

    def test_send_again_of_what_is_not_parked(self, outbox: Outbox) -> None:
        put(outbox, "q1")
        assert not outbox.send_again(1)
        assert not outbox.send_again(99)


def test_counts(outbox: Outbox) -> None:
    assert outbox.counts().oldest_at is None
    for number in range(4):
        put(outbox, f"q{number}", at=number)
    outbox.acknowledge(["q0"], moment(9).wall)
    outbox.defer(2)
    outbox.park(3, "why")
    counts = outbox.counts()
    assert (counts.waiting, counts.parked, counts.oldest_at) == (2, 1, moment(1).wall)


class TestDamagedBytes:
    def test_are_parked_and_block_nothing(self, ledger: Ledger) -> None:
        put(ledger.outbox, "q1")
        put(ledger.outbox, "q2")
        spoil(ledger, "q1")
        assert seqs(ledger.outbox.due(10)) == [2]
        assert [(row.seq, row.reason) for row in ledger.outbox.parked()] == [(1, DAMAGED)]

    def test_are_not_sent_again(self, ledger: Ledger) -> None:
        put(ledger.outbox, "q1")
        spoil(ledger, "q1")
        ledger.outbox.due(10)
        assert not ledger.outbox.send_again(1)

    def test_are_composed_anew_from_their_measurements(self, ledger: Ledger) -> None:
        ledger.append(blood_pressure(), reception())
        ledger.outbox.seal(1, "b1", b"bytes")
        spoil(ledger, "b1")
        ledger.outbox.due(10)
        assert ledger.outbox.send_again(1)
        assert [(row.seq, row.body) for row in ledger.outbox.due(10)] == [(1, None)]
        assert ledger.outbox.seal(1, "b1", b"bytes", members=1)


def spoil(ledger: Ledger, id: str) -> None:
    """A disk that changes a byte behind SQLite's back."""
    ledger._database.change("UPDATE bundle SET body = x'00' WHERE id = ?", (id,))
