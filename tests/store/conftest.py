from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.ledger import Ledger
from hub.store.readings import LedgerReader
from tests.books import ledger_at, ledger_reader_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ledger = ledger_at(path)
    yield ledger
    ledger.close()


@pytest.fixture
def reader(ledger: Ledger, path: Path) -> Iterator[LedgerReader]:
    """As the web process sees the ledger."""
    reader = ledger_reader_at(path)
    yield reader
    reader.close()
