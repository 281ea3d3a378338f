"""When a reading was taken: which clock is believed, and how it is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.measurement import Kind, Quantity, Status, Unit
from hub.records import Kept
from hub.uplink.timing import LeftOut
from tests.uplink.fhir_samples import (
    RECEIVED,
    STAMP,
    composed,
    kept,
    measured,
    moment,
    names,
    observations,
    one_observation,
    temperature,
    value,
)

Json = dict[str, Any]

EAR = "150364"  # MDC_TEMP_BODY: the thermometer of the samples does not name a site
CLOCK = "67975"
RESET = datetime(2000, 1, 1, 0, 1, 10)  # noqa: DTZ001 - a device's own clock
END_OF_DAYS = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
AFTER = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def both(_: Kept) -> tuple[datetime | None, datetime | None]:
    return AFTER, BEFORE


def effective(observation: Json) -> Json:
    return {name: each for name, each in observation.items() if name.startswith("effective")}


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("offset_s", "told"),
    [
        pytest.param(9.0, "2026-11-22T08:15:47+01:00", id="behind"),
        pytest.param(-9.0, "2026-11-22T08:15:29+01:00", id="ahead"),
        pytest.param(8.6, "2026-11-22T08:15:47+01:00", id="to-the-second"),
        pytest.param(0.0, "2026-11-22T08:15:38+01:00", id="right"),
        pytest.param(86_400.0 * 400, "2027-12-27T08:15:38+01:00", id="over-a-year"),
    ],
)
def test_a_stamp_is_moved_by_the_offset_of_the_devices_clock(offset_s: float, told: str) -> None:
    received = moment(datetime(2027, 12, 28, tzinfo=UTC) if offset_s > 9 else RECEIVED)
    found = observations(composed(kept(temperature(), offset_s=offset_s, received=received)))
    assert effective(found[EAR]) == {"effectiveDateTime": told}
    assert found[CLOCK]["valueDateTime"]
    clock_urn = found[CLOCK]["identifier"][0]["value"]
    assert found[EAR]["extension"][1]["valueReference"] == {"reference": clock_urn}


def test_the_clock_comparison_tells_both_times() -> None:
    clock = observations(composed(kept(temperature())))[CLOCK]
    assert clock["effectiveDateTime"] == "2026-11-22T08:16:04+01:00"
    assert clock["valueDateTime"] == "2026-11-22T08:15:55+01:00"
    assert "category" not in clock


def test_a_stamp_near_the_reception_is_believed_without_a_readable_clock() -> None:
    found = observations(composed(kept(temperature(), offset_s=None)))
    assert effective(found[EAR]) == {"effectiveDateTime": "2026-11-22T08:15:38+01:00"}
    assert found[CLOCK]["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert len(names(found[EAR])) == 2


def test_no_stamp_means_the_reception_and_no_clock_comparison() -> None:
    found = observations(composed(kept(temperature(stamp=None), live=False)))
    assert effective(found[EAR]) == {"effectiveDateTime": "2026-11-22T08:16:04+01:00"}
    assert CLOCK not in found
    assert len(found[EAR]["extension"]) == 1
    assert len(names(found[EAR])) == 1


@pytest.mark.parametrize(
    "measurement",
    [
        pytest.param(temperature("37.9", Status.TIME_FAULT), id="said-by-the-device"),
        pytest.param(temperature("37.9", Status.TIME_FAULT, stamp=None), id="impossible-date"),
        pytest.param(temperature(stamp=RESET), id="before-2015"),
        pytest.param(temperature(stamp=STAMP + timedelta(days=1)), id="in-the-future"),
        pytest.param(temperature(stamp=END_OF_DAYS), id="end-of-days"),
    ],
)
def test_a_time_fault_is_told_live_and_left_out_when_stored(measurement: Any) -> None:
    live = observations(composed(kept(measurement)))
    assert effective(live[EAR]) == {"effectiveDateTime": "2026-11-22T08:16:04+01:00"}
    assert live[CLOCK]["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert len(names(live[EAR])) == 1  # a clock that restarts would give equal keys

    row = kept(measurement, live=False)
    stored = composed(row)
    assert EAR not in observations(stored)
    assert observations(stored)[CLOCK]["dataAbsentReason"]
    assert stored.left_out == ((row.id, LeftOut.TIME_FAULT),)


def test_a_stored_time_fault_is_no_better_on_an_unsynchronised_hub() -> None:
    row = kept(temperature(stamp=RESET), received=moment(trusted=False), live=False)
    assert composed(row, bounds=both).left_out == ((row.id, LeftOut.TIME_FAULT),)


def test_a_clock_at_the_end_of_days_tells_nothing() -> None:
    offset_s = (STAMP - END_OF_DAYS).total_seconds()
    found = observations(composed(kept(temperature(stamp=END_OF_DAYS), offset_s=offset_s)))
    assert effective(found[EAR]) == {"effectiveDateTime": "2026-11-22T08:16:04+01:00"}
    assert "valueDateTime" not in found[CLOCK]


def test_what_the_devices_clock_showed_is_not_lost() -> None:
    told = one_observation(temperature(stamp=RESET))
    assert told["note"] == [{"text": "Apparatets klokke viste 2000-01-01T00:01:10."}]


def test_an_unsynchronised_hub_tells_a_period_and_never_an_instant() -> None:
    row = kept(temperature(stamp=None), received=moment(trusted=False))
    told = observations(composed(row, bounds=both))[EAR]
    assert effective(told) == {
        "effectivePeriod": {
            "start": "2026-11-22T06:00:00+01:00",
            "end": "2026-11-22T10:30:00+01:00",
        }
    }


def test_a_stored_record_may_be_older_than_the_session() -> None:
    row = kept(temperature(), received=moment(trusted=False), live=False)
    told = observations(composed(row, bounds=both))[EAR]
    assert effective(told) == {"effectivePeriod": {"end": "2026-11-22T10:30:00+01:00"}}
    assert len(names(told)) == 1


def test_a_time_of_which_nothing_is_known_is_not_invented() -> None:
    row = kept(temperature(), received=moment(trusted=False))
    bundle = composed(row)
    assert observations(bundle) == {}
    assert bundle.left_out == ((row.id, LeftOut.TIME_UNKNOWN),)


def test_an_unsynchronised_hub_flags_the_clock_comparison() -> None:
    row = kept(temperature(), received=moment(trusted=False))
    clock = observations(composed(row, bounds=both))[CLOCK]
    assert "valueDateTime" not in clock
    assert clock["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert "effectivePeriod" in clock


@pytest.mark.parametrize(
    ("received", "stamp", "offset_s", "told"),
    [
        pytest.param(
            "2026-03-29T10:00:00+02:00",
            "2026-03-28T23:00:00",
            3600.0,
            "2026-03-28T23:00:00+01:00",
            id="spring, the device still on winter time",
        ),
        pytest.param(
            "2026-10-25T10:00:00+01:00",
            "2026-10-25T00:30:00",
            -3600.0,
            "2026-10-25T00:30:00+02:00",
            id="autumn, the device still on summer time",
        ),
        pytest.param(
            "2026-10-25T02:30:10+02:00",
            "2026-10-25T02:30:00",
            0.0,
            "2026-10-25T02:30:00+02:00",
            id="half past two, the first time",
        ),
        pytest.param(
            "2026-10-25T02:30:10+01:00",
            "2026-10-25T02:30:00",
            0.0,
            "2026-10-25T02:30:00+01:00",
            id="half past two, the second time",
        ),
        pytest.param(
            "2026-10-25T02:30:10+01:00",
            "2026-10-25T02:30:00",
            None,
            "2026-10-25T02:30:00+01:00",
            id="the second time, by a clock that cannot be read",
        ),
    ],
)
def test_summer_time(received: str, stamp: str, offset_s: float | None, told: str) -> None:
    at = moment(datetime.fromisoformat(received).astimezone(UTC))
    row = kept(temperature(stamp=naive(stamp)), received=at, offset_s=offset_s)
    observation = observations(composed(row))[EAR]
    assert effective(observation) == {"effectiveDateTime": told}


def exercise(stamp: datetime | None) -> Json:
    values = {
        Quantity.EXERCISE_DURATION: value("1800", Unit.SECOND),
        Quantity.EXERCISE_INTENSITY: value("60", Unit.PERCENT),
    }
    return one_observation(measured(Kind.GLUCOSE_CONTEXT, values, stamp=stamp))


def test_what_lasts_starts_at_its_stamp_and_ends_at_its_reception() -> None:
    stamped, received = exercise(STAMP), exercise(None)
    assert stamped["effectivePeriod"] == {
        "start": "2026-11-22T08:15:47+01:00",
        "end": "2026-11-22T08:45:47+01:00",
    }
    assert received["effectivePeriod"] == {
        "start": "2026-11-22T07:46:04+01:00",
        "end": "2026-11-22T08:16:04+01:00",
    }
    assert names(stamped)[0].endswith("-8417760-848650538..1800")


def test_the_battery_is_told_once_for_each_fresh_session() -> None:
    later = moment(RECEIVED + timedelta(minutes=5))
    rows = [
        kept(temperature(), 1),
        kept(temperature(stamp=STAMP + timedelta(seconds=1)), 2),
        kept(temperature(stamp=STAMP + timedelta(minutes=5)), 3, received=later, session="next"),
    ]
    fresh = composed(*rows)
    assert fresh.body.count(b"MDC_ATTR_VAL_BATT_CHARGE") == 2
    stale = composed(*rows, at=RECEIVED + timedelta(hours=2))
    assert b"MDC_ATTR_VAL_BATT_CHARGE" not in stale.body
