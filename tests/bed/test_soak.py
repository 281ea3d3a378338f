"""A month in one home, in virtual time: three devices twice a day, faults at random moments."""

from concurrent.futures import Future

import pytest

from tests.bed.conftest import DAYS, SOAK_LIMIT_S, Facts, figure
from tests.faults.tally import Tally

GROWTH_KB = 3_000  # between the ends of the first day and of the last
DESCRIPTORS = 2

pytestmark = pytest.mark.timeout(SOAK_LIMIT_S + 60)


@pytest.fixture(scope="module")
def facts(soaking: Future[Facts]) -> Facts:
    found = soaking.result()
    first, last = found["footprints"][0], found["footprints"][-1]
    figure(
        f"soak of {DAYS} days: {found['taken']} readings, {found['faults']}; "
        f"hub {first['rss_kb']} -> {last['rss_kb']} kB, "
        f"{first['descriptors']} -> {last['descriptors']} descriptors; "
        f"bluetoothd {first['bluetoothd_kb']} -> {last['bluetoothd_kb']} kB"
    )
    return found


@pytest.mark.fault("F41")
def test_every_reading_is_stored_once(facts: Facts, tally: Tally) -> None:
    tally.add(accepted=facts["taken"], lost=facts["lost"], duplicated=facts["twice"])
    assert facts["taken"] == 6 * DAYS
    assert (facts["lost"], facts["twice"]) == (0, 0)


def test_no_bond_is_lost_or_made_anew(facts: Facts) -> None:
    assert len(facts["bonded"]) == 3
    assert facts["pairings"] == {"cuff": 1, "scale": 1, "glucose": 1}


@pytest.mark.fault("F41")
def test_the_hub_does_not_grow(facts: Facts, tally: Tally) -> None:
    first, last = facts["footprints"][0], facts["footprints"][-1]
    megabytes = f"{first['rss_kb'] / 1024:.1f} → {last['rss_kb'] / 1024:.1f}"
    tally.say(f"MB of the hub on the first and on day {DAYS}", megabytes)
    tally.say("descriptors", f"{first['descriptors']} → {last['descriptors']}")
    assert last["rss_kb"] - first["rss_kb"] <= GROWTH_KB
    assert last["descriptors"] - first["descriptors"] <= DESCRIPTORS
