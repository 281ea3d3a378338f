"""`hub replay`: play a recorded conversation to its driver; one line of JSON for each reading.

Where the trace says what is expected, the two are compared: exit 1 when they differ.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, TextIO

import msgspec

from drivers.contract import BleDriver, BroadcastDriver, Said, SerialDriver
from drivers.errors import DriverError, LinkLost
from drivers.measurement import Learned, Measurement
from drivers.recording import short
from drivers.registry import by_id
from drivers.replay import ReplayGattLink, ReplaySerialLink, Trace, load_trace
from hub.decode import as_object

OK = 0
DIFFERENT = 1
DAMAGED = 2

_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")


def run(path: Path, out: TextIO) -> int:
    try:
        trace = load_trace(path)
        said = asyncio.run(play(trace))
    except (OSError, json.JSONDecodeError, TypeError, DriverError) as error:
        out.write(f"{path}: {error}\n")
        return DAMAGED
    lines = written(map(shown, said))
    for line in lines:
        out.write(f"{line}\n")
    if trace.expect and lines != written(trace.expect):
        out.write(f"{path}: not what the trace expects\n")
        return DIFFERENT
    return OK


async def play(trace: Trace) -> list[Said]:
    """Everything that the trace's driver says. Raises DriverError, NoDriver among them."""
    driver = by_id(trace.driver)
    if issubclass(driver, BroadcastDriver):
        hears = driver()
        return [said for one in trace.advertisements() if (said := hears.hear(one))]
    if issubclass(driver, BleDriver):
        session = driver(trace.memory, trace.quirks)
        return [said async for said in session.read(ReplayGattLink(trace))]
    if not issubclass(driver, SerialDriver):
        raise TypeError(driver)
    return await _play_serial(driver(), trace)


def shown(said: Said) -> dict[str, Any]:
    """As `hub decode` shows it, with the payloads."""
    if isinstance(said, Learned):
        return {"learned": dict(said.facts)}
    if isinstance(said, Measurement):
        return {**as_object(said), "payloads": [payload.hex() for payload in said.raw]}
    return {"rejected": short(said.source), "payloads": [said.payload.hex()]}


def written(objects: Any) -> list[str]:
    """As JSON text, because 70.0 and 70.00 are equal numbers and different readings."""
    return [_encoder.encode(one).decode() for one in objects]


async def _play_serial(driver: SerialDriver, trace: Trace) -> list[Said]:
    said: list[Said] = []
    try:
        async for reading in driver.read(ReplaySerialLink(trace)):
            said.append(reading)
    except LinkLost:
        pass  # the end of the trace is an unplugged port
    return said
