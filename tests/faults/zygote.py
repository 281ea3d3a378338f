"""Starts whole hubs and web processes in milliseconds: it has imported them, and forks.

    zygote = Zygote()
    child = zygote.start("hub", config, log)     # as `hub run --config config`
    await child.ready()                          # what it would tell systemd
    await child.kill()                           # SIGKILL → -9

What a test changes in a child (a crash point, a shorter wait) is changed before the hub starts; the
hub itself knows nothing of it.
"""

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import traceback
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Literal, NoReturn, Self

from tests.faults.tally import ROOT

What = Literal["hub", "web"]
_numbers = count()

QUICK = {
    "Backoff": {"first_s": 0.02, "cap_s": 0.05, "settled_s": 0.0},
    "Pace": {"receipt_gap_s": 0.5, "receipt_gap_max_s": 0.5, "board_pause_s": 0.0},
}


class Zygote:
    """Ends with all its children when this process ends, however it ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def start(
        self, what: What, config: Path, log: Path, *, crash: str = "", quick: bool = False
    ) -> "Child":
        """
        crash  a point of tests/faults/zygote_crash.py at which the child ends itself
        quick  it connects again at once, and waits half a second for a receipt
        """
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ear.setblocking(False)
        address = f"@hub-fault-{os.getpid()}-{next(_numbers)}"
        ear.bind("\0" + address[1:])
        order = {"what": what, "config": str(config), "log": str(log), "crash": crash}
        pid = self.ask(order | {"quick": quick, "notify": address})
        return Child(self, pid, ear, log)

    def ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Child:
    def __init__(self, zygote: Zygote, pid: int, ear: socket.socket, log: Path) -> None:
        self.pid = pid
        self._zygote = zygote
        self._log = log
        self._ear = ear
        self._ending = os.pidfd_open(pid)
        self._is_ready = asyncio.Event()
        self._has_ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ear, self._hear)
        self._loop.add_reader(self._ending, self._reap)
        self.status: int | None = None

    async def ready(self) -> None:
        """It has said so to systemd. AssertionError when it ended instead."""
        await self._is_ready.wait()
        assert self.status is None, self._log.read_text()[-2000:]

    async def ended(self) -> int:
        """Its exit status; -9 after SIGKILL."""
        await self._has_ended.wait()
        assert self.status is not None
        return self.status

    async def kill(self) -> int:
        return await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.status is None:
            signal.pidfd_send_signal(self._ending, number)
        return await self.ended()

    def _hear(self) -> None:
        if b"READY=1" in self._ear.recv(256):
            self._is_ready.set()

    def _reap(self) -> None:
        self._loop.remove_reader(self._ending)
        self._loop.remove_reader(self._ear)
        self._ear.close()
        os.close(self._ending)
        self.status = self._zygote.ask({"reap": self.pid})
        self._is_ready.set()
        self._has_ended.set()


def main() -> int:
    """Reads orders, answers each with a number, ends with its input."""
    import hub.app
    import hub.serve  # noqa: F401 - this is what the children are spared

    gc.freeze()  # a collection in a child would copy every page
    children: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if pid := order.get("reap"):
            _, status = os.waitpid(pid, 0)
            children.discard(pid)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _become(order)
            children.add(answer)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    return 0


def _become(order: dict[str, Any]) -> NoReturn:
    status = 70  # EX_SOFTWARE
    try:
        _redirect(Path(order["log"]))
        os.environ["NOTIFY_SOCKET"] = order["notify"]
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        if order["quick"]:
            _hurry()
        if order["crash"]:
            from tests.faults.zygote_crash import POINTS

            POINTS[order["crash"]].set()
        status = _run(order["what"], Path(order["config"]))
    except BaseException:  # noqa: BLE001 - the interpreter's own last resort, which fork has taken
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(handle, standard)


def _hurry() -> None:
    from hub.uplink import uplink

    for name, changes in QUICK.items():
        setattr(uplink, name, partial(getattr(uplink, name), **changes))


def _run(what: What, config: Path) -> int:
    from hub import app, serve, settings

    if what == "hub":
        return asyncio.run(app.run(settings.load(config)))
    serve.serve(settings.load(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
