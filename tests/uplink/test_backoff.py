"""The waits between attempts."""

from hub.uplink.backoff import Backoff
from hub.uplink.endings import AGAIN_AND_AGAIN, SILENT, Ending, EndingKind

TAKEN_OVER = Ending(EndingKind.TAKEN_OVER, "another hub", 0x8E)


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


def test_one_second_doubling_to_five_minutes_and_never_giving_up() -> None:
    backoff = Backoff(draw=longest)
    waits = [backoff.wait_s(SILENT, 0) for _ in range(2000)]
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert waits[-1] == 300


def test_full_jitter() -> None:
    assert Backoff(draw=shortest).wait_s(SILENT, 0) == 0


def test_a_connection_that_lasted_is_forgiven_and_one_that_broke_at_once_is_not() -> None:
    backoff = Backoff(draw=longest)
    for _ in range(5):
        backoff.wait_s(SILENT, 0)
    assert backoff.wait_s(SILENT, 59) == 32
    assert backoff.wait_s(SILENT, 60) == 1


def test_two_hubs_with_one_id_change_places_at_most_once_a_minute() -> None:
    backoff = Backoff(draw=shortest)
    assert backoff.wait_s(TAKEN_OVER, 3600) == 60
    assert Backoff(draw=longest).wait_s(TAKEN_OVER, 3600) == 120


def test_a_connection_that_breaks_again_and_again_is_suspicious() -> None:
    backoff = Backoff(draw=shortest)
    for _ in range(3):
        assert backoff.explained(SILENT) == SILENT
        backoff.wait_s(SILENT, 10)
    assert backoff.explained(SILENT) == AGAIN_AND_AGAIN
    assert backoff.explained(TAKEN_OVER) == TAKEN_OVER
