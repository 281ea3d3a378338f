"""The hub finds a device, bonds with it and finds it again: real BlueZ between them."""

import pytest

from tests.bed.conftest import Facts, Play

pytestmark = pytest.mark.timeout(600)

CUFF = "F0:F1:F2:A1:00:01"


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Facts]:
    return play(
        "scan",
        "just_works",
        "kept_bond",
        "passkey_shown",
        "passkey_typed",
        "wrong_passkey",
    )


def test_the_radio_hears_who_advertises_and_what_it_offers(facts: dict[str, Facts]) -> None:
    assert facts["scan"] == {
        CUFF: {
            "name": "A&D_UA-651BLE_A10001",
            "services": ["00001810-0000-1000-8000-00805f9b34fb"],
        },
        "F0:F1:F2:A1:00:02": {
            "name": "A&D_UC-352BLE_A10002",
            "services": ["0000181d-0000-1000-8000-00805f9b34fb"],
        },
    }


def test_a_device_without_display_joins_and_is_read(facts: dict[str, Facts]) -> None:
    found = facts["just_works"]
    assert found["numbers"] == [["132", "85", "100", "71"]]
    assert found["live"]
    assert (found["pairings"], found["unread"], found["bonded"]) == (1, 0, [CUFF])
    [status] = found["statuses"].values()
    assert status == {"state": "paired", "problem": None, "battery": 87}


def test_a_bond_outlives_the_hub_and_bluetoothd(facts: dict[str, Facts]) -> None:
    found = facts["kept_bond"]
    assert [systolic for systolic, *_ in found["numbers"]] == ["120", "121", "122"]
    assert (found["pairings"], found["bonded"]) == (1, [CUFF])


def test_a_passkey_that_the_hub_shows_makes_an_authenticated_bond(facts: dict[str, Facts]) -> None:
    found = facts["passkey_shown"]
    assert (found["shown"], found["still_shown"]) == ([CUFF], None)
    assert (found["authenticated"], found["bonded"]) == (True, [CUFF])


def test_a_passkey_that_the_device_shows_is_asked_for_once(facts: dict[str, Facts]) -> None:
    assert facts["passkey_typed"] == {"asked": [CUFF], "pairings": 1, "bonded": [CUFF]}


def test_a_mistyped_passkey_bonds_nobody_until_it_is_typed_right(facts: dict[str, Facts]) -> None:
    found = facts["wrong_passkey"]
    assert found["before"] == {"readings": 0, "bonded": []}
    assert found["bonded"] == [CUFF]
