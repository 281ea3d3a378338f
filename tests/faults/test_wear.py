"""What a reading costs the card: the sectors that a loop device counts as written."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.store.ledger import Ledger
from tests.books import ledger_at
from tests.faults.tally import Tally
from tests.store.made import blood_pressure, moment, reception

READINGS = 1_000
EVERY_S = 900  # about a hundred readings a day
TIDY_EVERY = 4  # once an hour
KEPT_DAYS = 2  # as short that rows are let go of from the start of what is measured
BUNDLE = os.urandom(4_100)  # as large as that of one weight
BEATS = 1_000
SECTOR, PAGE = 512, 4096

# Ceilings, so that nothing makes it much worse unseen. A day has 100 readings and 1,440 beats.
MOST_APPENDED = 40_000
MOST_IN_LIFE = 150_000
MOST_FOR_A_BEAT = 20_000


@dataclass(frozen=True, slots=True)
class Card:
    folder: Path

    def written(self) -> int:
        """Bytes, since it was put in."""
        subprocess.run(["sync", "--file-system", self.folder], check=True)
        device = self.folder.stat().st_dev
        counters = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text()
        return int(counters.split()[6]) * SECTOR  # Documentation/block/stat.rst


@pytest.fixture
def card() -> Iterator[Card]:
    shared = Path("/dev/shm")  # noqa: S108 - only the number of writes counts here, not their time
    with (
        tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as memory,
        _mounted(Path(memory)) as folder,
    ):
        yield Card(folder)


@contextmanager
def _mounted(memory: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    image, folder = memory / "card.img", memory / "card"
    folder.mkdir()
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", image, "64M"], check=True)
    mount = ["mount", "-o", "loop,data=ordered,commit=5,noatime", str(image), str(folder)]
    if (ran := subprocess.run(mount, capture_output=True, text=True)).returncode:
        pytest.skip(f"cannot mount a disk here: {ran.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.fault("F48")
def test_what_a_reading_costs_the_card(card: Card, tally: Tally) -> None:
    """In its life: committed alone, sealed, sent, acknowledged, and let go of two days later."""
    with closing(ledger_at(card.folder / "ledger.db")) as ledger:
        _live(ledger, 0)
        before = card.written()
        _live(ledger, READINGS)
        in_life = (card.written() - before) / READINGS
        before = card.written()
        for number in range(2 * READINGS, 3 * READINGS):
            ledger.append(blood_pressure(number), reception(f"s{number}"))
        appended = (card.written() - before) / READINGS
    tally.say("bytes written to save a reading", f"{appended:,.0f}")
    tally.say("in its life, with its bundle of 4,100", f"{in_life:,.0f}")
    tally.say("one page", f"{PAGE:,}")
    assert PAGE <= appended < MOST_APPENDED
    assert in_life < MOST_IN_LIFE


def _live(ledger: Ledger, first: int) -> None:
    """As many readings as are measured, from number `first` on."""
    for number in range(first, first + READINGS):
        now = moment(number * EVERY_S)
        ledger.append(blood_pressure(number), reception(f"s{number}", now))
        [due] = ledger.outbox.due(1)
        ledger.outbox.seal(due.seq, f"b{number}", BUNDLE, members=1)
        ledger.outbox.sent([due.seq], now.wall)
        ledger.outbox.acknowledge([f"b{number}"], now.wall)
        if number % TIDY_EVERY == 0:
            ledger.prune(now, KEPT_DAYS)


@pytest.mark.fault("F48")
def test_what_the_note_of_the_time_costs_the_card(card: Card, tally: Tally) -> None:
    """All that is written on a quiet day, once a minute."""
    with closing(ledger_at(card.folder / "ledger.db")) as ledger:
        before = card.written()
        for number in range(BEATS):
            ledger.dating.note(moment(number))
        each = (card.written() - before) / BEATS
    tally.say("bytes written for a note of the time", f"{each:,.0f}")
    assert each < MOST_FOR_A_BEAT
