"""Scenario: systemd and the units as `setup.sh install` installs them: user, sandbox, restart."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.store.errors import NotThereYet
from tests.bed.guest.bluez import bonds
from tests.bed.guest.house import House
from tests.bed.guest.hub_process import lend, settings_text, until
from tests.books import ledger_reader_at

UNITS = Path("/hub/systemd")
PREFIX = Path("/opt/hjemmehub")
SETTINGS = Path("/etc/hjemmehub/hub.toml")
STATE = Path("/var/lib/hjemmehub")
SITE = Path("/usr/local/lib/python3.11/dist-packages")


async def installed(house: House) -> dict[str, Any]:
    await asyncio.to_thread(install)
    await house.adapter.plug_in()
    cuff = await house.device("cuff")
    await systemctl("daemon-reload")
    await systemctl("start", "hub.service")
    await cuff.take_measurement(120)
    with closing(ledger_reader_at(STATE / "ledger.db")) as ledger:

        def stored(count: int) -> bool:
            try:
                return len(ledger.readings(count + 1)) == count
            except NotThereYet:
                return False

        await until(lambda: stored(1))
        user = await show("User")
        await cuff.until(lambda: cuff.connection is None)
        await systemctl("kill", "--signal=KILL", "hub.service")
        await cuff.take_measurement(121)
        after_kill_s = await until(lambda: stored(2))
        await cuff.until(lambda: cuff.connection is None)
    return {
        "user": user,
        "state": await show("ActiveState"),
        "restarts": await show("NRestarts"),
        "pairings": cuff.pairings,
        "bonded": sorted(bonds()),
        "after_kill_s": after_kill_s,
    }


def install() -> None:
    """What `setup.sh install` puts there, with the checkout in the place of the package."""
    (PREFIX / "venv/bin").mkdir(parents=True)
    (PREFIX / "venv/bin/python").symlink_to("/usr/bin/python3")
    (SITE / "checkout.pth").write_text("/hub\n")
    for unit in UNITS.glob("hub*"):
        shutil.copy(unit, "/etc/systemd/system")
    shutil.copy(UNITS / "hjemmehub.sysusers", "/usr/lib/sysusers.d/hjemmehub.conf")
    SETTINGS.parent.mkdir()
    SETTINGS.write_text(settings_text(STATE))
    subprocess.run([sys.executable, "-m", "hub", "key", "--config", SETTINGS], check=True)
    shutil.copy(STATE / "data.key", SETTINGS.parent)  # where the units expect it
    lend(STATE)
    subprocess.run(["systemd-sysusers"], check=True)


async def systemctl(*words: str) -> str:
    child = await asyncio.create_subprocess_exec(
        "systemctl", *words, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"systemctl {words} ended with {child.returncode}")
    return output.decode().strip()


async def show(name: str) -> str:
    return await systemctl("show", "--value", f"--property={name}", "hub.service")
