"""One event loop with the air, the devices and the hub's radio in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cheroot.server import HTTPServer

from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.radio import Backends, attach_radio

CUFF = "F0:F1:F2:A1:00:01"


@pytest.fixture
async def air() -> AsyncIterator[Air]:
    air = Air()
    yield air
    await air.close()


@pytest.fixture
async def radio(air: Air, tmp_path: Path) -> Backends:
    return await attach_radio(air, tmp_path)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real device waits for seconds is milliseconds here."""
    monkeypatch.setattr(Peripheral, "linger_s", 0.05)
    monkeypatch.setattr(Peripheral, "pause_s", 0.01)
    monkeypatch.setattr("hub.demo.peripherals.peripheral.ADVERTISING_INTERVAL_MS", 20)
    # How long a server takes to notice that it was stopped.
    monkeypatch.setattr(HTTPServer, "expiration_interval", 0.02)


@pytest.fixture
async def cuff(air: Air) -> AsyncIterator[BloodPressureCuff]:
    cuff = await BloodPressureCuff(air, "A&D_UA-651BLE_A10001", CUFF).switch_on()
    yield cuff
    await cuff.switch_off()
