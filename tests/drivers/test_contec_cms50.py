"""What a Contec oximeter's sixty frames a second come to, and how it is kept sending."""

from decimal import Decimal

import pytest

from drivers.contract import Reading, SerialDriver, SerialSettings
from drivers.errors import LinkLost, PayloadError
from drivers.measurement import Measurement, Quantity, Status
from drivers.replay import ReplaySerialLink, Step, Trace
from drivers.wired.contec_cms50 import (
    FRAMES_BEFORE_KEEPING_ALIVE,
    KEEP_ALIVE,
    MISSING_FRAMES,
    START,
    ContecCms50,
    ContecCms50Plus,
)
from drivers.wired.contec_cms50_formats import decode_five, decode_nine

SILENCE: Step = {"silence": True}
FIVE_83, FIVE_OUT, FIVE_NOTHING = "8544085362", "9500080000", "8520240000"
NINE_83, NINE_84 = "01e085c498d3e1ffff", "01e085c498d4e1ffff"
NINE_OUT, NINE_NOTHING = "01e184c0908080ffff", "01e08480908080ffff"


async def stored(driver: SerialDriver, *steps: str | Step) -> tuple[list[int], ReplaySerialLink]:
    whole = tuple({"receive": step} if isinstance(step, str) else step for step in steps)
    link = ReplaySerialLink(Trace("", "", "", whole))
    seen: list[Reading] = []
    with pytest.raises(LinkLost):
        async for reading in driver.read(link):
            seen.append(reading)
    return [pulse(one) for one in seen], link


def pulse(reading: Reading) -> int:
    assert isinstance(reading, Measurement)
    return int(reading.values[Quantity.PULSE_RATE].number or 0)


async def test_one_measurement_for_each_finger() -> None:
    seen, _ = await stored(ContecCms50(), FIVE_83, FIVE_OUT, FIVE_83, FIVE_83, FIVE_OUT)
    assert seen == [83, 83]
    seen, _ = await stored(ContecCms50Plus(), NINE_83, NINE_84, NINE_OUT, NINE_83, SILENCE)
    assert seen == [84, 83]


async def test_ten_seconds_without_numbers_are_a_finger_that_left() -> None:
    short = await stored(ContecCms50(), FIVE_83, FIVE_NOTHING * (MISSING_FRAMES - 1), FIVE_83)
    assert short[0] == [83]
    left = await stored(ContecCms50(), FIVE_83, FIVE_NOTHING * MISSING_FRAMES, FIVE_83)
    assert left[0] == [83, 83]


async def test_attaching_in_the_middle_and_damage() -> None:
    seen, _ = await stored(ContecCms50(), "0853", "62", "8544", FIVE_83, FIVE_OUT)
    assert seen == [83]
    seen, _ = await stored(ContecCms50Plus(), "d3e1ffff", "01e085", "0c80", NINE_83, NINE_OUT)
    assert seen == [83]


async def test_it_is_asked_to_start_and_then_to_go_on() -> None:
    _, link = await stored(ContecCms50Plus(), NINE_83 * (FRAMES_BEFORE_KEEPING_ALIVE + 1))
    assert link.written == [START, KEEP_ALIVE]


async def test_it_is_asked_to_start_again_after_a_silence() -> None:
    _, link = await stored(ContecCms50Plus(), SILENCE, NINE_83, SILENCE, NINE_83)
    assert link.written == [START, START, START]


async def test_earlier_firmware_is_not_written_to() -> None:
    _, link = await stored(ContecCms50(), FIVE_83, SILENCE)
    assert link.written == []


def test_a_pulse_above_127() -> None:
    assert pulse(decode_five(bytes.fromhex("8544484063"))) == 192
    assert pulse(decode_nine(bytes.fromhex("01e885c498c0e1ffff"))) == 192


def test_before_the_pulse_is_found_there_is_no_number() -> None:
    for frame in (
        decode_five(bytes.fromhex(FIVE_NOTHING)),
        decode_nine(bytes.fromhex(NINE_NOTHING)),
    ):
        assert [value.number for value in frame.values.values()] == [None, None]


def test_marks() -> None:
    assert decode_five(bytes.fromhex(FIVE_OUT)).status == (Status.SENSOR_UNCONNECTED_TO_USER,)
    assert decode_nine(bytes.fromhex(NINE_OUT)).status == (Status.SENSOR_UNCONNECTED_TO_USER,)
    assert decode_five(bytes.fromhex("8520340000")).status == (
        Status.SENSOR_MALFUNCTION,
        Status.SIGNAL_ANALYSIS_ONGOING,
    )


@pytest.mark.parametrize("text", ["0544085362", "8544085382", "85c4085362"])
def test_what_is_not_a_frame_of_five(text: str) -> None:
    with pytest.raises(PayloadError):
        decode_five(bytes.fromhex(text))


@pytest.mark.parametrize("text", ["02e085c498d3e1ffff", "016085c498d3e1ffff", "01e085c49853e1ffff"])
def test_what_is_not_a_frame_of_nine(text: str) -> None:
    with pytest.raises(PayloadError):
        decode_nine(bytes.fromhex(text))


def test_the_numbers_of_a_captured_frame() -> None:
    seen = decode_nine(bytes.fromhex(NINE_83)).values
    assert seen[Quantity.OXYGEN_SATURATION].number == Decimal(97)


def test_line_settings() -> None:
    assert ContecCms50.settings == SerialSettings(19200, parity="O")
    assert ContecCms50Plus.settings == SerialSettings(115200)
