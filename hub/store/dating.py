"""What becomes known about the time of a measurement after it was received."""

from datetime import datetime

import msgspec

from hub.clock import Moment, corrected
from hub.store.database import Database
from hub.store.encoding import moment_columns, to_moment, to_text, to_time
from hub.store.notes import Notes
from hub.trust import Past

KNOWN_SINCE = "known_since"
ALIVE = "alive"

KNOWN_NOW = """
INSERT INTO boot SELECT :boot, newest, :wall, newest, :wall
  FROM (SELECT ifnull(max(number), 0) AS newest FROM measurement) WHERE true
ON CONFLICT DO UPDATE SET last_number = excluded.last_number, last_wall = excluded.last_wall
"""
CORRECTABLE = """
SELECT * FROM measurement WHERE received_boot = ? AND received_state != 'ntp'
  AND NOT EXISTS (SELECT 1 FROM bundle WHERE bundle.seq = measurement.seq)
"""
DISBELIEVED = """
UPDATE measurement SET received_state = 'doubted' WHERE received_boot = ? AND received_state = 'ntp'
  AND NOT EXISTS (SELECT 1 FROM bundle WHERE bundle.seq = measurement.seq)
"""

# A boot's mark was made after the measurement with its number, and before the next one.
LAST_BEFORE = """
SELECT max(wall) FROM (
    SELECT * FROM (SELECT received_wall AS wall FROM measurement
        WHERE number < :number AND received_state = 'ntp' ORDER BY number DESC LIMIT 1)
    UNION ALL SELECT first_wall FROM boot WHERE first_number < :number
    UNION ALL SELECT last_wall FROM boot WHERE last_number < :number)
"""
FIRST_AFTER = """
SELECT min(wall) FROM (
    SELECT * FROM (SELECT received_wall AS wall FROM measurement
        WHERE number > :number AND received_state = 'ntp' ORDER BY number LIMIT 1)
    UNION ALL SELECT first_wall FROM boot WHERE first_number >= :number
    UNION ALL SELECT last_wall FROM boot WHERE last_number >= :number)
"""


class Dating:
    """What the hub believes of its clock, across restarts."""

    def __init__(self, database: Database, notes: Notes) -> None:
        self._database = database
        self._notes = notes

    def past(self) -> Past:
        """What was known of the time when this book was last written."""
        last = self._database.value("SELECT max(last_wall) FROM boot")
        since = self._notes.state(KNOWN_SINCE)
        first = msgspec.convert(since, Moment) if since else None
        return Past(to_time(last) if last else None, first)

    def note(self, now: Moment) -> None:
        """The hub runs, and where the time is known, it is this. One commit, as it comes often."""
        with self._database.transaction():
            self._notes.put_state(ALIVE, {"mono_ms": now.mono_ms, "boot_id": now.boot_id})
            if now.trusted:
                restamp(self._database, now)

    def believe_since(self, first: Moment | None) -> None:
        """The first moment of this boot that was believed; the later ones are measured by it."""
        self._notes.put_state(KNOWN_SINCE, msgspec.to_builtins(first))

    def disbelieve(self, now: Moment) -> None:
        """What this boot believed was wrong: stamps that have not left are in doubt again.

        So is every mark of this boot, and of another one where it lies after a trusted now.
        """
        with self._database.transaction():
            self._database.change(DISBELIEVED, (now.boot_id,))
            self._database.change("DELETE FROM boot WHERE boot_id = ?", (now.boot_id,))
            if now.trusted:
                self._database.change("DELETE FROM boot WHERE last_wall > ?", (to_text(now.wall),))


def restamp(database: Database, trusted: Moment) -> int:
    """Note that the time is known; correct this boot's rows that are not sealed → how many."""
    with database.transaction():
        database.change(KNOWN_NOW, {"boot": trusted.boot_id, "wall": to_text(trusted.wall)})
        found = database.rows(CORRECTABLE, (trusted.boot_id,))
        for row in found:
            right = moment_columns("received", corrected(to_moment(row, "received"), trusted))
            database.change(
                "UPDATE measurement SET received_wall = :received_wall,"
                " received_state = :received_state WHERE number = :number",
                right | {"number": row["number"]},
            )
    return len(found)


def bounds(database: Database, number: int) -> tuple[datetime | None, datetime | None]:
    """The last instant before measurement `number`, and the first after it, that were known."""
    after, before = (database.value(sql, {"number": number}) for sql in (LAST_BEFORE, FIRST_AFTER))
    return (to_time(after) if after else None, to_time(before) if before else None)
