"""When a row of the outbox gets its bytes, over a real ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from hub.bundles import Bundles
from hub.clock import ClockState, Moment
from hub.records import Device, Due, OutboxKind, Reception
from hub.uplink.rows import Sealed, Unsealable
from tests.books import ledger_at, ledger_reader_at
from tests.test_takeover import SETTINGS

KNOWN = Moment(datetime(2026, 11, 22, 8, 0, tzinfo=UTC), 60_000, "boot", ClockState.NTP)
UNKNOWN = replace(KNOWN, state=ClockState.RESTORED)
SCALE = Device(
    key="F0F1F2FFFEA10002",
    address="F0:F1:F2:A1:00:02",
    transport="ble",
    driver="gatt-weight-scale",
    name="Vekt",
    joined_at=KNOWN.wall,
)


class House:
    def __init__(self, folder: Path) -> None:
        self.ledger = ledger_at(folder / "ledger.db")
        self.pages = ledger_reader_at(folder / "ledger.db")
        self.moment = KNOWN
        self.devices = {SCALE.key: SCALE}
        self.wakes = 0
        self.bundles = Bundles(SETTINGS, self.ledger, self.devices.get, self.now, self.wake)

    def now(self) -> Moment:
        return self.moment

    def wake(self) -> None:
        self.wakes += 1

    def weigh(self, kilograms: str, *, received: Moment = KNOWN, fault: bool = False) -> str:
        """One weighing; `fault`: out of a memory whose clock was reset."""
        kept = self.ledger.append(
            Measurement(
                Kind.BODY_WEIGHT,
                {Quantity.BODY_WEIGHT: Value(Decimal(kilograms), Unit.KILOGRAM)},
                raw=(kilograms.encode(),),
                status=(Status.TIME_FAULT,) if fault else (),
            ),
            Reception(SCALE.key, SCALE.driver, "session", received, None, live=not fault),
        )
        assert kept
        return kept.id

    def row(self) -> Due:
        [row] = self.ledger.outbox.due(10, urgent=False)
        return row

    def seal(self) -> Sealed | None:
        return self.bundles.seal(self.row())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.pages.close()
    house.ledger.close()


def weights(sealed: Sealed | None) -> list[object]:
    assert sealed
    resources = [entry["resource"] for entry in msgspec.json.decode(sealed.body)["entry"]]
    return [r["valueQuantity"]["value"] for r in resources if "valueQuantity" in r]


def test_one_connection_is_one_bundle(house: House) -> None:
    house.weigh("81.2")
    house.weigh("81.4")
    sealed = house.seal()
    assert weights(sealed) == [81.2, 81.4]
    assert sealed and sealed.members == 2


def test_a_row_waits_while_this_boot_may_still_learn_the_time(house: House) -> None:
    house.weigh("81.2", received=UNKNOWN)
    assert house.seal() is None
    house.moment = UNKNOWN
    assert house.seal() is None


def test_a_row_of_a_boot_that_never_knew_it_is_sent_with_its_bounds(house: House) -> None:
    house.ledger.restamp(replace(KNOWN, boot_id="before", wall=KNOWN.wall - timedelta(days=2)))
    house.weigh("81.2", received=replace(UNKNOWN, boot_id="dark"))
    house.ledger.restamp(KNOWN)
    sealed = house.seal()
    assert sealed
    weight = next(
        entry["resource"]
        for entry in msgspec.json.decode(sealed.body)["entry"]
        if "valueQuantity" in entry["resource"]
    )
    assert weight["effectivePeriod"] == {
        "start": "2026-11-20T09:00:00+01:00",
        "end": "2026-11-22T09:00:00+01:00",
    }


def test_what_cannot_be_told_truly_is_set_aside_with_an_alert(house: House) -> None:
    faulty = house.weigh("90.0", fault=True)
    house.weigh("81.2")
    row, sealed = house.row(), house.seal()
    assert weights(sealed) == [81.2]
    assert sealed and house.ledger.outbox.seal(
        row.seq, sealed.id, sealed.body, members=sealed.members
    )
    house.ledger.outbox.acknowledge([sealed.id], KNOWN.wall)
    reading = house.pages.reading(faulty)
    assert reading and [step.value for step in reading.steps] == ["saved"]
    [alert] = house.ledger.outbox.due(10, urgent=True)
    assert alert.kind is OutboxKind.ALERT
    assert b"clock-fault" in (alert.body or b"")
    assert house.wakes == 1


def test_a_row_with_nothing_to_tell_is_parked(house: House) -> None:
    house.weigh("90.0", fault=True)
    with pytest.raises(Unsealable, match="time_fault"):
        house.seal()


def test_an_alert_names_the_device_and_the_observations_that_left(house: House) -> None:
    id = house.weigh("81.2")
    row, sealed = house.row(), house.seal()
    assert sealed and house.ledger.outbox.seal(row.seq, sealed.id, sealed.body)
    house.ledger.disown(id)
    house.bundles.not_theirs(id)
    [alert] = house.ledger.outbox.due(10, urgent=True)
    implicated = [
        each["identifier"]["value"] for each in msgspec.json.decode(alert.body or b"")["implicated"]
    ]
    weight = next(
        entry["fullUrl"]
        for entry in msgspec.json.decode(sealed.body)["entry"]
        if "valueQuantity" in entry["resource"]
    )
    assert implicated == [weight, "F0-F1-F2-FF-FE-A1-00-02"]


def test_a_refused_row_is_told_once_with_the_reason_for_the_technician(house: House) -> None:
    house.weigh("81.2")
    row, sealed = house.row(), house.seal()
    assert sealed and house.ledger.outbox.seal(row.seq, sealed.id, sealed.body)
    house.ledger.outbox.park(row.seq, "422: no such unit")
    for _ in range(2):
        house.bundles.tell_parked(row.seq, "422: no such unit")
    [alert] = house.ledger.outbox.due(10, urgent=True)
    assert msgspec.json.decode(alert.body or b"")["detail"] == "422: no such unit"


def test_what_was_never_sealed_is_not_said_to_be_refused(house: House) -> None:
    house.weigh("90.0", fault=True)
    with pytest.raises(Unsealable):
        house.seal()
    seq = house.row().seq
    house.ledger.outbox.park(seq, "time_fault")
    house.bundles.tell_parked(seq, "time_fault")
    assert len(house.ledger.outbox.due(10, urgent=True)) == 1


def test_a_device_that_was_removed_still_has_its_readings_sent(house: House) -> None:
    house.weigh("81.2")
    house.devices.clear()
    assert weights(house.seal()) == [81.2]


def test_the_same_alert_is_put_once(house: House) -> None:
    house.weigh("90.0", fault=True)
    for _ in range(2):
        with pytest.raises(Unsealable):
            house.seal()
    assert len(house.ledger.outbox.due(10, urgent=True)) == 1
