"""The book of measurements."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from drivers.measurement import Kind, Quantity, Rejected
from hub.records import OutboxKind, Whose
from hub.store.ledger import Ledger, OwnerChange
from hub.store.quarantine import KEPT_PER_DEVICE
from hub.store.readings import LedgerReader
from tests.books import ledger_at, ledger_reader_at
from tests.store.made import blood_pressure, moment, reception


def kept_id(ledger: Ledger, sequence: int = 1, session: str = "s1") -> str:
    kept = ledger.append(blood_pressure(sequence), reception(session))
    assert kept is not None
    return kept.id


def due_seqs(ledger: Ledger) -> list[int]:
    return [row.seq for row in ledger.outbox.due(1000)]


def test_a_reading_comes_back_as_it_was_said(ledger: Ledger, path: Path) -> None:
    said, received = blood_pressure(), reception()
    kept = ledger.append(said, received)
    ledger.close()
    again = ledger_at(path)
    assert again.measurements_of(1) == [kept]
    assert again.measurements_of(1)[0].measurement == said
    number = again.measurements_of(1)[0].measurement.values[Quantity.DIASTOLIC].number
    assert str(number) == "87.0"
    assert isinstance(number, Decimal)
    again.close()


def test_a_repeated_record_is_kept_once(ledger: Ledger) -> None:
    assert ledger.append(blood_pressure(), reception()) is not None
    assert ledger.append(blood_pressure(), reception("s2", moment(60))) is None
    assert due_seqs(ledger) == [1]
    assert len(ledger.measurements_of(1)) == 1


RESET = datetime(2020, 1, 1, 0, 1, 10)  # noqa: DTZ001 - what the meter shows after each battery


def measured_after_reset(ledger: Ledger, at: float, *, live: bool = True, **change: Any) -> bool:
    """Whether the ledger takes it for a record that it has not seen."""
    told = blood_pressure(None, **({"device_time": RESET} | change))
    return ledger.append(told, reception(f"s{at}", moment(at), live=live)) is not None


def test_a_meter_that_was_reset_may_say_the_same_again(ledger: Ledger) -> None:
    day = 86_400
    assert measured_after_reset(ledger, 0)
    assert not measured_after_reset(ledger, 120)  # the link was lost, and it is offered again
    assert not measured_after_reset(ledger, 3_600, live=False)  # from its memory
    assert measured_after_reset(ledger, 30 * day)  # another battery
    assert not measured_after_reset(ledger, 30 * day + 60)
    assert not measured_after_reset(ledger, 31 * day, live=False)
    assert measured_after_reset(ledger, 60 * day)
    assert measured_after_reset(ledger, 60 * day + 10, systolic="119")
    assert len(due_seqs(ledger)) == 4


def test_nothing_is_told_apart_by_clocks_that_do_not_know(ledger: Ledger) -> None:
    told, first = blood_pressure(None, device_time=RESET), reception()
    assert ledger.append(told, first)
    unknown = moment(86_400, boot="another", trusted=False)
    assert ledger.append(told, reception("s2", unknown)) is None
    no_clock = replace(reception("s3", moment(86_400)), clock_offset_s=None)
    assert ledger.append(told, no_clock) is None


def test_a_session_is_one_bundle(ledger: Ledger) -> None:
    for sequence, session in ((1, "a"), (2, "b"), (3, "a")):
        kept_id(ledger, sequence, session)
    assert [kept.measurement.sequence for kept in ledger.measurements_of(1)] == [1, 3]
    assert [kept.measurement.sequence for kept in ledger.measurements_of(2)] == [2]


def test_a_bundle_takes_fifty_measurements(ledger: Ledger) -> None:
    for sequence in range(101):
        kept_id(ledger, sequence)
    assert [len(ledger.measurements_of(seq)) for seq in due_seqs(ledger)] == [50, 50, 1]


def test_nothing_joins_a_sealed_bundle(ledger: Ledger) -> None:
    kept_id(ledger, 1)
    ledger.outbox.seal(1, "bundle-1", b"{}")
    kept_id(ledger, 2)
    assert [kept.measurement.sequence for kept in ledger.measurements_of(1)] == [1]
    assert [kept.measurement.sequence for kept in ledger.measurements_of(2)] == [2]


def test_nothing_joins_a_parked_row(ledger: Ledger) -> None:
    kept_id(ledger, 1)
    ledger.outbox.park(1, "no driver")
    kept_id(ledger, 2)
    assert due_seqs(ledger) == [2]


def test_a_row_that_was_rolled_back_is_not_joined(ledger: Ledger) -> None:
    """Its seq is given to somebody else afterwards."""

    def fail() -> None:
        kept_id(ledger, 1, "a")
        raise ZeroDivisionError

    with suppress(ZeroDivisionError):
        ledger.transact(fail)
    kept_id(ledger, 2, "b")
    kept_id(ledger, 3, "a")
    assert [kept.measurement.sequence for kept in ledger.measurements_of(1)] == [2]
    assert [kept.measurement.sequence for kept in ledger.measurements_of(2)] == [3]


class TestNotMe:
    def test_in_time_leaves_the_bundle(self, ledger: Ledger) -> None:
        first, _ = kept_id(ledger, 1), kept_id(ledger, 2)
        assert ledger.disown(first) is OwnerChange.IN_TIME
        assert [kept.measurement.sequence for kept in ledger.measurements_of(1)] == [2]

    def test_an_empty_row_is_not_due(self, ledger: Ledger) -> None:
        ledger.disown(kept_id(ledger))
        assert due_seqs(ledger) == []
        assert ledger.outbox.counts().waiting == 0

    def test_too_late_when_sealed(self, ledger: Ledger) -> None:
        first = kept_id(ledger)
        ledger.outbox.seal(1, "bundle-1", b"{}")
        assert ledger.disown(first) is OwnerChange.TOO_LATE
        (kept,) = ledger.measurements_of(1)
        assert kept.disowned
        assert ledger.own(first) is OwnerChange.TOO_LATE

    def test_owning_again_brings_it_back(self, ledger: Ledger) -> None:
        first = kept_id(ledger)
        ledger.disown(first)
        assert ledger.own(first) is OwnerChange.IN_TIME
        assert due_seqs(ledger) == [2]
        (kept,) = ledger.measurements_of(2)
        assert (kept.id, kept.disowned) == (first, False)

    def test_saying_it_twice_changes_nothing(self, ledger: Ledger) -> None:
        first = kept_id(ledger)
        assert ledger.own(first) is OwnerChange.UNCHANGED
        ledger.disown(first)
        assert ledger.disown(first) is OwnerChange.UNCHANGED

    def test_of_nothing(self, ledger: Ledger) -> None:
        assert ledger.disown("no-such-id") is OwnerChange.UNKNOWN
        assert ledger.own("no-such-id") is OwnerChange.UNKNOWN


class TestWhose:
    def test_nobodys_is_kept_and_asked_about_but_in_no_bundle(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        kept = ledger.append(blood_pressure(), reception(), Whose.UNKNOWN)
        assert kept and kept.disowned
        assert due_seqs(ledger) == []
        assert reader.state("ask_who") == [kept.id]
        assert [one.kept for one in reader.readings(10)] == [kept]

    def test_they_queue_up_with_the_newest_first(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        first, second = held_id(ledger, 1, AT_EIGHT), held_id(ledger, 2, AT_NINE)
        assert reader.state("ask_who") == [second, first]
        assert ledger.own(second) is OwnerChange.IN_TIME
        assert reader.state("ask_who") == [first]
        assert ledger.disown(first) is OwnerChange.IN_TIME
        assert reader.state("ask_who") == []
        assert [kept.id for seq in due_seqs(ledger) for kept in ledger.measurements_of(seq)] == [
            second
        ]

    def test_after_a_no_it_can_still_be_a_yes(self, ledger: Ledger, reader: LedgerReader) -> None:
        held = held_id(ledger)
        ledger.disown(held)
        assert due_seqs(ledger) == []
        assert ledger.disown(held) is OwnerChange.UNCHANGED
        assert ledger.own(held) is OwnerChange.IN_TIME
        [kept] = ledger.measurements_of(1)
        assert (kept.id, kept.disowned) == (held, False)

    def test_it_is_asked_again_after_a_restart_and_when_it_is_offered_again(
        self, ledger: Ledger, path: Path
    ) -> None:
        held = held_id(ledger)
        ledger.close()
        again, reader = ledger_at(path), ledger_reader_at(path)
        same = blood_pressure(device_time=AT_EIGHT)
        assert again.append(same, reception("s2"), Whose.UNKNOWN) is None
        assert reader.state("ask_who") == [held]
        assert due_seqs(again) == []
        reader.close()
        again.close()

    def test_another_persons_is_kept_and_not_asked_about(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        kept = ledger.append(blood_pressure(), reception(), Whose.ANOTHER)
        assert kept and kept.disowned
        assert due_seqs(ledger) == []
        assert not reader.state("ask_who")
        assert ledger.own(kept.id) is OwnerChange.IN_TIME
        assert due_seqs(ledger) == [1]

    def test_one_step_on_the_scale_is_one_question(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        """Weight and body composition carry the same time."""
        weight, fat = (held_id(ledger, sequence, AT_EIGHT) for sequence in (1, 2))
        later = held_id(ledger, 3, AT_NINE)
        assert reader.state("ask_who") == [later, weight, fat]
        assert ledger.own(weight) is OwnerChange.IN_TIME
        assert reader.state("ask_who") == [later]
        assert [kept.id for kept in ledger.measurements_of(1)] == [weight, fat]
        assert ledger.disown(fat) is OwnerChange.IN_TIME
        assert [kept.id for kept in ledger.measurements_of(1)] == [weight]

    def test_what_has_no_time_is_asked_about_by_itself(
        self, ledger: Ledger, reader: LedgerReader
    ) -> None:
        first, second = (held_id(ledger, sequence, None) for sequence in (1, 2))
        assert reader.state("ask_who") == [second, first]


AT_EIGHT = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - as devices tell it
AT_NINE = datetime(2026, 11, 22, 9, 0)  # noqa: DTZ001


def held_id(ledger: Ledger, sequence: int = 1, at: datetime | None = AT_EIGHT) -> str:
    said = blood_pressure(sequence, device_time=at)
    kept = ledger.append(said, reception(), Whose.UNKNOWN)
    assert kept is not None
    return kept.id


class TestTime:
    def test_readings_of_this_boot_are_restamped(self, ledger: Ledger) -> None:
        """Taken 60 s before the clock was set, which jumped a day ahead."""
        ledger.append(blood_pressure(), reception(at=moment(40, trusted=False)))
        ahead = replace(moment(86400), mono_ms=100_000)
        assert ledger.restamp(ahead) == 1
        (kept,) = ledger.measurements_of(1)
        assert kept.reception.received.trusted
        assert (ahead.wall - kept.reception.received.wall).total_seconds() == 60

    def test_other_boots_and_sealed_rows_stay(self, ledger: Ledger) -> None:
        ledger.append(blood_pressure(1), reception("a", moment(1, boot="old", trusted=False)))
        ledger.append(blood_pressure(2), reception("b", moment(2, trusted=False)))
        ledger.outbox.seal(2, "bundle-2", b"{}")
        assert ledger.restamp(moment(100)) == 0
        assert not ledger.measurements_of(1)[0].reception.received.trusted

    def test_an_unknown_time_has_bounds(self, ledger: Ledger) -> None:
        ledger.append(blood_pressure(1), reception(at=moment(0, boot="a")))
        unknown = ledger.append(blood_pressure(2), reception(at=moment(5, boot="b", trusted=False)))
        ledger.append(blood_pressure(3), reception(at=moment(900, boot="c")))
        assert unknown is not None
        assert ledger.bounds(unknown) == (moment(0).wall, moment(900).wall)

    def test_a_boot_that_learnt_the_time_is_a_bound_too(self, ledger: Ledger) -> None:
        ledger.restamp(moment(0, boot="a"))
        ledger.restamp(moment(300, boot="a"))
        unknown = ledger.append(blood_pressure(2), reception(at=moment(5, boot="b", trusted=False)))
        assert unknown is not None
        assert ledger.bounds(unknown) == (moment(300).wall, None)
        ledger.restamp(moment(600, boot="c"))
        ledger.restamp(moment(700, boot="c"))
        assert ledger.bounds(unknown) == (moment(300).wall, moment(600).wall)


class TestRejected:
    def test_it_is_kept_as_it_came(self, ledger: Ledger, reader: LedgerReader) -> None:
        ledger.reject(Rejected("2A35", b"\x1e\x76", "needs 2 octets at 2"), reception())
        (found,) = reader.rejected(10)
        assert (found.payload, found.source) == (b"\x1e\x76", "2A35")
        assert found.reason == "needs 2 octets at 2"

    def test_it_is_bounded_for_each_device(self, ledger: Ledger, reader: LedgerReader) -> None:
        ledger.reject(Rejected("2A35", b"other", ""), reception(device="other"))
        for number in range(KEPT_PER_DEVICE + 3):
            ledger.reject(Rejected("2A35", str(number).encode(), ""), reception())
        found = reader.rejected(1000)
        assert len(found) == KEPT_PER_DEVICE + 1
        assert found[0].payload == b"202"
        assert found[-1].payload == b"other"
        assert reader.dropped("0123456789AB") == 3


def test_damaged_bytes_go_to_the_quarantine(ledger: Ledger, reader: LedgerReader) -> None:
    kept_id(ledger, 1)
    kept_id(ledger, 2)
    changed = "CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB)"
    spoil(ledger, f"UPDATE measurement SET body = {changed} WHERE number = 1")  # noqa: S608
    assert [reading.kept.number for reading in reader.readings(10)] == [2]
    assert [kept.number for kept in ledger.measurements_of(1)] == [2]
    assert [found.source for found in reader.rejected(10)] == ["ledger"]


def test_of_two_that_bear_the_same_time_the_second_is_told_so(ledger: Ledger) -> None:
    """A clock that was set back, or shows no seconds; not what came with it of another kind."""
    at = datetime(2026, 11, 22, 9, 0)  # noqa: DTZ001 - as devices tell it
    same = [
        blood_pressure(1, device_time=at),
        replace(blood_pressure(1, device_time=at), kind=Kind.BODY_WEIGHT),
        blood_pressure(2, device_time=at, systolic="131"),
        blood_pressure(3, device_time=at + timedelta(minutes=1)),
    ]
    for number, measurement in enumerate(same):
        ledger.append(measurement, reception(f"s{number // 2}"))
    read = [kept for seq in (1, 2) for kept in ledger.measurements_of(seq)]
    assert [kept.namesake for kept in read] == [False, False, True, False]


def test_a_row_that_stands_in_the_place_of_another_is_damaged(ledger: Ledger) -> None:
    """The checksum holds; the seal is for another place."""
    kept_id(ledger, 1)
    kept_id(ledger, 2)
    other = "SELECT body, crc32 FROM measurement WHERE number = 1"
    spoil(ledger, f"UPDATE measurement SET (body, crc32) = ({other}) WHERE number = 2")  # noqa: S608
    assert [kept.number for kept in ledger.measurements_of(1)] == [1]


def test_a_row_whose_time_is_damaged_goes_to_the_quarantine(ledger: Ledger) -> None:
    kept_id(ledger, 1)
    kept_id(ledger, 2)
    spoil(ledger, "UPDATE measurement SET received_wall = CAST(x'ff' AS TEXT) WHERE number = 1")
    assert [kept.number for kept in ledger.measurements_of(1)] == [2]
    spoil(ledger, "UPDATE outbox SET created_wall = '?'")
    assert ledger.outbox.due(10) == []
    assert [row.created_at for row in ledger.outbox.parked()] == [None]
    assert ledger.outbox.counts().parked == 1


def test_a_row_whose_every_measurement_is_damaged_is_parked(ledger: Ledger) -> None:
    kept_id(ledger, 1)
    spoil(ledger, "UPDATE measurement SET body = x'00'")
    assert ledger.measurements_of(1) == []
    (parked,) = ledger.outbox.parked()
    assert (parked.seq, parked.kind) == (1, OutboxKind.OBSERVATION)
    assert due_seqs(ledger) == []


def spoil(ledger: Ledger, sql: str) -> None:
    """A disk that changes bytes behind SQLite's back."""
    ledger._database.change(sql)
