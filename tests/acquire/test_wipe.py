"""`hub wipe`: everything goes, in the order that leaves the least, and it says what went."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from hub.demo.air import Air
from hub.demo.broker import free_port
from hub.demo.radio import attach_radio
from hub.records import JournalKind
from hub.settings import Settings
from hub.store.hold import Hold
from hub.wipe import wipe
from tests.acquire.fake_bluez import FakeBlueZ
from tests.acquire.test_recovery import SystemBus
from tests.books import SECRET, documents_at, journal_at, ledger_at
from tests.store.made import blood_pressure, moment, reception
from tests.test_takeover import CUFF, SETTINGS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    hub = msgspec.structs.replace(SETTINGS.hub, state_dir=tmp_path / "hub")
    web = msgspec.structs.replace(SETTINGS.web, state_dir=tmp_path / "web", kiosk_port=free_port())
    return msgspec.structs.replace(SETTINGS, hub=hub, web=web)


@pytest.fixture
def lived_in(settings: Settings) -> Settings:
    """A reading that has not left, an answer, a device, and the file that a button leaves."""
    folder = settings.hub.state_dir
    ledger = ledger_at(folder / "ledger.db")
    ledger.append(blood_pressure(1), reception())
    ledger.close()
    journal = journal_at(settings.web.state_dir / "journal.db")
    journal.append(JournalKind.HELP_REQUESTED, {}, form=None, moment=moment())
    journal.close()
    documents_at(folder / "documents").put_device(CUFF)
    return settings


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SystemBus]:
    bus = SystemBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@pytest.fixture
async def bluez(bus: SystemBus, tmp_path: Path) -> AsyncIterator[FakeBlueZ]:
    air = Air()
    scanner, _ = await attach_radio(air, tmp_path)
    made = await FakeBlueZ(scanner.radio).start()  # type: ignore[attr-defined]
    yield made
    await made.kill()
    await air.close()


async def wiped(settings: Settings, typed: str = "", *, sure: bool = True) -> tuple[int, str]:
    out = io.StringIO()
    status = await asyncio.to_thread(wipe, settings, io.StringIO(typed), out, sure=sure)
    return status, out.getvalue()


def left(settings: Settings) -> list[Path]:
    folders = (settings.hub.state_dir, settings.web.state_dir)
    return [path for folder in folders for path in folder.rglob("*")]


async def test_everything_goes_and_is_told(lived_in: Settings, bluez: FakeBlueZ) -> None:
    bond = bluez.know(CUFF.address, Paired=True)
    status, said = await wiped(lived_in)
    assert status == 0
    assert left(lived_in) == []
    assert bond not in bluez.objects
    for what in (f"bond with {CUFF.address}", "data.key", "ledger.db", "journal.db", "documents"):
        assert f"destroyed: {what}" in said or f"/{what}" in said
    assert "LEFT, for you to take away: the settings file" in said
    order = [said.index(it) for it in ("bond with", "data.key", "ledger.db")]
    assert order == sorted(order)


async def test_a_bond_that_stays_is_told_and_the_rest_goes(
    lived_in: Settings, bus: SystemBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.bonds.BLUEZ_S", 0.1)
    status, said = await wiped(lived_in)
    assert status == 2
    assert f"LEFT: bond with {CUFF.address} (bluetoothd is not there)" in said
    assert left(lived_in) == []


async def test_it_asks_and_says_what_has_not_left(lived_in: Settings) -> None:
    before = left(lived_in)
    status, said = await wiped(lived_in, "yes\n", sure=False)
    assert status == 1
    assert "1 bundles HAVE NOT REACHED" in said
    assert set(before) <= set(left(lived_in))


async def test_a_hub_that_runs_is_not_pulled_from_under_its_feet(lived_in: Settings) -> None:
    hold = Hold(lived_in.hub.state_dir)
    status, said = await wiped(lived_in)
    hold.release()
    assert (status, said) == (
        1,
        "the hub is running; stop it first: systemctl stop hub-kiosk hub-web hub\n",
    )
    assert (lived_in.hub.state_dir / "ledger.db").exists()


async def test_a_second_time_there_is_nothing_to_do(settings: Settings) -> None:
    status, said = await wiped(settings)
    assert status == 0
    assert "was not there" in said


async def test_a_copy_of_the_key_that_its_maker_left_goes_too(
    settings: Settings, tmp_path: Path
) -> None:
    key = tmp_path / "etc" / "data.key"
    key.parent.mkdir()
    for file in (key, key.with_name("data.key.77.new")):
        file.write_bytes(SECRET)
    hub = msgspec.structs.replace(settings.hub, key_file=key)
    await wiped(msgspec.structs.replace(settings, hub=hub))
    assert list(key.parent.iterdir()) == []
