"""Takes over what the pages wrote in their journal: in order, each row once.

The number of the last row taken is stored in the same transaction as what was done with it. What
touches the radio or a document is done just before; doing that twice after a crash is harmless.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from hub.books import Books
from hub.clock import Now
from hub.records import Entry, JournalKind, Outcome
from hub.store.errors import NotThereYet, Unreadable
from hub.store.journal import JournalReader

log = logging.getLogger(__name__)

POLL_S = 0.2

# Somebody stood there and waited; hours later nobody does. So they are refused when the hub was
# down for long, or when it lost its ledger and finds them in the journal again.
OF_THE_MOMENT = frozenset(
    {
        JournalKind.OPEN_JOIN_WINDOW,
        JournalKind.CLOSE_JOIN_WINDOW,
        JournalKind.JOIN,
        JournalKind.REMOVE_DEVICE,
        JournalKind.RENAME_DEVICE,
        JournalKind.REPLACE_DEVICE,
        JournalKind.PASSKEY,
        JournalKind.CONSENT,
        JournalKind.RECORD_SESSION,
        JournalKind.TEST_CONNECTION,
        JournalKind.TRUST_CLOCK,
    }
)
A_MOMENT = timedelta(minutes=10)
TOO_OLD = Outcome(ok=False, detail="too old")

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
        now: Now,
    ) -> None:
        self._books = books
        self._journal = journal
        self._in_ledger = in_ledger
        self._live = live
        self._now = now
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
            await self._books.transact(partial(self._settle, entry, await self._do(entry)))
        except (KeyError, TypeError, ValueError) as error:
            # A row that makes no sense must not keep the rows behind it waiting.
            kind = type(error).__name__  # its words may quote an answer
            log.error("journal row %d (%s) was refused: %s", entry.number, entry.kind, kind)
            await self._books.transact(partial(self._refuse, entry, repr(error)))

    async def _do(self, entry: Entry) -> Outcome | None:
        if entry.kind in OF_THE_MOMENT and self._age(entry) > A_MOMENT:
            return TOO_OLD
        live = self._live.get(entry.kind)
        return await live(entry) if live else None

    def _age(self, entry: Entry) -> timedelta:
        now = self._now()
        if entry.written.boot_id == now.boot_id:
            return timedelta(milliseconds=now.mono_ms - entry.written.mono_ms)
        return abs(now.wall - entry.written.wall) if now.trusted else timedelta.max

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
