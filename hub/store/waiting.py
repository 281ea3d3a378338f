"""How much has not arrived yet, and why: for the pages as for the hub."""

from hub.records import OutboxCounts, OutboxKind, OutboxState, Parked
from hub.store import sealing
from hub.store.database import Database
from hub.store.encoding import readable_time

# The state is written out because a partial index is only used for a literal.
COUNT = "SELECT count(*) FROM outbox WHERE state = '{}'"
OLDEST = "SELECT created_wall FROM outbox WHERE state = '{}' ORDER BY seq LIMIT 1"
WAITING = (OutboxState.DUE, OutboxState.DEFERRED)


def counts(database: Database) -> OutboxCounts:
    oldest = [wall for state in WAITING if (wall := database.value(OLDEST.format(state)))]
    return OutboxCounts(
        waiting=sum(database.value(COUNT.format(state)) for state in WAITING),
        parked=database.value(COUNT.format(OutboxState.PARKED)),
        oldest_at=readable_time(min(oldest)) if oldest else None,
    )


def parked(database: Database) -> list[Parked]:
    """The rows that cannot be sent, oldest first."""
    found = database.rows(
        "SELECT * FROM outbox LEFT JOIN bundle USING (seq) WHERE state = 'parked' ORDER BY seq"
    )
    return [
        Parked(
            seq=row["seq"],
            kind=OutboxKind(row["kind"]),
            id=row["id"],
            reason=sealing.reason(database.key, row) or "",
            created_at=readable_time(row["created_wall"]),
        )
        for row in found
    ]
