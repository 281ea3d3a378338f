"""Books of a newer version: the program says so in one line, ends, and leaves them as they are."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hub.__main__ import EX_CONFIG
from hub.store.hold import Hold
from tests.books import journal_at, ledger_at
from tests.test_settings import MINIMAL
from tests.web.house import House

NEWER = 99


def make_newer(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {NEWER}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.mark.parametrize(("command", "book"), [("run", "ledger.db"), ("web", "journal.db")])
def test_it_is_said_in_one_line_and_nothing_is_touched(
    tmp_path: Path, command: str, book: str
) -> None:
    state, pages = tmp_path / "hub", tmp_path / "web"
    ledger_at(state / "ledger.db").close()
    journal_at(pages / "journal.db").close()
    path = state / book if command == "run" else pages / book
    before = make_newer(path)
    config = tmp_path / "hub.toml"
    folders = f'[hub]\nstate_dir = "{state}"'
    config.write_text(
        MINIMAL.replace("[hub]", folders)
        + f'[web]\nstate_dir = "{pages}"\nkiosk_port = 0\n[ble]\nenabled = false\n'
    )
    ran = subprocess.run(
        [sys.executable, "-m", "hub", command, "--config", str(config)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == EX_CONFIG, ran.stderr
    [line] = ran.stderr.splitlines()
    assert f"has schema {NEWER}, this hub knows" in line
    assert path.read_bytes() == before


def test_the_screen_of_an_older_version_says_whom_to_call(tmp_path: Path) -> None:
    """The hub has refused its newer book and stays down; the pages still run."""
    house = House(tmp_path)
    house.start_hub()
    make_newer(house.settings.hub.state_dir / "ledger.db")
    Hold(house.settings.hub.state_dir).release()
    page = house.kiosk().get("/")
    assert page.status_code == 200
    assert "Boksen tar ikke imot målinger nå. Ring 22 00 00 00." in page.text
    house.close()
