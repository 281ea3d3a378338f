"""The store as the pages want it: they never meet its errors.

While the hub has no readable ledger the pages show that it is starting, and still take answers.
While the disk takes nothing they still show what is there. After a fault no handle is used again:
the book is opened anew.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from drivers.measurement import Kind
from hub.clock import Moment
from hub.records import Entry, JournalKind, Obstacle, OutboxCounts, Outcome, Parked, Step
from hub.store import space
from hub.store.errors import DiskFault, StoreError, Unreadable
from hub.store.hold import is_held
from hub.store.journal import Journal
from hub.store.key import Key
from hub.store.notes import DeviceStatus
from hub.store.quarantine import RejectedPayload
from hub.store.readings import LedgerReader, Reading
from hub.web.books import CannotSave, Rows

T = TypeVar("T")

log = logging.getLogger(__name__)

NOTHING_WAITS = OutboxCounts(waiting=0, parked=0, oldest_at=None)


class LateLedger:
    """`hub.web.books.Ledger`: empty while `absent` says why."""

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._key = key
        self._reader = LedgerReader(path, key)

    def absent(self) -> str | None:
        try:
            self._reader.taken()
        except StoreError as error:
            self._let_go_after(error)
            return error.reason
        return None

    def has_hub(self) -> bool | None:
        return is_held(self._path.parent)

    def obstacle(self) -> Obstacle | None:
        return space.Ballast(self._path.parent).obstacle()

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

    def _or(self, empty: T, read: Callable[[], T]) -> T:
        try:
            return read()
        except StoreError as error:
            self._let_go_after(error)
            return empty

    def _let_go_after(self, error: StoreError) -> None:
        if isinstance(error, DiskFault | Unreadable):  # another thread may still be reading
            self._reader = LedgerReader(self._path, self._key)


class PageJournal:
    """`hub.web.books.Journal`: what cannot be kept is CannotSave, and the page says so.

    taken  the last number that the hub has taken over: one that is begun anew begins after it
    """

    def __init__(self, path: Path, key: Key, taken: Callable[[], int] = lambda: 0) -> None:
        self._path = path
        self._key = key
        self._lock = Lock()
        space.allow_probing(path.parent)
        self._taken = taken
        self._journal: Journal | None = Journal(path, key, taken())

    def append(
        self, kind: JournalKind, body: dict[str, Any], *, form: str | None, moment: Moment
    ) -> int:
        return self.append_all([(kind, body)], form=form, moment=moment)

    def append_all(self, rows: Rows, *, form: str | None, moment: Moment) -> int:
        try:
            return self._with(
                lambda journal: journal.append_all(rows, form=form, moment=moment).number
            )
        except StoreError as error:
            raise CannotSave(str(error)) from error

    def answers(self, check_in: str) -> dict[str, Any]:
        return self._or({}, lambda journal: journal.answers(check_in))

    def draft(self, questionnaire: str, since: Moment) -> str | None:
        return self._or(None, lambda journal: journal.draft(questionnaire, since))

    def completed(self, questionnaire: str, since: Moment) -> datetime | None:
        return self._or(None, lambda journal: journal.completed(questionnaire, since))

    def recent(self, questionnaire: str, within: timedelta, now: Moment) -> Entry | None:
        return self._or(None, lambda journal: journal.recent(questionnaire, within, now))

    def ended(self, check_in: str) -> Entry | None:
        return self._or(None, lambda journal: journal.ended(check_in))

    def last(self, kind: JournalKind) -> Entry | None:
        return self._or(None, lambda journal: journal.last(kind))

    def messages_read(self) -> set[str]:
        return self._or(set(), lambda journal: journal.messages_read())

    def replies(self) -> dict[str, Entry]:
        return self._or({}, lambda journal: journal.replies())

    def whose(self, after: int) -> dict[str, JournalKind]:
        return self._or({}, lambda journal: journal.whose(after))

    def entries(self, kind: JournalKind, since: Moment) -> Sequence[Entry]:
        return self._or([], lambda journal: journal.entries(kind, since))

    def prune(self, taken: int, moment: Moment) -> int:
        return self._or(0, lambda journal: journal.prune(taken, moment))

    def obstacle(self) -> Obstacle | None:
        return space.obstacle(self._path.parent)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _or(self, empty: T, use: Callable[[Journal], T]) -> T:
        try:
            return self._with(use)
        except StoreError as error:
            log.error("%s", error)
            return empty

    def _with(self, use: Callable[[Journal], T]) -> T:
        with self._lock:
            if self._journal is None:
                self._journal = Journal(self._path, self._key, self._taken())
            journal = self._journal
        try:
            return use(journal)
        except (DiskFault, Unreadable):
            with self._lock:
                if self._journal is journal:  # let go, not closed: another thread may be in it
                    self._journal = None
            raise
