"""What must hold at every moment of the model, read from the book as another process reads it."""

from collections.abc import Mapping
from sqlite3 import Row

from hub.records import JournalKind
from hub.store.database import Database
from hub.uplink import identifiers
from tests.books import journal_reader_at
from tests.faults.model_house import House, weight
from tests.test_takeover import SETTINGS

OUTBOX = "SELECT outbox.*, bundle.id AS id FROM outbox LEFT JOIN bundle USING (seq)"
MEASUREMENTS = "SELECT id, seq, disowned, held FROM measurement"
EFFECTS = "SELECT * FROM counter WHERE name LIKE 'effect %'"
WITHOUT_EFFECT = frozenset({JournalKind.ANSWER})

Rows = Mapping[int, Row]


def check(house: House) -> None:
    rows = {row["seq"]: row for row in house.life.reader.rows(OUTBOX)}
    for row in rows.values():
        check_row(house, row)
    check_readings(house, rows)
    check_journal(house, rows)


def check_row(house: House, row: Row) -> None:
    """A page shows nothing that is not so, and no row is done before its receipt."""
    id, told, puback_ok = row["id"], house.world.told, house.world.puback_ok
    assert not row["sent_at"] or id in told | puback_ok, "shown as sent, falsely"
    assert not row["received_at"] or id in told, "shown as received, falsely"
    if row["state"] == "acknowledged" and id is not None:
        word = told | puback_ok if house.receipts_by == "broker" else told
        assert id in word, "acknowledged without a receipt"
    assert row["state"] != "parked" or row["reason"], "parked without a reason"


def check_readings(house: House, rows: Rows) -> None:
    """What was shown as saved is in the book, or at the central service, and counts once."""
    here = {row["id"]: row for row in house.life.reader.rows(MEASUREMENTS)}
    pruned = {row["id"] for row in house.life.reader.rows("SELECT id FROM pruned")}
    counts = house.world.weights()
    by_broker = house.receipts_by == "broker"  # then a broker that forgets may lose what it took
    assert max(counts.values(), default=1) == 1, "counted twice"
    for number, id in house.facts.saved.items():
        arrived = weight(number) in counts
        if id not in here:
            assert id in pruned, "a saved reading is gone"
            assert arrived or by_broker or id in house.facts.never_theirs, (
                "pruned, and nowhere else"
            )
        elif here[id]["disowned"]:
            house.facts.never_theirs.add(id)
        elif here[id]["seq"] is None:
            assert told_of(id) in bundles_of(house, rows), "in no bundle, and nobody was told"
        elif rows[here[id]["seq"]]["state"] == "acknowledged":
            assert arrived or by_broker, "acknowledged, and nowhere else"


def check_journal(house: House, rows: Rows) -> None:
    """Each row is done once, in order, together with the number that says so."""
    taken = taken_of(house.life.reader)
    done = {int(row["name"].split()[1]): row["value"] for row in house.life.reader.rows(EFFECTS)}
    assert all(count == 1 for count in done.values()), "a journal row was done twice"
    assert all(number <= taken for number in done), "done, and not taken"
    written = house.facts.written.items()
    expected = {n for n, kind in written if n <= taken and kind not in WITHOUT_EFFECT}
    assert expected == set(done), "taken, and not done"
    bundles = bundles_of(house, rows) | house.world.told | house.world.puback_ok
    for number, bundle in house.facts.answers.items():
        assert number > taken or bundle in bundles, "an answer is gone"


def check_end(house: House) -> None:
    """Everything was let through: all is at the central service, or parked with a reason."""
    rows = {row["seq"]: row for row in house.life.reader.rows(OUTBOX)}
    unfinished = {row["seq"] for row in rows.values() if row["state"] in ("due", "deferred")}
    held = {row["seq"] for row in house.life.reader.rows(MEASUREMENTS) if row["held"]}
    assert not unfinished - held, "never sent"
    parked = {row["id"] for row in rows.values() if row["state"] == "parked"}
    taken = house.world.puback_ok if house.receipts_by == "broker" else set()
    for bundle in house.facts.answers.values():
        assert bundle in house.world.bundles | parked | taken, "an answer never arrived"
    here = {row["id"]: row for row in house.life.reader.rows(MEASUREMENTS)}
    counts = house.world.weights()
    for number, id in house.facts.saved.items():
        row = here.get(id)
        if row is None or row["disowned"] or row["seq"] is None or counts[weight(number)]:
            continue
        outbox = rows[row["seq"]]
        assert outbox["state"] == "parked" or outbox["id"] in taken, "a reading never arrived"
    journal = journal_reader_at(house.journal_path)
    assert not journal.after(taken_of(house.life.reader)), "never taken over"
    journal.close()


def told_of(reading: str) -> str:
    """The alert that says that this reading has no time that is known."""
    return identifiers.urn("alert", SETTINGS.hub.id, "clock-fault", f"time_unknown {reading}")


def bundles_of(house: House, rows: Rows) -> set[str]:
    return {row["id"] for row in rows.values()} | house.world.bundles


def taken_of(reader: Database) -> int:
    return reader.value("SELECT value FROM counter WHERE name = 'taken'") or 0
