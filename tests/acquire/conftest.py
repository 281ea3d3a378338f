"""The hub's own radio code on the virtual air, with books that only remember."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from drivers.contract import BleDriver
from drivers.links import GattLink
from drivers.measurement import Learned, Measurement, Rejected
from hub import clock
from hub.acquire.ble import Backends, Radio
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import Receiver
from hub.clock import Moment
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.radio import attach_radio, close_radio
from hub.recordings import Recordings
from hub.records import Device, KitItem, Reception, Whose
from hub.settings import Ble
from hub.supervisor import end_tasks

CUFF = "F0:F1:F2:A1:00:01"
OSLO = ZoneInfo("Europe/Oslo")
IMPATIENT = Ble(connect_timeout_s=10, step_timeout_s=5, idle_s=0.5, session_timeout_s=30)


class Hub:
    """What a session writes and a receiver asks, in memory."""

    def __init__(self) -> None:
        self.kept: list[tuple[Measurement, Reception]] = []
        self.owners: list[Whose] = []
        self.rejected: list[Rejected] = []
        self.mine: dict[str, Device] = {}
        self.statuses: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, object] = {}
        self.recordings = Recordings(self.now, self.notes.__setitem__)
        self.windows = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(
        self, measurement: Measurement, reception: Reception, whose: Whose = Whose.PATIENT
    ) -> bool:
        new = all(known.raw != measurement.raw for known, _ in self.kept)
        if new:
            self.kept.append((measurement, reception))
            self.owners.append(whose)
        await self._tell()
        return new

    async def reject(self, rejected: Rejected, reception: Reception) -> None:
        self.rejected.append(rejected)
        await self._tell()

    def devices(self) -> list[Device]:
        return list(self.mine.values())

    async def joined(self, device: Device) -> None:
        self.mine[device.key] = device
        await self._tell()

    async def remove(self, key: str) -> Device | None:
        return self.mine.pop(key, None)

    async def learned(self, device_key: str, learned: Learned) -> None:
        device = self.mine[device_key]
        facts = {name: fact for name, fact in learned.facts.items() if fact is not None}
        self.mine[device_key] = replace(device, memory={**device.memory, **facts})
        await self._tell()

    def recorded(
        self, device: Device, driver: BleDriver, link: GattLink
    ) -> AbstractAsyncContextManager[GattLink]:
        return self.recordings.of(device, driver, link)

    def receiving(self, device: Device | None) -> None: ...

    def status(self, device_key: str, **fields: Any) -> None:
        self.statuses.setdefault(device_key, {}).update(fields)
        self._later()

    def note(self, key: str, value: object) -> None:
        self.notes[key] = value
        self._later()

    def window_changed(self) -> None:
        self.windows += 1
        self._later()

    def now(self) -> Moment:
        return clock.now(trust="always")

    async def until(self, reached: Any) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(reached)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _later(self) -> None:
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Peripheral, "linger_s", 0.05)
    monkeypatch.setattr(Peripheral, "pause_s", 0.01)
    monkeypatch.setattr("hub.demo.peripherals.peripheral.ADVERTISING_INTERVAL_MS", 20)
    monkeypatch.setattr("hub.acquire.receiver.ASK_AGAIN_S", 0.2)
    monkeypatch.setattr("hub.acquire.pairing.SETTLE_MS", 200)
    monkeypatch.setattr("hub.acquire.session.QUIET_S", 0.05)


@pytest.fixture
async def air() -> AsyncIterator[Air]:
    air = Air()
    yield air
    await air.close()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def pairing() -> Pairing:
    pairing = Pairing(window_s=60)
    pairing.kit = [KitItem(model="UA-651BLE", address=CUFF, name="Blodtrykksmåler")]
    return pairing


@pytest.fixture
async def listening(
    air: Air, hub: Hub, pairing: Pairing, tmp_path: Path
) -> AsyncIterator[Receiver]:
    async with receiving(await attach_radio(air, tmp_path), hub, pairing) as receiver:
        yield receiver


@asynccontextmanager
async def receiving(backends: Backends, hub: Hub, pairing: Pairing) -> AsyncIterator[Receiver]:
    receiver = Receiver(IMPATIENT, pairing, hub, hub, hub.now, OSLO)
    radio = Radio(IMPATIENT, receiver.heard, backends)
    tasks = [
        asyncio.ensure_future(radio.listen(lambda _: None)),
        asyncio.ensure_future(receiver.run(radio)),
    ]
    yield receiver
    await end_tasks(tasks)
    await radio.close()
    await close_radio(backends)


@pytest.fixture
async def cuff(air: Air) -> AsyncIterator[BloodPressureCuff]:
    cuff = await BloodPressureCuff(air, "A&D_UA-651BLE_A10001", CUFF).switch_on()
    yield cuff
    await cuff.switch_off()


def joined(driver: str = "gatt-blood-pressure") -> Device:
    return Device(
        key="F0F1F2FFFEA10001",
        address=CUFF,
        transport="ble",
        driver=driver,
        name="Cuff",
        joined_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
