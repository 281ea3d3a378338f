"""The door of the setup pages: codes, wrong codes, sessions, time."""

import pytest

from hub.web.gate import ALPHABET, Gate, WrongCode


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gate(seconds: Seconds) -> Gate:
    gate = Gate(1800, seconds)
    gate.open()
    return gate


def code_of(gate: Gate) -> str:
    code = gate.code()
    assert code is not None
    return code


def is_closed(gate: Gate) -> bool:
    return not gate.is_open


def wrong(gate: Gate, text: str = "000000") -> float:
    gate.code()
    with pytest.raises(WrongCode) as caught:
        gate.enter(text)
    return caught.value.wait_s


def test_a_closed_gate_shows_no_code_and_takes_none(seconds: Seconds) -> None:
    gate = Gate(1800, seconds)
    assert gate.code() is None
    assert wrong(gate) == 0


def test_codes_are_of_31_signs_that_nobody_mixes_up() -> None:
    assert len(set(ALPHABET)) == 31
    assert not set("01ILO") & set(ALPHABET)


def test_the_right_code_lets_in_once(gate: Gate) -> None:
    code = code_of(gate)
    session = gate.enter(f" {code.lower()} ")
    assert gate.admits(session)
    assert not gate.admits("another")
    assert gate.code() is None
    assert wrong(gate, code) == 0


def test_a_code_is_old_after_ten_minutes(gate: Gate, seconds: Seconds) -> None:
    code = code_of(gate)
    seconds.now += 599
    assert code_of(gate) == code
    seconds.now += 1
    with pytest.raises(WrongCode):
        gate.enter(code)
    assert code_of(gate) != code


def test_five_wrong_codes_void_it_and_lock_out_for_longer_each_time(
    gate: Gate, seconds: Seconds
) -> None:
    for lock_s in (60, 120, 240, 480, 900, 900):
        gate.open()
        code = code_of(gate)
        assert [wrong(gate) for _ in range(5)] == [0, 0, 0, 0, lock_s]
        assert code_of(gate) != code
        with pytest.raises(WrongCode):  # even the right one has to wait
            gate.enter(code_of(gate))
        seconds.now += lock_s


def test_ten_minutes_of_guessing_get_at_most_25_looks(gate: Gate, seconds: Seconds) -> None:
    looked_at = 0
    for _ in range(600):
        for _ in range(3):
            gate.code()
            looked_at += gate.locked_s == 0
            with pytest.raises(WrongCode):
                gate.enter("000000")
        seconds.now += 1
    assert looked_at <= 25


def test_it_closes_by_itself(seconds: Seconds) -> None:
    told: list[bool] = []
    gate = Gate(1800, seconds, told.append)
    gate.open()
    session = gate.enter(code_of(gate))
    seconds.now += 1799
    assert not is_closed(gate)
    seconds.now += 1
    assert is_closed(gate)
    assert not gate.admits(session)
    assert told == [True, False]


def test_a_session_ends_when_idle_and_after_an_hour(seconds: Seconds) -> None:
    gate = Gate(7200, seconds)
    gate.open()
    session = gate.enter(code_of(gate))
    seconds.now += 899
    assert gate.admits(session)
    seconds.now += 900
    assert not gate.admits(session)
    session = gate.enter(code_of(gate))
    for _ in range(4):
        seconds.now += 899
        assert gate.admits(session)
    seconds.now += 10
    assert not gate.admits(session)


def test_a_page_that_looks_by_itself_does_not_keep_the_session(
    gate: Gate, seconds: Seconds
) -> None:
    session = gate.enter(code_of(gate))
    for _ in range(9):
        seconds.now += 99
        assert gate.admits(session, by_person=False)
    seconds.now += 99
    assert not gate.admits(session, by_person=False)


def test_closing_ends_the_session(gate: Gate) -> None:
    session = gate.enter(code_of(gate))
    gate.close()
    gate.open()
    assert not gate.admits(session)
