"""The installed units under real systemd."""

import pytest

from tests.bed.conftest import Play
from tests.faults.tally import Tally

pytestmark = pytest.mark.timeout(600)


def test_the_unit_reads_a_device_as_its_own_user_and_comes_back_when_killed(play: Play) -> None:
    found = play("installed", systemd=True)["installed"]
    assert (found["user"], found["state"], found["restarts"]) == ("hub", "active", "1")
    assert (found["pairings"], found["bonded"]) == (1, ["F0:F1:F2:A1:00:01"])


@pytest.mark.fault("F42")
def test_a_hub_whose_loop_stops_is_killed_by_the_watchdog_and_comes_back(
    play: Play, tally: Tally
) -> None:
    found = play("stalled", systemd=True)["stalled"]
    assert 60 <= found["killed_after_s"] <= 120  # WatchdogSec, after the last time it was fed
    tally.add(accepted=2)
    tally.say("killed after", f"{found['killed_after_s']:.0f} s")
    tally.say("reads a device again after", f"{found['back_after_s']:.0f} s")


@pytest.mark.fault("F44")
def test_a_hub_that_ends_at_once_stays_down_and_the_screen_says_whom_to_call(play: Play) -> None:
    found = play("ending_at_once", systemd=True)["ending_at_once"]
    assert found == {"restarts": 3, "web": "active", "still": "failed"}
