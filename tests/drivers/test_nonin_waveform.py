"""Nonin's formats with a waveform, and its oximetry service by radio."""

from decimal import Decimal

import pytest

from drivers.contract import Advertisement, Reading
from drivers.errors import BadChecksum, BadFrame, LinkLost, PayloadError
from drivers.links import uuid16
from drivers.measurement import Measurement, Quantity, Status
from drivers.registry import choose
from drivers.replay import ReplayGattLink, ReplaySerialLink, Step, Trace
from drivers.vendor.nonin_3230 import MEASUREMENT, SERVICE, Nonin3230, decode_oximetry
from drivers.wired.nonin_packets import decode_frame_2, decode_packet_2, decode_packet_7
from drivers.wired.nonin_waveform import NoninWaveform

SILENCE: Step = {"silence": True}
SMARTPOINT, BATTERY_LOW = 0x20, 0x01
GREEN, RED, YELLOW = 0x02, 0x04, 0x06
ALARM = 0x08


def packet(
    pulse: int = 72, saturation: int = 97, second: int = 0, status: int = 0, *, wide: bool = False
) -> bytes:
    """Twenty-five frames of format 2, or of format 7 (`wide`)."""
    numbers = {8: second, 9: saturation, 20: pulse >> 7, 21: pulse & 0x7F}
    octets = b""
    for place in range(1, 26):
        marks = 0x80 | status | (place == 1)
        head = bytes((marks, 0x12, 0x34)) if wide else bytes((1, marks, 0x56))
        frame = head + bytes((numbers.get(place, 0),))
        octets += frame + bytes((sum(frame) & 0xFF,))
    return octets


async def pulses(*steps: bytes | Step) -> list[int]:
    whole = tuple({"receive": one.hex()} if isinstance(one, bytes) else one for one in steps)
    seen: list[Reading] = []
    with pytest.raises(LinkLost):
        async for reading in NoninWaveform().read(ReplaySerialLink(Trace("", "", "", whole))):
            seen.append(reading)
    return [pulse(one) for one in seen]


def pulse(reading: Reading) -> int:
    assert isinstance(reading, Measurement)
    return int(reading.values[Quantity.PULSE_RATE].number or 0)


@pytest.mark.parametrize("wide", [False, True])
async def test_one_measurement_for_each_finger(wide: bool) -> None:
    good, gone = packet(200, second=SMARTPOINT, wide=wide), packet(status=ALARM, wide=wide)
    steady = packet(72, wide=wide)
    assert await pulses(steady, good, steady, gone, steady, gone) == [200, 72]
    assert await pulses(steady[37:], steady, SILENCE, steady) == [72, 72]


async def test_ten_seconds_without_numbers_are_a_finger_that_left() -> None:
    missing = packet(511, 127)
    good = packet(second=SMARTPOINT)
    assert await pulses(good, missing * 29, good) == [72]
    assert await pulses(good, missing * 30, good) == [72, 72]


async def test_a_damaged_packet_costs_only_itself() -> None:
    damaged = bytearray(packet(99, second=SMARTPOINT))
    damaged[62] ^= 1
    assert await pulses(bytes(damaged), packet(72, second=SMARTPOINT)) == [72]


@pytest.mark.parametrize(
    ("status", "second", "said"),
    [
        (0x10, 0, (Status.OUT_OF_TRACK,)),
        (0x20, 0, (Status.ARTIFACT,)),
        (RED, 0, (Status.LOW_PERFUSION,)),
        (YELLOW, 0, (Status.MARGINAL_PERFUSION,)),
        (GREEN, 0, ()),
        (0, SMARTPOINT | BATTERY_LOW, (Status.BATTERY_LOW, Status.SMARTPOINT)),
    ],
)
def test_marks(status: int, second: int, said: tuple[Status, ...]) -> None:
    assert decode_packet_2(packet(second=second, status=status)).status == said
    assert decode_packet_7(packet(second=second, status=status, wide=True)).status == said


def test_a_frame_must_fit_its_sum_and_its_place() -> None:
    with pytest.raises(BadChecksum):
        decode_frame_2(bytes.fromhex("01800148cb"))
    with pytest.raises(BadFrame):
        decode_frame_2(bytes.fromhex("02800148cb"))
    whole = packet()
    with pytest.raises(BadFrame, match="first"):
        decode_packet_2(whole[5:] + whole[:5])


def test_nonin_s_own_service_is_preferred_where_both_are_advertised() -> None:
    plx = uuid16(0x1822)
    both = Advertisement("", "Nonin3230_501493200", frozenset({SERVICE, plx}))
    assert choose(both) is Nonin3230
    alone = Advertisement("", "Nonin3230_501493200", frozenset({plx}))
    assert choose(alone).id == "gatt-pulse-oximeter"


def test_a_second_of_nonin_s_service() -> None:
    seen = decode_oximetry(bytes.fromhex("0a3e1e018400026201f4"))
    assert seen.values[Quantity.PULSE_RATE].number == Decimal(500)
    assert seen.values[Quantity.PULSE_AMPLITUDE_INDEX].number == Decimal("3.88")
    assert seen.status == (
        Status.LOW_PERFUSION,
        Status.SMARTPOINT,
        Status.SIGNAL_ANALYSIS_ONGOING,
        Status.BATTERY_LOW,
    )
    longer = decode_oximetry(bytes.fromhex("0c151e01840002620049abcd"))
    assert longer.values[Quantity.OXYGEN_SATURATION].number == Decimal(98)


@pytest.mark.parametrize("text", ["09151e018400026200", "0b151e01840002620049", "0a151e"])
def test_a_second_of_another_length(text: str) -> None:
    with pytest.raises(PayloadError):
        decode_oximetry(bytes.fromhex(text))


async def test_a_finger_that_stays_is_answered_after_a_minute() -> None:
    steps = tuple(
        {"notify": MEASUREMENT, "payload": f"0a111e018400{second:02x}620049"}
        for second in range(70)
    )
    link = ReplayGattLink(Trace("", "", "", steps))
    (seen,) = [one async for one in Nonin3230().read(link)]
    assert isinstance(seen, Measurement)
    assert seen.raw[0][6] == 59
