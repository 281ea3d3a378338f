"""The wired oximeter on its pseudo-terminal, read with pyserial."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import serial

from hub.demo.peripherals.nonin import NoninOximeter


@pytest.fixture
async def oximeter(tmp_path: Path) -> AsyncIterator[NoninOximeter]:
    oximeter = NoninOximeter(tmp_path / "dev" / "ttyNonin").plug_in()
    oximeter.frame_s = 0
    yield oximeter
    oximeter.unplug()


def read(port: serial.Serial, count: int) -> str:
    return bytes(port.read(count)).hex()


async def test_a_finger_is_frames_a_smartpoint_and_the_sensor_alarm(
    oximeter: NoninOximeter,
) -> None:
    with serial.Serial(str(oximeter.path), 9600, timeout=5) as port:
        await oximeter.take_measurement(oxygen_saturation=98, pulse=185)
        got = await asyncio.to_thread(read, port, 20)
    assert got == "81396200" + "81396200" + "81396220" + "837f7f08" + "837f7f08"


async def test_octets_go_through_as_they_are_whoever_opens_the_port(
    oximeter: NoninOximeter,
) -> None:
    port = os.open(oximeter.path, os.O_RDWR | os.O_NOCTTY)
    await oximeter.send(b"\x0d\x0a\x03\x11")
    assert (await asyncio.to_thread(os.read, port, 4)).hex() == "0d0a0311"
    os.write(port, b"\x02\x70\x02\x02\x0d\x03")
    await oximeter.send(b"\x15")
    assert (await asyncio.to_thread(os.read, port, 9)).hex() == "15"
    os.close(port)


async def test_what_nobody_reads_is_lost_and_never_blocks(oximeter: NoninOximeter) -> None:
    for _ in range(2000):
        await oximeter.take_measurement()
    with serial.Serial(str(oximeter.path), 9600, timeout=5) as port:
        await oximeter.take_measurement(oxygen_saturation=91)
        assert (await asyncio.to_thread(read, port, 4))[4:6] == "5b"


async def test_unplugged_the_path_is_gone_and_plugged_in_again_it_is_back(tmp_path: Path) -> None:
    oximeter = NoninOximeter(tmp_path / "ttyNonin").plug_in()
    oximeter.unplug()
    assert not oximeter.path.is_symlink()
    oximeter.plug_in()
    with serial.Serial(str(oximeter.path), 9600, timeout=5) as port:
        await oximeter.send(b"\x80")
        assert await asyncio.to_thread(read, port, 1) == "80"
    oximeter.unplug()
