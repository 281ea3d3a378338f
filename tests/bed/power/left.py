"""What a power cut has left: each thing that was said to be saved, and the books as a whole."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from hub.demo.central import Central
from hub.demo.central_bundle import OBSERVATION, QUESTIONNAIRE_RESPONSE
from hub.demo.central_view import numbers
from hub.records import JournalKind
from hub.store.readings import LedgerReader
from tests.bed.power.home import BOOKS, DATA, PAGES
from tests.bed.power.said import ANSWER, CHECK_IN, PLAN, READING, said
from tests.bed.power.taking import weights
from tests.books import documents_at, journal_reader_at

EVERYTHING = 1_000_000
MDC_WEIGHT = "188736"
DOCUMENTS = ("plan", "questionnaires", "reported")


def left(ledger: LedgerReader) -> dict[str, Any]:
    """After a boot, while nothing new comes.

    accepted   how many things were said to be saved, since this disk was new
    lost       those of them that are not there, and names them
    twice      readings that are there more than once
    """
    promised = said()
    readings = weights(ledger, EVERYTHING)
    there = {READING: set(readings), **_entries(), PLAN: set(promised[PLAN])}
    lost = [
        f"{kind} {what}"
        for kind in (READING, ANSWER, CHECK_IN)
        for what in promised[kind]
        if what not in there[kind]
    ]
    return {
        "accepted": sum(map(len, promised.values())),
        "lost": lost + _lost_plan(promised[PLAN]),
        "twice": len(readings) - len(there[READING]),
        "integrity": sorted({_integrity(path) for path in DATA.glob("*/*.db")}),
        "damaged": sorted(path.name for path in DATA.rglob("*.damaged*")),
        "anomalies": (ledger.state("anomalies") or {}).get("books_damaged", 0),
        "unreadable": [name for name in DOCUMENTS if promised[PLAN] and not _document(name)],
    }


def arrived(central: Central, ledger: LedgerReader) -> dict[str, Any]:
    """At the central service, once the hub has every receipt."""
    arrivals = central.arrivals()
    found = [str(numbers(it)[MDC_WEIGHT]) for it in arrivals if it.kind == OBSERVATION]
    promised = said()
    check_ins = sum(it.kind == QUESTIONNAIRE_RESPONSE for it in arrivals)
    duplicates = central.store.duplicates()
    return {
        "readings": len(found),
        "missing": sorted(set(weights(ledger, EVERYTHING)) - set(found)),
        "lost": sorted(set(promised[READING]) - set(found)),
        "twice": len(found) - len(set(found)),
        "check_ins_lost": max(0, len(set(promised[CHECK_IN])) - check_ins),
        "duplicated": duplicates.bundles,
    }


def _entries() -> dict[str, set[str]]:
    with closing(journal_reader_at(PAGES / "journal.db")) as journal:
        entries = journal.after(0, EVERYTHING)
    return {
        ANSWER: {
            f"{entry.body['check_in']}/{entry.body['link_id']}"
            for entry in entries
            if entry.kind is JournalKind.ANSWER
        },
        CHECK_IN: {
            entry.body["check_in"]
            for entry in entries
            if entry.kind is JournalKind.CHECK_IN_COMPLETED
        },
    }


def _lost_plan(promised: Iterable[str]) -> list[str]:
    """A newer one than was reported may be in force."""
    newest = max(map(_number, promised), default=(0, 0))
    in_force = _number(documents_at(BOOKS / "documents", writable=False).version("plan") or "/0.0")
    return [f"{PLAN} {newest}"] if in_force < newest else []


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.rpartition("/")[2].split(".")))


def _document(name: str) -> object:
    return documents_at(BOOKS / "documents", writable=False).get(name)


def _integrity(path: object) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as book:
        return str(book.execute("PRAGMA integrity_check").fetchone()[0])
