"""Keeps the hub's tasks running: one that fails is started again, a failing disk ends the process.

Ending is right for a disk: no write is tried again on the same handle, systemd starts the hub anew.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection

from hub.store.errors import DiskFault, StoreError, Unreadable

log = logging.getLogger(__name__)

AGAIN_S = 2.0
MENDED_AFTER_S = 60.0
CANCEL_AGAIN_S = 0.5
EX_IOERR = 74  # sysexits.h


async def end_tasks(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel until they have ended: `asyncio.wait_for`, inside some library, swallows a
    cancellation that comes together with its result (python/cpython gh-81839, mended in 3.12)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


class Supervisor:
    """`failed(name, reason)` is told of each failure, None when the task runs again."""

    def __init__(self, failed: Callable[[str, str | None], None]) -> None:
        self._failed = failed
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[int] = self._loop.create_future()

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.ensure_future(self._keep(name, work)))

    async def wait(self) -> int:
        """Until SIGTERM or SIGINT → 0, or until the disk fails → 74."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop, 0)
        return await self._end

    def disk_failed(self, fault: StoreError) -> None:
        """From any thread, whoever met it: also what nobody waits for ends the process."""
        log.critical("%s; ending", fault)
        self._loop.call_soon_threadsafe(self._stop, EX_IOERR)

    async def close(self) -> None:
        await end_tasks(self._tasks)

    def _stop(self, status: int) -> None:
        if not self._end.done():
            self._end.set_result(status)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        logged: str | None = None
        while True:
            began = self._loop.time()
            try:
                await work()
                return
            except Exception as error:
                if _is_fatal(error):
                    log.critical("%s: %s; ending", name, error)
                    self._stop(EX_IOERR)
                    return
                reason = str(error) or repr(error)
                ran_well = self._loop.time() - began >= MENDED_AFTER_S
                if ran_well or reason != logged:  # a disk full for weeks must not fill the log
                    log.exception("%s failed, again in %s s", name, AGAIN_S)
                    logged = reason
                self._failed(name, reason)
            await asyncio.sleep(AGAIN_S)
            self._failed(name, None)


def _is_fatal(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_fatal(one) for one in error.exceptions)
    return isinstance(error, DiskFault | Unreadable)
