"""What others lose in the cycles in which this hub loses nothing. Their figures are only counted;
that they lose is asserted where it is certain."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from hub.demo.broker import free_port
from tests.faults import lossy, peers
from tests.faults.peers import AT_DEFAULTS, AT_SAFEST, Centre, Fault, Outcome, Power
from tests.faults.tally import Tally

SEED = 11


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


@pytest.fixture(params=get_args(Fault))
def fault(request: pytest.FixtureRequest) -> Fault:
    fault: Fault = request.param
    if fault == "power cut" and (why := lossy.missing()):
        pytest.skip(why)
    return fault


@pytest.fixture
def power(fault: Fault, tmp_path: Path) -> Iterator[Power]:
    with Power(fault, tmp_path, SEED) as power:
        yield power


def count(tally: Tally, fault: str, outcome: Outcome) -> None:
    tally.add(accepted=outcome.accepted, lost=outcome.lost, duplicated=outcome.duplicated)
    before = int(tally.notes.get(f"{fault}: unreadable", "0 ").split()[0])
    tally.say(fault, f"{tally.lost} of {tally.accepted} lost")
    tally.say(f"{fault}: unreadable", f"{before + outcome.unreadable} of {tally.cycles_done + 1}")


@pytest.mark.fault("P1")
def test_a_bridge_at_its_defaults_loses_what_it_acknowledged(
    centre: Centre, power: Power, fault: Fault, tally: Tally
) -> None:
    for cycle in tally.cycles(pr=2, night=100):
        count(tally, fault, peers.bridge_cycle(centre, power, AT_DEFAULTS, cycle))
    assert tally.lost > 0


@pytest.mark.fault("P2")
def test_a_bridge_at_its_safest(centre: Centre, power: Power, fault: Fault, tally: Tally) -> None:
    for cycle in tally.cycles(pr=2, night=100):
        count(tally, fault, peers.bridge_cycle(centre, power, AT_SAFEST, cycle))
    assert tally.accepted > 0


@pytest.mark.fault("P3")
def test_tinydb_as_a_queue(power: Power, fault: Fault, tally: Tally) -> None:
    for cycle in tally.cycles(pr=2, night=200):
        count(tally, fault, peers.tinydb_cycle(power, cycle))
    assert tally.accepted > 0


@pytest.mark.fault("P4")
def test_pahos_own_queue_loses_everything(centre: Centre, tally: Tally) -> None:
    for cycle in tally.cycles(pr=2, night=50):
        count(tally, "kill -9", peers.paho_cycle(centre, cycle, free_port()))
    assert tally.lost == tally.accepted > 0


@pytest.mark.fault("P5")
def test_this_hub(centre: Centre, power: Power, fault: Fault, tally: Tally) -> None:
    for cycle in tally.cycles(pr=1, night=100):
        count(tally, fault, peers.our_cycle(centre, power, cycle))
    assert tally.accepted > 0
    assert tally.lost == 0
