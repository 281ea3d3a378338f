"""What must reach the central service: the rows, in order, and how far each has come.

    due ⇄ deferred        refused for now; due again when the connection is new
    due → parked → due    cannot be sent; a technician sees the reason and may send it again
    any → acknowledged    by the receipt, and by nothing else

What is in flight is known to the uplink's memory only, so a crash leaves no row stuck.
"""

import zlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from sqlite3 import Row

from hub.clock import Moment
from hub.records import Due, OutboxCounts, OutboxKind, Parked
from hub.store import waiting
from hub.store.database import Database
from hub.store.encoding import moment_columns, to_moment, to_text
from hub.store.quarantine import DAMAGED
from hub.store.sealing import bundle_body
from hub.store.space import Ballast, drains

INSERT = """
INSERT INTO outbox (kind, urgent, session, created_wall, created_mono, created_boot, created_state)
VALUES (:kind, :urgent, :session, :created_wall, :created_mono, :created_boot, :created_state)
"""

# INDEXED BY: without the partial index a search would walk over every acknowledged row.
DUE = """
SELECT outbox.*, id, body, crc32 FROM outbox INDEXED BY {index} LEFT JOIN bundle USING (seq)
WHERE state = 'due' {lane} AND seq > :after AND seq <= :upto
  AND seq NOT IN (SELECT value FROM json_each(:excluding))
ORDER BY seq LIMIT :limit
"""
LANES = {
    None: DUE.format(index="outbox_due", lane=""),
    True: DUE.format(index="outbox_urgent", lane="AND urgent = 1"),
    False: DUE.format(index="outbox_due", lane="AND urgent = 0"),
}
NEWEST = 2**62


class Outbox:
    """Works on the connection of the ledger."""

    def __init__(self, database: Database, ballast: Ballast) -> None:
        self._database = database
        self.ballast = ballast

    @property
    def is_in_transaction(self) -> bool:
        return self._database.is_in_transaction

    def open_row(self, kind: OutboxKind, created: Moment, *, session: str | None = None) -> int:
        """A new row without bytes: it is sealed when it is about to leave."""
        return self._insert(kind, created, urgent=False, session=session)

    def put(
        self, kind: OutboxKind, id: str, body: bytes, *, created: Moment, urgent: bool = False
    ) -> int:
        """An answer or an alert, sealed at once. An id that is here keeps its row and its bytes."""
        with self._database.transaction():
            if (seq := self.seq_of(id)) is not None:
                return seq
            seq = self._insert(kind, created, urgent=urgent, session=None)
            self._store(seq, id, body)
        return seq

    @drains
    def seal(self, seq: int, id: str, body: bytes, *, members: int | None = None) -> bool:
        """Fix the bytes of a row before its first publish; no measurement joins it afterwards.

        False when the row is gone, sealed already, or holds another number of measurements than
        `members`, the number that the body was composed from: compose again.
        """
        with self._database.transaction():
            row = self._database.row(
                "SELECT (SELECT count(*) FROM measurement WHERE seq = :seq) AS members FROM outbox"
                " WHERE seq = :seq AND NOT EXISTS (SELECT 1 FROM bundle WHERE seq = :seq)",
                {"seq": seq},
            )
            if row is None or members not in (None, row["members"]):
                return False
            self._store(seq, id, body)
        return True

    def due(
        self,
        limit: int,
        *,
        urgent: bool | None = None,
        after_seq: int = 0,
        upto_seq: int = NEWEST,
        excluding: Collection[int] = frozenset(),
    ) -> list[Due]:
        """The oldest due rows with after_seq < seq <= upto_seq. Damaged ones are parked instead."""
        listed = "[" + ",".join(map(str, excluding)) + "]"
        found = self._database.rows(
            LANES[urgent],
            {"limit": limit, "after": after_seq, "upto": upto_seq, "excluding": listed},
        )
        read = {row["seq"]: self._to_due(row) for row in found}
        damaged = [seq for seq, due in read.items() if due is None]
        if damaged:
            with self._database.transaction():
                for seq in damaged:
                    self.park(seq, DAMAGED)
        return [due for due in read.values() if due is not None]

    def sent(self, seqs: Iterable[int], at: datetime) -> None:
        """The broker has these (PUBACK). They stay due: a broker's word is not storage."""
        self._mark_sent(list(seqs), to_text(at))

    def acknowledge(self, ids: Iterable[str], at: datetime, *, received: bool = True) -> set[str]:
        """Receipts, in one transaction → the ids that this outbox knows.

        received=False where the broker's word must do: done, but nobody has said "received".
        """
        return self._finish_all(list(ids), to_text(at), received=received)

    @drains
    def seen(self, id: str, at: datetime) -> bool:
        """A nurse has opened it, so it was received. False for an unknown id."""
        with self._database.transaction():
            seq = self.seq_of(id)
            if seq is None:
                return False
            self._finish(seq, to_text(at), received=True)
            self._database.change(
                "UPDATE outbox SET seen_at = coalesce(seen_at, ?) WHERE seq = ?",
                (to_text(at), seq),
            )
        return True

    def is_seen(self, id: str) -> bool:
        """Whether a nurse has opened it."""
        seq = self.seq_of(id)
        return self._database.value("SELECT seen_at FROM outbox WHERE seq = ?", (seq,)) is not None

    def body_of(self, id: str) -> bytes | None:
        """What was sealed under this id; None where it is gone, or damaged."""
        row = self._database.row("SELECT * FROM bundle WHERE id = ?", (id,))
        return None if row is None else bundle_body(self._database.key, row)

    def leave_unsent(self, seq: int) -> None:
        """Nothing is left in this row to send: everything in it was disowned in time."""
        self._database.change(
            "UPDATE outbox SET state = 'acknowledged', done_at = created_wall WHERE seq = ?"
            " AND NOT EXISTS (SELECT 1 FROM bundle WHERE bundle.seq = outbox.seq)",
            (seq,),
        )

    @drains
    def defer(self, seq: int) -> None:
        """Not now; it counts as an attempt."""
        self._database.change(
            "UPDATE outbox SET state = 'deferred', attempts = attempts + 1"
            " WHERE seq = ? AND state = 'due'",
            (seq,),
        )

    @drains
    def undefer(self, seq: int | None = None) -> int:
        """This row, or every deferred one, is due again → how many."""
        return self._database.change(
            "UPDATE outbox SET state = 'due' WHERE state = 'deferred' AND ifnull(seq = ?, 1)",
            (seq,),
        )

    @drains
    def park(self, seq: int, reason: str) -> None:
        """It cannot be sent. Nothing is dropped; the reason is for the technician."""
        self._database.change(
            "UPDATE outbox SET state = 'parked', reason = sealed(:reason, 'reason', seq)"
            " WHERE seq = :seq AND state != 'acknowledged'",
            {"reason": reason, "seq": seq},
        )

    def send_again(self, seq: int) -> bool:
        """A parked row is due again; damaged bytes are let go so that they are composed anew."""
        with self._database.transaction():
            row = self._database.row("SELECT * FROM bundle WHERE seq = ?", (seq,))
            composable = self._database.value("SELECT 1 FROM measurement WHERE seq = ?", (seq,))
            if row is not None and bundle_body(self._database.key, row) is None:
                if not composable:
                    return False
                self._database.change("DELETE FROM bundle WHERE seq = ?", (seq,))
            return bool(
                self._database.change(
                    "UPDATE outbox SET state = 'due', attempts = 0, reason = NULL"
                    " WHERE seq = ? AND state = 'parked'",
                    (seq,),
                )
            )

    def seq_of(self, id: str) -> int | None:
        seq: int | None = self._database.value("SELECT seq FROM bundle WHERE id = ?", (id,))
        return seq

    def newest(self) -> int:
        """The seq of the newest row of any state; 0 where there is none."""
        seq: int = self._database.value("SELECT ifnull(max(seq), 0) FROM outbox")
        return seq

    def counts(self) -> OutboxCounts:
        return waiting.counts(self._database)

    def parked(self) -> list[Parked]:
        return waiting.parked(self._database)

    def _insert(
        self, kind: OutboxKind, created: Moment, *, urgent: bool, session: str | None
    ) -> int:
        columns = moment_columns("created", created)
        columns |= {"kind": kind.value, "urgent": urgent, "session": session}
        return self._database.insert(INSERT, columns)

    def _store(self, seq: int, id: str, body: bytes) -> None:
        sealed = self._database.key.seal(body, "bundle", id, seq)
        self._database.insert(
            "INSERT INTO bundle (seq, id, body, crc32) VALUES (?, ?, ?, ?)",
            (seq, id, sealed, zlib.crc32(sealed)),
        )

    def _to_due(self, row: Row) -> Due | None:
        """None where anything of it is damaged."""
        body = None
        if row["body"] is not None:
            body = bundle_body(self._database.key, row)
            if body is None:
                return None
        with suppress(ValueError):
            return Due(
                seq=row["seq"],
                kind=OutboxKind(row["kind"]),
                id=row["id"],
                body=body,
                created=to_moment(row, "created"),
                attempts=row["attempts"],
            )
        return None

    def _finish(self, seq: int, at: str, *, received: bool) -> None:
        self._database.change(
            "UPDATE outbox SET state = 'acknowledged', reason = NULL,"
            " done_at = coalesce(done_at, :at), sent_at = coalesce(sent_at, :at),"
            " received_at = coalesce(received_at, iif(:received, :at, NULL)) WHERE seq = :seq",
            {"seq": seq, "at": at, "received": received},
        )

    @drains
    def _mark_sent(self, seqs: Collection[int], at: str) -> None:
        with self._database.transaction():
            for seq in seqs:
                self._database.change(
                    "UPDATE outbox SET sent_at = coalesce(sent_at, ?) WHERE seq = ?", (at, seq)
                )

    @drains
    def _finish_all(self, ids: Collection[str], at: str, *, received: bool) -> set[str]:
        known = set()
        with self._database.transaction():
            for id in ids:
                if (seq := self.seq_of(id)) is not None:
                    known.add(id)
                    self._finish(seq, at, received=received)
        return known
