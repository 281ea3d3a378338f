"""What the ledger may let go of: what the central service has, and only that.

Unsent and parked rows stay, however old, and however full the disk is; so does what is held until
somebody says whose it is.
"""

from datetime import UTC, datetime, timedelta

from hub.clock import Moment
from hub.store.database import Database
from hub.store.encoding import to_text

COMMANDS_KEPT = timedelta(days=90)  # contract §4
LARGEST_BYTES = 256 * 1024 * 1024
ROWS_AT_ONCE = 50  # a deleted bundle is overwritten with zeros, all of it through the -wal
PAGES_AT_ONCE = 10_000
ALWAYS = datetime.max.replace(tzinfo=UTC)

# The newest row and the newest measurement stay, so that their numbers are never given twice.
FINISHED = """
SELECT seq FROM outbox WHERE state = 'acknowledged' AND done_at < ?
  AND seq < (SELECT max(seq) FROM outbox)
  AND seq IS NOT (SELECT seq FROM measurement ORDER BY number DESC LIMIT 1)
ORDER BY seq LIMIT ?
"""


def prune(database: Database, now: Moment, days: int) -> int:
    """Let go of what was received more than `days` ago → outbox rows.

    Does nothing while the clock is not trusted: a wrong date would make everything look old.
    """
    if not now.trusted:
        return 0
    pruned = 0
    while (some := _prune_some(database, now.wall - timedelta(days=days))) > 0:
        pruned += some
    while _size(database) > LARGEST_BYTES and (some := make_room(database)) > 0:
        pruned += some
    _prune_disowned(database, now.wall - timedelta(days=days))
    database.change("DELETE FROM command WHERE seen_at < ?", (to_text(now.wall - COMMANDS_KEPT),))
    database.give_back(PAGES_AT_ONCE)
    return pruned


def make_room(database: Database) -> int:
    """Let go of the oldest received rows, however young → how many."""
    return _prune_some(database, ALWAYS)


def _prune_some(database: Database, before: datetime) -> int:
    with database.transaction():
        seqs = [row["seq"] for row in database.rows(FINISHED, (to_text(before), ROWS_AT_ONCE))]
        for seq in seqs:
            _forget_measurements(database, "seq = ?", seq)
            database.change("DELETE FROM outbox WHERE seq = ?", (seq,))
    return len(seqs)


def _prune_disowned(database: Database, before: datetime) -> None:
    with database.transaction():
        _forget_measurements(
            database,
            "seq IS NULL AND held = 0 AND received_wall < ?"
            " AND number < (SELECT max(number) FROM measurement)",
            to_text(before),
        )


def _forget_measurements(database: Database, which: str, parameter: object) -> None:
    database.change(
        f"INSERT OR IGNORE INTO pruned SELECT id FROM measurement WHERE {which}",  # noqa: S608
        (parameter,),
    )
    database.change(f"DELETE FROM measurement WHERE {which}", (parameter,))  # noqa: S608


def _size(database: Database) -> int:
    pages: int = database.value("PRAGMA page_count") - database.value("PRAGMA freelist_count")
    return pages * int(database.value("PRAGMA page_size"))
