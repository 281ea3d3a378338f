"""The bed runs only when it is asked for by its path: `./setup.sh bed` does."""

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.bed.machine import IMAGES, ROOT, Run, boot, kill_all

HERE = Path(__file__).parent
BOOT_LIMIT_S = 480.0
PLAYER = ("python3", "-m", "tests.bed.guest")

DAYS = int(os.environ.get("HJEMMEHUB_BED_DAYS", "30"))
SOAK_LIMIT_S = 300.0 + 90 * DAYS  # a day takes 20 s, on a busy machine 70 s

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


@pytest.fixture(scope="session", autouse=True)
def soaking(
    images: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[Facts] | None]:
    """The soak takes the longest: it begins first, and runs on a processor beside the others."""
    is_wanted = any(item.path.name == "test_soak.py" for item in request.session.items)
    out = tmp_path_factory.mktemp("soak")
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(_soak, out) if is_wanted else None
        kill_all()


def _soak(out: Path) -> Facts:
    name = f"soak:{DAYS}"
    return _facts(boot([*PLAYER, name], out, limit_s=SOAK_LIMIT_S), name)


@pytest.fixture(scope="module")
def play(images: None, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Boot once, play the scenarios one after the other → the facts that each has found."""

    def play(*names: str, limit_s: float = BOOT_LIMIT_S, systemd: bool = False) -> dict[str, Facts]:
        out = tmp_path_factory.mktemp("out")
        run = boot([*PLAYER, *names], out, limit_s=limit_s, systemd=systemd)
        return {name: _facts(run, name) for name in names}

    return play


def _facts(run: Run, name: str) -> Facts:
    line: Facts = next((it for it in run.lines if it["scenario"] == name), {})
    facts: Facts | None = line.get("facts")
    if facts is None:
        pytest.fail(f"{name}: {line.get('error', 'never begun')}\n{run.logs}", pytrace=False)
    return facts
