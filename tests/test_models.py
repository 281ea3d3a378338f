"""docs/devices.md is what `hub models` says, and the README names every driver."""

import io
from pathlib import Path

import pytest

from drivers.registry import DRIVERS, Driver
from hub.models import HEAD, run

ROOT = Path(__file__).parents[1]


def test_the_table_in_the_docs_is_the_catalogue() -> None:
    out = io.StringIO()
    assert run(out) == 0
    document = (ROOT / "docs" / "devices.md").read_text("utf-8")
    table = document[document.index(HEAD.splitlines()[0]) :]
    assert table == out.getvalue(), "hub models > the table of docs/devices.md"


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.id)
def test_the_readme_names_every_driver(driver: Driver) -> None:
    assert f"`{driver.id}`" in (ROOT / "README.md").read_text("utf-8")
