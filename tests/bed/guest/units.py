"""Scenarios: the installed units when the hub stops working, or does not even start."""

import asyncio
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.demo.visitor import VisitError, Visitor
from hub.store.errors import NotThereYet
from hub.store.readings import LedgerReader
from tests.bed.guest.house import House
from tests.bed.guest.hub_process import PHONE, until
from tests.bed.guest.installed import STATE, install, show, systemctl
from tests.books import ledger_reader_at

DROP_IN = Path("/etc/systemd/system/hub.service.d/fault.conf")
PYTHON = "/opt/hjemmehub/venv/bin/python -I"
STALLING = f"{PYTHON} -m tests.bed.guest.stalling_hub run --config /etc/hjemmehub/hub.toml"
ENDING = "/bin/false"
LOOK_S = 10.0  # virtual, but each look costs the guest real time
KIOSK = "http://127.0.0.1:8080/"


async def stalled(house: House) -> dict[str, Any]:
    """The loop stops in the middle of the day; nobody touches anything."""
    await asyncio.to_thread(install)
    await asyncio.to_thread(_replace_by, STALLING)
    await systemctl("daemon-reload")
    await house.adapter.plug_in()
    cuff = await house.device("cuff")
    await systemctl("start", "hub.service")
    await cuff.take_measurement(120)
    with closing(ledger_reader_at(STATE / "ledger.db")) as ledger:
        await until(lambda: _stored(ledger) == 1)
        await cuff.until(lambda: cuff.connection is None)
        stalled_at = time.monotonic()
        await systemctl("kill", "--kill-whom=main", "--signal=USR1", "hub.service")
        await _until_shown("NRestarts", "1")
        killed_after_s = time.monotonic() - stalled_at
        await cuff.take_measurement(121)
        back_after_s = await until(lambda: _stored(ledger) == 2)
    return {"killed_after_s": killed_after_s, "back_after_s": back_after_s}


async def ending_at_once(house: House) -> dict[str, Any]:
    """A hub that worked yesterday and ends at every start today."""
    await asyncio.to_thread(install)
    await systemctl("start", "hub.service", "hub-web.service")
    await asyncio.to_thread(_replace_by, ENDING)
    await systemctl("daemon-reload")
    await systemctl("restart", "--no-block", "hub.service")
    await _until_shown("ActiveState", "failed")
    visitor = Visitor(KIOSK)
    while PHONE not in _front(visitor):  # noqa: ASYNC110 - a page is asked, it does not tell
        await asyncio.sleep(LOOK_S)
    return {
        "restarts": int(await show("NRestarts")),
        "web": (await systemctl("is-active", "hub-web.service")),
        "still": await show("ActiveState"),
    }


def _replace_by(command: str) -> None:
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(f"[Service]\nExecStart=\nExecStart={command}\n")


async def _until_shown(name: str, value: str) -> None:
    while await show(name) != value:  # noqa: ASYNC110 - systemd tells nobody
        await asyncio.sleep(LOOK_S)


def _stored(ledger: LedgerReader) -> int:
    try:
        return len(ledger.readings(10))
    except NotThereYet:
        return 0


def _front(visitor: Visitor) -> str:
    try:
        return visitor.get("/").text
    except VisitError:
        return ""
