"""What came lately of one kind: by this the hub knows whether something was measured."""

from datetime import datetime, timedelta

from drivers.measurement import Kind
from hub.records import Kept
from hub.store import sealing
from hub.store.database import Database
from hub.store.encoding import to_text

LAGS = timedelta(days=2)  # a clock that was restored after a power cut, at most

RECEIVED = """
SELECT * FROM measurement WHERE kind = :kind AND disowned = 0 AND received_wall >= :about
  AND (received_wall >= :since OR received_state != 'ntp')
ORDER BY number DESC LIMIT 100
"""


def received(database: Database, kind: Kind, since: datetime) -> list[Kept]:
    """The patient's, received since then or by a clock that was not believed; the newest first."""
    times = {"since": to_text(since), "about": to_text(since - LAGS)}
    found = database.rows(RECEIVED, {"kind": kind.value, **times})
    read = (sealing.measurement(database.key, row) for row in found)
    return [kept for kept in read if kept is not None]
