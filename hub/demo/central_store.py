"""What the reference central service keeps: bundles as they came, and their entries once each.

Idempotence is FHIR's conditional create: an entry whose `ifNoneExist` is known already is a
duplicate (200), otherwise it is created (201). Everything of one bundle is one transaction.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.demo.central_bundle import Entry, Upload

SCHEMA = """
CREATE TABLE IF NOT EXISTS bundle (
    number      INTEGER PRIMARY KEY,
    hub         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    body        BLOB NOT NULL,
    received_at TEXT NOT NULL,
    copies      INTEGER NOT NULL DEFAULT 1,
    seen_at     TEXT,
    UNIQUE (hub, id)
) STRICT;
CREATE TABLE IF NOT EXISTS entry (
    identity TEXT PRIMARY KEY,
    bundle   INTEGER NOT NULL REFERENCES bundle,
    type     TEXT NOT NULL,
    resource BLOB NOT NULL,
    copies   INTEGER NOT NULL DEFAULT 1
) STRICT;
"""

PUT_ENTRY = """
INSERT INTO entry (identity, bundle, type, resource) VALUES (?, ?, ?, ?)
ON CONFLICT (identity) DO UPDATE SET copies = copies + 1
"""
# A conditional update replaces what is there: an alert that is cleared, answers that are taken
# back. What would create it comes too late then; an alert that has ended is not opened again by
# what was sent before its end. An update that comes again is a copy.
REPLACE_ENTRY = """
INSERT INTO entry (identity, bundle, type, resource) VALUES (?, ?, ?, ?)
ON CONFLICT (identity) DO UPDATE SET copies = copies + (bundle = excluded.bundle),
  bundle = excluded.bundle,
  resource = iif(CAST(resource AS TEXT) ->> 'status' = 'final', resource, excluded.resource)
"""
ARRIVALS = """
SELECT number, hub, kind, id, body, received_at, copies, seen_at FROM bundle
WHERE ?1 IS NULL OR number = ?1 ORDER BY number
"""

CREATED = "201"
DUPLICATE = "200"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One stored bundle. `copies`: how often it came; `body`: what the hub sent, byte for byte."""

    number: int
    hub: str
    kind: str
    id: str
    body: bytes
    received_at: datetime
    copies: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Deliveries beyond the first. `entries` leaves Devices out: they are sent again on purpose."""

    bundles: int
    entries: int


class CentralStore:
    """One SQLite file; callable from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def ingest(
        self, hub: str, upload: Upload, body: bytes, leave_out: Iterable[str] = ()
    ) -> tuple[Arrival, dict[str, str]]:
        """Durable on return. The statuses by fullUrl; those in `leave_out` are not stored."""
        refused = frozenset(leave_out)
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                number = self._put_bundle(hub, upload, body)
                statuses = {
                    entry.full_url: self._put_entry(number, entry)
                    for entry in upload.entries
                    if entry.full_url not in refused
                }
                self._db.execute("COMMIT")
            except sqlite3.Error:
                self._db.execute("ROLLBACK")
                raise
            return self._arrivals(number)[0], statuses

    def arrivals(self) -> list[Arrival]:
        """What was stored, once each, in the order of first arrival."""
        with self._lock:
            return self._arrivals()

    def see(self, number: int) -> Arrival | None:
        """A nurse opened this bundle; the first time counts."""
        with self._lock:
            self._db.execute(
                "UPDATE bundle SET seen_at = coalesce(seen_at, ?) WHERE number = ?",
                (datetime.now(UTC).isoformat(timespec="seconds"), number),
            )
            found = self._arrivals(number)
            return found[0] if found else None

    def duplicates(self) -> Duplicates:
        with self._lock:
            bundles = self._db.execute("SELECT total(copies - 1) FROM bundle").fetchone()[0]
            entries = self._db.execute(
                "SELECT total(copies - 1) FROM entry WHERE type != 'Device'"
            ).fetchone()[0]
            return Duplicates(int(bundles), int(entries))

    def resources(self, resource_type: str) -> list[bytes]:
        """Every stored resource of a type, as the hub wrote it."""
        with self._lock:
            rows = self._db.execute(
                "SELECT resource FROM entry WHERE type = ? ORDER BY rowid", (resource_type,)
            )
            return [row[0] for row in rows]

    def _put_bundle(self, hub: str, upload: Upload, body: bytes) -> int:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = self._db.execute(
            "INSERT INTO bundle (hub, kind, id, body, received_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (hub, id) DO UPDATE SET copies = copies + 1 RETURNING number",
            (hub, upload.kind, upload.id, body, now),
        ).fetchone()
        return int(row[0])

    def _put_entry(self, bundle: int, entry: Entry) -> str:
        known = self._db.execute("SELECT 1 FROM entry WHERE identity = ?", (entry.identity,))
        status = DUPLICATE if known.fetchone() else CREATED
        statement = REPLACE_ENTRY if entry.replaces else PUT_ENTRY
        self._db.execute(statement, (entry.identity, bundle, entry.type, entry.resource))
        return status

    def _arrivals(self, number: int | None = None) -> list[Arrival]:
        return [
            Arrival(number, hub, kind, id_, body, _time(received), copies, seen and _time(seen))
            for number, hub, kind, id_, body, received, copies, seen in self._db.execute(
                ARRIVALS, (number,)
            )
        ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
