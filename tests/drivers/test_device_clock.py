"""Current Time 0x2A2B and Date Time 0x2A08: read, and set to the patient's local time."""

from datetime import datetime

import pytest

from drivers.device_clock import (
    CURRENT_TIME,
    DATE_TIME,
    decode_current_time,
    decode_date_time,
    encode_current_time,
    encode_date_time,
    read_clock,
    set_clock,
)
from drivers.errors import PayloadError
from drivers.replay import ReplayGattLink, Trace

SUNDAY = datetime.fromisoformat("2026-11-22T08:15:47")


def link(**reads: str | None) -> ReplayGattLink:
    return ReplayGattLink(Trace("", "", "", (), reads=dict(reads)))


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


def test_date_time() -> None:
    assert decode_date_time(hexed("ea070b16080f2f")) == SUNDAY
    assert encode_date_time(SUNDAY) == hexed("ea070b16080f2f")


def test_a_device_that_does_not_know_its_date() -> None:
    assert decode_date_time(hexed("00000000121a20")) is None
    assert decode_current_time(hexed("00000000121a20000000")) is None


def test_current_time_with_a_fraction_of_a_second() -> None:
    assert decode_current_time(hexed("ea070b16080f2f078000")) == SUNDAY.replace(microsecond=500_000)
    assert encode_current_time(SUNDAY) == hexed("ea070b16080f2f070002")
    assert encode_current_time(SUNDAY.replace(microsecond=999_999))[8] == 255


def test_day_of_week_and_reason_are_not_trusted() -> None:
    assert decode_current_time(hexed("ea070b16080f2f0300ff")) == SUNDAY


@pytest.mark.parametrize("payload", ["", "ea070b16080f", "ea070b16080f2f00"])
def test_date_time_has_seven_octets(payload: str) -> None:
    with pytest.raises(PayloadError):
        decode_date_time(hexed(payload))


@pytest.mark.parametrize("payload", ["ea070b16080f2f0700", "ea070b16080f2f07000000"])
def test_current_time_has_ten_octets(payload: str) -> None:
    with pytest.raises(PayloadError):
        decode_current_time(hexed(payload))


async def test_current_time_is_preferred() -> None:
    both = link(**{"2a2b": "ea070b16080f2f070000", "2a08": "d0070101000000"})
    assert await read_clock(both) == SUNDAY
    await set_clock(both, SUNDAY)
    assert both.written == [(CURRENT_TIME, hexed("ea070b16080f2f070002"))]


async def test_date_time_will_do() -> None:
    one = link(**{"2a08": "ea070b16080f2f"})
    assert await read_clock(one) == SUNDAY
    await set_clock(one, SUNDAY)
    assert one.written == [(DATE_TIME, hexed("ea070b16080f2f"))]


async def test_date_time_is_read_where_current_time_is_refused() -> None:
    assert await read_clock(link(**{"2a2b": None, "2a08": "ea070b16080f2f"})) == SUNDAY


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param({}, id="no clock"),
        pytest.param({"2a08": None}, id="refused"),
        pytest.param({"2a08": "ea"}, id="damaged"),
    ],
)
async def test_a_clock_that_does_not_tell(reads: dict[str, str | None]) -> None:
    assert await read_clock(link(**reads)) is None


async def test_without_a_clock_nothing_is_written() -> None:
    none = link()
    await set_clock(none, SUNDAY)
    assert none.written == []
