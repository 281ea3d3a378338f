"""What goes away in mid-transfer comes back, and every record is stored once."""

import pytest

from tests.bed.conftest import Facts, Play

pytestmark = pytest.mark.timeout(300)

EVERY_RECORD_ONCE = list(range(100, 120))


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Facts]:
    return play("bluetoothd_killed", "adapter_gone", "out_of_range", "three_at_once")


@pytest.mark.parametrize("fault", ["bluetoothd_killed", "adapter_gone", "out_of_range"])
def test_a_fault_in_mid_transfer_costs_no_record_and_no_bond(
    facts: dict[str, Facts], fault: str
) -> None:
    found = facts[fault]
    assert found["systolic"] == EVERY_RECORD_ONCE
    assert found["delivered_at_fault"] < len(EVERY_RECORD_ONCE)
    assert found["pairings"] == 1
    [status] = found["statuses"].values()
    assert (status["state"], status["problem"]) == ("paired", None)


def test_while_the_adapter_is_away_the_hub_says_so(facts: dict[str, Facts]) -> None:
    [problem] = facts["adapter_gone"]["problems"]
    assert "No Bluetooth adapters found" in problem


def test_three_devices_that_call_at_once_are_all_read(facts: dict[str, Facts]) -> None:
    found = facts["three_at_once"]
    assert found["kinds"] == ["blood_pressure", "body_weight", "glucose"]
    assert len(found["bonded"]) == 3
