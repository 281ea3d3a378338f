"""The walls between the rooms (CONTRIBUTING.md), held by walking the imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

IMPORTERS = {
    "bleak": {"hub/acquire/link.py"},
    "bleak_retry_connector": {"hub/acquire/link.py"},
    "dbus_fast": {"hub/acquire/agent.py", "hub/acquire/bluez.py"},
    "serial": {"hub/acquire/serial_ports.py"},
    "paho": {"hub/uplink/mqtt.py"},
    "gpiozero": {"hub/panel.py"},
    "tinydb": {"hub/store/documents.py", "hub/store/jsonfile.py"},
    "flask": {"hub/web", "hub/serve.py"},
    "sqlite3": {"hub/store"},
}
"""Outside the demo, which stands in for the world, and the tests."""

ROOMS = ("acquire", "store", "uplink", "web")
COMPOSITION = {
    "hub.agenda",
    "hub.app",
    "hub.books",
    "hub.bundles",
    "hub.calls",
    "hub.capture",
    "hub.commands",
    "hub.day",
    "hub.diary",
    "hub.home",
    "hub.messages",
    "hub.missed",
    "hub.receiving",
    "hub.recordings",
    "hub.traces",
    "hub.reminders",
    "hub.requests",
    "hub.room",
    "hub.rounds",
    "hub.serve",
    "hub.shelf",
    "hub.takeover",
    "hub.walk",
}


def modules(*folders: str) -> list[Path]:
    return sorted(
        path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules imported, relative ones resolved."""
    package = path.parent.parts
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part)


@pytest.mark.parametrize("path", modules("drivers"), ids=str)
def test_drivers_need_only_the_standard_library(path: Path) -> None:
    for name in imports(path):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names or top == "drivers"


@pytest.mark.parametrize("path", modules("hub"), ids=str)
def test_each_library_that_touches_the_world_is_imported_in_its_place(path: Path) -> None:
    if path.parts[1] == "demo":
        return
    for name in imports(path):
        homes = IMPORTERS.get(name.partition(".")[0])
        assert homes is None or homes & {str(path), "/".join(path.parts[:2])}


@pytest.mark.parametrize("path", [p for r in ROOMS for p in modules(f"hub/{r}")], ids=str)
def test_rooms_do_not_import_each_other(path: Path) -> None:
    own = path.parts[1]
    for name in imports(path):
        room = name.split(".")[1] if name.startswith("hub.") else ""
        assert room not in {*ROOMS, "demo"} - {own}
        assert name not in COMPOSITION


@pytest.mark.parametrize("path", modules("hub", "drivers"), ids=str)
def test_no_module_grows_past_300_lines(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= 300
