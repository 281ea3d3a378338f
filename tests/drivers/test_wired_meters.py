"""Glucose meters on a cable: waited for, read once, told the time."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.contract import Reading, SerialDriver, SerialSettings
from drivers.errors import (
    BadChecksum,
    BadFrame,
    LinkTimeout,
    PayloadError,
    TruncatedPayload,
    UnknownResponse,
)
from drivers.measurement import Absent, Measurement, Quantity, Status
from drivers.replay import ReplaySerialLink, Step, Trace
from drivers.wired import abbott_freestyle_optium as optium
from drivers.wired import lifescan_onetouch_ultra2 as ultra2
from drivers.wired import lifescan_onetouch_ultraeasy as ultraeasy
from drivers.wired.abbott_freestyle_optium import AbbottFreestyleOptium
from drivers.wired.lifescan_onetouch_ultra2 import LifescanOnetouchUltra2
from drivers.wired.lifescan_onetouch_ultraeasy import LifescanOnetouchUltraeasy

SILENCE: Step = {"silence": True}
NOON = datetime.fromisoformat("2026-11-22T12:34:56")
SHOWN = datetime.fromisoformat("2013-08-03T22:12:00")
RESULT = 'P "SUN","11/22/26","07:05:00   ","  105 ","N","00", 00'
MEMORY = (
    b"\r\nDBMV138-C6113\r\n3.18\r\nNov  22 2026 08:00:00\r\n001\r\n"
    b"105  Nov  22 2026 07:05 G 0x00\r\n"
)


def line(text: str) -> bytes:
    return f"{text} {sum(text.encode()):04X}\r\n".encode()


def memory(octets: bytes, wrong: int = 0) -> bytes:
    return octets + f"0x{sum(octets) + wrong & 0xFFFF:04X}  END\r\n".encode()


def link(*steps: bytes | Step) -> ReplaySerialLink:
    whole = tuple({"receive": one.hex()} if isinstance(one, bytes) else one for one in steps)
    return ReplaySerialLink(Trace("", "", "", whole))


async def told(driver: SerialDriver, wire: ReplaySerialLink) -> list[Reading]:
    return [reading async for reading in driver.read(wire)]


async def test_an_ultra2_is_waited_for_and_read_to_its_end() -> None:
    wire = link(SILENCE, line('P 001,"ABCDEFGHY","MG/DL "'), line(RESULT))
    (seen,) = await told(LifescanOnetouchUltra2(), wire)
    assert seen == ultra2.decode_result(line(RESULT))
    assert wire.written == [b"\x11\rDMP\r"] * 2


async def test_an_ultra2_s_clock() -> None:
    wire = link(line('F "SAT","08/03/13","22:12:00   "'), line('T "SUN","11/22/26","12:34:56   "'))
    driver = LifescanOnetouchUltra2()
    assert await driver.read_clock(wire) == SHOWN
    await driver.set_clock(wire, NOON)
    assert wire.written == [b"\x11\rDMF\r", b"\x11\rDMT11/22/26 12:34:56\r"]
    assert await driver.read_clock(link(line("F nonsense"))) is None


@pytest.mark.parametrize("driver", [LifescanOnetouchUltra2(), AbbottFreestyleOptium()])
async def test_a_meter_that_has_gone_is_not_set_later(driver: SerialDriver) -> None:
    with pytest.raises(LinkTimeout):
        await driver.set_clock(link(SILENCE, b"\r\nCMD OK\r\n"), NOON)


def test_a_header_that_is_none() -> None:
    assert ultra2.decode_line(line("% x")) == b"% x"
    with pytest.raises(BadChecksum):
        ultra2.decode_line(b"% 1337\r\n")
    with pytest.raises(BadFrame):
        ultra2.decode_line(b"% 13AZ\r\n")
    with pytest.raises(TruncatedPayload):
        ultra2.decode_line(line("% x")[:-1])


async def test_an_answer_to_something_else_is_an_error() -> None:
    with pytest.raises(BadFrame, match="header"):
        await told(LifescanOnetouchUltra2(), link(line("? P02.00.00")))


@pytest.mark.parametrize(
    ("text", "status", "details"),
    [
        (RESULT.replace("  105 ", "C 105 "), (Status.CONTROL_SOLUTION,), {}),
        (RESULT.replace("  105 ", "  105?"), (Status.QUESTIONABLE,), {}),
        (RESULT.replace("11/22/26", "00/00/00"), (Status.TIME_FAULT,), {}),
        (RESULT.replace('"N","00"', '"B","11"'), (), {"meal": "preprandial", "comment": "other"}),
        (
            RESULT.replace('"N","00"', '"A","99"'),
            (),
            {"meal": "postprandial", "comment": "unlisted_99"},
        ),
    ],
)
def test_what_an_ultra2_says_of_a_result(
    text: str, status: tuple[Status, ...], details: dict[str, str]
) -> None:
    seen = ultra2.decode_result(line(text))
    assert (seen.status, seen.details) == (status, details)
    assert seen.values[Quantity.GLUCOSE].number == Decimal(105)


async def test_an_optium_is_asked_again_when_its_memory_arrives_damaged() -> None:
    wire = link(memory(MEMORY, wrong=1), SILENCE, memory(MEMORY))
    (seen,) = await told(AbbottFreestyleOptium(), wire)
    assert isinstance(seen, Measurement)
    assert seen.values[Quantity.GLUCOSE].number == Decimal(105)
    assert wire.written == [b"$xmem\r\n"] * 3


async def test_an_optium_that_stays_damaged_is_an_error() -> None:
    with pytest.raises(BadChecksum):
        await told(AbbottFreestyleOptium(), link(*[memory(MEMORY, wrong=1)] * 3))


async def test_an_optium_without_an_answer_to_xmem() -> None:
    with pytest.raises(BadFrame):
        await told(AbbottFreestyleOptium(), link(b"CMD Fail!\r\n" * 3))


async def test_an_optium_s_clock() -> None:
    answer = b"S/N:\tDBMV138-C6113\r\nClock:\tAug  03 2013\t22:12:00\r\nCMD OK\r\n"
    wire = link(SILENCE, answer, b"CMD OK\r\n")
    driver = AbbottFreestyleOptium()
    assert await driver.read_clock(wire) == SHOWN
    await driver.set_clock(wire, NOON)
    assert wire.written == [b"$colq\r\n"] * 2 + [b"$tim,11,22,26,12,34\r\n"]
    assert await driver.read_clock(link(b"CMD OK\r\n")) is None


def test_an_optium_s_results() -> None:
    high = optium.decode_result(b"HI   June 01 2026 12:30 G 0x00\r\n")
    assert high.values[Quantity.GLUCOSE].absent is Absent.POSITIVE_INFINITY
    assert high.status == (Status.RESULT_TOO_HIGH,)
    assert high.device_time == datetime.fromisoformat("2026-06-01T12:30:00")
    lost = optium.decode_result(b"105  Nov  31 2026 07:05 G 0x00\r\n")
    assert (lost.device_time, lost.status) == (None, (Status.TIME_FAULT,))
    for text in (b"003  Nov  20 2026 08:00 K 0x00\r\n", b"LO   Nov  20 2026 08:00 G 0x00\r\n"):
        with pytest.raises(PayloadError):
            optium.decode_result(text)


def test_line_settings() -> None:
    assert LifescanOnetouchUltra2.settings == SerialSettings(9600)
    assert AbbottFreestyleOptium.settings == SerialSettings(19200)
    assert AbbottFreestyleOptium.clock_step_s == 60


def packets(*texts: str) -> list[Step]:
    """Each as (control, message): what the meter sends."""
    whole = (text.split(":") for text in texts)
    return [
        {"receive": ultraeasy.packet(bytes.fromhex(message), int(control, 16)).hex()}
        for control, message in whole
    ]


async def test_an_ultraeasy_s_clock() -> None:
    shown = "050600a1026b"
    wire = link(*packets("0c:", "06:", f"02:{shown}", "0c:", "06:", f"02:{shown}"))
    driver = LifescanOnetouchUltraeasy()
    assert await driver.read_clock(wire) == datetime.fromisoformat("2026-11-22T08:00:00")
    await driver.set_clock(wire, NOON)
    sent = [ultraeasy.decode_packet(one) for one in wire.written]
    assert [one.message.hex() for one in sent] == [
        "",
        "05200200000000",
        "",
        "",
        "052001" + "70e1026b",
        "",
    ]
    assert [one.control for one in sent] == [8, 0, 7, 8, 0, 7]


async def test_an_ultraeasy_that_has_gone_is_not_set_later() -> None:
    with pytest.raises(LinkTimeout):
        await LifescanOnetouchUltraeasy().set_clock(link(SILENCE), NOON)


async def test_an_ultraeasy_that_does_not_count_its_records() -> None:
    with pytest.raises(UnknownResponse):
        await told(LifescanOnetouchUltraeasy(), link(*packets("0c:", "06:", "02:0509")))


def test_an_ultraeasy_s_packets() -> None:
    assert ultraeasy.packet(b"", 8).hex() == "02060803c262"
    assert ultraeasy.packet(b"\x05\x0d\x02", 3).hex() == "020903050d0203089f"
    with pytest.raises(BadChecksum):
        ultraeasy.decode_packet(bytes.fromhex("02060803c263"))
    for text in ("03060803c262", "02050803c262", "02060804c262"):
        with pytest.raises(BadFrame):
            ultraeasy.decode_packet(bytes.fromhex(text))
