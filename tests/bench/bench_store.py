"""How fast is the ledger? By hand: `python tests/bench/bench_store.py [FOLDER]`

Two promises, each against a floor that is measured in the same run on the same disk:
  * a reading is durable in at most twice the time that the disk needs to append the same bytes;
  * keeping a reading and fetching the next due row take as long with 1,000,000 rows as with 1,000.
"""

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from hub.clock import ClockState, Moment
from hub.records import Reception
from hub.store.encoding import to_bytes, to_text
from hub.store.ledger import Ledger
from tests.books import ledger_at

DURABLE_AT_MOST = 2.0
FLAT_AT_MOST = 1.3
ROUNDS, WARM_UP = 1000, 100
SMALL, LARGE = 1_000, 1_000_000

NOW = to_text(datetime.now(UTC))

numbers = count(10_000_000)
say = sys.stdout.write


def measurement(number: int) -> Measurement:
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: Value(Decimal(110 + number % 30), Unit.MM_HG),
            Quantity.DIASTOLIC: Value(Decimal("80.0"), Unit.MM_HG),
            Quantity.PULSE_RATE: Value(Decimal(64), Unit.PER_MINUTE),
        },
        raw=(number.to_bytes(19, "big"),),
        device_time=datetime(2026, 11, 22, 8, 0),  # noqa: DTZ001 - as devices tell it
        sequence=number,
    )


def reception(number: int) -> Reception:
    now = Moment(datetime.now(UTC), number, "0" * 36, ClockState.NTP)
    return Reception("0123456789AB", "gatt-blood-pressure", f"session-{number}", now, 0.5, True)


def timed(*actions: Callable[[], object]) -> list[float]:
    """Medians in ms. The actions take turns, so that a busy moment is the same for each."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS + WARM_UP):
        for action, taken in zip(actions, times, strict=True):
            begin = time.perf_counter()
            action()
            taken.append((time.perf_counter() - begin) * 1000)
    return [statistics.median(taken[WARM_UP:]) for taken in times]


def grow(path: Path, rows: int, *, state: str) -> None:
    """Fill a new ledger with sessions of one reading. The last ten are due, whatever `state`."""
    ledger_at(path).close()
    body = to_bytes(measurement(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -200000")
        database.execute("BEGIN")
        database.execute(
            "WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)"
            " INSERT INTO outbox (seq, kind, session, state, created_wall, created_mono,"
            " created_boot, created_state, done_at) SELECT seq, 'observation', 's' || seq,"
            " iif(seq > ? - 10, 'due', ?), ?, seq, '', 'ntp', ? FROM n",
            (rows, rows, state, NOW, NOW),
        )
        database.execute(
            "INSERT INTO measurement (id, seq, kind, device_key, driver, session, received_wall,"
            " received_mono, received_boot, received_state, live, body, crc32)"
            " SELECT lower(hex(randomblob(18))), seq, 'blood_pressure', '0123456789AB',"
            " 'gatt-blood-pressure', session, printf('2026-%012d', seq), seq, '', 'ntp', 1, ?, 0"
            " FROM outbox",
            (body,),
        )
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def judged(name: str, ms: float, floor: float, at_most: float) -> bool:
    good = ms <= at_most * floor
    verdict = "PASS" if good else "FAIL"
    say(f"{verdict}  {name:58} {ms:8.3f} ms / {floor:.3f} ms = {ms / floor:.2f} (≤ {at_most})\n")
    return good


def append(ledger: Ledger) -> Callable[[], object]:
    """Each reading opens a session of its own: the dearest case, with a new outbox row."""
    readings = [
        (measurement(number), reception(number)) for number in islice(numbers, ROUNDS + WARM_UP)
    ]
    return lambda: ledger.append(*readings.pop())


def next_due(ledger: Ledger, urgent: bool | None) -> Callable[[], object]:
    return lambda: ledger.outbox.due(1, urgent=urgent)


def durable(folder: Path) -> Iterator[bool]:
    ledger = ledger_at(folder / "durable.db")
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    body = to_bytes(measurement(1))

    def floor() -> None:
        os.write(log, body)
        os.fdatasync(log)

    disk, reading = timed(floor, append(ledger))
    yield judged("a reading durable / append + fdatasync", reading, disk, DURABLE_AT_MOST)
    os.close(log)
    ledger.close()


def flat(folder: Path, state: str) -> Iterator[bool]:
    ledgers = []
    for rows in (SMALL, LARGE):
        path = folder / f"{state}-{rows}.db"
        grow(path, rows, state=state)
        ledgers.append(ledger_at(path))
    small, large = ledgers
    keep_small, keep_large = timed(append(small), append(large))
    name = f"1,000,000 rows / 1,000 rows, old ones {state}"
    yield judged(f"keep a reading: {name}", keep_large, keep_small, FLAT_AT_MOST)
    for lane, urgent in (("", None), (", not urgent", False)):
        next_small, next_large = timed(next_due(small, urgent), next_due(large, urgent))
        yield judged(f"next due row{lane}: {name}", next_large, next_small, FLAT_AT_MOST)
    for ledger in ledgers:
        ledger.close()


def main() -> int:
    place = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name)
        results = [*durable(folder)]
        for state in ("acknowledged", "due"):
            results += flat(folder, state)
            for file in folder.glob("*.db*"):
                file.unlink()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
