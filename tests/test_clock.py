"""Which clock is believed, and what is never invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub import clock
from hub.clock import ClockState, Moment, TimeQuality, corrected, elapsed, quality

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRUSTED = Moment(NOON, 100_000, "this boot", ClockState.NTP)
RESTORED = Moment(NOON, 100_000, "this boot", ClockState.RESTORED)
OSLO = ZoneInfo("Europe/Oslo")
ON_TIME = datetime(2026, 11, 22, 12, 55)  # noqa: DTZ001 - what a device's clock shows


def judged(device_time: datetime | None, **change: object) -> TimeQuality:
    arguments: dict[str, object] = {
        "faulty": False,
        "offset": timedelta(seconds=3),
        "received": TRUSTED,
        "live": False,
        "local": lambda at: at.astimezone(OSLO).replace(tzinfo=None),
        **change,
    }
    return quality(device_time, **arguments)  # type: ignore[arg-type]


def test_a_readable_clock_corrects_any_stamp() -> None:
    assert judged(ON_TIME - timedelta(days=90)) is TimeQuality.DEVICE_CORRECTED


@pytest.mark.parametrize(
    ("stamp", "live", "expected"),
    [
        pytest.param(ON_TIME, False, TimeQuality.DEVICE, id="close to the reception"),
        pytest.param(ON_TIME - timedelta(days=1), True, TimeQuality.FAULT, id="far, but live"),
        pytest.param(ON_TIME - timedelta(days=1), False, TimeQuality.UNKNOWN, id="far and stored"),
    ],
)
def test_a_clock_that_cannot_be_read(stamp: datetime, live: bool, expected: TimeQuality) -> None:
    assert judged(stamp, offset=None, live=live) is expected


@pytest.mark.parametrize("stamp", [None, datetime(2000, 1, 1, 0, 5)])  # noqa: DTZ001
def test_a_clock_that_was_reset(stamp: datetime | None) -> None:
    assert judged(stamp, faulty=True, live=True) is TimeQuality.FAULT
    assert judged(stamp, faulty=True, live=False) is TimeQuality.UNKNOWN


def test_a_year_before_2015_is_no_time() -> None:
    stamp = datetime(2014, 12, 31)  # noqa: DTZ001
    assert judged(stamp, live=True) is TimeQuality.FAULT


def test_without_a_stamp_the_reception_counts() -> None:
    assert judged(None) is TimeQuality.RECEPTION


def test_a_hub_that_does_not_know_the_time_corrects_nothing() -> None:
    assert judged(ON_TIME, received=RESTORED, live=True) is TimeQuality.UNKNOWN


def test_a_moment_is_corrected_by_a_later_one_of_the_same_boot() -> None:
    then = Moment(datetime(2020, 1, 1, tzinfo=UTC), 40_000, "this boot", ClockState.RESTORED)
    right = corrected(then, TRUSTED)
    assert right == Moment(NOON - timedelta(seconds=60), 40_000, "this boot", ClockState.NTP)


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(Moment(NOON, 1, "this boot", ClockState.NTP), id="known already"),
        pytest.param(Moment(NOON, 1, "last boot", ClockState.RESTORED), id="another boot"),
    ],
)
def test_what_cannot_or_need_not_be_corrected_stays(then: Moment) -> None:
    assert corrected(then, TRUSTED) is then


def test_an_untrusted_moment_corrects_nothing() -> None:
    then = Moment(NOON, 1, "this boot", ClockState.RESTORED)
    assert corrected(then, RESTORED) is then


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        pytest.param(RESTORED, replace(TRUSTED, mono_ms=160_000, wall=NOON - HOUR), 60, id="same"),
        pytest.param(
            replace(TRUSTED, boot_id="before"), replace(TRUSTED, wall=NOON + HOUR), 3600, id="both"
        ),
        pytest.param(replace(RESTORED, boot_id="before"), TRUSTED, None, id="then is not trusted"),
        pytest.param(replace(TRUSTED, boot_id="before"), RESTORED, None, id="now is not trusted"),
    ],
)
def test_how_long_ago_it_was(then: Moment, now: Moment, expected: int | None) -> None:
    assert elapsed(then, now) == (None if expected is None else timedelta(seconds=expected))


def test_now_is_of_this_boot_and_goes_on() -> None:
    first, second = clock.now("always"), clock.now("always")
    assert first.boot_id == second.boot_id == clock.boot_id()
    assert first.mono_ms <= second.mono_ms
    assert first.trusted


@pytest.mark.parametrize(("answer", "state"), [(0, ClockState.NTP), (5, ClockState.RESTORED)])
def test_the_kernel_says_whether_the_time_is_known(
    answer: int, state: ClockState, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Libc:
        def adjtimex(self, _: object) -> int:
            return answer

    monkeypatch.setattr(clock, "_libc", Libc)
    assert clock.now("ntp").state is state
