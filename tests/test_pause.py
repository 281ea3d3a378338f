"""When the patient is left in peace, by the document that the central service has sent."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.pause import QuietHours, config_of

OSLO = ZoneInfo("Europe/Oslo")


def paused(**pause: Any) -> dict[str, Any]:
    return {"schema": "dho.config/1.1", "version": "2", "servicePaused": pause}


@pytest.mark.parametrize(
    ("pause", "days"),
    [
        pytest.param({"from": "2026-11-03", "to": "2026-11-05"}, [3, 4, 5], id="both included"),
        pytest.param({"from": "2026-11-04", "to": "2026-11-04"}, [4], id="one day"),
        pytest.param({"from": "2026-11-05", "to": None}, [5, 6, 7], id="until further notice"),
        pytest.param({"from": "2026-11-06"}, [6, 7], id="no end"),
    ],
)
def test_the_days_of_a_pause(pause: dict[str, Any], days: list[int]) -> None:
    config = config_of(paused(**pause))
    assert [day for day in range(1, 8) if config.pause_on(date(2026, 11, day))] == days


def test_the_pages_can_say_until_when_and_why() -> None:
    pause = config_of(paused(**{"from": "2026-11-03", "to": "2026-11-05"}, reason="Ferie"))
    found = pause.pause_on(date(2026, 11, 4))
    assert found is not None
    assert (found.last, found.reason) == (date(2026, 11, 5), "Ferie")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(None, id="none"),
        pytest.param({"schema": "dho.config/1.0", "version": "1"}, id="says nothing"),
        pytest.param({"servicePaused": None, "quietHours": None}, id="says so"),
        pytest.param({"servicePaused": "ja"}, id="kept unread by an earlier version"),
    ],
)
def test_without_a_word_there_is_no_pause_and_it_is_quiet_at_night(
    document: dict[str, Any] | None,
) -> None:
    config = config_of(document)
    assert config.pause_on(date(2026, 11, 4)) is None
    assert config.quiet() == QuietHours("22:00", "07:00")


@pytest.mark.parametrize(
    ("begin", "end", "quiet"),
    [
        pytest.param("22:00", "07:00", ["00:00", "06:59", "22:00", "23:59"], id="over midnight"),
        pytest.param("00:00", "07:00", ["00:00", "06:59"], id="from midnight"),
        pytest.param("12:00", "22:00", ["12:00", "21:59"], id="by day"),
        pytest.param("12:00", "12:00", [], id="never"),
    ],
)
def test_the_times_that_are_quiet(begin: str, end: str, quiet: list[str]) -> None:
    hours = QuietHours(begin, end)
    times = ["00:00", "06:59", "07:00", "12:00", "21:59", "22:00", "23:59"]
    assert [at for at in times if hours.hold(time.fromisoformat(at))] == quiet


@pytest.mark.parametrize(
    ("at", "over"),
    [
        pytest.param("2026-11-22T12:00:00", "2026-11-22T11:00:00", id="not quiet"),
        pytest.param("2026-11-22T23:00:00", "2026-11-23T06:00:00", id="before midnight"),
        pytest.param("2026-11-23T06:59:00", "2026-11-23T06:00:00", id="after midnight"),
        pytest.param("2026-03-28T23:00:00", "2026-03-29T05:00:00", id="clocks go forward"),
        pytest.param("2026-10-24T23:00:00", "2026-10-25T06:00:00", id="clocks go back"),
    ],
)
def test_when_a_quiet_time_is_over(at: str, over: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
    expected = datetime.fromisoformat(over).replace(tzinfo=UTC)
    assert QuietHours().over_at(moment, OSLO) == expected
