"""`hub run`, whole, as a child; what it stored is read as the pages read it."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hub.demo.household import LENT
from hub.store.errors import NotThereYet
from hub.store.notes import DeviceStatus
from hub.store.readings import LedgerReader, Reading
from tests.bed.guest.bluez import Daemon
from tests.books import documents_at, ledger_reader_at

T = TypeVar("T")

LOOK_S = 0.02
PATIENCE_S = 120.0  # virtual, so nobody waits for it
MANY = 10_000
PHONE = "12 34 56 78"

KIT = [
    {"model": lent.kind.identity.model, "address": lent.address, "name": lent.name} for lent in LENT
]

SETTINGS = """\
[hub]
id = "02000000000000BE"
state_dir = "{state_dir}"
[patient]
system = "urn:oid:2.999.1.2.3.4"
value = "p-bed"
[mqtt]
host = "127.0.0.1"
port = 1
tenant = "1804"
tls = false
[ble]
{adapter}
[panel]
enabled = false
[web]
state_dir = "{state_dir}-web"
support_phone = "{phone}"
[clock]
trust = "always"
"""


class HubProcess(Daemon):
    """Nothing listens where it looks for its broker: this home has no internet."""

    def __init__(self, directory: Path, log: Path, *, module: str = "hub") -> None:
        self.directory = directory
        settings = directory / "hub.toml"
        self._settings = settings
        self.configure()
        super().__init__(log, sys.executable, "-m", module, "run", "--config", str(settings))
        self._ledger = ledger_reader_at(directory / "hub" / "ledger.db")

    def configure(self, adapter: str | None = None) -> None:
        self._settings.write_text(settings_text(self.directory / "hub", adapter))

    def lend(self, devices: Sequence[dict[str, str]] = KIT) -> None:
        """The kit, as the central service would have sent it before: these pair with no tap."""
        lend(self.directory / "hub", devices)

    def readings(self) -> list[Reading]:
        """Oldest first."""
        none: list[Reading] = []
        return self._look(lambda ledger: ledger.readings(MANY), none)[::-1]

    def state(self, key: str) -> Any:
        return self._look(lambda ledger: ledger.state(key), None)

    def statuses(self) -> dict[str, DeviceStatus]:
        return self._look(lambda ledger: ledger.device_statuses(), {})

    async def until(self, reached: Callable[["HubProcess"], object]) -> float:
        """As the function."""
        return await until(lambda: reached(self))

    def _look(self, at: Callable[[LedgerReader], T], nothing: T) -> T:
        try:
            return at(self._ledger)
        except NotThereYet:
            return nothing


def settings_text(state_dir: Path, adapter: str | None = None) -> str:
    chosen = f'adapter = "{adapter}"' if adapter else ""
    return SETTINGS.format(state_dir=state_dir, adapter=chosen, phone=PHONE)


def lend(state_dir: Path, devices: Sequence[dict[str, str]] = KIT) -> None:
    kit = {"schema": "dho.devices/1.0", "version": "1", "devices": devices}
    documents_at(state_dir / "documents", writable=True).put("kit", kit)


async def until(reached: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Look again and again; returns how many seconds it took. Raises TimeoutError."""
    began = time.monotonic()
    async with asyncio.timeout(patience_s):
        while True:
            if reached():
                return time.monotonic() - began
            await asyncio.sleep(LOOK_S)
