"""What an injected fault cost: counted by the test that injects it, kept, and printed at the end.

A test with `@pytest.mark.fault("F01")` takes the fixture `tally`, loops over `tally.cycles(...)`
and adds what it counted. With every change the few cycles run; `./setup.sh faults` runs the many,
keeps what each has counted, and goes on where it was interrupted.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".faults"
# "night": the many cycles. "day": the few, kept for the table where no night has counted.
RUN = os.environ.get("HJEMMEHUB_FAULTS")
IS_NIGHT, IS_DAY = RUN == "night", RUN == "day"
SAVE_EVERY_S = 5.0


@dataclass(slots=True)
class Tally:
    """
    accepted    what the hub said is saved, and the central service's receipts for it are due
    lost        of those, what was nowhere after the fault; 0, or the promise is broken
    duplicated  deliveries beyond the first, which the identifiers absorbed
    reordered   deliveries out of the order in which they were taken, within one lane
    notes       figures in words, for the table
    passed      None: interrupted, and goes on there the next time
    """

    fault: str
    test: str
    cycles_done: int = 0
    accepted: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    notes: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    passed: bool | None = None
    night: bool = IS_NIGHT
    commit: str = ""
    date: str = ""
    machine: str = ""

    def cycles(self, *, pr: int, night: int) -> Iterator[int]:
        """Numbers of the cycles that are still to be done; each counts when its body has ended."""
        began = saved = time.monotonic()
        before = self.seconds
        for number in range(self.cycles_done, night if IS_NIGHT else pr):
            yield number
            self.cycles_done += 1
            self.seconds = before + time.monotonic() - began
            if time.monotonic() - saved > SAVE_EVERY_S:
                saved = time.monotonic()
                self.save()

    def add(
        self, *, accepted: int = 0, lost: int = 0, duplicated: int = 0, reordered: int = 0
    ) -> None:
        self.accepted += accepted
        self.lost += lost
        self.duplicated += duplicated
        self.reordered += reordered

    def say(self, name: str, text: str) -> None:
        """A figure of its own; a later one of the same name takes its place."""
        self.notes[name] = text

    @property
    def path(self) -> Path:
        name = sha256(f"{self.fault} {self.test}".encode()).hexdigest()[:16]
        return KEPT / f"{self.fault}-{name}.json"

    def save(self) -> None:
        if IS_NIGHT or (IS_DAY and not self._is_of_a_night()):
            KEPT.mkdir(exist_ok=True)
            self.commit, self.machine = product_commit(), machine()
            self.date = datetime.now(UTC).strftime("%Y-%m-%d")
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(asdict(self), indent=1) + "\n")
            new.replace(self.path)

    def _is_of_a_night(self) -> bool:
        return self.path.exists() and bool(json.loads(self.path.read_text())["night"])


COUNTS = ("cycles_done", "accepted", "lost", "duplicated", "reordered")


def summed(tallies: Sequence[Tally]) -> dict[str, int]:
    """The counts of several tests that inject one fault."""
    return {name: sum(getattr(tally, name) for tally in tallies) for name in COUNTS}


def figures(tallies: Sequence[Tally]) -> str:
    said = {name: text for tally in tallies for name, text in tally.notes.items()}
    return "; ".join(f"{name}: {text}" for name, text in said.items())


def begin(fault: str, test: str) -> Tally:
    """A new one, or that of the interrupted run of the same product."""
    new = Tally(fault, test)
    if IS_NIGHT and new.path.exists():
        kept: dict[str, Any] = json.loads(new.path.read_text())
        if kept["night"] and kept["commit"] == product_commit() and kept["lost"] == 0:
            return Tally(**{**kept, "passed": None})
    return new


def is_done(fault: str, test: str) -> bool:
    """Counted to its end before, for this very product."""
    path = Tally(fault, test).path
    if not (IS_NIGHT and path.exists()):
        return False
    kept = json.loads(path.read_text())
    return bool(kept["night"] and kept["passed"] and kept["commit"] == product_commit())


def product_commit() -> str:
    """The last commit that touched the hub itself; "+" where there are changes on top."""
    last = ["git", "log", "-1", "--format=%h", "--", "hub", "drivers"]
    changed = ["git", "status", "--porcelain", "--", "hub", "drivers"]
    return _said(last) + ("+" if _said(changed) else "")


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().split('-')[0]}"


def _said(command: list[str]) -> str:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
