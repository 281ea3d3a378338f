"""What goes away comes back, and every record is stored once."""

import pytest

from tests.bed.conftest import Facts, Play

pytestmark = pytest.mark.timeout(600)

EVERY_RECORD_ONCE = list(range(100, 120))
STUCK = ("bluetoothd_restarted", "bluetoothd_killed", "adapter_gone")
OUT_OF_RANGE = "out_of_range"


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Facts]:
    return play(
        *STUCK,
        OUT_OF_RANGE,
        "bluetoothd_restarted_while_idle",
        "adapter_gone_while_idle",
        "nothing_at_boot",
        "three_at_once",
    )


@pytest.mark.parametrize(
    "fault", [*(pytest.param(it, marks=pytest.mark.fault("F34")) for it in STUCK), OUT_OF_RANGE]
)
def test_a_fault_in_mid_transfer_costs_no_record_and_no_bond(
    facts: dict[str, Facts], fault: str
) -> None:
    found = facts[fault]
    assert found["systolic"] == EVERY_RECORD_ONCE
    assert found["delivered_at_fault"] < len(EVERY_RECORD_ONCE)
    assert found["pairings"] == 1
    [status] = found["statuses"].values()
    assert (status["state"], status["problem"]) == ("paired", None)


@pytest.mark.fault("F34")
def test_while_the_adapter_is_away_the_hub_says_so(facts: dict[str, Facts]) -> None:
    assert facts["adapter_gone"]["problems"] == ["No Bluetooth adapters found."]
    assert facts["adapter_gone_while_idle"]["problem"] == "No Bluetooth adapters found."


@pytest.mark.fault("F34")
@pytest.mark.parametrize(
    "fault", ["bluetoothd_restarted_while_idle", "adapter_gone_while_idle", "nothing_at_boot"]
)
def test_a_hub_that_lost_its_radio_hears_the_next_device(
    facts: dict[str, Facts], fault: str
) -> None:
    """Before a device falls asleep again."""
    assert facts[fault]["seconds"] < 10


def test_a_device_can_join_though_bluetoothd_came_after_the_hub(facts: dict[str, Facts]) -> None:
    found = facts["nothing_at_boot"]
    assert found["bonded"] == ["F0:F1:F2:A1:00:01"]
    assert found["problems"][1] == "No Bluetooth adapters found."


def test_three_devices_that_call_at_once_are_all_read(facts: dict[str, Facts]) -> None:
    found = facts["three_at_once"]
    assert found["kinds"] == ["blood_pressure", "body_weight", "glucose"]
    assert len(found["bonded"]) == 3
