"""What may be let go of, and what never."""

import pytest

from hub.records import OutboxKind, Whose
from hub.store import retention
from hub.store.ledger import Ledger
from hub.store.readings import LedgerReader
from tests.store.made import blood_pressure, moment, reception

DAY = 86400


def received(ledger: Ledger, sequence: int, at: float) -> None:
    """A reading that the central service has, since `at`."""
    ledger.append(blood_pressure(sequence), reception(f"s{sequence}", moment(at)))
    seq = ledger.outbox.newest()
    ledger.outbox.seal(seq, f"b{seq}", b"{}")
    ledger.outbox.acknowledge([f"b{seq}"], moment(at).wall)


def sequences(reader: LedgerReader) -> list[int | None]:
    return [reading.kept.measurement.sequence for reading in reader.readings(1000)]


def test_old_received_readings_go(ledger: Ledger, reader: LedgerReader) -> None:
    for sequence, day in ((1, 0), (2, 50), (3, 60)):
        received(ledger, sequence, day * DAY)
    assert ledger.prune(moment(100 * DAY), days=90) == 1
    assert sequences(reader) == [3, 2]
    assert ledger._database.value("SELECT count(*) FROM bundle") == 2


def test_unsent_deferred_and_parked_ones_stay(ledger: Ledger, reader: LedgerReader) -> None:
    for sequence in (1, 2, 3):
        ledger.append(blood_pressure(sequence), reception(f"s{sequence}"))
    ledger.outbox.defer(2)
    ledger.outbox.park(3, "refused")
    received(ledger, 4, 0)
    received(ledger, 5, 0)
    assert ledger.prune(moment(4000 * DAY), days=7) == 1
    assert sequences(reader) == [5, 3, 2, 1]


def test_a_pruned_record_that_a_device_offers_again_stays_known(ledger: Ledger) -> None:
    received(ledger, 1, 0)
    received(ledger, 2, 0)
    ledger.prune(moment(100 * DAY), days=90)
    assert ledger.append(blood_pressure(1), reception("years later", live=False)) is None


def test_numbers_are_never_given_twice(ledger: Ledger) -> None:
    received(ledger, 1, 0)
    received(ledger, 2, 0)
    ledger.prune(moment(4000 * DAY), days=7)
    kept = ledger.append(blood_pressure(3), reception("s3"))
    assert kept is not None
    assert (kept.number, ledger.outbox.newest()) == (3, 3)


def test_the_number_of_an_alert_neither(ledger: Ledger) -> None:
    for id in ("a1", "a2"):
        ledger.outbox.put(OutboxKind.ALERT, id, b"{}", created=moment())
    ledger.outbox.acknowledge(["a1", "a2"], moment().wall)
    assert ledger.prune(moment(4000 * DAY), days=7) == 1
    assert ledger.outbox.put(OutboxKind.ALERT, "a3", b"{}", created=moment()) == 3


def test_a_clock_that_is_not_trusted_prunes_nothing(ledger: Ledger) -> None:
    received(ledger, 1, 0)
    received(ledger, 2, 0)
    assert ledger.prune(moment(4000 * DAY, trusted=False), days=7) == 0


def test_disowned_readings_go_too(ledger: Ledger, reader: LedgerReader) -> None:
    kept = ledger.append(blood_pressure(1), reception("s1"))
    assert kept is not None
    ledger.disown(kept.id)
    received(ledger, 2, 200 * DAY)
    ledger.prune(moment(200 * DAY), days=90)
    assert sequences(reader) == [2]


def test_commands_are_remembered_for_ninety_days(ledger: Ledger) -> None:
    ledger.notes.remember_command("old", {}, moment(0).wall)
    ledger.notes.remember_command("new", {}, moment(2 * DAY).wall)
    ledger.prune(moment(91 * DAY), days=400)
    assert ledger.notes.command("old") is None
    assert ledger.notes.command("new") == {}


def test_the_disk_gets_its_room_back(ledger: Ledger) -> None:
    for number in range(30):
        ledger.outbox.put(OutboxKind.ALERT, f"a{number}", bytes(50_000), created=moment())
    ledger.outbox.acknowledge([f"a{number}" for number in range(30)], moment().wall)
    before = ledger._database.value("PRAGMA page_count")
    ledger.prune(moment(100 * DAY), days=90)
    assert ledger._database.value("PRAGMA page_count") < before / 4


def test_a_ledger_that_grew_too_large_lets_go_of_young_ones(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LARGEST_BYTES", 1_000_000)
    for number in range(30):
        ledger.outbox.put(OutboxKind.ALERT, f"a{number}", bytes(50_000), created=moment())
    ledger.outbox.put(OutboxKind.ALERT, "unsent", bytes(50_000), created=moment())
    ledger.outbox.acknowledge([f"a{number}" for number in range(30)], moment().wall)
    assert ledger.prune(moment(1), days=90) == 30
    assert [row.id for row in ledger.outbox.due(10)] == ["unsent"]


def test_what_nobody_has_claimed_stays_until_somebody_says(
    ledger: Ledger, reader: LedgerReader
) -> None:
    held = ledger.append(blood_pressure(1), reception(), Whose.UNKNOWN)
    ledger.append(blood_pressure(2), reception(), Whose.ANOTHER)
    received(ledger, 3, 99 * DAY)
    ledger.prune(moment(100 * DAY), days=90)
    assert held and sequences(reader) == [3, 1]
    ledger.disown(held.id)
    ledger.prune(moment(100 * DAY), days=90)
    assert sequences(reader) == [3]
