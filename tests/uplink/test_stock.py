"""Fetching ahead: what is here, what is asked for, and what is out of date."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from hub.records import OutboxKind
from hub.uplink.stock import Stock

from .hub import Hub, bare

T = TypeVar("T")


class Slow:
    """The ledger's thread, which a test can hold up."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.open = asyncio.Event()
        self.open.set()
        self.done = asyncio.Event()
        self.asked = 0

    async def __call__(self, work: Callable[[], T]) -> T:
        self.asked += 1
        result = await self._hub.transact(work)
        self.done.set()
        await self.open.wait()
        return result


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with Hub(tmp_path, 0, "1804", "0200000000000001") as hub:
        yield hub


def make(hub: Hub, slow: Slow, stirred: asyncio.Event, size: int = 4) -> Stock:
    return Stock(
        hub.ledger.outbox,
        slow,
        lambda due: None,
        size,
        busy=set,
        stirred=stirred.set,
        on_parked=lambda seq, kind, reason: None,
    )


async def refilled(stock: Stock, stirred: asyncio.Event) -> list[str]:
    """Refill, wait for what was asked for, and take it."""
    stirred.clear()
    stock.refill()
    await stirred.wait()
    stock.refill()
    return [bare(parcel.row.id) for parcel in stock.parcels]


async def test_more_is_asked_for_before_the_last_is_gone(hub: Hub) -> None:
    ids = [await hub.put(wake=False) for _ in range(6)]
    slow, stirred = Slow(hub), asyncio.Event()
    stock = make(hub, slow, stirred)
    await stock.open()
    assert await refilled(stock, stirred) == ids[:4]
    stock.parcels.popleft()
    asked = slow.asked
    stock.refill()
    assert slow.asked == asked
    stock.parcels.popleft()
    stirred.clear()
    stock.refill()
    await stirred.wait()
    assert slow.asked == asked + 1


async def test_a_row_is_never_here_twice(hub: Hub) -> None:
    ids = [await hub.put(wake=False) for _ in range(6)]
    stirred = asyncio.Event()
    stock = make(hub, Slow(hub), stirred)
    await stock.open()
    await refilled(stock, stirred)
    stock.parcels.popleft()
    stock.parcels.popleft()
    busy = set(range(1, 3))
    stock._busy = lambda: busy  # those two are in flight
    assert await refilled(stock, stirred) == ids[2:]


async def test_what_was_fetched_before_an_alert_came_is_fetched_again(hub: Hub) -> None:
    reading = await hub.put(wake=False)
    slow, stirred = Slow(hub), asyncio.Event()
    stock = make(hub, slow, stirred)
    await stock.open()
    slow.open.clear()
    slow.done.clear()
    stock.refill()
    await slow.done.wait()
    alert = await hub.put(kind=OutboxKind.ALERT, urgent=True, wake=False)
    stock.wake()
    slow.open.set()
    while not stock.parcels:
        await refilled(stock, stirred)
    assert [bare(parcel.row.id) for parcel in stock.parcels] == [alert, reading]
