"""Writes docs/faults.md from what `./setup.sh faults` has counted."""

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

from tests.faults.tally import KEPT, ROOT, Tally, figures, summed

MATRIX = Path(__file__).with_name("matrix.toml")
PAGE = ROOT / "docs" / "faults.md"

HEAD = """\
# Faults that were injected, and what they cost

Written by `./setup.sh faults`; nobody types here. A few cycles of each run with every change; where
no night has counted yet, those stand here. A row stays until its fault is counted anew.

- *accepted*: what the hub had said is saved; *lost*: what of it was nowhere afterwards
- *duplicated*: deliveries beyond the first, which the central service knows by their identifiers
- *reordered*: deliveries out of their order within one lane
"""
COLUMNS = (
    "| | Fault | How | Cycles | Accepted | Lost | Duplicated | Reordered"
    " | Figures | Product, date, machine |\n"
    "|---|---|---|--:|--:|--:|--:|--:|---|---|\n"
)
SECTIONS = (
    ("F", "The hub", ""),
    ("K", "Controls", "These must lose, or the faults above would prove nothing.\n"),
    ("P", "Others, in the same harness", ""),
)


def main() -> int:
    matrix = tomllib.loads(MATRIX.read_text("utf-8"))
    counted, before = results(), published()
    parts = [HEAD]
    for letter, title, words in SECTIONS:
        rows = [
            row(id, fault, counted.get(id, []), before.get(id))
            for id, fault in matrix.items()
            if id.startswith(letter)
        ]
        parts.append(f"## {title}\n\n{words}\n{COLUMNS}{''.join(rows)}")
    PAGE.write_text("\n".join(parts), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} written\n")
    return 0


def results() -> dict[str, list[Tally]]:
    found: dict[str, list[Tally]] = defaultdict(list)
    for path in sorted(KEPT.glob("*.json")):
        tally = Tally(**json.loads(path.read_text()))
        found[tally.fault].append(tally)
    return found


def published() -> dict[str, str]:
    """The rows that stand on the page already, by the id of their fault."""
    lines = PAGE.read_text("utf-8").splitlines(keepends=True) if PAGE.exists() else []
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}


def row(id: str, fault: dict[str, str], tallies: list[Tally], before: str | None) -> str:
    if "not" in fault:
        return f"| {id} | {fault['what']} | not injected: {fault['not']} | | | | | | | |\n"
    if not tallies:
        return before or f"| {id} | {fault['what']} | {fault['how']} | not run | | | | | | |\n"
    counts = [f"{count:,}" for count in summed(tallies).values()]
    ends = {tally.passed for tally in tallies}
    broken = " **NOT PASSED**" if False in ends else " (interrupted)" if None in ends else ""
    when = "; ".join(sorted({f"{one.commit}, {one.date}, {one.machine}" for one in tallies}))
    cells = [id, fault["what"] + broken, fault["how"], *counts, figures(tallies), when]
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.exit(main())
