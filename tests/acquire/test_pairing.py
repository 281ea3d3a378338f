"""Who may join, decided without a radio. Times are milliseconds."""

import pytest

from drivers.contract import Advertisement
from drivers.links import uuid16
from hub.acquire.ble import Sighting
from hub.acquire.pairing import CANDIDATES_AT_MOST, KitItem, Pairing
from hub.acquire.receiver import SILENT_MEANS_NEW_S, _Patience
from tests.acquire.conftest import CUFF, joined

BLOOD_PRESSURE = frozenset({uuid16(0x1810)})
WEIGHT = frozenset({uuid16(0x181D)})
NEIGHBOUR = "F0:F1:F2:A1:00:99"
WINDOW_S = 120
SETTLE_MS = 200  # as the tests of this room have it


def seen(
    address: str = CUFF,
    services: frozenset[str] = BLOOD_PRESSURE,
    name: str | None = "A&D_UA-651BLE_A10001",
    rssi: int = -50,
) -> Sighting:
    return Sighting(Advertisement(address, name, services), rssi)


@pytest.fixture
def pairing() -> Pairing:
    return Pairing(WINDOW_S)


def test_a_stranger_is_ignored(pairing: Pairing) -> None:
    assert pairing.decide(seen(), [], 0).action == "ignore"


def test_a_device_of_ours_is_read_whatever_it_advertises(pairing: Pairing) -> None:
    decision = pairing.decide(seen(services=frozenset()), [joined()], 0)
    assert (decision.action, decision.device) == ("read", joined())


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(KitItem(address=CUFF), id="address"),
        pytest.param(KitItem(address=CUFF.lower()), id="address in small letters"),
        pytest.param(KitItem(serial="A10001"), id="serial number in the name"),
    ],
)
def test_what_was_lent_joins_at_any_time(pairing: Pairing, item: KitItem) -> None:
    pairing.kit = [item]
    decision = pairing.decide(seen(), [], 0)
    assert (decision.action, decision.kit) == ("join", item)
    assert decision.driver and decision.driver.id == "gatt-blood-pressure"


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(KitItem(address=NEIGHBOUR), id="another address"),
        pytest.param(KitItem(model="UA-651BLE"), id="the model alone"),
        pytest.param(KitItem(serial="A10002"), id="another serial number"),
    ],
)
def test_the_neighbours_is_not_ours(pairing: Pairing, item: KitItem) -> None:
    pairing.kit = [item]
    assert pairing.decide(seen(), [], 0).action == "ignore"


def test_what_no_driver_reads_is_ignored_even_in_the_kit(pairing: Pairing) -> None:
    pairing.kit = [KitItem(address=CUFF)]
    pairing.open(0)
    assert pairing.decide(seen(services=frozenset()), [], 0).action == "ignore"


def test_one_strong_candidate_joins_when_no_other_has_shown_up(pairing: Pairing) -> None:
    pairing.open(0)
    assert pairing.decide(seen(), [], 0).action == "list"
    assert pairing.decide(seen(), [], SETTLE_MS - 1).action == "list"
    assert pairing.decide(seen(), [], SETTLE_MS).action == "join"


def test_a_weak_one_waits_for_a_person(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(rssi=-90), [], 0)
    assert pairing.decide(seen(rssi=-90), [], SETTLE_MS).action == "list"
    assert pairing.choose(CUFF)
    assert pairing.decide(seen(rssi=-90), [], SETTLE_MS).action == "join"


def test_of_two_none_joins_by_itself(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(), [], 0)
    pairing.decide(seen(NEIGHBOUR, WEIGHT), [], 1)
    assert pairing.decide(seen(), [], SETTLE_MS).action == "list"
    assert pairing.decide(seen(NEIGHBOUR, WEIGHT), [], SETTLE_MS).action == "list"


@pytest.mark.parametrize(
    ("expected", "joins"),
    [
        pytest.param(KitItem(address=CUFF), True, id="its address"),
        pytest.param(KitItem(model="UA-651BLE"), True, id="its model, in the name"),
        pytest.param(KitItem(address=NEIGHBOUR, model="UA-651BLE"), False, id="another address"),
        pytest.param(KitItem(model="UC-352BLE"), False, id="another model"),
    ],
)
def test_a_window_for_one_device_is_for_that_one(
    pairing: Pairing, expected: KitItem, joins: bool
) -> None:
    pairing.open(0, seconds=30, expected=expected)
    assert pairing.decide(seen(), [], 0).action == ("join" if joins else "ignore")
    assert pairing.decide(seen(), [], 30_000).action == "ignore"


def test_nobody_can_choose_what_was_not_heard(pairing: Pairing) -> None:
    pairing.open(0)
    assert not pairing.choose(NEIGHBOUR)


def test_the_window_closes_by_itself(pairing: Pairing) -> None:
    closes = pairing.open(0)
    assert closes == WINDOW_S * 1000
    pairing.decide(seen(), [], closes - 1)
    assert pairing.open_until(closes) is None
    assert not pairing.candidates
    assert pairing.decide(seen(), [], closes).action == "ignore"


def test_a_crowd_does_not_fill_the_list(pairing: Pairing) -> None:
    pairing.open(0)
    for number in range(CANDIDATES_AT_MOST + 5):
        pairing.decide(seen(f"F0:F1:F2:A1:01:{number:02X}"), [], 0)
    assert len(pairing.candidates) == CANDIDATES_AT_MOST


def test_a_name_that_came_late_is_kept(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(), [], 0)
    pairing.decide(seen(name=None), [], 1)
    assert pairing.candidates[CUFF].name == "A&D_UA-651BLE_A10001"


def test_a_device_that_has_nothing_new_is_asked_ever_more_seldom() -> None:
    patience = _Patience()
    patience.heard(100)
    assert patience.not_before == 0
    patience.asked(100, brought=False)
    first = patience.not_before - 100
    patience.heard(101)
    patience.asked(101, brought=False)
    assert patience.not_before - 101 == pytest.approx(2 * first)


def test_a_device_that_brought_something_may_be_asked_at_once() -> None:
    patience = _Patience()
    patience.asked(100, brought=False)
    patience.asked(110, brought=True)
    assert patience.not_before == 110


def test_a_device_that_was_silent_has_something_new() -> None:
    patience = _Patience()
    patience.asked(100, brought=False)
    patience.heard(100 + SILENT_MEANS_NEW_S + 1)
    assert patience.not_before == 0
