"""The hub finds a device, bonds with it and finds it again: real BlueZ between them."""

import pytest

from tests.bed.conftest import Facts, Play

pytestmark = pytest.mark.timeout(300)

CUFF = "F0:F1:F2:A1:00:01"


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Facts]:
    return play("just_works", "kept_bond")


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
