"""The radio as the hub process puts it together: what it remembers, counts and tells."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from hub import clock
from hub.acquire.pairing import Pairing
from hub.acquire.recovery import Rung, Trouble
from hub.books import Books
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import attach_radio
from hub.home import Home
from hub.receiving import Receiving
from hub.settings import Ble, Hub, Mqtt, Patient, Settings
from tests.acquire.conftest import CUFF, joined
from tests.acquire.fake_bluez import FakeBlueZ
from tests.acquire.test_recovery import SystemBus, pytestmark
from tests.books import KEY

__all__ = ["pytestmark"]


@pytest.fixture(autouse=True)
def system_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    bus = SystemBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield
    bus.stop()


@pytest.fixture(autouse=True)
def impatient_radio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.acquire.ble.RADIO_ABSENT_RETRY_S", 0.05)
    monkeypatch.setattr("hub.acquire.recovery.ANSWER_S", 0.2)
    monkeypatch.setattr("hub.acquire.bluez.POWER_OFF_S", 0.01)


class Running:
    """The receiving half of a hub, on its own books."""

    def __init__(self, folder: Path, silence_s: float = 90) -> None:
        settings = Settings(
            hub=Hub(id="02000000000000BE", state_dir=folder),
            patient=Patient(system="urn:oid:2.999", value="p"),
            mqtt=Mqtt(host="127.0.0.1", tenant="1804"),
            ble=Ble(silence_s=silence_s),
        )
        now = partial(clock.now, "always")
        pairing = Pairing(120)
        self.told: asyncio.Queue[tuple[str | None, str | None]] = asyncio.Queue()
        self.books = Books(folder, KEY, lambda _: None)
        self.home = Home(self.books, pairing, now, lambda _: None, lambda: None)
        self.receiving = Receiving(
            settings, pairing, self.books, self.home, now, lambda *it: self.told.put_nowait(it)
        )

    async def __aenter__(self) -> Self:
        await self.books.__aenter__()
        await self.home.load()
        self._task = asyncio.ensure_future(self.receiving.by_radio())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.books.__aexit__(None, None, None)

    async def until(self, code: str | None) -> str | None:
        """Until the pages are told so; returns the words."""
        async with asyncio.timeout(10):
            while (told := await self.told.get())[1] != code:
                pass
        return told[0]


@pytest.fixture
async def fake(air: Air, cuff: BloodPressureCuff, tmp_path: Path) -> AsyncIterator[FakeBlueZ]:
    scanner, _ = await attach_radio(air, tmp_path)
    device = scanner.radio  # type: ignore[attr-defined]
    made = await FakeBlueZ(device).start()
    yield made
    await made.kill()
    await device.power_off()


async def test_a_hub_that_was_killed_lets_go_of_its_device_when_it_is_back(
    fake: FakeBlueZ, tmp_path: Path
) -> None:
    keyboard = fake.know("F0:F1:F2:A1:00:99", Paired=True, Connected=True)
    ours = fake.know(CUFF, Paired=True, Connected=True)
    async with Running(tmp_path) as running:
        await running.home.joined(joined())
        await running.until(None)
    async with Running(tmp_path):
        await fake.until(lambda: not fake.flag(ours, "Connected"))
    assert fake.flag(keyboard, "Connected")


async def test_what_helped_is_counted_and_the_pages_are_told_in_a_word(
    fake: FakeBlueZ, tmp_path: Path
) -> None:
    async with Running(tmp_path, silence_s=0.3) as running:
        await running.until(None)
        running.receiving._ladder.lively = True
        words = await running.until(Trouble.PULL_THE_PLUG)
        assert words is not None
        assert "unplug" in words
        assert running.receiving.anomalies() == {rung.value: 1 for rung in Rung}


async def test_that_a_place_is_lively_is_known_after_a_restart(
    fake: FakeBlueZ, tmp_path: Path
) -> None:
    """A radio that is deaf from the boot on would else be taken for a quiet house."""
    async with Running(tmp_path) as running:
        await running.until(None)
        running.receiving._ladder.lively = True
        await fake.kill()
        await fake.start()
        await running.until(None)
    async with Running(tmp_path) as running:
        await running.until(None)
        assert running.receiving._ladder.lively
