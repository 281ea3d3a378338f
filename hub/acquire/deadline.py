"""A deadline that holds even where cancelling takes for ever, and what a lost bus raises."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

GIVE_UP_S = 5.0  # what was cancelled has so long to tidy up; a hung bluetoothd never answers

# What dbus-fast raises when bluetoothd, or the bus, goes away in the middle of a call.
BUS_GONE = (OSError, EOFError)

T = TypeVar("T")


class Ended(Exception):
    """Something else happened before an operation came to its end."""


async def within(seconds: float, action: Awaitable[T], end: asyncio.Event | None = None) -> T:
    """asyncio.timeout(), but also for an action that does not let itself be cancelled: when it is
    given up, bleak tells bluetoothd so and waits for its answer, which one that hangs never gives.

    Raises TimeoutError, and Ended when `end` came first.
    """
    doing = asyncio.ensure_future(action)
    doing.add_done_callback(lambda it: it.cancelled() or it.exception())  # nobody may ask later
    ending = asyncio.ensure_future(end.wait()) if end else None
    try:
        either = {doing, ending} if ending else {doing}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise Ended if ending and ending.done() else TimeoutError
    finally:
        if ending:
            ending.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.wait({doing}, timeout=GIVE_UP_S)
