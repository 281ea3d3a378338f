"""What a Nonin driver stores of the octets of a port."""

from datetime import datetime

import pytest

from drivers.contract import Reading, SerialSettings
from drivers.errors import LinkLost
from drivers.measurement import Measurement, Quantity, Rejected, Status
from drivers.replay import ReplaySerialLink, Step, Trace
from drivers.wired.nonin import Nonin
from drivers.wired.nonin_commands import (
    GET_TIME,
)
from drivers.wired.nonin_formats import decode_format_13

NOON = datetime.fromisoformat("2026-11-22T12:00:00")
STORED = bytes.fromhex("0002000d000e 20261120070000000210004a0060 3a03")
SPOT = bytes.fromhex("0002000d000e 20261122081547000200004800 62 8903")
DAMAGED = bytes.fromhex("0002000d000e 20261122081547000200004800 62 0003")

SILENCE: Step = {"silence": True}
PULSE_60, PULSE_61, PULSE_62 = "803c6200", "803d6200", "803e6200"
SMARTPOINT_63 = "803f6220"
ARTIFACT_64, OUT_OF_TRACK_65 = "84406200", "a0416200"
REMOVED = "80416208"
MISSING = "837f7f00"


def receive(octets: str | bytes) -> Step:
    return {"receive": octets.hex() if isinstance(octets, bytes) else octets}


async def stored(*steps: Step | str | bytes) -> list[Reading]:
    """What the driver yields until the port goes away."""
    whole = tuple(receive(step) if isinstance(step, str | bytes) else step for step in steps)
    link = ReplaySerialLink(Trace("nonin", "", "", whole))
    seen: list[Reading] = []
    with pytest.raises(LinkLost):
        async for reading in Nonin().read(link):
            seen.append(reading)
    return seen


def pulses(readings: list[Reading]) -> list[int]:
    return [
        int(reading.values[Quantity.PULSE_RATE].number or 0)
        for reading in readings
        if isinstance(reading, Measurement)
    ]


async def test_the_first_smartpoint_is_the_measurement_of_an_insertion() -> None:
    later = ("80406220", "80416220", PULSE_61, REMOVED, REMOVED)
    assert pulses(await stored(PULSE_60, SMARTPOINT_63, *later)) == [63]


async def test_each_insertion_is_a_measurement() -> None:
    seen = await stored(SMARTPOINT_63, REMOVED, PULSE_60, "80426220", REMOVED)
    assert pulses(seen) == [63, 66]


async def test_without_smartpoint_the_last_undisturbed_frame_before_removal_is_stored() -> None:
    seen = await stored(PULSE_60, PULSE_61, ARTIFACT_64, OUT_OF_TRACK_65, REMOVED, REMOVED)
    assert pulses(seen) == [61]
    seen = await stored(ARTIFACT_64, OUT_OF_TRACK_65, REMOVED)
    assert pulses(seen) == [65]
    assert isinstance(seen[0], Measurement)
    assert seen[0].status == (Status.OUT_OF_TRACK,)


async def test_an_undisturbed_frame_is_better_than_an_earlier_disturbed_one() -> None:
    assert pulses(await stored(ARTIFACT_64, PULSE_62, REMOVED)) == [62]


async def test_a_short_loss_of_signal_is_not_a_removal() -> None:
    assert pulses(await stored(SMARTPOINT_63, *[MISSING] * 9, SMARTPOINT_63)) == [63]
    assert pulses(await stored(SMARTPOINT_63, *[MISSING] * 10, SMARTPOINT_63)) == [63, 63]


async def test_each_insertion_may_lose_its_signal() -> None:
    steps = (SMARTPOINT_63, REMOVED, SMARTPOINT_63, *[MISSING] * 9, SMARTPOINT_63)
    assert pulses(await stored(*steps)) == [63, 63]


def test_the_line_settings_of_the_specification() -> None:
    assert Nonin.settings == SerialSettings(9600, data_bits=8, parity="N", stop_bits=1)


async def test_losses_of_signal_do_not_add_up() -> None:
    steps = (SMARTPOINT_63, *[MISSING] * 9, PULSE_60, *[MISSING] * 9, SMARTPOINT_63)
    assert pulses(await stored(*steps)) == [63]


async def test_no_numbers_no_measurement() -> None:
    assert await stored(MISSING, MISSING, "837f7f08", *[MISSING] * 20) == []
    assert await stored("803f7f20", "837f6220", REMOVED) == []


async def test_an_oximeter_that_switches_off_ends_the_insertion() -> None:
    assert pulses(await stored(PULSE_60, SILENCE, PULSE_61, SILENCE, SILENCE)) == [60, 61]


async def test_an_unplugged_port_does_not_lose_what_was_seen() -> None:
    assert pulses(await stored(PULSE_60)) == [60]


async def test_attaching_in_the_middle_of_a_frame() -> None:
    assert pulses(await stored("6220", SMARTPOINT_63, REMOVED)) == [63]


async def test_damaged_octets_cost_only_their_frame() -> None:
    for torn in ("80", "803c", "803c62"):
        assert pulses(await stored(torn + SMARTPOINT_63, REMOVED)) == [63]
    assert pulses(await stored("0002000c", "0615", SMARTPOINT_63)) == [63]


async def test_half_a_frame_before_a_silence_is_forgotten() -> None:
    assert pulses(await stored("8050", SILENCE, SMARTPOINT_63)) == [63]


async def test_every_record_of_format_13_is_stored() -> None:
    assert await stored(STORED + SPOT) == [decode_format_13(STORED), decode_format_13(SPOT)]


async def test_a_damaged_record_is_kept_as_it_came_and_reading_goes_on() -> None:
    seen = await stored(DAMAGED + SPOT)
    assert [type(reading) for reading in seen] == [Rejected, Measurement]
    assert isinstance(seen[0], Rejected)
    assert (seen[0].source, seen[0].payload) == ("nonin-13", DAMAGED)


async def test_a_record_that_stops_half_way_is_kept_as_it_came() -> None:
    (torn, whole) = await stored(STORED[:12], SILENCE, SPOT)
    assert isinstance(torn, Rejected)
    assert torn.payload == STORED[:12]
    assert whole == decode_format_13(SPOT)


async def test_the_format_may_change_while_the_port_is_open() -> None:
    seen = await stored(SMARTPOINT_63, REMOVED, SPOT, "80426220")
    assert pulses(seen) == [63, 72, 66]


async def test_the_clock_is_asked_first_and_no_record_is_lost_by_it() -> None:
    answered: Step = {"receive": "02f2061a0b160c000003"}
    asked: Step = {"write": GET_TIME.hex()}
    steps = (asked, receive(STORED), answered, receive(SPOT))
    link, driver = ReplaySerialLink(Trace("nonin", "", "", steps)), Nonin()
    assert await driver.read_clock(link) == NOON
    await driver.set_clock(link, NOON)
    assert link.written == [GET_TIME, bytes.fromhex("02 72 06 1a 0b 16 0c 00 00 03")]
    readings = driver.read(link)
    assert [await anext(readings), await anext(readings)] == [
        decode_format_13(STORED),
        decode_format_13(SPOT),
    ]


async def test_an_oximeter_that_does_not_tell_its_time() -> None:
    asked: Step = {"write": GET_TIME.hex()}
    silent = ReplaySerialLink(Trace("nonin", "", "", (asked, SILENCE, receive(SMARTPOINT_63))))
    assert await Nonin().read_clock(silent) is None
    frames = (PULSE_60, PULSE_60, PULSE_60, PULSE_60, SMARTPOINT_63)
    talking = ReplaySerialLink(Trace("nonin", "", "", (asked, *map(receive, frames))))
    driver = Nonin()
    assert await driver.read_clock(talking) is None
    assert pulses([await anext(driver.read(talking))]) == [63]


async def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    assert await stored("02f2061a0b160c000003", SPOT) == [decode_format_13(SPOT)]
