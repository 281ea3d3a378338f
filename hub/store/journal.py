"""The pages' book: every tap of patient and technician, durable before the next page is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Row
from typing import Any

from hub.clock import Moment
from hub.records import Entry, JournalKind
from hub.store.encoding import from_json, moment_columns, to_bytes, to_moment, to_text
from hub.store.key import Key
from hub.store.reader import Reader
from hub.store.salvage import open_book
from hub.store.schema import JOURNAL
from hub.store.sealing import opened

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=100)
KEPT = timedelta(days=30)
LONGEST_DAY = timedelta(hours=25)
KINDS = frozenset(kind.value for kind in JournalKind)

INSERT = """
INSERT INTO entry (number, kind, check_in, body, form,
    written_wall, written_mono, written_boot, written_state)
VALUES (:number, :kind, :check_in, sealed(:body, 'entry', :number), :form,
    :written_wall, :written_mono, :written_boot, :written_state)
"""


# What an earlier boot wrote by a clock that was ahead must not count for every day until then.
THAT_DAY = """iif(written_boot = :boot, written_mono >= :mono,
    written_wall >= :wall AND written_wall < :end)"""

RECENT = """iif(written_boot = :boot, written_mono >= :mono,
    :trusted AND written_state = 'ntp' AND written_wall >= :wall AND written_wall <= :end)"""

UNDONE = """EXISTS (SELECT 1 FROM entry AS undone
    WHERE undone.check_in = entry.check_in AND undone.kind = 'check_in_undone')"""


@dataclass(frozen=True, slots=True)
class Written:
    """again: the same form was sent before, and this is the number that it got then."""

    number: int
    again: bool


class Journal:
    """Written by the web process only; its threads share one connection.

    damaged  what happened to the file that was here before, if it could not be read
    """

    def __init__(self, path: Path, key: Key, taken: int = 0) -> None:
        """taken: the last number that the hub has taken over, where that is known."""
        self.path = path
        self._key = key
        self._database, self.damaged = open_book(path, JOURNAL, key)
        self._begin_numbers(taken)

    def close(self) -> None:
        self._database.close_for_readers()

    def append(
        self, kind: JournalKind, body: dict[str, Any], *, form: str | None, moment: Moment
    ) -> Written:
        """Durable on return. A repeated form token changes nothing: a double tap is one entry."""
        return self.append_all([(kind, body)], form=form, moment=moment)

    def append_all(
        self,
        rows: Sequence[tuple[JournalKind, dict[str, Any]]],
        *,
        form: str | None,
        moment: Moment,
    ) -> Written:
        """The same of several rows: all of them or none. The first bears the form token."""
        with self._database.transaction():
            before = form and self._database.value(
                "SELECT number FROM entry WHERE form = ?", (form,)
            )
            if before:
                return Written(before, again=True)
            first = 1 + self._database.value("SELECT seq FROM sqlite_sequence")
            for place, (kind, body) in enumerate(rows):
                columns = moment_columns("written", moment) | {
                    "number": first + place,
                    "kind": kind.value,
                    "check_in": body.get("check_in"),
                    "body": to_bytes(body),
                    "form": None if place else form,
                }
                self._database.insert(INSERT, columns)
            return Written(first, again=False)

    def answers(self, check_in: str) -> dict[str, Any]:
        """link_id → the latest answer given in this check-in; None: asked and left open."""
        found = self._database.rows(
            "SELECT * FROM entry WHERE check_in = ? AND kind = 'answer' ORDER BY number",
            (check_in,),
        )
        bodies = [_body(self._key, row) for row in found]
        return {body["link_id"]: body["answer"] for body in bodies if body}

    def draft(self, questionnaire: str, since: Moment) -> str | None:
        """The newest check-in of this questionnaire begun and not ended, also not by a later one.

        since  a midnight, on both clocks: an entry of the same boot is placed by the monotonic one
        """
        draft: str | None = self._database.value(
            "SELECT check_in FROM entry AS answer WHERE kind = 'answer'"  # noqa: S608
            f" AND unsealed(body, 'entry', number) ->> 'questionnaire' = :questionnaire"
            f" AND {THAT_DAY} AND NOT EXISTS (SELECT 1 FROM entry AS last"
            "   WHERE last.check_in = answer.check_in"
            "   AND last.kind IN ('check_in_completed', 'check_in_stopped'))"
            " AND NOT EXISTS (SELECT 1 FROM entry WHERE kind = 'check_in_completed'"
            "   AND number > answer.number"
            "   AND unsealed(body, 'entry', number) ->> 'questionnaire' = :questionnaire"
            f"  AND NOT {UNDONE})"
            " ORDER BY number DESC LIMIT 1",
            _that_day(since) | {"questionnaire": questionnaire},
        )
        return draft

    def completed(self, questionnaire: str, since: Moment) -> datetime | None:
        """When this questionnaire was last answered to its end, and not undone."""
        row = self._last_completed(questionnaire, THAT_DAY, _that_day(since))
        if row is None:
            return None
        written = to_moment(row, "written")
        if written.boot_id != since.boot_id:
            return written.wall
        return since.wall + timedelta(milliseconds=written.mono_ms - since.mono_ms)

    def recent(self, questionnaire: str, within: timedelta, now: Moment) -> Entry | None:
        """The check-in that was last completed, and not undone, if it is known to be no older.

        Of an earlier boot it is known only where both moments are by a clock to be trusted.
        """
        row = self._last_completed(questionnaire, RECENT, _recent(within, now))
        return None if row is None else _to_entry(self._key, row)

    def _last_completed(
        self, questionnaire: str, when: str, bounds: dict[str, object]
    ) -> Row | None:
        return self._database.row(
            f"SELECT * FROM entry WHERE kind = 'check_in_completed' AND {when}"  # noqa: S608
            " AND unsealed(body, 'entry', number) ->> 'questionnaire' = :questionnaire"
            f" AND NOT {UNDONE} ORDER BY number DESC LIMIT 1",
            bounds | {"questionnaire": questionnaire},
        )

    def ended(self, check_in: str) -> Entry | None:
        """How it ended: completed, stopped, or undone after that; None while it goes on."""
        row = self._database.row(
            "SELECT * FROM entry WHERE check_in = ? AND kind IN"
            " ('check_in_completed', 'check_in_stopped', 'check_in_undone')"
            " ORDER BY number DESC LIMIT 1",
            (check_in,),
        )
        return None if row is None else _to_entry(self._key, row)

    def last(self, kind: JournalKind) -> Entry | None:
        """A check-in that was undone does not count as completed."""
        row = self._database.row(
            "SELECT * FROM entry WHERE kind = :kind"  # noqa: S608
            f" AND NOT (kind = 'check_in_completed' AND {UNDONE}) ORDER BY number DESC LIMIT 1",
            {"kind": kind.value},
        )
        return None if row is None else _to_entry(self._key, row)

    def replies(self) -> dict[str, Entry]:
        """message → the last answer given to it."""
        found = self._database.rows(
            "SELECT * FROM entry WHERE kind = 'message_replied' ORDER BY number"
        )
        entries = [_to_entry(self._key, row) for row in found]
        return {entry.body["message"]: entry for entry in entries if entry.body}

    def messages_read(self) -> set[str]:
        """Who answers one has read it."""
        found = self._database.rows(
            "SELECT * FROM entry WHERE kind IN ('message_read', 'message_replied')"
        )
        return {body["message"] for row in found if (body := _body(self._key, row))}

    def whose(self, after: int) -> dict[str, JournalKind]:
        """measurement → the last "not me" or "this was me" of the rows after number `after`."""
        found = self._database.rows(
            "SELECT * FROM entry WHERE number > ? AND kind IN ('not_me', 'this_was_me')"
            " ORDER BY number",
            (after,),
        )
        return {
            body["measurement"]: JournalKind(row["kind"])
            for row in found
            if (body := _body(self._key, row))
        }

    def entries(self, kind: JournalKind, since: Moment) -> Sequence[Entry]:
        """The rows of one kind of the day that begins at `since`, on both clocks; oldest first."""
        found = self._database.rows(
            f"SELECT * FROM entry WHERE kind = :kind AND {THAT_DAY} ORDER BY number",  # noqa: S608
            _that_day(since) | {"kind": kind.value},
        )
        return [_to_entry(self._key, row) for row in found]

    def prune(self, taken: int, now: Moment) -> int:
        """Let go of rows that the hub has taken over and that are older than 30 days."""
        if not now.trusted:
            return 0
        return self._database.change(
            "DELETE FROM entry WHERE number <= ? AND written_wall < ?",
            (taken, to_text(now.wall - KEPT)),
        )

    def _begin_numbers(self, taken: int) -> None:
        """A journal that had to be begun anew must not repeat a number that the hub has taken.

        So the numbers of a new file begin at the time when it was made, in steps of 0.1 ms: no
        disk takes entries faster than that. And where that time is wrong, after the last taken.
        """
        last = self._database.value("SELECT seq FROM sqlite_sequence")
        if last is not None and self.damaged is None:
            return
        begin = (datetime.now(UTC) - FIRST_DAY) // STEP
        with self._database.transaction():
            self._database.change("DELETE FROM sqlite_sequence")
            self._database.change(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('entry', ?)",
                (max(last or 0, begin, taken),),
            )


class JournalReader:
    """The hub's view. Raises NotThereYet until the web process has made the journal."""

    def __init__(self, path: Path, key: Key) -> None:
        self._key = key
        self._reader = Reader(path, key)

    def close(self) -> None:
        self._reader.close()

    def version(self) -> str:
        """Another text whenever something was written since."""
        return self._reader.version()

    def after(self, number: int, limit: int = 100) -> Sequence[Entry]:
        """The rows after `number`, oldest first."""
        found = self._reader.database().rows(
            "SELECT * FROM entry WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        # A newer page may have written a kind that this hub does not know: it must not block.
        return [_to_entry(self._key, row) for row in found if row["kind"] in KINDS]


def _body(key: Key, row: Row) -> dict[str, Any]:
    """Nothing where it is damaged: whoever needs what it said refuses it, and says so."""
    content = opened(key, row["body"], "entry", row["number"])
    body: dict[str, Any] = {} if content is None else from_json(content)
    return body


def _that_day(since: Moment) -> dict[str, object]:
    return {
        "boot": since.boot_id,
        "mono": since.mono_ms,
        "wall": to_text(since.wall),
        "end": to_text(since.wall + LONGEST_DAY),
    }


def _recent(within: timedelta, now: Moment) -> dict[str, object]:
    return {
        "boot": now.boot_id,
        "mono": now.mono_ms - within // timedelta(milliseconds=1),
        "trusted": now.trusted,
        "wall": to_text(now.wall - within),
        "end": to_text(now.wall),
    }


def _to_entry(key: Key, row: Row) -> Entry:
    return Entry(
        number=row["number"],
        kind=JournalKind(row["kind"]),
        body=_body(key, row),
        written=to_moment(row, "written"),
    )
