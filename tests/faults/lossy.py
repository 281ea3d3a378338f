"""A folder on a disk that a power cut can take: a FUSE file system that loses what was not synced.

    with LossyDisk(backing, mount, seed=7) as disk:
        ...           # programs work in `mount`
        disk.cut()    # the power fails; then `mount` shows what is left
    # `mount` is empty again, and everything is in `backing`, as after a clean shutdown

`backing` may hold files before. What survives a cut is told in `lossy_model`. Whoever has a file
open during a cut gets errors from then on (ENOTCONN, SIGBUS), as no program survives one; an
acknowledgement that came before `cut()` was called rests on what is durable.
Needs /dev/fuse and the right to mount (Debian: fuse3).
"""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]


def missing() -> str | None:
    """Why there can be no such disk here; None where there can."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"needs /dev/fuse: {error.strerror}"
    return None


class LossyDisk:
    """A process of its own, so that it outlives whoever is killed. The last cut is in `lost`.

    seed     of what survives
    keep     how likely an unsynced sector survives; 0.0: nothing that is unsynced, not even names
    stall_s  how long each sync takes
    """

    def __init__(
        self, backing: Path, mount: Path, *, seed: int, keep: float = 0.5, stall_s: float = 0.0
    ) -> None:
        self.backing, self.mount = backing, mount
        self.seed, self.keep, self.stall_s = seed, keep, stall_s
        self.lost: dict[str, int] = {}

    def __enter__(self) -> Self:
        for folder in (self.backing, self.mount):
            folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.faults.lossy_served", self.backing, self.mount]
        options = ["--seed", self.seed, "--keep", self.keep, "--stall-s", self.stall_s]
        self._server = subprocess.Popen(
            [str(word) for word in command + options],
            cwd=ROOT,
            env=os.environ | {"FUSE_LIBRARY_NAME": "fuse3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._hear("ready")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server.poll() is None:
            self._say("stop")
        self._server.communicate()

    def cut(self, *writers: int) -> dict[str, int]:
        """The power fails, and comes back → how many sectors and names were kept and lost.

        writers  processes that end with it. One that lived on would find, in the moment between
                 the two, the bare folder under the mount, and could save what nobody looks for.
        """
        self._say("cut")
        self.lost = json.loads(self._hear("{"))
        for pid in writers:
            os.kill(pid, signal.SIGKILL)
        self._say("on")
        self._hear("ready")
        return self.lost

    def stall(self, seconds: float) -> None:
        """From now on, until the next cut, each sync takes this long."""
        self._say(f"stall {seconds}")
        self._hear("stalls")

    def fail(self) -> None:
        """From now on no write and no sync is taken: EIO."""
        self._say("fail")
        self._hear("fail")

    def heal(self) -> None:
        """It takes them again."""
        self._say("heal")
        self._hear("heal")

    def _say(self, line: str) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(line + "\n")
        self._server.stdin.flush()

    def _hear(self, wanted: str) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line.startswith(wanted):
            raise OSError(errno.EIO, f"lossy disk said {line!r}", str(self.mount))
        return line
