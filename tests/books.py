"""The books as tests open them: one place that knows what opening one takes."""

from collections.abc import Callable
from pathlib import Path

from hub.store.documents import Documents
from hub.store.journal import Journal, JournalReader
from hub.store.jsonfile import Damage
from hub.store.ledger import Ledger
from hub.store.readings import LedgerReader


def ledger_at(path: Path) -> Ledger:
    return Ledger(path)


def journal_at(path: Path) -> Journal:
    return Journal(path)


def documents_at(
    folder: Path, *, writable: bool = True, report: Callable[[Damage], None] = lambda damage: None
) -> Documents:
    return Documents(folder, writable=writable, report=report)


def ledger_reader_at(path: Path) -> LedgerReader:
    return LedgerReader(path)


def journal_reader_at(path: Path) -> JournalReader:
    return JournalReader(path)
