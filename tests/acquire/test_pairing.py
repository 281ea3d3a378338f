"""Who may join, decided without a radio. Times are milliseconds."""

import pytest
from msgspec.structs import replace

from drivers.contract import Advertisement
from drivers.errors import AmbiguousDriver
from drivers.gatt.blood_pressure import BloodPressure
from drivers.links import uuid16
from drivers.measurement import DeviceInfo
from hub.acquire.ble import Sighting
from hub.acquire.pairing import CANDIDATES_AT_MOST, FORGOTTEN_MS, Pairing
from hub.acquire.receiver import SILENT_MEANS_NEW_S, _Patience
from hub.records import KitItem
from tests.acquire.conftest import CUFF, joined

BLOOD_PRESSURE = frozenset({uuid16(0x1810)})
WEIGHT = frozenset({uuid16(0x181D)})
NEIGHBOUR = "F0:F1:F2:A1:00:99"
MI_SCALE = Sighting(
    Advertisement("F0:F1:F2:A1:00:07", "MI_SCALE", service_data={uuid16(0x181D): bytes(10)}), -50
)
WINDOW_S = 120
SETTLE_MS = 200  # as the tests of this room have it


def seen(
    address: str = CUFF,
    services: frozenset[str] = BLOOD_PRESSURE,
    name: str | None = "A&D_UA-651BLE_A10001",
    rssi: int = -50,
    discoverable: bool | None = None,
) -> Sighting:
    return Sighting(Advertisement(address, name, services), rssi, discoverable)


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
    assert decision.candidate and decision.candidate.driver is BloodPressure


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(KitItem(address=NEIGHBOUR), id="another address"),
        pytest.param(KitItem(address=NEIGHBOUR, model="UA-651BLE"), id="a model with an address"),
        pytest.param(KitItem(serial="A10002"), id="another serial number"),
        pytest.param(KitItem(model="UC-352BLE"), id="another model"),
    ],
)
def test_the_neighbours_is_not_ours(pairing: Pairing, item: KitItem) -> None:
    pairing.kit = [item]
    assert pairing.decide(seen(), [], 0).action == "ignore"


def test_what_no_driver_reads_is_ignored_even_in_the_kit(pairing: Pairing) -> None:
    pairing.kit = [KitItem(address=CUFF)]
    pairing.open(0)
    unknown = seen(services=frozenset(), name="Nobody knows it")
    assert pairing.decide(unknown, [], 0).action == "ignore"


def test_what_hides_all_but_its_address_is_read_as_the_lent_model(pairing: Pairing) -> None:
    pairing.kit = [KitItem(address=CUFF, model="UA-651BLE")]
    decision = pairing.decide(seen(services=frozenset(), name=None), [], 0)
    assert decision.action == "join"
    assert decision.candidate and decision.candidate.driver is BloodPressure


class TestLentByItsModel:
    """The central service knows what was lent, and not which one of them it was."""

    @pytest.fixture
    def pairing(self) -> Pairing:
        pairing = Pairing(WINDOW_S)
        pairing.kit = [KitItem(model="UA-651BLE", name="Blodtrykk")]
        return pairing

    @pytest.mark.parametrize("name", ["A&D_UA-651BLE_A10001", None])
    def test_it_joins_when_no_second_one_shows_itself(
        self, pairing: Pairing, name: str | None
    ) -> None:
        assert pairing.decide(seen(name=name), [], 0).action == "ignore"
        decision = pairing.decide(seen(name=name), [], SETTLE_MS)
        assert (decision.action, decision.kit) == ("join", pairing.kit[0])
        assert decision.is_lent

    def test_a_weak_one_is_the_neighbours(self, pairing: Pairing) -> None:
        pairing.decide(seen(rssi=-90), [], 0)
        assert pairing.decide(seen(rssi=-90), [], SETTLE_MS).action == "ignore"

    def test_one_that_is_not_in_pairing_mode_belongs_to_somebody(self, pairing: Pairing) -> None:
        pairing.decide(seen(discoverable=False), [], 0)
        assert pairing.decide(seen(discoverable=False), [], SETTLE_MS).action == "ignore"

    def test_of_two_none_joins_and_both_are_listed_in_the_window(self, pairing: Pairing) -> None:
        for now_ms in (0, SETTLE_MS):
            assert pairing.decide(seen(), [], now_ms).action == "ignore"
            assert pairing.decide(seen(NEIGHBOUR), [], now_ms).action == "ignore"
        pairing.open(SETTLE_MS)
        assert pairing.decide(seen(), [], SETTLE_MS).action == "list"
        assert pairing.decide(seen(NEIGHBOUR), [], 2 * SETTLE_MS).action == "list"
        assert pairing.choose(CUFF)
        decision = pairing.decide(seen(), [], 2 * SETTLE_MS)
        assert (decision.action, decision.kit) == ("join", pairing.kit[0])

    def test_the_second_one_is_forgotten_when_it_has_left(self, pairing: Pairing) -> None:
        pairing.decide(seen(NEIGHBOUR), [], 0)
        assert pairing.decide(seen(), [], SETTLE_MS).action == "ignore"
        assert pairing.decide(seen(), [], FORGOTTEN_MS).action == "join"

    def test_it_joins_once(self, pairing: Pairing) -> None:
        ours = replace(joined(), model="and-ua-651ble")
        pairing.decide(seen(NEIGHBOUR), [ours], 0)
        assert pairing.decide(seen(NEIGHBOUR), [ours], SETTLE_MS).action == "ignore"

    def test_one_that_was_lent_by_address_is_not_taken_for_it(self, pairing: Pairing) -> None:
        pairing.kit = [KitItem(model="UA-651BLE"), KitItem(model="UA-651BLE", address=CUFF)]
        ours = replace(joined(), model="and-ua-651ble")
        pairing.decide(seen(NEIGHBOUR), [ours], 0)
        assert pairing.decide(seen(NEIGHBOUR), [ours], SETTLE_MS).action == "join"

    def test_a_crowd_of_them_does_not_fill_the_memory(self, pairing: Pairing) -> None:
        for number in range(1000):
            pairing.decide(seen(f"F0:F1:F2:A1:{number >> 8:02X}:{number & 0xFF:02X}"), [], 0)
        assert len(pairing._nearby) == CANDIDATES_AT_MOST


class TestLentByItsSerialNumber:
    ITEM = KitItem(model="UA-651BLE", serial="DEMO-0001")

    @pytest.fixture
    def pairing(self) -> Pairing:
        pairing = Pairing(WINDOW_S)
        pairing.kit = [self.ITEM]
        return pairing

    def test_one_that_does_not_tell_is_connected_to_and_found_out(self, pairing: Pairing) -> None:
        decision = pairing.decide(seen(), [], 0)
        assert (decision.action, decision.kit, decision.is_lent) == ("join", self.ITEM, True)

    @pytest.mark.parametrize(
        ("told", "lent"),
        [
            pytest.param("DEMO0001", True, id="written otherwise"),
            pytest.param("DEMO0002", False, id="another one"),
            pytest.param(None, False, id="it does not say"),
        ],
    )
    def test_it_must_be_that_one(self, pairing: Pairing, told: str | None, lent: bool) -> None:
        info = DeviceInfo(model="UA-651BLE", serial=told)
        found = pairing.lent.confirmed(self.ITEM, seen().advertisement, info, None)
        assert found == (self.ITEM if lent else None)

    def test_one_that_was_found_out_is_left_alone(self, pairing: Pairing) -> None:
        pairing.lent.refuse(CUFF)
        assert pairing.decide(seen(), [], 0).action == "ignore"
        assert pairing.decide(seen(NEIGHBOUR), [], 0).action == "join"

    def test_it_is_not_looked_for_when_it_is_here(self, pairing: Pairing) -> None:
        ours = replace(joined(), info=DeviceInfo(serial="DEMO0001"))
        assert pairing.decide(seen(NEIGHBOUR), [ours], 0).action == "ignore"


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


def test_one_that_is_not_in_pairing_mode_waits_for_a_person(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(discoverable=False), [], 0)
    assert pairing.decide(seen(discoverable=False), [], SETTLE_MS).action == "list"
    assert pairing.decide(seen(discoverable=True), [], SETTLE_MS).action == "join"


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


def test_the_list_says_which_model_it_is(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(name=None), [], 0)
    before = pairing.revision
    assert pairing.candidates[CUFF].model is None
    pairing.decide(seen(services=frozenset()), [], 1)
    candidate = pairing.candidates[CUFF]
    assert candidate.model and candidate.model.id == "and-ua-651ble"
    assert candidate.driver is BloodPressure
    assert pairing.revision > before


def test_two_equally_good_drivers_are_an_error_in_the_list(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(seen: Advertisement) -> None:
        raise AmbiguousDriver(seen.address, ("one", "other"))

    monkeypatch.setattr("hub.acquire.pairing.choose", choose)
    pairing.open(0)
    pairing.decide(seen(name=None), [], 0)
    assert pairing.decide(seen(name=None), [], SETTLE_MS).action == "list"
    assert "one, other" in (pairing.candidates[CUFF].problem or "")


def test_what_only_advertises_joins_when_it_is_chosen(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(MI_SCALE, [], 0)
    assert pairing.decide(MI_SCALE, [], SETTLE_MS).action == "list"
    assert pairing.choose(MI_SCALE.advertisement.address)
    assert pairing.decide(MI_SCALE, [], SETTLE_MS).action == "join"


def test_only_one_like_it_takes_the_place_of_another(pairing: Pairing) -> None:
    old = replace(joined(), address=NEIGHBOUR)
    pairing.open(0, replacing=old)
    assert pairing.decide(seen("F0:F1:F2:A1:00:02", WEIGHT, None), [old], 0).action == "ignore"
    pairing.decide(seen(), [old], 0)
    decision = pairing.decide(seen(), [old], SETTLE_MS)
    assert (decision.action, decision.replaces) == ("join", old.key)


def test_why_it_did_not_join_stands_in_the_list_until_it_is_chosen_again(pairing: Pairing) -> None:
    pairing.open(0)
    pairing.decide(seen(), [], 0)
    pairing.failed(CUFF, "pair: refused")
    pairing.decide(seen(), [], 1)
    assert pairing.candidates[CUFF].problem == "pair: refused"
    pairing.choose(CUFF)
    assert pairing.candidates[CUFF].problem is None
