"""A whole life of the books, in which one call to the system fails.

Started with failing_io.c preloaded; for each number on standard input it forks a life of which that
call fails, opens the books again, and answers with an Answer in JSON.
"""

import ctypes
import errno
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import NoReturn

from hub.records import JournalKind
from hub.store import space
from hub.store.errors import DiskFull, StoreError
from hub.store.key import load_or_make
from tests.books import documents_at, journal_at, ledger_at
from tests.faults.power_cut import BODY, Found, Promised, Say
from tests.store.made import blood_pressure, moment, reception
from tests.store.test_old_books import laid_out

Call = IntEnum("Call", ["WRITE", "SYNC", "TRUNCATE", "RENAME", "LINK", "UNLINK", "OPEN"])
OLD_DUE = 2  # rows that the old book has in its outbox
ENDED = ("never", "error", "survived", "wrong")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    ended     never     there are fewer calls than that
              error     the store said so, and the hub ends
              survived  refused as a full disk, or done without
              wrong     something else was raised: it is on standard error
    accepted  how much was said to be saved
    calls     how many there were, where none failed
    lost      what of it is not there, in words
    """

    ended: str
    accepted: int
    calls: int
    lost: list[str]


def live(folder: Path, say: Say) -> None:
    """A full disk may refuse each step: then the hub goes on with the next one."""
    load_or_make(folder / "old" / "data.key")
    ledger_at(folder / "old" / "ledger.db").close()
    for first in (0, 10):
        _run(folder, first, say)


def _run(folder: Path, first: int, say: Say) -> None:
    """From start to stop. The second time the books are there already."""
    load_or_make(folder / "data.key")
    ledger = ledger_at(folder / "ledger.db")
    journal = journal_at(folder / "journal.db")
    documents = documents_at(folder / "documents")
    assert (ledger.damaged, journal.damaged) == (None, None)

    def append(number: int) -> None:
        kept = ledger.append(blood_pressure(number), reception(f"s{number}"))
        say("reading", kept.id if kept else "-")

    def enter(number: int) -> None:
        form = f"f{number}"
        say("entry", journal.append(JournalKind.LANGUAGE, {}, form=form, moment=moment()).number)

    def plan(number: int) -> None:
        documents.put("plan", {"n": number, "text": "x" * (number % 11 * 300)})
        say("plan", number)

    def message(number: int) -> None:
        documents.put_message({"id": f"m{number}"})
        say("message", f"m{number}")

    def receive() -> None:
        say("received", *ledger.outbox.acknowledge([f"b{first}"], moment().wall))

    steps: list[Callable[[], object]] = [
        *(partial(append, first + number) for number in range(3)),
        *(partial(enter, first + number) for number in range(2)),
        *(partial(plan, first + number) for number in range(3)),
        partial(message, first),
        lambda: ledger.outbox.seal(first + 1, f"b{first}", BODY),
        receive,
        lambda: ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)"),
        ledger.ballast.release,
        lambda: ledger.prune(moment(200 * 86400), 90),
        partial(append, first + 3),
        partial(enter, first + 3),
        partial(plan, first + 3),
    ]
    for step in steps:
        try:
            step()
        except DiskFull:
            continue
    journal.close()
    ledger.close()


class Faults:
    """What is preloaded into this process."""

    def __init__(self, call: Call, error: int, *, forever: bool) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        self._library.counted.restype = ctypes.c_long
        self._what = call, error, forever
        self._folder = b""

    def arm(self, number: int, folder: Path, spared: int) -> None:
        """Call `number` fails, of those on paths in `folder` and on descriptors but `spared`."""
        call, error, forever = self._what
        self._folder = os.fsencode(folder)  # the library keeps the pointer
        at = ctypes.c_long(number)
        self._library.arm(int(call), at, error, int(forever), self._folder, spared)

    def counted(self) -> int:
        return int(self._library.counted())


def one_life(faults: Faults, number: int, folder: Path) -> Answer:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _live_and_end(faults, number, folder, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = [line.split() for line in pipe]
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    calls = int(said.pop()[1]) if ended == ENDED.index("never") else 0
    promised = Promised()
    accepted = sum(promised.add(words) for words in said)
    return Answer(ENDED[ended], accepted, calls, lost(folder, promised))


def lost(folder: Path, promised: Promised) -> list[str]:
    found = Found.of(folder)
    load_or_make(folder / "old" / "data.key")
    with closing(ledger_at(folder / "old" / "ledger.db")) as old:
        whole = old.damaged is None and len(old.outbox.due(10)) == OLD_DUE
    return found.lost(promised) + found.damaged + ([] if whole else ["the old book"])


def _live_and_end(faults: Faults, number: int, folder: Path, writing: int) -> NoReturn:
    def say(*words: object) -> None:
        os.write(writing, (" ".join(map(str, words)) + "\n").encode())

    faults.arm(number, folder, writing)
    try:
        live(folder, say)
    except StoreError:
        os._exit(ENDED.index("error"))
    except BaseException:  # noqa: BLE001 - whatever else: this process is over
        traceback.print_exc()
        os._exit(ENDED.index("wrong"))
    calls = faults.counted()
    say("calls", calls)
    os._exit(ENDED.index("never" if calls <= number else "survived"))


def prepare(folder: Path) -> None:
    """A book of an older hub is there before the life begins."""
    (folder / "old").mkdir()
    laid_out(folder / "old", "ledger", 1)


def main() -> None:
    space.BALLAST_BYTES = 1 << 16  # 8 MB of memory each time would take longest
    call, error, forever, root = Call[sys.argv[1]], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    faults = Faults(call, getattr(errno, error), forever=forever == "forever")
    for line in sys.stdin:
        with tempfile.TemporaryDirectory(dir=root) as name:
            folder = Path(name)
            prepare(folder)
            answer = one_life(faults, int(line), folder)
        print(json.dumps(asdict(answer)), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
