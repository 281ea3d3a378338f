"""Which deliveries are the same record."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from drivers.measurement import Status
from hub.store.identity import identity, is_recognisable
from tests.store.made import blood_pressure, moment, reception

FIRST = identity(blood_pressure(), reception())


def test_the_id_never_changes_between_releases() -> None:
    """Stored for ever: another id would count every record in a device's memory a second time."""
    assert FIRST == "c909f83c-f460-5818-88f1-f5eb15db1a4e"


def test_a_record_read_again_is_the_same() -> None:
    later = reception("s2", moment(86400, boot="another"), live=False)
    assert identity(blood_pressure(), later) == FIRST


def test_a_record_from_memory_is_the_live_one() -> None:
    """The PLX status bit "from storage" changes the payload, not the measurement."""
    again = blood_pressure(status=(Status.FROM_STORAGE,), raw=b"\x01")
    assert identity(again, reception()) == FIRST


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"sequence": 2}, id="sequence"),
        pytest.param({"device_time": datetime(2026, 3, 12, 7, 30, 46)}, id="time"),  # noqa: DTZ001
        pytest.param({"user_index": 2}, id="user"),
        pytest.param({"systolic": "119"}, id="value"),
        pytest.param({"status": (Status.IRREGULAR_PULSE,)}, id="status"),
    ],
)
def test_another_record_is_another(other: dict[str, Any]) -> None:
    assert identity(blood_pressure(**other), reception()) != FIRST


def test_the_same_record_of_another_device_is_another() -> None:
    assert identity(blood_pressure(), reception(device="FFFFFFFFFFFF")) != FIRST


def test_a_sequence_number_is_enough_to_know_a_record() -> None:
    record = blood_pressure(7, device_time=None)
    assert identity(record, reception()) == identity(record, reception("s2", moment(60)))


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(blood_pressure(None, device_time=None), id="no-time"),
        pytest.param(blood_pressure(None, status=(Status.TIME_FAULT,)), id="time-fault"),
        pytest.param(blood_pressure(None, device_time=datetime(2000, 1, 1)), id="clock-reset"),  # noqa: DTZ001
    ],
)
def test_records_without_time_or_number_are_never_merged(unknown: Any) -> None:
    assert not is_recognisable(unknown)
    now, later = reception(), reception(at=replace(moment(), mono_ms=1))
    assert identity(unknown, now) != identity(unknown, later)
    assert identity(unknown, now) == identity(unknown, now)
