"""The books as tests open them: one place that knows what opening one takes.

Each finds the key of the hub whose book it is, and makes one where there is none yet.
"""

from collections.abc import Callable
from pathlib import Path

from hub.store.documents import Documents
from hub.store.durable import write_durably
from hub.store.journal import Journal, JournalReader
from hub.store.jsonfile import Damage
from hub.store.key import Key, load
from hub.store.ledger import Ledger
from hub.store.readings import LedgerReader

SECRET = bytes(range(32))
KEY = Key(SECRET)


def key_at(folder: Path) -> Key:
    """The key in `folder`, or of the hub beside it (a web process has a folder of its own)."""
    for known in (folder / "data.key", folder.parent / "hub" / "data.key"):
        if known.exists():
            return load(known)
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / "data.key", SECRET)  # no secret: another account reads, too
    return KEY


def ledger_at(path: Path) -> Ledger:
    return Ledger(path, key_at(path.parent))


def journal_at(path: Path) -> Journal:
    return Journal(path, key_at(path.parent))


def documents_at(
    folder: Path, *, writable: bool = True, report: Callable[[Damage], None] = lambda damage: None
) -> Documents:
    return Documents(folder, key_at(folder.parent), writable=writable, report=report)


def ledger_reader_at(path: Path) -> LedgerReader:
    return LedgerReader(path, key_at(path.parent))


def journal_reader_at(path: Path) -> JournalReader:
    return JournalReader(path, key_at(path.parent))
