"""Jobs that live and die together."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn

from hub.uplink.endings import ConnectionEnded


async def until_one_raises(*jobs: Coroutine[Any, Any, NoReturn]) -> NoReturn:
    """Run all until one raises, end the others, and raise that: another error before the end of
    the connection, which usually follows from it.

    A task group that is cancelled while a job of it fails forgets, in Python 3.11, that it was
    cancelled (cpython#116720).
    """
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    errors = [error for task in done if (error := task.exception()) is not None]
    raise min(errors, key=lambda error: isinstance(error, ConnectionEnded))
