"""What a TaiDoc meter is asked, and in which order what it said is remembered."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.contract import Said
from drivers.errors import BadChecksum, BadFrame, LinkTimeout
from drivers.measurement import Learned, Measurement, Quantity, Status
from drivers.replay import ReplayGattLink, ReplaySerialLink, Step, Trace, load_trace
from drivers.vendor.taidoc_frames import ask, decode_answer, decode_frame, decode_time, encode_time
from drivers.vendor.taidoc_meter import CHARACTERISTIC, FOUR_USERS, TaidocMeter
from drivers.vendor.taidoc_records import decode_record
from drivers.wired.taidoc_td42xx import TaidocTd42xx

TRACES = Path(__file__).parents[1] / "traces"
MODEL = "5124283100 00a5f3"
COUNT_1 = "512b01000000a522"
TIME = "512576358f08a55d"
VALUE = "5126805f5046a591"
NOON = datetime.fromisoformat("2026-11-22T12:34:00")


def framed(text: str) -> str:
    """The frame with its right sum."""
    octets = bytes.fromhex(text)[:-1]
    return (octets + bytes((sum(octets) & 0xFF,))).hex()


def answered(*answers: str) -> tuple[Step, ...]:
    return tuple({"notify": CHARACTERISTIC, "payload": framed(text)} for text in answers)


async def said(driver: TaidocMeter, link: ReplayGattLink) -> list[Said]:
    return [reading async for reading in driver.read(link)]


def test_a_frame_says_who_sent_it() -> None:
    assert decode_frame(ask(0x22)).from_host
    assert not decode_frame(bytes.fromhex(framed(MODEL))).from_host
    with pytest.raises(BadFrame):
        decode_answer(ask(0x24), 0x24)
    with pytest.raises(BadFrame):
        decode_answer(bytes.fromhex(framed(MODEL)), 0x25)


def test_a_damaged_frame() -> None:
    with pytest.raises(BadChecksum):
        decode_frame(bytes.fromhex("512200000000a317"))
    with pytest.raises(BadFrame):
        decode_frame(bytes.fromhex("502200000000a315"))
    with pytest.raises(BadFrame):
        decode_frame(bytes.fromhex("512200000000a417"))


def test_the_time_without_its_upper_bits() -> None:
    assert decode_time(encode_time(NOON)) == NOON
    assert decode_time(bytes.fromhex("7635") + bytes((34 | 0xC0, 12 | 0xE0))) == NOON
    assert decode_time(bytes(4)) is None


@pytest.mark.parametrize("year", [1999, 2128])
def test_a_year_that_the_meter_cannot_show(year: int) -> None:
    with pytest.raises(ValueError, match=str(year)):
        encode_time(datetime(year, 1, 1))  # noqa: DTZ001  a device's clock has no zone


@pytest.mark.parametrize("stranger", ["512428060000a500", "512428520000a500"])
def test_a_model_of_no_known_kind_is_not_decoded(stranger: str) -> None:
    with pytest.raises(BadFrame, match="model"):
        decode_record(bytes.fromhex(framed(stranger) + framed(TIME) + framed(VALUE)))


def test_nothing_measured_is_no_number() -> None:
    record = framed(MODEL) + framed(TIME) + framed("512600000000a500")
    values = decode_record(bytes.fromhex(record)).values
    assert [value.number for value in values.values()] == [None, None, None]


def test_a_cuff_s_second_octet_is_not_of_the_systolic_pressure() -> None:
    record = framed(MODEL) + framed(TIME) + framed(VALUE)
    assert decode_record(bytes.fromhex(record)).values[Quantity.SYSTOLIC].number == Decimal(128)


async def test_the_newest_record_is_remembered_after_everything_is_read() -> None:
    trace = load_trace(TRACES / "taidoc_cuff.json")
    first, second, learned = await said(TaidocMeter(), ReplayGattLink(trace))
    assert isinstance(first, Measurement)
    assert isinstance(second, Measurement)
    assert isinstance(learned, Learned)
    facts = {name: fact for name, fact in learned.facts.items() if fact is not None}
    again = ReplayGattLink(trace)
    assert await said(TaidocMeter(facts), again) == []
    assert (CHARACTERISTIC, ask(0x25, bytes((1, 0, 0, 0)))) not in again.written


async def test_a_meter_that_falls_silent_is_not_remembered() -> None:
    link = ReplayGattLink(Trace("", "", "", answered(MODEL, COUNT_1, TIME)))
    seen: list[Said] = []
    with pytest.raises(LinkTimeout, match="26"):
        async for reading in TaidocMeter().read(link):
            seen.append(reading)
    assert seen == []


async def test_what_nobody_asked_for_is_dropped() -> None:
    steps = answered("515400000000a500", MODEL, COUNT_1, TIME, VALUE)
    (reading, _) = await said(TaidocMeter(), ReplayGattLink(Trace("", "", "", steps)))
    assert isinstance(reading, Measurement)


async def test_the_users_are_asked_for_one_by_one_where_the_model_has_them() -> None:
    empty = "512b00000000a500"
    link = ReplayGattLink(Trace("", "", "", answered(MODEL, empty, empty, empty, empty)))
    assert await said(TaidocMeter(oddities=[FOUR_USERS]), link) == []
    counts = [payload[2] for _, payload in link.written if payload[1] == 0x2B]
    assert counts == [1, 2, 3, 4]


async def test_the_clock_is_read_set_and_the_meter_switched_off() -> None:
    shown = "512376352208a500"
    link = ReplayGattLink(Trace("", "", "", answered(shown, "513376352208a500")))
    driver = TaidocMeter()
    assert await driver.read_clock(link) == datetime.fromisoformat("2026-11-22T08:34:00")
    await driver.set_clock(link, NOON)
    await driver.part(link)
    assert [payload.hex() for _, payload in link.written] == [
        framed("512300000000a300"),
        framed("51337635220ca300"),
        "515000000000a344",
    ]


async def test_a_meter_without_a_clock() -> None:
    link = ReplayGattLink(Trace("", "", "", (), offers=(CHARACTERISTIC,)))
    assert await TaidocMeter().read_clock(link) is None


async def test_a_damaged_second_of_an_oximeter_is_not_missed() -> None:
    steps = answered("512455820000a500", "516162004a00a500")
    damaged: Step = {"notify": CHARACTERISTIC, "payload": "516163004a00a500"}
    link = ReplayGattLink(Trace("", "", "", (*steps, damaged)))
    (seen,) = await said(TaidocMeter(), link)
    assert isinstance(seen, Measurement)
    assert seen.values[Quantity.OXYGEN_SATURATION].number == Decimal(98)


async def test_a_control_solution_is_marked() -> None:
    record = framed("5124774200 00a500") + framed(TIME) + framed("5126700000c0a500")
    assert Status.CONTROL_SOLUTION in decode_record(bytes.fromhex(record)).status


async def test_a_meter_on_a_cable_is_waited_for_and_told_the_time() -> None:
    steps: tuple[Step, ...] = (
        {"silence": True},
        {"receive": framed("512200000000a500")},
        {"receive": framed("512376352208a500")},
        {"receive": framed("513376352208a500")},
    )
    link = ReplaySerialLink(Trace("", "", "", steps))
    driver = TaidocTd42xx()
    assert await driver.read_clock(link) == datetime.fromisoformat("2026-11-22T08:34:00")
    await driver.set_clock(link, NOON)
    assert [frame[1] for frame in link.written] == [0x22, 0x22, 0x23, 0x33]
