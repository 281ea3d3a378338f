"""A blow is acknowledged after it is stored; what arrived damaged is asked for again."""

from datetime import datetime
from functools import reduce
from operator import xor

import pytest

from drivers.contract import SerialSettings
from drivers.errors import BadChecksum, BadFrame, LinkLost, PayloadError
from drivers.measurement import Measurement, Status
from drivers.replay import ReplaySerialLink, Step, Trace
from drivers.wired.vitalograph_lung_monitor import VitalographLungMonitor, decode_blow

BLOW = b"\x02FTD0000129406363399091404000000095090000130528104418" + b"0923\x03\x6a"
ACK, NAK = b"\x06", b"\x15"


def summed(text: bytes) -> bytes:
    frame = b"\x02" + text + b"\x03"
    return frame + bytes((reduce(xor, frame),))


def receive(*frames: bytes) -> ReplaySerialLink:
    steps: tuple[Step, ...] = tuple({"receive": frame.hex()} for frame in frames)
    return ReplaySerialLink(Trace("", "", "", steps))


async def test_it_is_acknowledged_only_when_the_reader_comes_back() -> None:
    link = receive(BLOW, BLOW)
    readings = VitalographLungMonitor().read(link)
    first = await anext(readings)
    assert isinstance(first, Measurement)
    assert link.written == []
    await anext(readings)
    assert link.written == [ACK]
    await readings.aclose()
    assert link.written == [ACK]


async def test_a_damaged_blow_is_refused_and_comes_again() -> None:
    damaged = BLOW.replace(b"363", b"463")
    link = receive(damaged, BLOW)
    readings = VitalographLungMonitor().read(link)
    assert await anext(readings) == decode_blow(BLOW)
    assert link.written == [NAK]


async def test_a_frame_without_an_end_is_refused() -> None:
    link = receive(b"\x02" + b"A" * 200, BLOW)
    readings = VitalographLungMonitor().read(link)
    assert await anext(readings) == decode_blow(BLOW)
    assert link.written == [NAK]


async def test_silence_is_no_end() -> None:
    steps: tuple[Step, ...] = ({"silence": True}, {"receive": BLOW.hex()})
    readings = VitalographLungMonitor().read(ReplaySerialLink(Trace("", "", "", steps)))
    assert await anext(readings) == decode_blow(BLOW)
    with pytest.raises(LinkLost):
        await anext(readings)


def test_the_sum_includes_both_marks() -> None:
    inside = reduce(xor, BLOW[1:-2])
    with pytest.raises(BadChecksum):
        decode_blow(BLOW[:-1] + bytes((inside,)))


def test_a_good_blow_is_marked_by_a_zero() -> None:
    assert decode_blow(BLOW).status == ()
    assert decode_blow(BLOW).device_time == datetime.fromisoformat("2013-05-28T10:44:18")
    poor = summed(BLOW[1:-6] + b"1923")
    assert decode_blow(poor).status == (Status.QUESTIONABLE,)


@pytest.mark.parametrize(
    "text",
    [
        b"FTE" + BLOW[4:-2],
        BLOW[1:-6] + b"2923",
        BLOW[1:14] + b"3 3" + BLOW[17:-2],
        BLOW[1:-2] + b"0",
        BLOW[1:-3],
    ],
)
def test_what_is_not_a_blow(text: bytes) -> None:
    with pytest.raises(PayloadError):
        decode_blow(summed(text))


def test_marks_are_needed() -> None:
    with pytest.raises(BadFrame):
        decode_blow(BLOW[1:])


def test_line_settings() -> None:
    assert VitalographLungMonitor.settings == SerialSettings(9600)
