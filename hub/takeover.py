"""Takes over what the pages wrote in their journal: in order, each row once.

The number of the last row taken is stored in the same transaction as what was done with it. What
touches the radio or a document is done just before; doing that twice after a crash is harmless.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from hub.books import Books
from hub.records import Entry, JournalKind, Outcome
from hub.store.errors import NotThereYet, Unreadable
from hub.store.journal import JournalReader

log = logging.getLogger(__name__)

POLL_S = 0.2

InLedger = Callable[[Entry], Outcome | None]
"""Runs on the books' thread, inside the transaction."""

Live = Callable[[Entry], Awaitable[Outcome | None]]
"""Runs on the event loop, before the row counts as taken."""


class Takeover:
    def __init__(
        self,
        books: Books,
        journal: JournalReader,
        in_ledger: Mapping[JournalKind, InLedger],
        live: Mapping[JournalKind, Live],
    ) -> None:
        self._books = books
        self._journal = journal
        self._in_ledger = in_ledger
        self._live = live
        self._seen = ""

    async def run(self) -> None:
        while True:
            for entry in await self._books.call(self._new_entries):
                await self._take(entry)
            await asyncio.sleep(POLL_S)

    def _new_entries(self) -> Sequence[Entry]:
        try:
            version = self._journal.version()
            if version == self._seen:
                return ()
            entries = self._journal.after(self._books.ledger.notes.taken())
        except NotThereYet:
            return ()  # the pages have not been started yet
        except Unreadable as error:
            log.error("%s", error)
            return ()
        if not entries:
            self._seen = version
        return entries

    async def _take(self, entry: Entry) -> None:
        try:
            outcome = None
            if live := self._live.get(entry.kind):
                outcome = await live(entry)
            await self._books.call(self._settle, entry, outcome)
        except (KeyError, TypeError, ValueError) as error:
            # A row that makes no sense must not keep the rows behind it waiting.
            log.error("journal row %d (%s) was refused: %r", entry.number, entry.kind, error)
            await self._books.call(self._refuse, entry, repr(error))

    def _settle(self, entry: Entry, outcome: Outcome | None) -> None:
        notes = self._books.ledger.notes
        with notes.taking(entry.number):
            if effect := self._in_ledger.get(entry.kind):
                outcome = effect(entry)
            if outcome is not None:
                notes.set_outcome(entry.number, outcome)

    def _refuse(self, entry: Entry, reason: str) -> None:
        notes = self._books.ledger.notes
        with notes.taking(entry.number):
            notes.set_outcome(entry.number, Outcome(ok=False, detail=reason))
