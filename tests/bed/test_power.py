"""The power of the whole machine is cut while the hub takes readings and answers."""

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bed.conftest import figure
from tests.bed.machine import BootError, running
from tests.bed.power.house import LOOK_S, Facts, House, house
from tests.faults.lossy import LossyDisk, missing
from tests.faults.tally import IS_NIGHT, Tally

pytestmark = [
    pytest.mark.timeout(0 if IS_NIGHT else 600),
    pytest.mark.usefixtures("images"),
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]

CUTS_OF_A_CARD = 20
OFFLINE = 3  # every third boot has no internet
WELL = {
    "lost": [],
    "twice": 0,
    "integrity": ["ok"],
    "damaged": [],
    "anomalies": 0,
    "unreadable": [],
}
ALL_THERE = {"missing": [], "lost": [], "twice": 0, "check_ins_lost": 0}


PROBE = """
exec 3<>/dev/ubda  # the last one to close it would flush
dd if=/bin/sh of=/dev/ubda bs=4096 count=1 conv=notrunc,fsync
dd if=/bin/sh of=/dev/ubda bs=4096 count=1 seek=1 conv=notrunc oflag=direct
touch /out/written
sleep 1000
"""


def test_the_card_keeps_what_was_flushed_and_may_lose_the_rest(tmp_path: Path) -> None:
    """Without this, nothing below proves anything: kernels of 6.1 flush nothing by themselves."""
    flash = tmp_path / "flash"
    flash.mkdir()
    (flash / "card.img").write_bytes(bytes(1_000_000))
    with LossyDisk(flash, tmp_path / "card", seed=1, keep=0.0) as disk:
        image, out = disk.mount / "card.img", tmp_path / "out"
        with running(["sh", "-c", PROBE], out, disk=image) as guest:
            while not (out / "written").exists():
                assert guest.poll() is None, (out / "console.log").read_text()
                time.sleep(LOOK_S)
        disk.cut()
        content = image.read_bytes()
    assert content[:4096].strip(b"\0")
    assert not content[4096:].strip(b"\0")


@pytest.mark.fault("F06")
def test_a_power_cut_costs_nothing_that_was_said_to_be_saved(tally: Tally, tmp_path: Path) -> None:
    shown_s: list[float] = []
    with ExitStack() as stack:
        card: Card | None = None
        for cycle in tally.cycles(pr=3, night=200):
            if card is None or card.cuts == CUTS_OF_A_CARD:
                if card is not None:
                    card.finish(cycle)
                stack.close()
                card = Card(stack.enter_context(house(tmp_path / f"{cycle}", cycle)), tally)
            shown_s.append(card.cut(cycle))
        if card is not None:
            card.finish(cycle + 1)
    if shown_s:
        said = f"median {statistics.median(shown_s):.1f} s, worst {max(shown_s):.1f} s"
        tally.say("power on to a new reading shown", said)
        figure(f"power cut, power on to a new reading shown: {said} of {len(shown_s)}")


class Card:
    """Lives through many cuts; whatever was said since it was new must be there after each."""

    def __init__(self, lived_in: House, tally: Tally) -> None:
        self.cuts = 0
        self._house = lived_in
        self._tally = tally
        self._accepted = 0

    def cut(self, cycle: int) -> float:
        """Look at what the last cut left, live, cut → seconds until a reading was shown."""
        offline = ["--offline"] if cycle % OFFLINE == OFFLINE - 1 else []
        boot = self._house.live_and_cut(cycle, *offline)
        self.cuts += 1
        self._check(boot.left)
        return boot.shown_s

    def finish(self, cycle: int) -> None:
        boot, arrived = self._house.live_to_the_end(cycle)
        self._check(boot.left)
        self._tally.add(lost=len(arrived["lost"]), duplicated=arrived["duplicated"])
        assert {name: arrived[name] for name in ALL_THERE} == ALL_THERE
        assert self._house.card_is_sound()

    def _check(self, left: Facts) -> None:
        accepted = left["accepted"]
        self._tally.add(accepted=accepted - self._accepted, lost=len(left["lost"]))
        self._accepted = accepted
        assert {name: left[name] for name in WELL} == WELL


@pytest.mark.fault("K3")
def test_without_barriers_a_power_cut_costs_something(tally: Tally, tmp_path: Path) -> None:
    """The control: the same cuts of the same hub, on a disk that is never told to flush."""
    bad: list[str] = []
    for cycle in tally.cycles(pr=1, night=20):
        with house(tmp_path / f"{cycle}", cycle, "--nobarrier") as lived_in:
            lived_in.live_and_cut(cycle)
            try:
                left = lived_in.live_and_cut(cycle + 1).left
            except BootError:
                bad.append("did not come up")
                continue
            tally.add(accepted=left["accepted"], lost=len(left["lost"]))
            if {name: left[name] for name in WELL} != WELL:
                bad.append("lost something")
    tally.say(
        "cuts that cost something",
        f"{len(bad)}; hubs that did not come up: {bad.count('did not come up')}",
    )
    assert bad
