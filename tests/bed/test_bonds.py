"""Bonds that one side has lost, or does not want."""

import pytest

from tests.bed.conftest import Facts, Play
from tests.bed.machine import BootError

pytestmark = pytest.mark.timeout(600)

CUFF = "F0:F1:F2:A1:00:01"
KERNEL_DIES = "l2cap_conn_free"


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Facts]:
    return play("refused", "bond_lost_by_hub")


def test_a_device_that_refuses_is_told_of_and_read_when_it_no_longer_does(
    facts: dict[str, Facts],
) -> None:
    found = facts["refused"]
    [status] = found["told"].values()
    assert status["problem"].startswith("pair: ")
    assert status["state"] == "auth-failed"
    assert found["unread"] == 1
    assert [systolic for systolic, *_ in found["numbers"]] == ["120", "121"]


@pytest.mark.fault("F35")
def test_a_bond_that_the_hub_has_lost_is_made_anew(facts: dict[str, Facts]) -> None:
    found = facts["bond_lost_by_hub"]
    assert [systolic for systolic, *_ in found["numbers"]] == ["120", "121"]
    assert found["bonded"] == [CUFF]


@pytest.mark.fault("F35")
def test_a_bond_that_the_device_has_lost_is_made_anew(play: Play) -> None:
    try:
        found = play("bond_lost_by_device")["bond_lost_by_device"]
    except BootError as error:
        if KERNEL_DIES in str(error):
            pytest.skip("this kernel dies of it; vm/kernel.sh builds one that does not")
        raise
    assert [systolic for systolic, *_ in found["numbers"]] == ["120", "121"]
    assert found["pairings"] == 2
