"""What the pages may know of the ledger: read-only, from another process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import Row
from typing import Any

from drivers.measurement import Kind
from hub.records import Kept, OutboxCounts, OutboxState, Outcome, Parked, Step
from hub.store import quarantine, sealing, waiting
from hub.store.encoding import from_json, to_text, to_time
from hub.store.key import Key
from hub.store.notes import DeviceStatus, device_status
from hub.store.quarantine import RejectedPayload
from hub.store.reader import Reader

READINGS = """
SELECT measurement.*, state, reason, sent_at, received_at, seen_at
FROM measurement LEFT JOIN outbox USING (seq)
WHERE received_wall >= ifnull(:since, '') {kind}
ORDER BY {order} DESC LIMIT :limit
"""
# Of one kind by its index: the way back through all numbers is years long.
BY_TIME = "received_wall DESC, number"


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement and how far it has come. `steps` holds the steps reached, with their times."""

    kept: Kept
    steps: Mapping[Step, datetime]
    parked: str | None


class LedgerReader:
    """Every method raises NotThereYet until the hub has made its ledger."""

    def __init__(self, path: Path, key: Key) -> None:
        self._reader = Reader(path, key)
        self._key = key

    def close(self) -> None:
        self._reader.close()

    def version(self) -> str:
        """Another text whenever the hub has written since; cheap enough to ask every second."""
        return self._reader.version()

    def readings(
        self, limit: int, since: datetime | None = None, kind: Kind | None = None
    ) -> list[Reading]:
        """The newest first; since: received at or after."""
        of_kind = "" if kind is None else "AND measurement.kind = :kind"
        order = BY_TIME if kind is not None and since is not None else "number"
        found = self._reader.database().rows(
            READINGS.format(kind=of_kind, order=order),
            {"since": since and to_text(since), "kind": kind and kind.value, "limit": limit},
        )
        readings = (self._reading(row) for row in found)
        return [reading for reading in readings if reading is not None]

    def reading(self, id: str) -> Reading | None:
        row = self._reader.database().row(
            "SELECT measurement.*, state, reason, sent_at, received_at, seen_at"
            " FROM measurement LEFT JOIN outbox USING (seq) WHERE id = ?",
            (id,),
        )
        return None if row is None else self._reading(row)

    def steps_of(self, id: str) -> Mapping[Step, datetime] | None:
        """The same four steps for an answer or an alert, by the id of its bundle."""
        row = self._reader.database().row(
            "SELECT outbox.* FROM outbox JOIN bundle USING (seq) WHERE id = ?", (id,)
        )
        return None if row is None else _steps(row, to_time(row["created_wall"]))

    def state(self, key: str) -> Any:
        """What the hub put there; None when it has not."""
        sealed = self._reader.database().value("SELECT value FROM state WHERE key = ?", (key,))
        content = sealing.opened(self._key, sealed, "state", key)
        return None if content is None else from_json(content)

    def device_statuses(self) -> dict[str, DeviceStatus]:
        found = self._reader.database().rows("SELECT * FROM device_status ORDER BY device_key")
        return {row["device_key"]: device_status(self._key, row) for row in found}

    def outcome(self, number: int) -> Outcome | None:
        """What came of journal row `number`; None while the hub has not dealt with it."""
        row = self._reader.database().row("SELECT * FROM outcome WHERE number = ?", (number,))
        if row is None:
            return None
        detail = sealing.opened(self._key, row["detail"], "detail", number)
        data = sealing.opened(self._key, row["data"], "outcome", number)
        return Outcome(bool(row["ok"]), (detail or b"").decode(), from_json(data or b"{}"))

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

    def _reading(self, row: Row) -> Reading | None:
        kept = sealing.measurement(self._key, row)
        if kept is None:
            return None
        held = sealing.reason(self._key, row) if row["state"] == OutboxState.PARKED else None
        return Reading(kept, _steps(row, kept.reception.received.wall), held)


def _steps(row: Row, saved_at: datetime) -> dict[Step, datetime]:
    reached = {Step.SAVED: saved_at}
    for step in (Step.SENT, Step.RECEIVED, Step.SEEN):
        if (text := row[f"{step.value}_at"]) is not None:
            reached[step] = to_time(text)
    return reached
