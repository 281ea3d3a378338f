"""A house whose power is cut, again and again: the guest, and the card that its books are on.

The guest is killed in mid-write, then the card loses or tears what was not flushed to it. The host
keeps what the guest was told is saved (`said.py`), and what the central service has stored.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.bed.machine import BootError, Guest, Run, running
from tests.faults.lossy import LossyDisk

SIZE_MB = 64
MAKE = ("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0")
CHECK = ("e2fsck", "-f", "-n")
PLAYER = ("python3", "-m", "tests.bed.guest.power")
READY_S = 100.0
ENDED_S = 100.0
LOOK_S = 0.02
CUT_AFTER_S = (0.5, 4.0)

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Boot:
    """
    left     what the cut before has left
    shown_s  from power on until a new reading was shown
    """

    left: Facts
    shown_s: float


class House:
    def __init__(self, folder: Path, disk: LossyDisk, *options: str) -> None:
        self.image = disk.mount / "card.img"
        self._out = folder / "out"
        self._disk = disk
        self._options = options

    def live_and_cut(self, cycle: int, *options: str) -> Boot:
        """Boot, take what comes, and lose the power at some moment. Raises BootError."""
        with self._power(cycle, *options) as guest:
            boot = self._await_taking(guest)
            time.sleep(Random(cycle).uniform(*CUT_AFTER_S))  # noqa: S311 - a moment
        self._disk.cut()
        return boot

    def live_to_the_end(self, cycle: int) -> tuple[Boot, Facts]:
        """The last boot of this card: everything reaches the central service → and what has."""
        with self._power(cycle, "--last") as guest:
            boot = self._await_taking(guest)
            guest.wait(ENDED_S)
        if (arrived := self._fact("arrived")) is None:
            raise self._error("it did not come to its end")
        return boot, arrived

    def card_is_sound(self) -> bool:
        """After a clean shutdown: nothing that a file system check would change."""
        return subprocess.run([*CHECK, self.image], capture_output=True).returncode == 0

    @contextmanager
    def _power(self, cycle: int, *options: str) -> Iterator[Guest]:
        (self._out / "facts.jsonl").unlink(missing_ok=True)
        command = [*PLAYER, str(cycle), *self._options, *options]
        with running(command, self._out, disk=self.image) as guest:
            yield guest

    def _await_taking(self, guest: Guest) -> Boot:
        began = time.monotonic()
        while self._fact("taking") is None:
            waited_s = time.monotonic() - began
            if guest.poll() is not None or waited_s > READY_S:
                raise self._error(f"no reading was shown within {waited_s:.0f} s")
            time.sleep(LOOK_S)
        left = self._fact("left")
        assert left is not None
        return Boot(left, time.monotonic() - began)

    def _fact(self, kind: str) -> Facts | None:
        path = self._out / "facts.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []  # whole ones
        found: list[Facts] = [fact for line in lines if (fact := json.loads(line).get(kind))]
        return found[-1] if found else None

    def _error(self, reason: str) -> BootError:
        left = self._fact("left")
        return BootError(f"{reason}\n{left or ''}\n{Run(-1, [], self._out).logs}")


@contextmanager
def house(folder: Path, seed: int, *options: str) -> Iterator[House]:
    """With a new card.

    options  of tests.bed.guest.power, for every boot
    """
    flash = folder / "flash"
    flash.mkdir(parents=True)
    subprocess.run([*MAKE, flash / "card.img", f"{SIZE_MB}M"], check=True)
    with LossyDisk(flash, folder / "card", seed=seed) as disk:
        yield House(folder, disk, *options)
