"""Is this record in the ledger already?

A meter whose clock was reset to the same date again may say the very same a second time. Two that
were each taken before the hub's eyes, minutes apart, are two.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid5

from drivers.measurement import Measurement
from hub.records import Kept, Reception
from hub.store.database import Database
from hub.store.encoding import to_reception
from hub.store.identity import identity
from hub.store.key import Key

APART = timedelta(minutes=5)  # each was taken within two minutes of its session, by its own clock
ALIKE_AT_MOST = 100

NAMESAKES_WITHIN = 1000  # measurements: each of them is unsealed
NAMESAKE = """
SELECT 1 FROM measurement WHERE device_key = :device AND kind = :kind
  AND number < :number AND number >= :number - :back
  AND unsealed(body, 'measurement', id, number) ->> '$.device_time' = :stamp LIMIT 1
"""


def new_id(
    database: Database, key: Key, measurement: Measurement, reception: Reception
) -> str | None:
    """Of a record that is not here yet. None: it is here, or was."""
    for name in _names(measurement, reception):
        id = key.keyed(name)
        if not _is_known(database, id):
            return id
        row = database.row("SELECT * FROM measurement WHERE id = ?", (id,))
        if not _is_later(measurement, reception, to_reception(row) if row else None):
            return None
    return None


def is_namesake(database: Database, kept: Kept) -> bool:
    """Whether an earlier record of this device bears the same time: its clock was set back, or
    shows no seconds. Then the time does not name it, or the central service would take the two
    for one."""
    stamp = kept.measurement.device_time
    if stamp is None:
        return False
    asked: dict[str, object] = {
        "device": kept.reception.device_key,
        "kind": kept.measurement.kind.value,
        "number": kept.number,
        "back": NAMESAKES_WITHIN,
        "stamp": stamp.isoformat(),
    }
    return database.value(NAMESAKE, asked) is not None


def _is_known(database: Database, id: str) -> bool:
    sql = "SELECT 1 FROM measurement WHERE id = ?1 UNION ALL SELECT 1 FROM pruned WHERE id = ?1"
    return database.value(sql, (id,)) is not None


def _names(measurement: Measurement, reception: Reception) -> Iterator[str]:
    first = identity(measurement, reception)
    yield first
    yield from (str(uuid5(UUID(first), str(number))) for number in range(1, ALIKE_AT_MOST))


def _is_later(measurement: Measurement, now: Reception, before: Reception | None) -> bool:
    """Whether this is another record than the one with the same name.

    before  how that one came; None: it was let go of long ago
    """
    if measurement.device_time is None or not _was_seen(now):
        return False
    return before is None or (_was_seen(before) and _apart(now, before) > APART)


def _was_seen(reception: Reception) -> bool:
    """Taken in that moment, by the device's own clock."""
    return reception.live and reception.clock_offset_s is not None


def _apart(now: Reception, before: Reception) -> timedelta:
    """Zero where no clock can say."""
    a, b = now.received, before.received
    if a.boot_id == b.boot_id:
        return timedelta(milliseconds=abs(a.mono_ms - b.mono_ms))
    return abs(a.wall - b.wall) if a.trusted and b.trusted else timedelta()
