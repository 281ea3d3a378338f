"""The guest: Debian's kernel as a process of this machine (user-mode Linux), booted in a second.

Its root is `.bed/rootfs`, covered by an overlay in memory, so every boot starts from the same
state. The checkout is /hub in it, read-only: what is tested is what stands here. In virtual time
nobody waits for a sleeping guest: its clock jumps to the next timer. With a disk (/dev/ubda) it
lives in real time, because its power is cut in the middle of something.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / ".bed"
MEMORY_MB = 768
PROBE_S = 60.0
LOG_TAIL = 4_000

Guest = subprocess.Popen[bytes]
_running: dict[Guest, int] = {}  # and the processor it is on


class BootError(Exception):
    """The guest did not come to the end of its command; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Run:
    """status  what the guest's command ended with
    lines   the JSON lines it wrote to /out/facts.jsonl
    out     the folder that was /out in the guest, with its logs
    """

    status: int
    lines: list[dict[str, Any]]
    out: Path

    @property
    def logs(self) -> str:
        """The ends of all logs, for a person who looks into a failure."""
        return "\n".join(
            f"--- {path.relative_to(self.out)}\n{path.read_text('utf-8', 'replace')[-LOG_TAIL:]}"
            for path in sorted(self.out.rglob("*.log"))
        )


def boot(command: list[str], out: Path, *, limit_s: float, systemd: bool = False) -> Run:
    """Boot, run `command` in /hub of the guest, power off.

    limit_s  of this machine's time; a guest that takes longer is killed. Raises BootError.
    systemd  is PID 1, with Debian's own units; else nothing runs but the command
    """
    with running(command, out, systemd=systemd) as guest, suppress(subprocess.TimeoutExpired):
        guest.wait(limit_s)
    return _result(out, limit_s)


@contextmanager
def running(
    command: list[str], out: Path, *, systemd: bool = False, disk: Path | None = None
) -> Iterator[Guest]:
    """The guest, from power on to power off: what it has not flushed by then is gone.

    disk  a file, or what looks like one; a flush of the guest is an fsync of it
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "command").write_text(shlex.join(command) + "\n")
    with (
        tempfile.TemporaryDirectory(prefix="bed") as scratch,
        (out / "console.log").open("wb") as console,
    ):
        cpu = _free_cpu()
        options = ["time-travel"] if disk is None else [f"ubd0={disk}"]
        options += ["systemd", "systemd.show_status=0"] if systemd else []
        guest = subprocess.Popen(
            [
                *("taskset", "--cpu-list", str(cpu)),
                *_command_line(out, Path(scratch)),
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env=os.environ | {"TMPDIR": "/dev/shm"},  # noqa: S108 - where its memory is a file
            start_new_session=True,  # its processes are processes here, and end with it
        )
        _running[guest] = cpu
        try:
            yield guest
        finally:
            _kill(guest)
            guest.wait()
            del _running[guest]


def kill_all() -> None:
    """Whoever waits in `boot` gets a BootError."""
    for guest in list(_running):
        _kill(guest)


def _kill(guest: Guest) -> None:
    with suppress(ProcessLookupError):
        os.killpg(guest.pid, signal.SIGKILL)


def _free_cpu() -> int:
    """One processor for the kernel and its processes: they hand over to each other all the time,
    and waking another processor for that makes a boot five times as long."""
    taken = Counter(_running.values())
    return min(sorted(os.sched_getaffinity(0)), key=lambda cpu: taken[cpu])


def _command_line(out: Path, scratch: Path) -> list[str]:
    return [
        str(IMAGES / "linux.uml"),
        f"mem={MEMORY_MB}M",
        f"uml_dir={scratch}",
        "umid=bed",
        *("con=null", "con0=null,fd:1", "quiet", "loglevel=3", "audit=0", "random.trust_cpu=on"),
        *("root=none", "rootfstype=hostfs", f"rootflags={IMAGES / 'rootfs'}", "ro"),
        "init=/sbin/bed-init",
        f"bed.hub={ROOT}",
        f"bed.out={out.resolve()}",
        f"bed.cache={IMAGES / 'cache'}",
    ]


def _result(out: Path, limit_s: float) -> Run:
    status, facts = out / "status", out / "facts.jsonl"
    lines = facts.read_text().splitlines() if facts.exists() else []
    run = Run(
        status=int(status.read_text()) if status.exists() else -1,
        lines=[json.loads(line) for line in lines],
        out=out,
    )
    if not status.exists():
        raise BootError(f"no result from the guest within {limit_s:.0f} s\n{run.logs}")
    return run


def main() -> int:
    """Whether a guest boots here at all: some containers allow neither ptrace nor its memory."""
    with tempfile.TemporaryDirectory(prefix="bed") as out:
        try:
            return boot(["true"], Path(out), limit_s=PROBE_S).status
        except BootError as error:
            sys.stdout.write(f"{error}\n")
            return 1


if __name__ == "__main__":
    sys.exit(main())
