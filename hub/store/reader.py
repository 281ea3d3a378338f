"""A read-only connection that opens late and follows a book that was begun anew."""

from pathlib import Path
from threading import RLock

from hub.store.database import Database, open_reader
from hub.store.errors import NotThereYet, system_errors
from hub.store.key import Key


class Reader:
    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._key = key
        self._lock = RLock()
        self._open: Database | None = None
        self._file = 0

    def database(self) -> Database:
        """Raises NotThereYet until the writing process has made the file."""
        with self._lock:
            file = self._inode()
            if self._open is None or file != self._file:
                # A damaged book is moved aside: the name then means another file. Somebody may
                # still be reading the old one, so it is let go, not closed.
                self._open, self._file = open_reader(self._path, self._key), file
            return self._open

    def version(self) -> str:
        database = self.database()
        return f"{self._file}.{database.value('PRAGMA data_version')}"

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
            self._open = None

    def _inode(self) -> int:
        with system_errors(self._path):
            try:
                return self._path.stat().st_ino
            except FileNotFoundError:
                raise NotThereYet(self._path) from None
