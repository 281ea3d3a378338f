"""When silence is an illness: the ladder alone, by the clock."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.acquire.recovery import (
    ANSWER_S,
    LIVELY_AFTER_S,
    PAUSE_AT_MOST_S,
    RECOVERED,
    Ladder,
    Rung,
)

SILENCE_S = 90.0
DAY_S = 86_400.0


def lively() -> Ladder:
    return Ladder(SILENCE_S, lively=True)


def quiet() -> Ladder:
    return Ladder(SILENCE_S)


def climbed(ladder: Ladder, begin: float, end: float) -> Iterator[tuple[float, Rung]]:
    """What it wants between two moments of silence, and when."""
    now = begin
    while (wait_s := ladder.wait_s(now)) is not None and (now := now + wait_s) < end:
        if rung := ladder.due(now):
            yield now, rung


def test_it_climbs_from_the_cheapest_to_a_person_at_the_plug() -> None:
    ladder = lively()
    ladder.scanning(0)
    assert list(climbed(ladder, 0, SILENCE_S + 4 * ANSWER_S)) == [
        (90, Rung.SCAN),
        (120, Rung.ADAPTER),
        (150, Rung.SERVICE),
        (180, Rung.UNPLUG),
    ]
    assert ladder.needs_hands


def test_it_goes_on_trying_with_growing_pauses() -> None:
    ladder = lively()
    ladder.scanning(0)
    restarts = [when for when, rung in climbed(ladder, 0, DAY_S) if rung is Rung.SERVICE]
    pauses = [later - earlier for earlier, later in itertools.pairwise(restarts)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 600
    assert pauses[-1] == PAUSE_AT_MOST_S + 3 * ANSWER_S
    assert len(restarts) < 30


def test_one_advertisement_ends_it() -> None:
    ladder = lively()
    ladder.scanning(0)
    list(climbed(ladder, 0, 200))
    ladder.heard(200)
    assert not ladder.needs_hands
    assert ladder.counts[RECOVERED] == 1
    assert next(climbed(ladder, 200, 1000)) == (200 + SILENCE_S, Rung.SCAN)


def test_a_quiet_house_is_healthy_for_months() -> None:
    """No neighbour has Bluetooth; the patient's own cuff is heard twice a day."""
    ladder, wanted = quiet(), list[Rung]()
    ladder.scanning(0)
    for visit in range(60):
        wanted += [rung for _, rung in climbed(ladder, visit * DAY_S / 2, (visit + 1) * DAY_S / 2)]
        ladder.heard((visit + 1) * DAY_S / 2)
    assert set(wanted) == {Rung.SCAN, Rung.ADAPTER}
    assert wanted.count(Rung.ADAPTER) == 60  # once in each silence
    assert wanted.count(Rung.SCAN) < 60 * 20
    assert not ladder.needs_hands


def hear_for(ladder: Ladder, begin: float, seconds: float, every_s: float = 60) -> float:
    now = begin
    while now < begin + seconds:
        now += every_s
        ladder.heard(now)
    return now


def test_a_place_is_lively_when_it_was_heard_day_and_night() -> None:
    ladder = quiet()
    ladder.scanning(0)
    now = hear_for(ladder, 0, LIVELY_AFTER_S - 3600)
    assert not ladder.lively
    hear_for(ladder, now, 2 * 3600)
    assert ladder.lively


def test_a_day_with_a_silence_in_it_is_not_lively() -> None:
    ladder = quiet()
    ladder.scanning(0)
    now = hear_for(ladder, 0, DAY_S / 2)
    list(climbed(ladder, now, now + 3600))
    hear_for(ladder, now + 3600, DAY_S / 2)
    assert not ladder.lively


def test_neighbours_who_went_away_and_came_back_make_it_wary() -> None:
    """The silence ended by itself, so it was no illness: the second one is taken as normal."""
    ladder = lively()
    ladder.scanning(0)
    ladder.heard(1)
    assert Rung.SERVICE in [rung for _, rung in climbed(ladder, 1, 9 * 3600)]
    ladder.heard(9 * 3600)
    assert not ladder.lively
    assert ladder.counts[RECOVERED] == 0
    later = [rung for _, rung in climbed(ladder, 9 * 3600, 20 * 3600)]
    assert set(later) == {Rung.SCAN, Rung.ADAPTER}


def test_a_radio_that_a_rung_woke_leaves_the_place_lively() -> None:
    ladder = lively()
    ladder.scanning(0)
    when, rung = next(climbed(ladder, 0, 1000))
    ladder.heard(when + 2)
    assert rung is Rung.SCAN
    assert ladder.lively


def test_while_it_rests_nothing_is_expected() -> None:
    ladder = lively()
    ladder.scanning(0)
    ladder.resting()
    assert ladder.wait_s(1000) is None
    assert ladder.due(1000) is None
    ladder.scanning(1000)
    assert next(climbed(ladder, 1000, 2000)) == (1000 + SILENCE_S, Rung.SCAN)


def test_a_session_in_a_silence_does_not_make_it_forget_how_high_it_was() -> None:
    ladder = lively()
    ladder.scanning(0)
    assert ladder.due(90) is Rung.SCAN
    ladder.resting()
    ladder.scanning(100)
    assert next(climbed(ladder, 100, 2000))[1] is Rung.ADAPTER


@pytest.mark.parametrize("ladder", [quiet(), lively()], ids=["quiet", "lively"])
def test_a_refused_scan_is_no_silence_and_climbs_to_the_top_anywhere(ladder: Ladder) -> None:
    ladder.refused(0)
    ladder.refused(5)
    wanted = list(climbed(ladder, 0, 5 * ANSWER_S))
    assert [rung for _, rung in wanted] == list(Rung)
    assert ladder.needs_hands
    ladder.scanning(200)
    assert not ladder.needs_hands


def test_the_contract_names_every_counter() -> None:
    contract = (Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text()
    for counter in (*Rung, RECOVERED):
        assert f'"{counter}": {{"type": "integer"' in contract
