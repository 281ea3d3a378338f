"""A device that cannot bond, as BlueZ shows it: the kernel hangs up on whoever fails to pair."""

import asyncio

import pytest

from drivers.errors import LinkRefused
from drivers.links import uuid16
from hub.acquire import tasks
from hub.acquire.session import Report
from hub.records import Task
from tests.acquire.conftest import CUFF
from tests.acquire.fake_bluez import Fails
from tests.acquire.test_recovery import (
    MODEL_NUMBER,
    House,
    house,
    impatient_radio,
    system_bus,
)

__all__ = ["house", "impatient_radio", "system_bus"]  # the fixtures


@pytest.fixture
def bondless(house: House) -> list[str]:
    """The addresses that were asked to pair, in vain."""
    asked: list[str] = []

    async def pair(path: str) -> None:
        asked.append(path)
        hang_up = house.fake._Device1_Disconnect
        asyncio.get_running_loop().call_later(0.05, lambda: asyncio.ensure_future(hang_up(path)))
        raise Fails("AuthenticationFailed", "Authentication Failed")

    house.fake._Device1_Pair = pair  # type: ignore[method-assign]
    return asked


async def test_it_is_read_without_a_bond_and_not_asked_again(
    house: House, bondless: list[str]
) -> None:
    for _ in range(2):
        await house.heard()
        async with house.radio.connect(CUFF) as link:
            assert not link.bonded
            assert await link.read(MODEL_NUMBER) == b"UA-651BLE"
    assert len(bondless) == 1


async def test_one_that_wants_a_bond_is_asked_again(house: House, bondless: list[str]) -> None:
    for _ in range(2):
        await house.heard()
        async with house.radio.connect(CUFF) as link:
            with pytest.raises(LinkRefused, match="AuthenticationFailed") as refused:
                await link.subscribe(uuid16(0x2A35))
        assert refused.value.step == "pair"
    assert len(bondless) == 2


async def test_one_that_hangs_up_instead_of_giving_anything_is_asked_again(
    house: House, bondless: list[str]
) -> None:
    """So does one that wants a bond: the kernel pairs anew at the first question, and hangs up."""
    for _ in range(2):
        await house.heard()
        async with house.radio.connect(CUFF) as link:
            house.fake.hang.add("GattCharacteristic1.ReadValue")
            reading = asyncio.ensure_future(link.read(MODEL_NUMBER))
            await house.fake.until(lambda: house.fake.count("GattCharacteristic1.ReadValue"))
            house.cuff.walk_away()
            with pytest.raises(LinkRefused, match="AuthenticationFailed"):
                await reading
            house.cuff.walk_away(away=False)
        house.fake.calls.clear()
        house.fake.hang.clear()
    assert len(bondless) == 2


async def test_a_mistyped_passkey_is_not_taken_for_a_device_that_cannot_bond(
    house: House, bondless: list[str]
) -> None:
    house.agent.passkeys_with = CUFF
    await house.heard()
    with pytest.raises(LinkRefused, match="AuthenticationFailed"):
        async with house.radio.connect(CUFF):
            pass
    assert house.fake.count("Device1.Connect") == 1


def test_a_session_that_failed_for_want_of_a_bond_is_a_task_for_somebody() -> None:
    report = Report(session="", problem=LinkRefused("pair", "AuthenticationFailed"))
    assert tasks.after(report, unanswered=False) is Task.BOND_LOST
    report.problem = LinkRefused("read", "AuthenticationFailed")
    assert tasks.after(report, unanswered=False) is None
