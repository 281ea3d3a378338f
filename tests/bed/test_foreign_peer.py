"""A sensor and controllers that nobody here wrote: BlueZ's own."""

import pytest

from tests.bed.conftest import Play

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("name", ["foreign_strap", "foreign_peer"])
def test_a_strap_that_bonds_with_nobody_is_read_for_a_minute(play: Play, name: str) -> None:
    """Whether the catalogue knows that it does not, or the hub has to find out."""
    found = play(name)[name]
    assert (found["kind"], found["site"], found["frames"]) == ("heart_rate", "chest", 60)
    assert 40 <= found["rate"] <= 255  # what it makes up is random
