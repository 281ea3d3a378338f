"""What the hub remembers for the pages, for the central service and across restarts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Any, Literal, TypedDict, Unpack

import msgspec

from hub.records import Outcome
from hub.store.database import Database
from hub.store.encoding import decode_as, from_json, to_bytes, to_text
from hub.store.key import Key
from hub.store.sealing import opened

LAST_SEEN_STEP = timedelta(minutes=1)  # a device advertises every second; the card need not know
OUTCOMES_KEPT = 1000


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a device is doing, for the technician. `problem` is in words, `task` a `records.Task`."""

    device_key: str
    state: Literal["paired", "unreachable", "auth-failed", "unsupported"] = "paired"
    last_seen: datetime | None = None
    last_measurement: datetime | None = None
    battery_percent: int | None = None
    clock_offset_s: float | None = None
    problem: str | None = None
    task: str | None = None


class DeviceChanges(TypedDict, total=False):
    state: Literal["paired", "unreachable", "auth-failed", "unsupported"]
    last_seen: datetime | None
    last_measurement: datetime | None
    battery_percent: int | None
    clock_offset_s: float | None
    problem: str | None
    task: str | None


class AlreadyTaken(Exception):
    """Journal row `number` was taken over before: doing it again would do it twice."""

    def __init__(self, number: int, taken: int) -> None:
        super().__init__(f"journal row {number} is not after {taken}")
        self.number = number
        self.taken = taken


class Notes:
    """Works on the connection of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = database.key

    @contextmanager
    def taking(self, number: int) -> Iterator[None]:
        """Take over one journal row: what is done inside and its number are durable together."""
        with self._database.transaction():
            if number <= (taken := self.taken()):
                raise AlreadyTaken(number, taken)
            yield
            self._set("taken", number)

    def taken(self) -> int:
        return self._get("taken")

    def set_outcome(self, number: int, outcome: Outcome) -> None:
        """What came of a request, for the page that waits for it; the newest 1,000 are kept."""
        with self._database.transaction():
            self._database.change(
                "INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?)",
                (
                    number,
                    outcome.ok,
                    self._key.seal(outcome.detail.encode(), "detail", number),
                    self._key.seal(to_bytes(outcome.data), "outcome", number),
                ),
            )
            self._database.change(
                "DELETE FROM outcome WHERE number IN"
                " (SELECT number FROM outcome ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (OUTCOMES_KEPT,),
            )

    def put_state(self, key: str, value: object) -> bool:
        """Any JSON value. Writes, and returns True, only when it differs from what is there."""
        text = to_bytes(value)
        if self._state(key) == text:
            return False
        self._database.change(
            "INSERT OR REPLACE INTO state VALUES (?, ?)", (key, self._key.seal(text, "state", key))
        )
        return True

    def state(self, key: str) -> Any:
        """What was put there last; None: nothing."""
        content = self._state(key)
        return None if content is None else from_json(content)

    def device_status(self, device_key: str, **changes: Unpack[DeviceChanges]) -> DeviceStatus:
        """Change what is given → the whole. Only a real change is written."""
        row = self._database.row("SELECT * FROM device_status WHERE device_key = ?", (device_key,))
        old = device_status(self._key, row) if row else DeviceStatus(device_key=device_key)
        new = msgspec.structs.replace(old, **changes)
        if row is None or _differs(old, new):
            sealed = self._key.seal(to_bytes(new), "device_status", device_key)
            self._database.change(
                "INSERT OR REPLACE INTO device_status VALUES (?, ?)", (device_key, sealed)
            )
        return new

    def forget_device(self, device_key: str) -> None:
        self._database.change("DELETE FROM device_status WHERE device_key = ?", (device_key,))

    def command(self, id: str) -> dict[str, Any] | None:
        """The acknowledgement last remembered for this command; None: never seen."""
        sealed = self._database.value("SELECT ack FROM command WHERE id = ?", (id,))
        content = opened(self._key, sealed, "command", id)
        return None if content is None else from_json(content)

    def remember_command(self, id: str, ack: dict[str, Any], at: datetime) -> None:
        self._database.change(
            "INSERT INTO command VALUES (:id, :ack, :at) ON CONFLICT DO UPDATE SET ack = :ack",
            {"id": id, "ack": self._key.seal(to_bytes(ack), "command", id), "at": to_text(at)},
        )

    def next_session(self) -> int:
        """The number of the next MQTT session: never given twice."""
        with self._database.transaction():
            return self.count("session", 1)

    def count(self, name: str, more: int) -> int:
        with self._database.transaction():
            self._set(name, value := self._get(name) + more)
        return value

    def _state(self, key: str) -> bytes | None:
        sealed = self._database.value("SELECT value FROM state WHERE key = ?", (key,))
        return opened(self._key, sealed, "state", key)

    def _get(self, name: str) -> int:
        return self._database.value("SELECT value FROM counter WHERE name = ?", (name,)) or 0

    def _set(self, name: str, value: int) -> None:
        self._database.change("INSERT OR REPLACE INTO counter VALUES (?, ?)", (name, value))


def device_status(key: Key, row: Row) -> DeviceStatus:
    """A new one where it is damaged: it is known again after the next session."""
    device_key = row["device_key"]
    content = opened(key, row["value"], "device_status", device_key)
    return decode_as(content, DeviceStatus) if content else DeviceStatus(device_key=device_key)


def _differs(old: DeviceStatus, new: DeviceStatus) -> bool:
    if msgspec.structs.replace(new, last_seen=old.last_seen) != old:
        return True
    if old.last_seen is None or new.last_seen is None:
        return old.last_seen != new.last_seen
    return abs(new.last_seen - old.last_seen) >= LAST_SEEN_STEP
