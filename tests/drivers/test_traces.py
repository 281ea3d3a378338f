"""Every recorded trace, played to its driver, gives what the trace says."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.contract import BleDriver, BroadcastDriver, Said, SerialDriver
from drivers.errors import LinkLost
from drivers.measurement import Learned, Measurement
from drivers.registry import by_id
from drivers.replay import ReplayGattLink, ReplaySerialLink, Trace, load_trace
from hub.decode import as_object

TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.json"))


def written(objects: Any) -> list[str]:
    """As JSON text, because 70.0 and 70.00 are equal numbers and different readings."""
    encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")
    return [encoder.encode(one).decode() for one in objects]


def shown(reading: Said) -> dict[str, Any]:
    if isinstance(reading, Learned):
        return {"learned": dict(reading.facts)}
    if isinstance(reading, Measurement):
        return {**as_object(reading), "payloads": [payload.hex() for payload in reading.raw]}
    source = reading.source[4:8] if "-1000-" in reading.source else reading.source
    return {"rejected": source, "payloads": [reading.payload.hex()]}


async def play(trace: Trace) -> list[Said]:
    driver = by_id(trace.driver)
    if issubclass(driver, BroadcastDriver):
        hears = driver()
        return [said for one in trace.advertisements() if (said := hears.hear(one))]
    if issubclass(driver, BleDriver):
        session = driver(trace.memory, trace.quirks)
        return [said async for said in session.read(ReplayGattLink(trace))]
    assert issubclass(driver, SerialDriver)
    seen: list[Said] = []
    with pytest.raises(LinkLost):
        async for reading in driver().read(ReplaySerialLink(trace)):
            seen.append(reading)
    return seen


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
async def test_trace(path: Path) -> None:
    trace = load_trace(path)
    assert trace.device
    assert trace.source
    readings = await play(trace)
    assert written(map(shown, readings)) == written(trace.expect)


def test_there_are_traces() -> None:
    assert TRACES
