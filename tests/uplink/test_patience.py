"""How long rows wait: for receipts, after refusals, and over a new connection."""

from uuid import UUID

import pytest

from hub.records import OutboxKind
from hub.uplink.patience import Pace, Patience
from hub.uplink.rows import Row

PACE = Pace()


def row(seq: int, kind: OutboxKind = OutboxKind.OBSERVATION) -> Row:
    id = UUID(int=seq)
    return Row(seq, kind, id.urn, id)


def patience() -> Patience:
    return Patience(PACE, told=lambda: None)


def test_a_receipt_is_waited_for_60_s_and_then_twice_as_long_up_to_half_an_hour() -> None:
    waiting = patience()
    gaps = []
    now = 0.0
    for _ in range(7):
        waiting.await_receipt(1, now)
        assert waiting.earliest is not None
        gaps.append(waiting.earliest - now)
        now = waiting.earliest
        assert waiting.recall(now)
    assert gaps == [60, 120, 240, 480, 960, 1800, 1800]


def test_nobody_is_recalled_before_the_time() -> None:
    waiting = patience()
    waiting.await_receipt(1, 0)
    assert not waiting.recall(59.9)
    assert waiting.seqs == {1}


def test_only_time_with_a_connection_counts() -> None:
    waiting = patience()
    waiting.await_receipt(1, now=0)
    waiting.put_off(2, until=1010)
    waiting.reconnected(1000, session_present=True)
    assert not waiting.recall(1009)
    assert waiting.recall(1010)
    assert waiting.seqs == {1}
    assert waiting.recall(1060)


def test_a_broker_that_forgot_us_is_sent_everything_at_once() -> None:
    waiting = patience()
    waiting.await_receipt(1, now=0)
    waiting.reconnected(1, session_present=False)
    assert waiting.seqs == set()


def test_ten_rows_refused_together_are_one_refusal() -> None:
    waiting = patience()
    for seq in range(10):
        assert waiting.refused(row(seq), 0x97, now=0) is None
    assert waiting.paused_until(OutboxKind.OBSERVATION, 0) == 5
    assert waiting.earliest == 5


def test_a_broker_that_goes_on_refusing_is_asked_ever_more_seldom() -> None:
    waiting = patience()
    pauses = []
    now = 0.0
    for _ in range(8):
        waiting.refused(row(1), 0x87, now)
        until = waiting.paused_until(OutboxKind.OBSERVATION, now)
        assert until is not None
        pauses.append(until - now)
        now = until
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    waiting.taken(row(2))
    waiting.refused(row(1), 0x87, now)
    assert waiting.paused_until(OutboxKind.OBSERVATION, now) == now + 5


def test_another_kind_is_not_paused() -> None:
    waiting = patience()
    waiting.refused(row(1, OutboxKind.ALERT), 0x87, now=0)
    assert waiting.paused_until(OutboxKind.OBSERVATION, 0) is None


def test_refusals_are_counted_from_the_start_after_a_success() -> None:
    waiting = patience()
    for _ in range(3):
        assert waiting.refused(row(1), 0x99, now=0) is None
        assert waiting.refused(row(1), 0x99, now=0) is None
        waiting.taken(row(1))


@pytest.mark.parametrize("code", [0x80, 0x83, 0x91])
def test_a_broker_that_refuses_all_without_a_reason_is_in_trouble_itself(code: int) -> None:
    waiting = patience()
    for _ in range(10):
        assert waiting.refused(row(1), code, now=0) is None
        assert waiting.refused(row(2), code, now=0) is None
    assert OutboxKind.OBSERVATION in waiting.problems


@pytest.mark.parametrize("code", [0x80, 0x83, 0x91])
def test_a_row_that_is_refused_where_others_pass_is_poison(code: int) -> None:
    waiting = patience()
    for _ in range(2):
        assert waiting.refused(row(1), code, now=0) is None
        waiting.taken(row(2))
    assert "refused 3 times" in (waiting.refused(row(1), code, now=0) or "")


def test_a_problem_is_told_once_and_taken_back() -> None:
    told: list[dict[OutboxKind, str]] = []
    waiting = Patience(PACE, told=lambda: told.append(dict(waiting.problems)))
    for seq in range(3):
        waiting.refused(row(seq), 0x97, now=0)
    waiting.taken(row(1))
    waiting.taken(row(2))
    assert told == [{OutboxKind.OBSERVATION: "quota exceeded at the broker"}, {}]
