"""A process of the demo that is started again one second after it dies, as systemd would."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from hub.demo.broker import dying_with_us

log = logging.getLogger(__name__)

RESTART_S = 1.0
STOP_TIMEOUT_S = 10.0


class Child:
    """starts    how often it was started
    log_path  where its output goes
    """

    def __init__(self, name: str, command: Sequence[str], log_path: Path) -> None:
        self.name = name
        self.starts = 0
        self._command = [*dying_with_us(), *command]
        self.log_path = log_path
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    @property
    def is_wanted(self) -> bool:
        return self._keeper is not None

    def start(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def kill(self) -> None:
        """kill -9; it comes back by itself."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and it stays down."""
        if self._keeper is None:
            return
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        self._keeper = None
        if self.pid is not None and self._process is not None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _keep(self) -> None:
        while True:
            with self.log_path.open("ab") as output:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=os.environ | {"PYTHONUNBUFFERED": "1"},
                    # Ctrl-C in a terminal goes to the whole group; we end it in our own order.
                    start_new_session=True,
                )
            self.starts += 1
            status = await self._process.wait()
            log.warning("%s ended (%s), see %s", self.name, status, self.log_path)
            await asyncio.sleep(RESTART_S)
