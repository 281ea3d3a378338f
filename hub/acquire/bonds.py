"""Bonds outlive the hub: BlueZ keeps them. Whoever empties a hub has them forgotten here."""

import asyncio
from collections.abc import Sequence

from hub.acquire.agent import Agent
from hub.acquire.bluez import BlueZ, BlueZError

BLUEZ_S = 10.0


async def forget(adapter: str | None, addresses: Sequence[str]) -> dict[str, str | None]:
    """address → why its bond is still there; None when there is none any more."""
    there = asyncio.Event()

    async def came() -> None:
        there.set()

    bluez = BlueZ(adapter, Agent(_is_expected, _show, _ask), came, lambda reason: None)
    attending = asyncio.ensure_future(bluez.run())
    try:
        async with asyncio.timeout(BLUEZ_S):
            await there.wait()
        return {address: await _forget(bluez, address) for address in addresses}
    except TimeoutError:
        return dict.fromkeys(addresses, "bluetoothd is not there")
    finally:
        attending.cancel()
        await asyncio.wait({attending})


async def _forget(bluez: BlueZ, address: str) -> str | None:
    try:
        await bluez.remove(address)
    except BlueZError as error:
        return str(error)
    return None


def _is_expected(address: str) -> bool:
    return False


def _show(address: str, passkey: str | None) -> None:
    """Nobody pairs meanwhile."""


async def _ask(address: str) -> int | None:
    return None
