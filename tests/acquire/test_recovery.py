"""The radio's bad days: bleak's own backend on a small org.bluez, on a bus of its own."""

import asyncio
import dataclasses
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest
from dbus_fast import Variant
from msgspec.structs import replace

from drivers.catalogue import Bond, Model, Pairing, models
from drivers.errors import LinkLost, LinkRefused, LinkTimeout
from drivers.links import uuid16
from hub.acquire import ble, bluez, deadline, link
from hub.acquire.agent import Agent
from hub.acquire.ble import Radio, Sighting
from hub.acquire.bluez import BlueZ
from hub.acquire.recovery import RECOVERED, Ladder, Rung, Trouble
from hub.acquire.refusals import SeenButRefuses
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import attach_radio
from hub.settings import Ble
from tests.acquire.conftest import CUFF, IMPATIENT
from tests.acquire.fake_bluez import PATH, Fails, FakeBlueZ

MODEL_NUMBER = uuid16(0x2A24)
MODEL = models()[0]
CUFF_PATH = f"{PATH}/dev_{CUFF.replace(':', '_')}"
ABORTED = Fails("Failed", "le-connection-abort-by-remote", always=True)

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed (apt install dbus)"
)


class SystemBus:
    """A D-Bus that can go away and come back where it was."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self._command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]

    def start(self) -> None:
        self._daemon = subprocess.Popen(
            [*self._command, f"--address={self.address}"], stdout=subprocess.PIPE
        )
        assert self._daemon.stdout
        self._daemon.stdout.readline()

    def stop(self) -> None:
        assert self._daemon.stdout
        self._daemon.terminate()
        self._daemon.stdout.close()
        self._daemon.wait()


@pytest.fixture(autouse=True)
def system_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SystemBus]:
    bus = SystemBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@pytest.fixture(autouse=True)
def impatient_radio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble, "RADIO_ABSENT_RETRY_S", 0.05)
    monkeypatch.setattr(bluez, "AGAIN_S", 0.05)
    monkeypatch.setattr(bluez, "POWER_OFF_S", 0.01)
    monkeypatch.setattr(deadline, "GIVE_UP_S", 0.1)
    monkeypatch.setattr(link, "HANG_UP_S", 0.2)
    monkeypatch.setattr(link, "LEAVE_TIMEOUT_S", 1)


class House:
    """A hub's radio as `hub.receiving` puts it together, and the BlueZ under it."""

    def __init__(self, fake: FakeBlueZ, cuff: BloodPressureCuff, ladder: Ladder) -> None:
        self.fake = fake
        self.cuff = cuff
        self.ladder = ladder
        self.model: Model | None = None
        self.left_over: set[str] = set()
        self.sightings: asyncio.Queue[Sighting] = asyncio.Queue()
        self.problems: asyncio.Queue[str | None] = asyncio.Queue()
        self.shown: list[tuple[str, str | None]] = []
        self.agent = Agent(lambda address: True, lambda *it: self.shown.append(it), self._ask)
        self.bluez = BlueZ(None, self.agent, self._came, lambda reason: self.radio.gone(reason))
        self.radio = Radio(
            replace(IMPATIENT, connect_timeout_s=2),
            self.sightings.put_nowait,
            bluez=self.bluez,
            ladder=ladder,
            model_at=lambda address: self.model,
        )

    async def __aenter__(self) -> Self:
        await self.fake.start()
        self._tasks = [
            asyncio.ensure_future(self.bluez.run()),
            asyncio.ensure_future(self.radio.listen(self.problems.put_nowait)),
        ]
        await self.fake.until(lambda: self.fake.agents)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.radio.close()

    async def heard(self) -> None:
        """A new advertisement of the cuff, from now on."""
        while not self.sightings.empty():
            self.sightings.get_nowait()
        await self.cuff.press()
        await asyncio.wait_for(self.sightings.get(), 10)

    async def bond(self) -> None:
        await self.heard()
        async with self.radio.connect(CUFF) as open_link:
            assert open_link.bonded
        await self.cuff.until(lambda: self.cuff.connection is None)

    async def told(self, words: str | None) -> None:
        """Until the radio has said this; None: that all is well."""
        async with asyncio.timeout(10):
            while True:
                told = await self.problems.get()
                if told == words or (words is not None and words in (told or "")):
                    return

    def trouble(self) -> Trouble | None:
        return self.radio.trouble

    async def _came(self) -> None:
        self.radio.returned()
        await self.bluez.let_go(self.left_over.__contains__)

    async def _ask(self, address: str) -> int | None:
        return None


@pytest.fixture
async def house(air: Air, cuff: BloodPressureCuff, tmp_path: Path) -> AsyncIterator[House]:
    scanner, _ = await attach_radio(air, tmp_path)
    device = scanner.radio  # type: ignore[attr-defined]
    async with AsyncExitStack() as stack:
        made = House(FakeBlueZ(device), cuff, Ladder(90))
        stack.push_async_callback(device.power_off)
        await stack.enter_async_context(made)
        yield made
        await made.fake.kill()


async def test_a_device_is_heard_paired_and_read(house: House) -> None:
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        assert open_link.bonded
        assert await open_link.read(MODEL_NUMBER) == b"UA-651BLE"
    assert house.cuff.pairings == 1


async def test_a_bond_that_blueZ_has_is_used_without_pairing(house: House) -> None:
    await house.bond()
    await house.bond()
    assert (house.cuff.pairings, house.fake.count("Device1.Pair")) == (1, 1)


async def test_a_killed_bluetoothd_ends_the_session_at_once_and_nothing_stays_behind(
    house: House,
) -> None:
    """It says nothing: only its name on the bus loses its owner."""
    await house.heard()
    agents = house.fake.agents
    async with house.radio.connect(CUFF) as open_link:
        house.fake.hang.add("GattCharacteristic1.ReadValue")
        reading = asyncio.ensure_future(open_link.read(MODEL_NUMBER))
        await house.fake.until(lambda: house.fake.count("GattCharacteristic1.ReadValue"))
        await house.fake.kill()
        with pytest.raises(LinkLost):
            await asyncio.wait_for(reading, 1)
        assert not open_link.connected
    assert house.shown[-1][1] is None  # no page goes on asking for a passkey
    house.fake.hang.clear()
    house.fake.calls.clear()
    came_back = time.monotonic()
    await house.fake.start()
    await house.fake.until(lambda: house.fake.count("Adapter1.StartDiscovery"))
    await house.fake.until(lambda: house.fake.agents > agents)
    assert time.monotonic() - came_back < 1
    await house.bond()


async def test_what_bluetoothd_remembers_is_not_heard(house: House) -> None:
    """It tells of each bonded device when it starts; that one is near is another matter."""
    await house.told(None)
    house.fake.know("F0:F1:F2:A1:00:99", Paired=True)
    await house.heard()
    assert (await house.sightings.get()).advertisement.address == CUFF
    assert house.radio._ears.devices.keys() == {CUFF}


async def test_a_bluetoothd_that_restarts_while_nothing_happens_is_noticed(house: House) -> None:
    await house.told(None)
    await house.fake.kill()
    house.fake.calls.clear()
    await house.fake.start()
    await house.fake.until(lambda: house.fake.count("Adapter1.StartDiscovery"))
    await house.heard()


async def test_a_bus_that_restarts_is_found_again(house: House, system_bus: SystemBus) -> None:
    # dbus-fast does not look after what it was writing, and asyncio would tell of it much later.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await house.heard()
    agents = house.fake.agents
    system_bus.stop()
    await house.told("D-Bus")
    await house.fake.kill()
    system_bus.start()
    await house.fake.start()
    await house.fake.until(lambda: house.fake.agents > agents)
    await house.bond()


async def test_an_adapter_that_is_pulled_out_and_put_back(house: House) -> None:
    await house.heard()
    house.fake.pull_out()
    await house.told("No Bluetooth adapters found")
    assert house.trouble() is Trouble.ABSENT
    house.fake.plug_in()
    await house.told(None)
    await house.heard()
    assert not house.ladder.counts


async def test_an_adapter_that_somebody_switched_off_is_switched_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.recovery.ANSWER_S", 0.2)
    await house.heard()
    house.fake.set(PATH, "org.bluez.Adapter1", Powered=Variant("b", False))
    await house.told("No powered Bluetooth adapters")
    assert house.trouble() is Trouble.REFUSED
    await house.told(None)
    await house.heard()
    assert house.ladder.counts[Rung.ADAPTER.value] == 1


async def test_no_adapter_at_boot(house: House) -> None:
    house.fake.pull_out()
    await house.fake.kill()
    await house.fake.start(adapter=False)
    await house.told("No Bluetooth adapters found")
    house.fake.plug_in()
    await house.heard()


async def test_a_scan_that_is_refused_climbs_to_the_power_cycle_and_is_well_again(
    air: Air, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.acquire.recovery.ANSWER_S", 0.2)
    house.fake.fail["Adapter1.StartDiscovery"].append(Fails("InProgress", "busy", always=True))
    house.radio.returned()
    await house.told("InProgress")
    assert house.trouble() is Trouble.REFUSED
    await house.fake.until(lambda: house.fake.count("Properties.Set") >= 2)
    house.fake.fail.clear()
    await house.told(None)
    await house.heard()
    assert house.ladder.counts[Rung.ADAPTER.value] == 1
    assert house.ladder.counts[RECOVERED] == 1


async def test_a_deaf_radio_is_made_to_hear_again_rung_by_rung(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As after weeks of scanning: the adapter is on, discovery runs, and nothing is heard."""
    monkeypatch.setattr("hub.acquire.recovery.ANSWER_S", 0.2)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    house.ladder.lively = True
    house.ladder.silence_s = 0.3
    house.fake.deaf = True
    house.ladder.heard(time.monotonic())  # for the last time
    house.radio.returned()
    await house.told("unplug it")
    assert house.trouble() is Trouble.PULL_THE_PLUG
    assert (tmp_path / "restart-bluetooth").exists()
    assert [house.ladder.counts[rung.value] for rung in Rung] == [1, 1, 1, 1]
    assert house.fake.count("Properties.Set") == 2
    house.fake.deaf = False
    await house.cuff.press()
    await house.told(None)
    assert house.trouble() is None


async def test_it_is_not_called_deaf_while_it_is_connected(house: House) -> None:
    await house.heard()
    house.ladder.silence_s = 0.1
    house.ladder.heard(time.monotonic())
    async with house.radio.connect(CUFF):
        counted = house.ladder.counts.copy()
        house.radio.returned()  # it would scan now, and look at the ladder, were it its turn
        await asyncio.sleep(0.3)
        assert house.ladder.wait_s(time.monotonic()) is None
        assert house.ladder.counts == counted


async def test_what_a_killed_hub_left_connected_is_let_go(house: House) -> None:
    """Only what is ours: a keyboard that somebody uses stays."""
    keyboard = house.fake.know("F0:F1:F2:A1:00:99", Paired=True, Connected=True)
    ours = house.fake.know(CUFF, Paired=True, Connected=True)
    house.left_over.add(CUFF)
    await house.fake.kill(forgetting=False)
    await house.fake.start()
    await house.fake.until(lambda: house.fake.count("Device1.Disconnect"))
    await house.fake.until(lambda: not house.fake.flag(ours, "Connected"))
    assert house.fake.flag(keyboard, "Connected")


async def test_a_connect_that_hangs_ends_at_its_deadline_and_the_radio_goes_on(
    house: House,
) -> None:
    """bluetoothd answers neither it nor the wish to give it up."""
    await house.heard()
    house.fake.hang |= {"Device1.Connect", "Device1.Disconnect"}
    async with asyncio.timeout(10):  # bleak itself would wait for twenty seconds
        with pytest.raises(LinkTimeout):
            async with house.radio.connect(CUFF):
                pass
    house.fake.hang.clear()
    await house.bond()


async def test_bluetoothd_that_is_busy_is_tried_again(house: House) -> None:
    await house.heard()
    house.fake.fail["Device1.Connect"].append(Fails("InProgress", "Operation in progress"))
    async with house.radio.connect(CUFF) as open_link:
        assert open_link.bonded
    assert house.fake.count("Device1.Connect") == 2


async def test_a_device_that_lost_its_bond_is_paired_anew_in_the_same_window(house: House) -> None:
    """Its battery was out. What BlueZ shows of it: connections that come up and break."""
    await house.bond()
    house.fake.breaks_off = 5
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        assert open_link.bonded
        assert await open_link.read(MODEL_NUMBER) == b"UA-651BLE"
    assert house.fake.count("Adapter1.RemoveDevice") == 1
    assert house.cuff.pairings == 2


async def test_interference_and_time_outs_cost_no_bond(house: House) -> None:
    await house.bond()
    house.fake.breaks_off = 4
    await house.heard()
    async with house.radio.connect(CUFF):
        pass
    house.fake.hang.add("Device1.Connect")
    for _ in range(3):
        await house.heard()
        with pytest.raises((LinkTimeout, SeenButRefuses)):
            async with house.radio.connect(CUFF):
                pass
    house.fake.hang.clear()
    await house.bond()
    assert house.fake.count("Adapter1.RemoveDevice") == 0
    assert house.cuff.pairings == 1


async def test_a_key_that_was_refused_in_a_session_is_made_anew_in_the_next(house: House) -> None:
    await house.bond()
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        house.fake.fail["GattCharacteristic1.ReadValue"].append(
            Fails("Failed", "Operation failed with ATT error: 0x05")
        )
        with pytest.raises(LinkRefused, match="Insufficient Authentication"):
            await open_link.read(MODEL_NUMBER)
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        assert open_link.bonded
    assert house.fake.count("Adapter1.RemoveDevice") == 1
    assert house.cuff.pairings == 2


async def test_a_device_that_forgets_its_bond_every_time_is_forgotten_every_time(
    house: House,
) -> None:
    house.model = dataclasses.replace(MODEL, bond=Bond.PER_SESSION)
    await house.bond()
    await house.bond()
    assert house.cuff.pairings == 2
    assert house.fake.count("Adapter1.RemoveDevice") == 2


async def test_a_device_that_never_bonds_is_not_asked_to(house: House) -> None:
    house.model = dataclasses.replace(MODEL, pairing=Pairing.NONE)
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        assert not open_link.bonded
    assert house.fake.count("Device1.Pair") == 0


async def test_a_device_that_another_host_has_is_told_from_one_that_is_away(house: House) -> None:
    """Its maker's app holds it: it advertises, and lets nobody in."""
    house.fake.fail["Device1.Connect"].append(ABORTED)
    for _ in range(2):
        await house.heard()
        with pytest.raises(LinkRefused) as refused:
            async with house.radio.connect(CUFF):
                pass
        assert not isinstance(refused.value, SeenButRefuses)
    await house.heard()
    with pytest.raises(SeenButRefuses, match="does not let the hub in"):
        async with house.radio.connect(CUFF):
            pass
    house.fake.fail.clear()
    await house.bond()


async def test_one_that_hangs_up_at_once_again_and_again_refuses_in_the_first_visit(
    house: House,
) -> None:
    await house.heard()
    house.fake.breaks_off = 99
    with pytest.raises(SeenButRefuses):
        async with house.radio.connect(CUFF):
            pass


@pytest.mark.parametrize(
    "name", ["AuthenticationRejected", "AuthenticationCanceled", "AuthenticationTimeout"]
)
async def test_a_pairing_that_is_refused_is_told_as_that(house: House, name: str) -> None:
    house.fake.fail["Device1.Pair"].append(Fails(name, "no"))
    await house.heard()
    with pytest.raises(LinkRefused, match=name) as refused:
        async with house.radio.connect(CUFF):
            pass
    assert refused.value.step == "pair"
    await house.bond()


async def test_somebody_who_types_a_passkey_has_more_time_than_a_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BlueZ waits a minute for its agent; when even that is over, it is the pairing that failed."""
    assert link.PAIR_TIMEOUT_S > 60 > Ble().connect_timeout_s
    monkeypatch.setattr(link, "PAIR_TIMEOUT_S", 0.3)
    house.fake.hang.add("Device1.Pair")
    await house.heard()
    with pytest.raises(LinkTimeout) as late:
        async with house.radio.connect(CUFF):
            pass
    assert late.value.step == "pair"


async def test_what_cannot_be_read_without_a_bond_is_told_as_the_refused_pairing(
    house: House,
) -> None:
    """A device that cannot bond answers with the same word, and lets itself be read."""
    house.fake.fail["Device1.Pair"].append(Fails("AuthenticationFailed", "Authentication Failed"))
    await house.heard()
    async with house.radio.connect(CUFF) as open_link:
        assert not open_link.bonded
        assert await open_link.read(MODEL_NUMBER) == b"UA-651BLE"
        with pytest.raises(LinkRefused, match="AuthenticationFailed") as refused:
            await open_link.subscribe(uuid16(0x2A35))
    assert refused.value.step == "pair"
