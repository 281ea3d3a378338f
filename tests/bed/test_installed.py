"""The installed units under real systemd."""

import pytest

from tests.bed.conftest import Play

pytestmark = pytest.mark.timeout(300)


def test_the_unit_reads_a_device_as_its_own_user_and_comes_back_when_killed(play: Play) -> None:
    found = play("installed", systemd=True)["installed"]
    assert (found["user"], found["state"], found["restarts"]) == ("hub", "active", "1")
    assert (found["pairings"], found["bonded"]) == (1, ["F0:F1:F2:A1:00:01"])
