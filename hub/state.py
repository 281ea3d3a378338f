"""What this hub has on its disk, opened to be read: for the commands that a technician types."""

from hub.settings import Settings
from hub.store.documents import Documents
from hub.store.errors import NotThereYet
from hub.store.key import Key, load
from hub.store.readings import LedgerReader


def key(settings: Settings) -> Key:
    """Raises NotThereYet before the hub has run, KeyUnusable where it may not be read."""
    path = settings.hub.key_path
    try:
        return load(path)
    except FileNotFoundError as error:
        raise NotThereYet(path) from error


def ledger(settings: Settings) -> LedgerReader:
    """Raises as `key`; whoever reads it, too."""
    return LedgerReader(settings.hub.state_dir / "ledger.db", key(settings))


def documents(settings: Settings) -> Documents:
    """Raises as `key`."""
    return Documents(settings.hub.state_dir / "documents", key(settings), writable=False)
