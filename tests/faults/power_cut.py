"""Who writes when the power fails, and what must be there when it is back."""

import faulthandler
import os
import select
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NoReturn, Self

from hub.records import JournalKind
from hub.store.errors import StoreError
from hub.store.jsonfile import Damage
from hub.store.key import load_or_make
from tests.books import documents_at, journal_at, ledger_at
from tests.store.made import blood_pressure, moment, reception

Say = Callable[..., None]
BODY = b"x" * 5000


class Writer:
    """A process forked from this one, which has imported everything; it works until it ends."""

    def __init__(self, work: Callable[[Say], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _work(work, writing)
        os.close(writing)
        self._said = os.fdopen(reading, "rb", buffering=0)

    def hear(self) -> list[str]:
        """The next thing that it said, in words; nothing when it has ended."""
        line = self._said.readline()
        return line.decode().split() if line.endswith(b"\n") else []

    def has_said(self) -> bool:
        """Something more, or it has ended: `hear` would not wait."""
        return bool(select.select([self._said], [], [], 0)[0])

    def end(self) -> list[list[str]]:
        """SIGKILL → what it had still said."""
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        with self._said:
            return [line.decode().split() for line in self._said if line.endswith(b"\n")]


def _work(work: Callable[[Say], None], writing: int) -> NoReturn:
    faulthandler.disable()  # without power a mapped file is a bus error, as it should be

    def say(*words: object) -> None:
        os.write(writing, (" ".join(map(str, words)) + "\n").encode())

    try:
        work(say)
    except (StoreError, OSError):
        os._exit(1)
    finally:
        os._exit(2)


def keep_books(folder: Path, first: int, say: Say) -> None:
    """As the hub and the web process do, for ever; say what is saved the moment that it is."""
    load_or_make(folder / "data.key")
    ledger = ledger_at(folder / "ledger.db")
    journal = journal_at(folder / "journal.db")
    documents = documents_at(folder / "documents")
    for number in range(first, first + 100_000):
        kept = ledger.append(blood_pressure(number), reception(f"s{number // 3}"))
        say("reading", kept.id if kept else "-")
        seq = ledger.outbox.newest()
        if number % 3 == 2:
            members = len(ledger.measurements_of(seq))
            ledger.outbox.seal(seq, f"b{seq}", BODY, members=members)
        if number % 7 == 6:
            known = ledger.outbox.acknowledge([f"b{seq - 1}"], moment().wall)
            say("received", *known)
        form = f"f{number}"
        written = journal.append(JournalKind.LANGUAGE, {}, form=form, moment=moment())
        say("entry", written.number)
        if number % 2 == 0:
            documents.put("plan", {"n": number, "text": "x" * (number % 11 * 300)})
            say("plan", number)
        if number % 5 == 0:
            documents.put_message({"id": f"m{number}", "text": "y" * (number % 7 * 200)})
            say("message", f"m{number}")
        if number % 40 == 39:
            ledger.prune(moment(200 * 86400), 90)


@dataclass(slots=True)
class Promised:
    """What was said to be saved, in that order."""

    readings: list[str] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    received: set[str] = field(default_factory=set)
    plan: int = -1

    def add(self, said: list[str]) -> int:
        """→ how much more was accepted"""
        match said:
            case ["reading", id]:
                self.readings.append(id)
            case ["entry", number]:
                self.entries.append(int(number))
            case ["message", id]:
                self.messages.append(id)
            case ["plan", number]:
                self.plan = int(number)
            case ["received", *ids]:
                self.received |= set(ids)
                return 0
        return 1 if said else 0


@dataclass(slots=True)
class Found:
    """In the books, once they are opened again. damaged: in words, why a file was set aside."""

    readings: list[str] = field(default_factory=list)
    pruned: set[str] = field(default_factory=set)
    entries: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    due: set[str] = field(default_factory=set)
    plan: int = -1
    damaged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Self:
        found = cls()
        load_or_make(folder / "data.key")
        with closing(ledger_at(folder / "ledger.db")) as ledger:
            rows = ledger._database.rows("SELECT id FROM measurement ORDER BY number")
            found.readings = [row["id"] for row in rows]
            found.pruned = {row["id"] for row in ledger._database.rows("SELECT id FROM pruned")}
            due = ledger.outbox.due(1_000_000)
            found.due = {row.id for row in due if row.id is not None}
            found.damaged += [f"bundle {row.id}" for row in due if row.body not in (None, BODY)]
            found._inspect(ledger)
        with closing(journal_at(folder / "journal.db")) as journal:
            numbers = journal._database.rows("SELECT number FROM entry ORDER BY number")
            found.entries = [row["number"] for row in numbers]
            found._inspect(journal)
        found._read(folder / "documents")
        return found

    def lost(self, promised: Promised) -> list[str]:
        """Everything promised that is not there, or not as it was promised."""
        readings = set(promised.readings) - set(self.readings) - self.pruned
        entries = set(promised.entries) - set(self.entries)
        messages = set(promised.messages[-100:]) - set(self.messages)
        plan = [f"plan {promised.plan}"] if self.plan < promised.plan else []
        back = self.due & promised.received
        return [*readings, *map(str, entries), *messages, *plan, *back]

    def reordered(self, promised: Promised) -> int:
        """How many readings stand before one that was promised earlier."""
        place = {id: at for at, id in enumerate(self.readings)}
        places = [place[id] for id in promised.readings if id in place]
        return sum(after < before for before, after in pairwise(places))

    def _inspect(self, book: object) -> None:
        damaged, database = book.damaged, book._database  # type: ignore[attr-defined]
        check = database.value("PRAGMA integrity_check")
        self.damaged += [str(damaged)] if damaged else []
        self.damaged += [check] if check != "ok" else []

    def _read(self, folder: Path) -> None:
        damages: list[Damage] = []
        documents = documents_at(folder, report=damages.append)
        plan = documents.get("plan") or {"n": -1, "text": ""}
        self.plan = plan["n"]
        self.messages = [message["id"] for message in documents.messages()]
        self.damaged += [str(damage) for damage in damages]
        if len(plan["text"]) != max(0, self.plan) % 11 * 300:
            self.damaged.append(f"plan {self.plan}")
