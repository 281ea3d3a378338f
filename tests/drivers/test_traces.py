"""Every recorded trace, played to its driver, gives what the trace says."""

from pathlib import Path

import pytest

from drivers.replay import load_trace
from hub.replay import play, shown, written

TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.json"))


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
async def test_trace(path: Path) -> None:
    trace = load_trace(path)
    assert trace.device
    assert trace.source
    assert written(map(shown, await play(trace))) == written(trace.expect)


def test_there_are_traces() -> None:
    assert TRACES
