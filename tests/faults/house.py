"""A whole home for the faults: real hub and web processes, a broker, a device on a cable, a centre.

Accepted is what the outside was told: the device was acknowledged, the form was answered with 303.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Self

from drivers.measurement import Quantity
from hub.demo.broker import free_port
from hub.records import Step
from hub.store.readings import LedgerReader, Reading
from hub.uplink.identifiers import urn
from tests.books import journal_reader_at, ledger_reader_at
from tests.faults.centre import Centre
from tests.faults.lung_monitor import LungMonitor, number_of
from tests.faults.tally import Tally
from tests.faults.zygote import Child, Zygote
from tests.faults.zygote_crash import STATUS

TENANT = "1804"
LOOK_S = 0.01
PATIENCE_S = 100.0  # a night has no time limit, and an outbox that never drains must be told
LOOKED_AT = 60  # of the newest readings, after each kill
_hubs = count(1)

SETTINGS = """\
[hub]
id = "{hub}"
state_dir = "{folder}/hub"
[patient]
system = "urn:oid:2.999.1.2.3.4"
value = "p-1"
[mqtt]
host = "127.0.0.1"
port = {port}
tenant = "{tenant}"
tls = false
keepalive_s = 5
backlog_per_s = 0
[ble]
enabled = false
[[serial]]
path = "{folder}/ttyLung"
driver = "vitalograph-lung-monitor"
[panel]
enabled = false
[web]
state_dir = "{folder}/web"
kiosk_port = {kiosk_port}
setup_port = 0
[clock]
trust = "always"
"""


class House:
    """
    answered  bundles of the check-ins for which the patient was thanked
    quick     the hub connects again at once, and waits half a second for a receipt
    pem       the certificate of the setup page, made before: making one takes half a second
    """

    def __init__(
        self,
        folder: Path,
        zygote: Zygote,
        port: int,
        *,
        quick: bool = False,
        pem: bytes | None = None,
    ) -> None:
        self.folder = folder
        self.state = folder / "hub"
        self.pages = folder / "web"
        self.pages.mkdir(parents=True)
        if pem is not None:
            (self.pages / "setup.pem").write_bytes(pem)
        self._zygote = zygote
        self._quick = quick
        self._config = folder / "hub.toml"
        hub_id = f"0200FA{next(_hubs):010X}"
        kiosk_port = free_port()
        self.kiosk = f"http://127.0.0.1:{kiosk_port}/"
        self._config.write_text(
            SETTINGS.format(
                hub=hub_id, folder=folder, port=port, tenant=TENANT, kiosk_port=kiosk_port
            )
        )
        self.monitor = LungMonitor(folder / "ttyLung")
        self.centre = Centre(port, TENANT, hub_id)
        self.answered: set[str] = set()
        self._counted = (0, 0, 0)
        self._hub: Child | None = None
        self._web: Child | None = None

    async def __aenter__(self) -> Self:
        await self.centre.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill_hub()
        await self.kill_web()
        self.monitor.unplug()
        await self.centre.__aexit__()

    def start_hub(self, crash: str = "") -> Child:
        """With its device plugged in."""
        self.monitor.plug_in()
        log = self.folder / "hub.log"
        self._hub = self._zygote.start("hub", self._config, log, crash=crash, quick=self._quick)
        return self._hub

    def start_web(self, crash: str = "") -> Child:
        self._web = self._zygote.start("web", self._config, self.folder / "web.log", crash=crash)
        return self._web

    async def kill_hub(self) -> None:
        if self._hub is not None:
            await self._hub.kill()

    async def kill_web(self) -> None:
        if self._web is not None:
            await self._web.kill()

    def thanked_for(self, check_in: str) -> None:
        self.answered.add(urn(urn("check-in", check_in)))  # a bundle is named after what is in it

    async def sent(self) -> None:
        """The hub knows that the broker has everything."""
        while not all(Step.SENT in one.steps for one in self._readings()):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)

    async def settled(self) -> None:
        """The hub has nothing to do any more: device empty, journal taken over, outbox empty."""
        assert self._hub is not None
        async with asyncio.timeout(PATIENCE_S):
            await self._hub.ready()
            await self.monitor.emptied()
            with closing(ledger_reader_at(self.state / "ledger.db")) as reader:
                while self._journal_waits(reader) or reader.counts().waiting:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)  # a book can only be looked at
            await self.centre.heard_all()

    def _journal_waits(self, reader: LedgerReader) -> bool:
        path = self.pages / "journal.db"
        if not path.exists():
            return False
        with closing(journal_reader_at(path)) as journal:
            return bool(journal.after(reader.taken(), limit=1))

    async def check_steps(self) -> None:
        """What the pages show as sent is at the broker, as received at the centre."""
        shown = self.shown()
        assert _having(shown, Step.RECEIVED) <= self.centre.blows.keys()
        await self.centre.heard_all()
        assert _having(shown, Step.SENT) <= self.centre.blows.keys()

    def check_books(self, *, was_damaged: bool = False) -> None:
        for path in (self.state / "ledger.db", self.pages / "journal.db"):
            if path.exists():
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as book:
                    assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert was_damaged == bool(list(self.folder.glob("*/*.damaged-*")))

    async def crashed(self, child: Child) -> None:
        """It came to its crash point, and ended there."""
        async with asyncio.timeout(PATIENCE_S):
            assert await child.ended() == STATUS

    def shown(self) -> dict[int, Mapping[Step, datetime]]:
        """number → the steps reached, of the newest readings."""
        steps = {number(reading): reading.steps for reading in self._readings()}
        return {number: reached for number, reached in steps.items() if number is not None}

    def account(self, tally: Tally, *, in_order: bool = True) -> None:
        """Add what was counted since the last time, and hold the promise."""
        lost = self._lost()
        now = (
            len(set(self.monitor.accepted)) + len(self.answered),
            self.centre.duplicated,
            self.centre.reordered,
        )
        accepted, duplicated, reordered = (
            new - old for new, old in zip(now, self._counted, strict=True)
        )
        self._counted = now
        tally.add(accepted=accepted, lost=len(lost), duplicated=duplicated, reordered=reordered)
        assert not lost
        assert not self.centre.created_twice
        assert reordered == 0 or not in_order

    def _lost(self) -> set[int | str]:
        blows, bundles = self.centre.blows, self.centre.bundles
        return {*(set(self.monitor.accepted) - blows.keys()), *(self.answered - bundles.keys())}

    def _readings(self) -> list[Reading]:
        """The newest; none while there is no book yet."""
        if not (self.state / "ledger.db").exists():
            return []
        with closing(ledger_reader_at(self.state / "ledger.db")) as reader:
            return reader.readings(LOOKED_AT)


def _having(shown: Mapping[int, Mapping[Step, datetime]], step: Step) -> set[int]:
    return {number for number, reached in shown.items() if step in reached}


def number(reading: Reading) -> int | None:
    """None: it is no blow."""
    values = reading.kept.measurement.values
    if Quantity.FEV1 not in values:
        return None
    fev1, fev6 = (values[of].number for of in (Quantity.FEV1, Quantity.FEV6))
    assert fev1 is not None and fev6 is not None
    return number_of(float(fev1), float(fev6))
