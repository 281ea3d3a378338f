"""The bed runs only when it is asked for by its path: `./setup.sh bed` does."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bed.machine import IMAGES, ROOT, Run, boot

HERE = Path(__file__).parent
BOOT_LIMIT_S = 240.0

Facts = dict[str, Any]
Play = Callable[..., dict[str, Facts]]


_figures: list[str] = []


def figure(line: str) -> None:
    """Something measured, for the end of the run."""
    _figures.append(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _figures:
        terminalreporter.write_line(f"bed: {line}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = [Path(it.partition("::")[0]).resolve() for it in config.invocation_params.args]
    if collection_path.is_relative_to(HERE) and not any(it.is_relative_to(HERE) for it in asked):
        return True
    return None


@pytest.fixture(scope="session")
def images() -> None:
    """Skips with what is missing."""
    if (IMAGES / "linux.uml").exists() and (IMAGES / "rootfs").exists():
        return
    found = subprocess.run(
        [ROOT / "tests/bed/images.sh", "missing"], capture_output=True, text=True
    )
    pytest.skip(f"no images in {IMAGES}: {found.stdout.strip() or 'run ./setup.sh bed'}")


@pytest.fixture(scope="module")
def play(images: None, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Boot once, play the scenarios one after the other → the facts that each has found."""

    def play(*names: str, limit_s: float = BOOT_LIMIT_S) -> dict[str, Facts]:
        out = tmp_path_factory.mktemp("out")
        run = boot(["python3", "-m", "tests.bed.guest", *names], out, limit_s=limit_s)
        return {name: _facts(run, name) for name in names}

    return play


def _facts(run: Run, name: str) -> Facts:
    line: Facts = next((it for it in run.lines if it["scenario"] == name), {})
    facts: Facts | None = line.get("facts")
    if facts is None:
        pytest.fail(f"{name}: {line.get('error', 'never begun')}\n{run.logs}", pytrace=False)
    return facts
