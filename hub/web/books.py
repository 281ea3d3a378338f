"""What the pages read and write: the two books and the documents, as `hub.serve` hands them over.

The ledger may be absent (the hub has not made it yet, or it is damaged): the pages then say that
the hub is starting, and still take answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from drivers.measurement import Kind
from hub.clock import Moment
from hub.records import (
    Device,
    Entry,
    JournalKind,
    Kept,
    Obstacle,
    OutboxCounts,
    Outcome,
    Parked,
    Step,
)


class LedgerAbsent(Exception):
    """There is no readable ledger at this moment; `reason` is for the technician."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotSave(Exception):
    """The journal could not take a row; `reason` is for the technician."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Reading(Protocol):
    """A measurement and how far it has come. `steps` holds only those that were reached."""

    @property
    def kept(self) -> Kept: ...
    @property
    def steps(self) -> Mapping[Step, datetime]: ...
    @property
    def parked(self) -> str | None: ...


class DeviceStatus(Protocol):
    @property
    def device_key(self) -> str: ...
    @property
    def last_seen(self) -> datetime | None: ...
    @property
    def last_measurement(self) -> datetime | None: ...
    @property
    def battery_percent(self) -> int | None: ...
    @property
    def clock_offset_s(self) -> float | None: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def task(self) -> str | None: ...


class RejectedPayload(Protocol):
    @property
    def device_key(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


class Ledger(Protocol):
    """Read only. While `absent` says why there is none, everything is empty.

    has_hub  whether a hub runs on this book; None: not known
    """

    def absent(self) -> str | None: ...
    def has_hub(self) -> bool | None: ...
    def obstacle(self) -> Obstacle | None: ...
    def version(self) -> str: ...
    def readings(
        self, limit: int, since: datetime | None = None, kind: Kind | None = None
    ) -> Sequence[Reading]: ...
    def reading(self, id: str) -> Reading | None: ...
    def steps_of(self, id: str) -> Mapping[Step, datetime] | None: ...
    def state(self, key: str) -> Any: ...
    def device_statuses(self) -> Mapping[str, DeviceStatus]: ...
    def outcome(self, number: int) -> Outcome | None: ...
    def taken(self) -> int: ...
    def counts(self) -> OutboxCounts: ...
    def parked(self) -> Sequence[Parked]: ...
    def rejected(self, limit: int) -> Sequence[RejectedPayload]: ...


class Journal(Protocol):
    """Append only; durable when `append` returns the row's number, else it raises CannotSave.

    A `form` that comes again gets the number of the row that it made the first time.
    """

    def append(
        self, kind: JournalKind, body: dict[str, Any], *, form: str | None, moment: Moment
    ) -> int: ...
    def answers(self, check_in: str) -> dict[str, Any]: ...
    def draft(self, questionnaire: str, since: Moment) -> str | None: ...
    def completed(self, questionnaire: str, since: Moment) -> datetime | None: ...
    def last(self, kind: JournalKind) -> Entry | None: ...
    def messages_read(self) -> set[str]: ...
    def whose(self, after: int) -> dict[str, JournalKind]: ...
    def prune(self, taken: int, moment: Moment) -> int: ...
    def obstacle(self) -> Obstacle | None: ...


class Documents(Protocol):
    def changed(self) -> str: ...
    def get(self, name: str) -> dict[str, Any] | None: ...
    def devices(self) -> Sequence[Device]: ...
    def messages(self) -> Sequence[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Books:
    ledger: Ledger
    journal: Journal
    documents: Documents

    def obstacle(self) -> Obstacle | None:
        """Why a reading or an answer cannot be kept now."""
        return self.journal.obstacle() or self.ledger.obstacle()
