"""A disk that is full or fails under a whole hub: nothing accepted is lost, the screen says so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.demo.broker import Broker
from hub.demo.visitor import VisitError, Visitor
from hub.store.space import SPARED_BYTES, Ballast
from hub.supervisor import EX_IOERR
from tests.books import ledger_reader_at
from tests.faults.house import House
from tests.faults.small_disk import SmallDisk, missing
from tests.faults.tally import Tally
from tests.faults.zygote import Child, Zygote

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

CANNOT_SAVE = "Boksen kan ikke lagre nå."
LOOK_S = 0.05
FEW = 100_000  # bytes: room for some readings
FEW_INODES = ("-N", "64")


@dataclass
class Home:
    house: House
    disk: SmallDisk
    hub: Child
    web: Child
    visitor: Visitor

    def front(self) -> str:
        return self.visitor.get("/").text

    async def shows(self, holds: Callable[[str], bool]) -> float:
        """Until the first page does → after how many seconds."""
        began = time.monotonic()
        while not holds(await asyncio.to_thread(self.front)):  # noqa: ASYNC110 - a page is asked
            await asyncio.sleep(LOOK_S)
        return time.monotonic() - began

    async def start(self) -> None:
        self.hub = self.house.start_hub()
        self.web = self.house.start_web()
        await self.hub.ready()
        await self.web.ready()

    async def has_no_room(self) -> float:
        """Until the first page says so → after how many seconds.

        A receipt or an acknowledgement that is noted meanwhile lets the ballast go: then of its
        room as much is left as readings do not take, so that what arrives can be noted.
        """
        ballast = Ballast(self.house.state)

        def says_so(page: str) -> bool:
            self.disk.fill(lambda: 0 if ballast.is_held else SPARED_BYTES // 2)
            return CANNOT_SAVE in page

        return await self.shows(says_so)

    async def refuses(self) -> None:
        """Until a blow is not taken; whatever room the ballast leaves, somebody else takes."""
        log = self.house.folder / "hub.log"
        while "failed, again in" not in log.read_text():
            self.disk.fill(lambda: SPARED_BYTES + FEW)
            if not self.house.monitor.waiting:  # quicker than the disk was filled
                self.house.monitor.blow(200)
            await asyncio.sleep(LOOK_S)

    def kept(self) -> int:
        reader = ledger_reader_at(self.house.state / "ledger.db")
        try:
            return len(reader.readings(10_000))
        finally:
            reader.close()


@asynccontextmanager
async def home(
    folder: Path, zygote: Zygote, broker: Broker, pem: bytes, *mkfs: str, image: Path | None = None
) -> AsyncIterator[Home]:
    with SmallDisk(folder / "disk", *mkfs, image=image) as disk:
        async with House(folder, zygote, broker.port, quick=True, pem=pem) as house:
            disk.carries(house.state, house.pages)
            hub, web = house.start_hub(), house.start_web()
            await hub.ready()
            await web.ready()
            yield Home(house, disk, hub, web, Visitor(house.kiosk))


@pytest.mark.fault("F10")
async def test_a_full_disk_refuses_and_goes_on_by_itself(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    for cycle in tally.cycles(pr=2, night=50):
        async with home(tmp_path / str(cycle), zygote, lasting_broker, pem) as it:
            house, monitor = it.house, it.house.monitor
            house.centre.receipts = False
            monitor.blow(10 + 7 * cycle)
            await monitor.emptied()
            warned_s = await it.has_no_room()
            await it.refuses()
            assert monitor.waiting, "what was refused stays in the device"
            assert it.kept() == len(monitor.accepted)
            house.centre.receipts = True
            it.disk.make_room()  # before, there may be none left even to note a receipt
            await monitor.emptied()
            await it.shows(lambda page: CANNOT_SAVE not in page)
            await house.settled()
            assert it.hub.status is None, "a full disk is no reason to end"
            house.account(tally, in_order=False)  # counted: a few leave late on a full disk
            tally.say("the screen says so after", f"{warned_s:.1f} s")


@pytest.mark.fault("F11")
async def test_without_inodes_readings_are_still_kept(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    for cycle in tally.cycles(pr=1, night=5):
        async with home(tmp_path / str(cycle), zygote, lasting_broker, pem, *FEW_INODES) as it:
            house, monitor = it.house, it.house.monitor
            monitor.blow(10)
            await monitor.emptied()
            it.disk.use_up_inodes()
            await it.shows(lambda page: CANNOT_SAVE in page)
            monitor.blow(30)
            await monitor.emptied()
            assert await it.hub.kill() == -9
            it.hub = house.start_hub()
            await it.hub.ready()
            monitor.blow(10)
            await monitor.emptied()
            it.disk.make_room()
            await it.shows(lambda page: CANNOT_SAVE not in page)
            await house.settled()
            house.account(tally)


@pytest.mark.fault("F13")
async def test_a_disk_that_goes_read_only_ends_the_hub_and_the_screen_says_so(
    tmp_path: Path, zygote: Zygote, lasting_broker: Broker, pem: bytes, tally: Tally
) -> None:
    for cycle in tally.cycles(pr=1, night=10):
        async with home(tmp_path / str(cycle), zygote, lasting_broker, pem) as it:
            house, monitor = it.house, it.house.monitor
            monitor.blow(20)
            await monitor.emptied()
            busy = cycle % 2 == 1  # else nothing is measured while it happens
            monitor.blow(200 if busy else 0)
            it.disk.become_read_only()
            warned_s = await it.shows(lambda page: CANNOT_SAVE in page)
            tally.say("the screen says so after", f"{warned_s:.1f} s")
            assert await it.hub.ended() == EX_IOERR
            await it.web.kill()
            it.web = house.start_web()
            await it.web.ready()
            assert CANNOT_SAVE in await asyncio.to_thread(it.front)
            page = await asyncio.to_thread(it.visitor.get, "readings")
            assert "FEV" in page.text or "Pust" in page.text, page.text
            with pytest.raises(VisitError, match="503"):
                await asyncio.to_thread(call_me, it.visitor)
            again = house.start_hub()
            assert await again.ended() == EX_IOERR
            await it.web.kill()
            it.disk.replug()
            await it.start()
            await house.settled()
            assert CANNOT_SAVE not in await asyncio.to_thread(it.front)
            await asyncio.to_thread(call_me, it.visitor)
            house.account(tally)


def call_me(visitor: Visitor) -> None:
    page = visitor.get("call-me")
    [form] = [form for form in page.forms if form.method == "post"]
    visitor.press(page, form)
