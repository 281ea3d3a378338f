"""The radio's edges: no radio, a device that is gone, a device that refuses."""

import asyncio
from pathlib import Path
from typing import Self

import pytest
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from drivers.errors import LinkLost, LinkRefused
from drivers.links import uuid16
from hub.acquire import ble, link
from hub.acquire.ble import Radio, Sighting
from hub.acquire.link import HEARD_AT_MOST
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import Backends, attach_radio, close_radio
from tests.acquire.conftest import CUFF, IMPATIENT

MANUFACTURER_NAME = uuid16(0x2A29)
BATTERY_LEVEL = uuid16(0x2A19)
DATE_TIME = uuid16(0x2A08)


class Listening:
    """A radio that listens, and what it heard."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self.sightings: asyncio.Queue[Sighting] = asyncio.Queue()
        self.problems: asyncio.Queue[str | None] = asyncio.Queue()
        self.radio = Radio(IMPATIENT, self.sightings.put_nowait, backends)
        self.task = asyncio.ensure_future(self.radio.listen(self.problems.put_nowait))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.radio.close()
        await close_radio(self._backends)


async def test_a_name_is_cut_and_a_crowd_is_forgotten(
    air: Air, tmp_path: Path, cuff: BloodPressureCuff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "NAME_AT_MOST", 5)
    monkeypatch.setattr(link, "HEARD_AT_MOST", 0)
    async with Listening(await attach_radio(air, tmp_path)) as listening:
        await cuff.press()
        sighting = await listening.sightings.get()
        assert sighting.advertisement.name == "A&D_U"
        assert HEARD_AT_MOST == 200
        with pytest.raises(LinkLost, match="not heard"):
            async with listening.radio.connect(CUFF):
                pass


async def test_reading_and_writing(air: Air, tmp_path: Path, cuff: BloodPressureCuff) -> None:
    async with Listening(await attach_radio(air, tmp_path)) as listening:
        await cuff.press()
        await listening.sightings.get()
        async with listening.radio.connect(CUFF) as link:
            assert link.bonded
            assert link.has(MANUFACTURER_NAME)
            assert not link.has(uuid16(0x2A9D))
            assert await link.read(MANUFACTURER_NAME) == b"A&D Medical"
            await link.write(DATE_TIME, bytes.fromhex("ea070b16080f2f"))
            assert (await link.read(DATE_TIME)).hex().startswith("ea070b16080f")
            with pytest.raises(LinkRefused):
                await link.read(uuid16(0x2A9D))
        with pytest.raises(LinkLost):
            await link.read(MANUFACTURER_NAME)


async def test_a_link_that_breaks_ends_the_notifications(
    air: Air, tmp_path: Path, cuff: BloodPressureCuff
) -> None:
    async with Listening(await attach_radio(air, tmp_path)) as listening:
        await cuff.press()
        await listening.sightings.get()
        async with listening.radio.connect(CUFF) as link:
            cuff.walk_away()
            assert [arrival async for arrival in link.notifications(idle_s=30)] == []
            assert not link.connected
            with pytest.raises(LinkLost):
                await link.read(BATTERY_LEVEL)


async def test_it_listens_again_after_a_session(
    air: Air, tmp_path: Path, cuff: BloodPressureCuff
) -> None:
    async with Listening(await attach_radio(air, tmp_path)) as listening:
        await cuff.press()
        await listening.sightings.get()
        async with listening.radio.connect(CUFF):
            during = listening.radio.connecting
        assert (during, listening.radio.connecting) == (CUFF, None)
        while not listening.sightings.empty():
            listening.sightings.get_nowait()
        await cuff.press()
        assert await listening.sightings.get()


async def test_two_sessions_in_a_row_start_one_scan(
    air: Air, tmp_path: Path, cuff: BloodPressureCuff
) -> None:
    async with Listening(await attach_radio(air, tmp_path)) as listening:
        await cuff.press()
        await listening.sightings.get()
        assert await listening.problems.get() is None

        async def visit() -> None:
            async with listening.radio.connect(CUFF):
                pass

        await asyncio.gather(visit(), visit())
        assert await listening.problems.get() is None
        async with listening.radio.connect(CUFF):
            pass
        assert await listening.problems.get() is None
        assert listening.problems.empty()


async def test_without_a_radio_it_says_why_and_tries_again(
    air: Air, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ble, "RADIO_ABSENT_RETRY_S", 0)
    scanner, client = await attach_radio(air, tmp_path)
    errors: list[Exception] = [BleakError("no adapter")] * 2 + [FileNotFoundError(2, "no bus")]

    class Late(scanner):  # type: ignore[misc,valid-type]
        async def start(self) -> None:
            if errors:
                raise errors.pop(0)
            await super().start()

    assert issubclass(Late, BaseBleakScanner)
    async with Listening((Late, client)) as listening:
        told = [await listening.problems.get() for _ in range(4)]
        assert told[:2] == ["no adapter", "no adapter"]
        assert told[2] is not None and "D-Bus" in told[2]
        assert told[3] is None
        assert caplog.text.count("no adapter") == 1


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        pytest.param((), None, id="nothing"),
        pytest.param(("/dev_1", {}), None, id="no flags"),
        pytest.param(("/dev_1", {"AdvertisingFlags": b"\x05"}), True, id="limited"),
        pytest.param(("/dev_1", {"AdvertisingFlags": b"\x06"}), True, id="general"),
        pytest.param(("/dev_1", {"AdvertisingFlags": b"\x04"}), False, id="neither"),
    ],
)
def test_flags_tell_whether_it_wants_to_be_found(
    properties: tuple[object, ...], told: bool | None
) -> None:
    data = AdvertisementData(None, {}, {}, [], None, -50, properties)
    assert link._is_discoverable(data) is told
