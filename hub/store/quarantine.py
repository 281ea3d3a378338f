"""What cannot be read is kept as it came, for the technician, and never blocks the rest."""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from drivers.measurement import Rejected
from hub.records import Reception
from hub.store.database import Database
from hub.store.encoding import to_text, to_time
from hub.store.sealing import opened

KEPT_PER_DEVICE = 200
DAMAGED = "the stored bytes are damaged"

INSERT = """
INSERT INTO rejected (number, device_key, driver, session, source, payload, reason, received_wall)
SELECT number, :device_key, :driver, :session, :source, sealed(:payload, 'payload', number),
    sealed(:reason, 'rejected', number), :received_wall
FROM (SELECT 1 + ifnull(max(number), 0) AS number FROM rejected)
"""
TOO_MANY = """
DELETE FROM rejected WHERE number IN (SELECT number FROM rejected
    WHERE device_key = ? ORDER BY number DESC LIMIT -1 OFFSET ?)
"""
COUNT = """
INSERT INTO counter VALUES ('dropped:' || ?, ?)
ON CONFLICT DO UPDATE SET value = value + excluded.value
"""


@dataclass(frozen=True, slots=True)
class RejectedPayload:
    """A payload that could not be decoded. `source`: the characteristic, the protocol, "ledger"."""

    device_key: str
    driver: str
    source: str
    payload: bytes
    reason: str
    received_at: datetime


def keep(database: Database, rejected: Rejected, reception: Reception) -> None:
    """The newest 200 of each device stay; how many were let go is counted."""
    columns: dict[str, object] = {
        "device_key": reception.device_key,
        "driver": reception.driver,
        "session": reception.session,
        "source": rejected.source,
        "payload": rejected.payload,
        "reason": rejected.reason,
        "received_wall": to_text(reception.received.wall),
    }
    with database.transaction():
        _insert(database, columns)


def keep_damaged(database: Database, row: Row) -> None:
    """Move a measurement whose stored bytes no longer match their checksum."""
    columns: dict[str, object] = {
        key: row[key] for key in ("device_key", "driver", "session", "received_wall")
    }
    with database.transaction():
        database.change("DELETE FROM measurement WHERE number = ?", (row["number"],))
        _insert(database, columns | {"source": "ledger", "payload": row["body"], "reason": DAMAGED})


def newest(database: Database, limit: int) -> list[RejectedPayload]:
    found = database.rows("SELECT * FROM rejected ORDER BY number DESC LIMIT ?", (limit,))
    return [
        RejectedPayload(
            device_key=row["device_key"],
            driver=row["driver"],
            source=row["source"],
            payload=opened(database.key, row["payload"], "payload", row["number"]) or b"",
            reason=(opened(database.key, row["reason"], "rejected", row["number"]) or b"").decode(),
            received_at=to_time(row["received_wall"]),
        )
        for row in found
    ]


def _insert(database: Database, columns: dict[str, object]) -> None:
    database.insert(INSERT, columns)
    key = columns["device_key"]
    if dropped := database.change(TOO_MANY, (key, KEPT_PER_DEVICE)):
        database.change(COUNT, (key, dropped))
