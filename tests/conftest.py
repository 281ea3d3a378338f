"""Counts what injected faults cost, for the end of the run and for docs/faults.md."""

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.tally import Tally, begin, figures, is_done, summed

COUNTED = pytest.StashKey[dict[str, list[Tally]]]()
TALLIES = pytest.StashKey[list[Tally]]()
OUTCOME = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(id): injects this fault of tests/faults/matrix.toml")
    config.stash[COUNTED] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        faults = [mark.args[0] for mark in item.iter_markers("fault")]
        if faults and all(is_done(fault, item.nodeid) for fault in faults):
            item.add_marker(pytest.mark.skip("counted before, for this very product"))


@pytest.fixture(autouse=True)
def _tallies(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that injects a fault without counting is one cycle of it."""
    faults = [mark.args[0] for mark in request.node.iter_markers("fault")]
    tallies = [begin(fault, request.node.nodeid) for fault in faults]
    request.node.stash[TALLIES] = tallies
    yield
    outcome = request.node.stash.get(OUTCOME, "skipped")
    for tally in tallies if outcome != "skipped" else ():
        tally.cycles_done = tally.cycles_done or 1
        tally.passed = outcome == "passed"
        tally.save()
        request.config.stash[COUNTED].setdefault(tally.fault, []).append(tally)


@pytest.fixture
def tally(request: pytest.FixtureRequest, _tallies: None) -> Tally:
    """Of the first fault with which the test is marked."""
    first: Tally = request.node.stash[TALLIES][0]
    return first


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that costs no disk time, for what is about order and not about power."""
    shared = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[OUTCOME] = report.outcome
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    counted: dict[str, list[Tally]] = config.stash[COUNTED]
    for fault, tallies in sorted(counted.items()):
        counts = ", ".join(f"{count} {name}" for name, count in summed(tallies).items())
        terminalreporter.write_line(f"fault {fault}: {counts}; {figures(tallies)}".rstrip("; "))
