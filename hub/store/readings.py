"""What the pages may know of the ledger: read-only, from another process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import Row
from typing import Any

from drivers.measurement import Kind
from hub.records import Kept, OutboxCounts, OutboxState, Outcome, Parked, Step
from hub.store import quarantine, waiting
from hub.store.encoding import decode_as, from_json, is_whole, to_kept, to_text, to_time
from hub.store.notes import DeviceStatus
from hub.store.quarantine import RejectedPayload
from hub.store.reader import Reader

READINGS = """
SELECT measurement.*, state, reason, sent_at, received_at, seen_at
FROM measurement LEFT JOIN outbox USING (seq)
WHERE (:since IS NULL OR received_wall >= :since) {kind}
ORDER BY number DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement and how far it has come. `steps` holds the steps reached, with their times."""

    kept: Kept
    steps: Mapping[Step, datetime]
    parked: str | None


class LedgerReader:
    """Every method raises NotThereYet until the hub has made its ledger."""

    def __init__(self, path: Path) -> None:
        self._reader = Reader(path)

    def close(self) -> None:
        self._reader.close()

    def version(self) -> str:
        """Another text whenever the hub has written since; cheap enough to ask every second."""
        return self._reader.version()

    def readings(
        self, limit: int, since: datetime | None = None, kind: Kind | None = None
    ) -> list[Reading]:
        """The newest first; since: received at or after."""
        found = self._reader.database().rows(
            READINGS.format(kind="" if kind is None else "AND measurement.kind = :kind"),
            {"since": since and to_text(since), "kind": kind and kind.value, "limit": limit},
        )
        return [_to_reading(row) for row in found if is_whole(row)]

    def reading(self, id: str) -> Reading | None:
        row = self._reader.database().row(
            "SELECT measurement.*, state, reason, sent_at, received_at, seen_at"
            " FROM measurement LEFT JOIN outbox USING (seq) WHERE id = ?",
            (id,),
        )
        return None if row is None or not is_whole(row) else _to_reading(row)

    def steps_of(self, id: str) -> Mapping[Step, datetime] | None:
        """The same four steps for an answer or an alert, by the id of its bundle."""
        row = self._reader.database().row(
            "SELECT outbox.* FROM outbox JOIN bundle USING (seq) WHERE id = ?", (id,)
        )
        return None if row is None else _steps(row, to_time(row["created_wall"]))

    def state(self, key: str) -> Any:
        """What the hub put there; None when it has not."""
        text = self._reader.database().value("SELECT value FROM state WHERE key = ?", (key,))
        return None if text is None else from_json(text)

    def device_statuses(self) -> dict[str, DeviceStatus]:
        found = self._reader.database().rows("SELECT * FROM device_status ORDER BY device_key")
        return {row["device_key"]: decode_as(row["value"], DeviceStatus) for row in found}

    def outcome(self, number: int) -> Outcome | None:
        """What came of journal row `number`; None while the hub has not dealt with it."""
        row = self._reader.database().row("SELECT * FROM outcome WHERE number = ?", (number,))
        if row is None:
            return None
        return Outcome(bool(row["ok"]), row["detail"], from_json(row["data"]))

    def taken(self) -> int:
        value = self._reader.database().value("SELECT value FROM counter WHERE name = 'taken'")
        return value or 0

    def counts(self) -> OutboxCounts:
        return waiting.counts(self._reader.database())

    def parked(self) -> list[Parked]:
        return waiting.parked(self._reader.database())

    def rejected(self, limit: int) -> list[RejectedPayload]:
        """The newest first."""
        return quarantine.newest(self._reader.database(), limit)

    def dropped(self, device_key: str) -> int:
        """How many rejected payloads of this device had to make room for newer ones."""
        name = f"dropped:{device_key}"
        value = self._reader.database().value("SELECT value FROM counter WHERE name = ?", (name,))
        return value or 0


def _to_reading(row: Row) -> Reading:
    kept = to_kept(row)
    held = row["reason"] if row["state"] == OutboxState.PARKED else None
    return Reading(kept, _steps(row, kept.reception.received.wall), held)


def _steps(row: Row, saved_at: datetime) -> dict[Step, datetime]:
    reached = {Step.SAVED: saved_at}
    for step in (Step.SENT, Step.RECEIVED, Step.SEEN):
        if (text := row[f"{step.value}_at"]) is not None:
            reached[step] = to_time(text)
    return reached
