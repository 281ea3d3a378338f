"""The store as the pages want it: they never meet its errors.

While the hub has no readable ledger the pages show that it is starting, and still take answers.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from drivers.measurement import Kind
from hub.clock import Moment
from hub.records import Entry, JournalKind, OutboxCounts, Outcome, Parked, Step
from hub.store.errors import StoreError
from hub.store.journal import Journal
from hub.store.key import Key
from hub.store.notes import DeviceStatus
from hub.store.quarantine import RejectedPayload
from hub.store.readings import LedgerReader, Reading
from hub.web.books import CannotSave

T = TypeVar("T")

NOTHING_WAITS = OutboxCounts(waiting=0, parked=0, oldest_at=None)


class LateLedger:
    """`hub.web.books.Ledger`: empty while `absent` says why."""

    def __init__(self, path: Path, key: Key) -> None:
        self._reader = LedgerReader(path, key)

    def absent(self) -> str | None:
        try:
            self._reader.taken()
        except StoreError as error:
            return error.reason
        return None

    def version(self) -> str:
        return self._or("absent", lambda: self._reader.version())

    def readings(
        self, limit: int, since: datetime | None = None, kind: Kind | None = None
    ) -> Sequence[Reading]:
        return self._or([], lambda: self._reader.readings(limit, since, kind))

    def reading(self, id: str) -> Reading | None:
        return self._or(None, lambda: self._reader.reading(id))

    def steps_of(self, id: str) -> Mapping[Step, datetime] | None:
        return self._or(None, lambda: self._reader.steps_of(id))

    def state(self, key: str) -> Any:
        return self._or(None, lambda: self._reader.state(key))

    def device_statuses(self) -> Mapping[str, DeviceStatus]:
        return self._or({}, lambda: self._reader.device_statuses())

    def outcome(self, number: int) -> Outcome | None:
        return self._or(None, lambda: self._reader.outcome(number))

    def taken(self) -> int:
        return self._or(0, lambda: self._reader.taken())

    def counts(self) -> OutboxCounts:
        return self._or(NOTHING_WAITS, lambda: self._reader.counts())

    def parked(self) -> Sequence[Parked]:
        return self._or([], lambda: self._reader.parked())

    def rejected(self, limit: int) -> Sequence[RejectedPayload]:
        return self._or([], lambda: self._reader.rejected(limit))

    def close(self) -> None:
        self._reader.close()

    @staticmethod
    def _or(empty: T, read: Callable[[], T]) -> T:
        try:
            return read()
        except StoreError:
            return empty


class PageJournal:
    """`hub.web.books.Journal`: what cannot be kept is CannotSave, and the page says so."""

    def __init__(self, path: Path, key: Key) -> None:
        self._journal = Journal(path, key)

    def append(
        self, kind: JournalKind, body: dict[str, Any], *, form: str | None, moment: Moment
    ) -> int:
        try:
            return self._journal.append(kind, body, form=form, moment=moment).number
        except StoreError as error:
            raise CannotSave(str(error)) from error

    def answers(self, check_in: str) -> dict[str, Any]:
        return self._journal.answers(check_in)

    def draft(self, questionnaire: str, since: datetime) -> str | None:
        return self._journal.draft(questionnaire, since)

    def completed(self, questionnaire: str, since: datetime) -> datetime | None:
        return self._journal.completed(questionnaire, since)

    def last(self, kind: JournalKind) -> Entry | None:
        return self._journal.last(kind)

    def messages_read(self) -> set[str]:
        return self._journal.messages_read()

    def whose(self, after: int) -> dict[str, JournalKind]:
        return self._journal.whose(after)

    def prune(self, taken: int, moment: Moment) -> int:
        return self._journal.prune(taken, moment)

    def close(self) -> None:
        self._journal.close()
