"""python -m tests.bed.guest.power BOOT [--offline] [--last] [--nobarrier] : one boot of a home.

Facts are lines of /out/facts.jsonl: what the last power cut has left ("left"), then that a new
reading was taken and shown ("taking"). After that it goes on until the power is cut. The last boot
of a disk is another: everything must reach the central service ("arrived"), and it shuts down.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from contextlib import closing
from typing import Any

from hub.store.readings import LedgerReader
from tests.bed.power.home import BOOKS, DATA, OUT, PAGES, Home
from tests.bed.power.left import arrived, left
from tests.bed.power.taking import Taking, plug_in_scale
from tests.books import journal_reader_at, ledger_reader_at

DISK = "/dev/ubda"
OPTIONS = "data=ordered,errors=remount-ro,commit=5,noatime"  # as a Pi's own data partition
MENDED = 1  # e2fsck(8)
LAST_S = 1.0
LOOK_S = 0.05
PATIENCE_S = 60.0


def main(options: argparse.Namespace) -> int:
    _mount(f"{OPTIONS},nobarrier" if options.nobarrier else OPTIONS)
    scale = plug_in_scale()
    with Home(online=not options.offline) as home, closing(_ledger()) as ledger:
        _tell("left", left(ledger))
        taking = Taking(options.boot, scale, ledger, home.central)
        taking.begin()
        _tell("taking", {"after_s": time.monotonic()})
        if not options.last or home.central is None:
            signal.pause()
            return 1
        time.sleep(LAST_S)
        taking.end()
        deadline = time.monotonic() + PATIENCE_S
        while _something_waits(ledger) and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        _tell("arrived", arrived(home.central, ledger))
    subprocess.run(["umount", DATA], check=True)
    return 0


def _something_waits(ledger: LedgerReader) -> bool:
    """In the pages' journal for the hub, or in the hub's outbox for the central service."""
    with closing(journal_reader_at(PAGES / "journal.db")) as journal:
        return bool(journal.after(ledger.taken(), 1)) or ledger.counts().waiting > 0


def _ledger() -> LedgerReader:
    return ledger_reader_at(BOOKS / "ledger.db")


def _mount(options: str) -> None:
    """As systemd does at boot: fsck first, which looks no further where the journal is enough."""
    checked = subprocess.run(["e2fsck", "-a", DISK], capture_output=True, text=True)
    if checked.returncode > MENDED:
        raise OSError(f"e2fsck: {checked.stdout}{checked.stderr}")
    DATA.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "ext4", "-o", options, DISK, DATA], check=True)


def _tell(kind: str, facts: dict[str, Any]) -> None:
    with (OUT / "facts.jsonl").open("a") as file:
        file.write(json.dumps({kind: facts}) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("boot", type=int)
    for flag in ("--offline", "--last", "--nobarrier"):
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(_options()))
