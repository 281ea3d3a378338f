"""An event loop whose clock jumps to the next alarm when nothing else can happen: days in seconds.

What the loop does not see must not be waited for while it `skips`: other processes above all.
Threads of the loop's executor and of the uplink's calls are seen.
"""

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")

QUIET_S = 0.001
"""So long nothing came in. Both ends of a socket of this process are faster."""


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.skips = True
        self._ahead_s = 0.0
        self._jobs = 0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return super().time() + self._ahead_s

    def skip(self, seconds: float) -> None:
        self._ahead_s += seconds

    @property
    def is_idle(self) -> bool:
        calls = (thread.name == "mqtt call" for thread in threading.enumerate())
        return self.skips and not self._jobs and not any(calls)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Any, *args: Any
    ) -> "asyncio.Future[Any]":
        job = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        job.add_done_callback(self._job_done)
        return job

    def _job_done(self, _: object) -> None:
        self._jobs -= 1


class _Skipping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= QUIET_S:
            return super().select(timeout)
        found = super().select(QUIET_S)
        if not found and self._loop.is_idle:
            found = super().select(0)  # what a thread said before it was done
            if not found:
                self._loop.skip(timeout - QUIET_S)
        return found


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is run by such a loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def running() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
