"""The hub's book of measurements. `append` returns only when the reading survives a power cut."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Row
from typing import TypeVar

from drivers.measurement import Kind, Measurement, Rejected
from hub.clock import Moment
from hub.records import Kept, OutboxKind, Reception, Whose
from hub.store import dating, quarantine, recent, retention, sealing
from hub.store.encoding import moment_columns, to_bytes, to_moment
from hub.store.errors import DiskFull
from hub.store.key import Key
from hub.store.mend import mend
from hub.store.notes import Notes
from hub.store.outbox import Outbox
from hub.store.recognition import is_namesake, new_id
from hub.store.salvage import open_book
from hub.store.schema import LEDGER
from hub.store.space import Ballast, Space, drains

T = TypeVar("T")

BUNDLE_MEASUREMENTS = 50  # contract §4
SESSIONS_AT_ONCE = 50

INSERT = """
INSERT INTO measurement (number, id, seq, kind, device_key, driver, session,
    received_wall, received_mono, received_boot, received_state, clock_offset_s,
    live, disowned, held, body, crc32)
VALUES (:number, :id, :seq, :kind, :device_key, :driver, :session, :received_wall, :received_mono,
    :received_boot, :received_state, :clock_offset_s, :live, :disowned, :held, :body, :crc32)
"""
ASKED_ABOUT = "ask_who"  # the state in which the kiosk finds the ids of what is held
ASKED_AT_MOST = 50

# One step on a scale may be several measurements (weight, body composition): that is one question.
OCCASION = """device_key, session,
    ifnull(unsealed(body, 'measurement', id, number) ->> '$.device_time', id)"""
HELD = f"""
SELECT id FROM measurement WHERE held = 1
ORDER BY min(number) OVER (PARTITION BY {OCCASION}) DESC, number LIMIT ?
"""  # noqa: S608 - nothing from outside
HELD_WITH = f"""
SELECT * FROM measurement WHERE held = 1
  AND ({OCCASION}) = (SELECT {OCCASION} FROM measurement WHERE id = ?) ORDER BY number
"""  # noqa: S608


class OwnerChange(StrEnum):
    """What "not me" or "this was me" could still do."""

    UNKNOWN = "unknown"  # no such measurement
    UNCHANGED = "unchanged"  # it was said before
    IN_TIME = "in_time"  # the central service will see it as it should be
    TOO_LATE = "too_late"  # it left already, or is leaving: tell the central service


class Ledger:
    """Used from one thread of the hub process, which is the only one that writes this file.

    outbox   what must reach the central service
    notes    what the hub remembers for the pages and across restarts
    dating   what it believes of its clock
    damaged  what happened to the file that was here before, if it could not be read
    """

    def __init__(self, path: Path, key: Key) -> None:
        self.path = path
        self.ballast = Ballast(path.parent)
        self._key = key
        self._database, self.damaged = open_book(path, LEDGER, key, mend)
        self.ballast.restore()
        self.outbox = Outbox(self._database, self.ballast)
        self.notes = Notes(self._database)
        self.dating = dating.Dating(self._database, self.notes)
        self._open_rows: dict[str, int] = {}

    @property
    def is_in_transaction(self) -> bool:
        return self._database.is_in_transaction

    def close(self) -> None:
        self._database.close_for_readers()

    @drains
    def transact(self, work: Callable[[], T]) -> T:
        """`work` in one transaction; on a full disk it is run again without the ballast."""
        with self._database.transaction():
            return work()

    def append(
        self, measurement: Measurement, reception: Reception, whose: Whose = Whose.PATIENT
    ) -> Kept | None:
        """Durable on return, with a place in the outbox. None: this very record is here already.

        What is not known to be the patient's is in no bundle; of unknown ones the kiosk asks.
        On a full disk received rows make room for it; DiskFull when there are none.
        """
        id = new_id(self._database, self._key, measurement, reception)
        if id is None:
            return None
        try:
            self.ballast.spare(self._database)
            number = self._write(id, measurement, reception, whose)
        except DiskFull:
            if self.is_in_transaction or not self.make_room():
                raise
            number = self._write(id, measurement, reception, whose)
        return Kept(id, number, measurement, reception, disowned=whose is not Whose.PATIENT)

    def measurements_of(self, seq: int) -> list[Kept]:
        """What goes into the bundle of an outbox row, in order of arrival.

        A measurement whose stored bytes are damaged goes to the quarantine instead.
        """
        found = self._database.rows(
            "SELECT * FROM measurement WHERE seq = ? ORDER BY number", (seq,)
        )
        read = (self._read(row) for row in found)
        whole = [kept for kept in read if kept is not None]
        if len(whole) < len(found):
            ids = {kept.id for kept in whole}
            with self._database.transaction():
                for row in found:
                    if row["id"] not in ids:
                        quarantine.keep_damaged(self._database, row)
                if not whole:
                    self.outbox.park(seq, quarantine.DAMAGED)
        return whole

    def kept(self, id: str) -> Kept | None:
        """None for one that is not here, or not whole."""
        row = self._database.row("SELECT * FROM measurement WHERE id = ?", (id,))
        return None if row is None else self._read(row)

    def received(self, kind: Kind, since: datetime) -> list[Kept]:
        return recent.received(self._database, kind, since)

    def reject(self, rejected: Rejected, reception: Reception) -> None:
        """Keep a payload that could not be decoded, for the technician."""
        quarantine.keep(self._database, rejected, reception)

    def disown(self, id: str) -> OwnerChange:
        """ "Not me": it leaves a row that is not sealed yet; otherwise it is only marked."""
        with self._database.transaction():
            row = self._find(id)
            if row is None:
                return OwnerChange.UNKNOWN
            if row["held"]:
                self._answer(id, mine=False)
                return OwnerChange.IN_TIME
            if row["disowned"]:
                return OwnerChange.UNCHANGED
            self._database.change("UPDATE measurement SET disowned = 1 WHERE id = ?", (id,))
            if row["sealed"]:
                return OwnerChange.TOO_LATE
            self._database.change("UPDATE measurement SET seq = NULL WHERE id = ?", (id,))
            self._finish_if_empty(row["seq"])
        return OwnerChange.IN_TIME

    def own(self, id: str) -> OwnerChange:
        """ "This was me": back into a bundle, in the session's open row or in a new one."""
        with self._database.transaction():
            row = self._find(id)
            if row is None:
                return OwnerChange.UNKNOWN
            if not row["disowned"]:
                return OwnerChange.UNCHANGED
            if row["held"]:
                self._answer(id, mine=True)
                return OwnerChange.IN_TIME
            self._database.change("UPDATE measurement SET disowned = 0 WHERE id = ?", (id,))
            if row["seq"] is not None:
                return OwnerChange.TOO_LATE
            seq = self._place(row["session"], to_moment(row, "received"))
            self._database.change("UPDATE measurement SET seq = ? WHERE id = ?", (seq, id))
        return OwnerChange.IN_TIME

    def set_aside(self, ids: Sequence[str]) -> None:
        """Keep these here, in no bundle: nobody may be told that they were received.

        For what cannot be sent as a clinical value; a row that is sealed keeps what it has.
        """
        with self._database.transaction():
            for id in ids:
                row = self._find(id)
                if row is not None and not row["sealed"]:
                    self._database.change("UPDATE measurement SET seq = NULL WHERE id = ?", (id,))

    def restamp(self, trusted: Moment) -> int:
        """The time is known now: correct this boot's rows that are not sealed yet → how many."""
        return dating.restamp(self._database, trusted)

    def bounds(self, kept: Kept) -> tuple[datetime | None, datetime | None]:
        """The last instant before, and the first one after, at which the hub knew the time."""
        return dating.bounds(self._database, kept.number)

    @drains
    def prune(self, now: Moment, days: int) -> int:
        """Let go of what was received more than `days` ago → outbox rows. Never of unsent ones."""
        pruned = retention.prune(self._database, now, days)
        self.ballast.restore()
        return pruned

    @drains
    def make_room(self) -> bool:
        """Let go of the oldest received rows, however young. False when there are none."""
        made = retention.make_room(self._database) > 0
        self.ballast.restore()
        return made

    def space(self) -> Space:
        return self.ballast.space()

    def _write(self, id: str, measurement: Measurement, reception: Reception, whose: Whose) -> int:
        columns = moment_columns("received", reception.received) | {
            "id": id,
            "kind": measurement.kind.value,
            "device_key": reception.device_key,
            "driver": reception.driver,
            "session": reception.session,
            "clock_offset_s": reception.clock_offset_s,
            "live": reception.live,
            "disowned": whose is not Whose.PATIENT,
            "held": whose is Whose.UNKNOWN,
        }
        with self._database.transaction():
            number = 1 + self._newest()
            body = self._key.seal(to_bytes(measurement), "measurement", id, number)
            columns |= {"number": number, "body": body, "crc32": zlib.crc32(body)}
            mine = whose is Whose.PATIENT
            columns["seq"] = self._place(reception.session, reception.received) if mine else None
            self._database.insert(INSERT, columns)
            if whose is Whose.UNKNOWN:
                self._ask()
        return number

    def _answer(self, id: str, *, mine: bool) -> None:
        """For everything that was measured on the same occasion."""
        for row in self._database.rows(HELD_WITH, (id,)):
            seq = self._place(row["session"], to_moment(row, "received")) if mine else None
            self._database.change(
                "UPDATE measurement SET held = 0, disowned = ?, seq = ? WHERE id = ?",
                (not mine, seq, row["id"]),
            )
        self._ask()

    def _ask(self) -> None:
        """The newest occasion first: somebody still knows whose that was."""
        held = self._database.rows(HELD, (ASKED_AT_MOST,))
        self.notes.put_state(ASKED_ABOUT, [row["id"] for row in held])

    def _newest(self) -> int:
        """Its number is never given twice: the newest measurement is never deleted."""
        number: int = self._database.value("SELECT ifnull(max(number), 0) FROM measurement")
        return number

    def _read(self, row: Row) -> Kept | None:
        kept = sealing.measurement(self._key, row)
        return kept and replace(kept, namesake=is_namesake(self._database, kept))

    def _find(self, id: str) -> Row | None:
        return self._database.row(
            "SELECT *, EXISTS (SELECT 1 FROM bundle WHERE bundle.seq = measurement.seq) AS sealed"
            " FROM measurement WHERE id = ?",
            (id,),
        )

    def _place(self, session: str, created: Moment) -> int:
        """The session's outbox row, or a new one when that is sealed or full."""
        seq = self._open_rows.get(session)
        if seq is not None and self._has_room(seq, session):
            return seq
        seq = self.outbox.open_row(OutboxKind.OBSERVATION, created, session=session)
        self._open_rows[session] = seq
        if len(self._open_rows) > SESSIONS_AT_ONCE:
            del self._open_rows[next(iter(self._open_rows))]
        return seq

    def _has_room(self, seq: int, session: str) -> bool:
        room: int = self._database.value(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE seq = :seq AND session = :session"
            " AND state = 'due')"
            " AND NOT EXISTS (SELECT 1 FROM bundle WHERE seq = :seq)"
            " AND (SELECT count(*) FROM measurement WHERE seq = :seq) < :most",
            {"seq": seq, "session": session, "most": BUNDLE_MEASUREMENTS},
        )
        return bool(room)

    def _finish_if_empty(self, seq: int) -> None:
        if self._database.value("SELECT 1 FROM measurement WHERE seq = ?", (seq,)) is None:
            self.outbox.leave_unsent(seq)
