"""What is recorded can be played again, and does not tell who or where."""

from datetime import date
from pathlib import Path

import pytest

from drivers.contract import BleDriver, SerialDriver
from drivers.errors import DriverError, LinkLost, LinkRefused
from drivers.links import uuid16
from drivers.recording import (
    RecordingGattLink,
    RecordingSerialLink,
    Steps,
    blanked_address,
    blanked_name,
    blanked_reads,
    blanked_steps,
)
from drivers.registry import by_id
from drivers.replay import ReplayGattLink, ReplaySerialLink, Trace, load_trace

TODAY = date(2026, 11, 22)
TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.json"))


def traces(kind: type[BleDriver] | type[SerialDriver]) -> list[Trace]:
    found = [load_trace(path) for path in TRACES]
    return [trace for trace in found if issubclass(by_id(trace.driver), kind)]


async def said(driver: BleDriver, link: RecordingGattLink | ReplayGattLink) -> list[object]:
    try:
        return [one async for one in driver.read(link)]
    except DriverError as error:
        return [str(error)]


@pytest.mark.parametrize("trace", traces(BleDriver), ids=lambda trace: trace.device)
async def test_a_recorded_session_replays_to_the_same_readings(trace: Trace) -> None:
    driver = by_id(trace.driver)
    assert issubclass(driver, BleDriver)
    link = RecordingGattLink(ReplayGattLink(trace))
    first = await said(driver(trace.memory, trace.quirks), link)
    again = Trace(
        trace.driver, "", "", tuple(link.steps), reads=link.reads, offers=tuple(link.offers)
    )
    assert await said(driver(trace.memory, trace.quirks), ReplayGattLink(again)) == first
    assert first


async def test_serial_octets_and_silence_are_recorded() -> None:
    steps = ({"receive": "0102"}, {"silence": True}, {"write": "aa"}, {"receive": "03"})
    link = RecordingSerialLink(ReplaySerialLink(Trace("", "", "", steps)))
    await link.read(1)
    await link.read(1)
    with pytest.raises(DriverError):
        await link.read(1)
    await link.write(b"\xaa")
    await link.read(1)
    with pytest.raises(LinkLost):
        await link.read(1)
    link.close()
    assert link.steps == list(steps)


async def test_a_refused_read_is_recorded_as_refused() -> None:
    link = RecordingGattLink(ReplayGattLink(Trace("", "", "", (), reads={"2a24": None})))
    with pytest.raises(LinkRefused):
        await link.read(uuid16(0x2A24))
    assert link.reads == {"2a24": None}


def test_who_is_blanked() -> None:
    reads = {"2a25": "3132333435", "2a23": "0102030405060708", "2a8a": "4b617269", "2a24": "5541"}
    assert blanked_reads({**reads, "2a29": None}, TODAY) == {
        "2a25": "0000000000",
        "2a23": "0000000000000000",
        "2a8a": "00000000",
        "2a24": "5541",
        "2a29": None,
    }


@pytest.mark.parametrize(
    ("name", "blanked"),
    [
        ("A&D_UA-651BLE_A10001", "A&D_UA-651BLE_…"),
        ("Nonin3230_502345678", "Nonin3230_…"),
        ("BLEsmart_0000011F0123456789AB", "BLEsmart_…"),
        ("Contour7830H1234567", "Contour7830H…"),
        ("Beurer BM85", "Beurer BM85"),
        ("", ""),
    ],
)
def test_the_serial_number_in_a_name_is_blanked(name: str, blanked: str) -> None:
    assert blanked_name(name) == blanked


def test_an_address_keeps_its_maker() -> None:
    assert blanked_address("00:1C:05:AB:CD:EF") == "00:1C:05:…"


def test_dates_move_together_and_keep_the_time_of_day() -> None:
    cuff = "1e79005100600 0ea070b16091e00400001 0000".replace(" ", "")
    steps = blanked_steps([{"notify": "2a35", "payload": cuff}, {"silence": True}], TODAY)
    # 22 November 2026 09:30:00 became 1 January 2001 09:30:00, and nothing else has changed.
    assert steps == [
        {"notify": "2a35", "payload": cuff.replace("ea070b16", "d1070101")},
        {"silence": True},
    ]
    yesterday = blanked_reads({"2a08": "ea070b15091e00"}, TODAY)
    assert yesterday == {"2a08": "d0070c1f091e00"}


def test_a_date_under_a_checksum_and_in_a_makers_own_frame_stays() -> None:
    maker = "00001524-1212-efde-1523-785feabcd123"
    reads = {"2aaa": "ea070b16091e00040000", maker: "ea070b16091e00"}
    assert blanked_reads(reads, TODAY) == reads


@pytest.mark.parametrize(
    ("characteristic", "payload", "blanked"),
    [
        ("2a9f", "02012b0c", "02010000"),  # consent as user 1
        ("2a9f", "012b0c", "010000"),  # a new user
        ("b305b680-aee7-11e1-a730-0002a5d5c51b", "01" + "ab" * 16, "01" + "00" * 16),
    ],
)
def test_what_opens_a_device_is_blanked(characteristic: str, payload: str, blanked: str) -> None:
    steps: Steps = [{"write": characteristic, "payload": payload}]
    assert blanked_steps(steps, TODAY) == [{"write": characteristic, "payload": blanked}]


def test_what_a_device_answers_to_its_consent_stays() -> None:
    steps: Steps = [{"notify": "2a9f", "payload": "200201"}]
    assert blanked_steps(steps, TODAY) == steps
