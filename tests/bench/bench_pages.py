"""The patient's pages on a slow machine: a tenth of a core, and a week's use. By hand; as root.

    python -m tests.bench.bench_pages

Server time is from the request to the last octet, a redirect included, as a patient taps: one page
after the other, with a pause. Memory is that of the web process after each day of the week.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.request import Request

from hub.demo.broker import free_port
from hub.demo.visitor import Page, Visitor, check_in
from tests.bench.bench_hub import resident_mb, verdict
from tests.web.furnished import furnish
from tests.web.house import FakeClock, House

PAGE_MS, GROWTH_MB = 100, 1.0
QUOTA = 0.10
ROUNDS = 3
PAUSE_S = 0.3
DAYS, ROUNDS_A_DAY = 7, 8
CGROUPS = Path("/sys/fs/cgroup")
GROUP = "hjemmehub-bench"
PERIOD_US = 100_000

NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{10,}")

T = TypeVar("T")


@contextmanager
def quota(pid: int, of_a_core: float) -> Iterator[None]:
    """The kernel gives the process no more than that, in either version of its control groups."""
    is_first = (CGROUPS / "cpu").is_dir()
    group = (CGROUPS / "cpu" if is_first else CGROUPS) / GROUP
    root = group.parent / "cgroup.procs"
    group.mkdir()
    share = str(int(PERIOD_US * of_a_core))
    if is_first:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(share)
    else:
        (group / "cpu.max").write_text(f"{share} {PERIOD_US}")
    (group / "cgroup.procs").write_text(str(pid))
    try:
        yield
    finally:
        root.write_text(str(pid))
        group.rmdir()


@contextmanager
def web_process(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, list[str]]]:
    """→ the process, its address, the addresses of its pages."""
    mono_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    house = House(folder, FakeClock(datetime.now(UTC), mono_ms))
    house.start_hub()
    pages = furnish(house)
    house.close()
    port = free_port()
    config = folder / "hub.toml"
    config.write_text(
        f'[hub]\nid = "02000000000000D0"\nstate_dir = "{folder}/hub"\n'
        '[patient]\nsystem = "urn:oid:2.999.1.2.3.4"\nvalue = "p-bench"\n'
        '[mqtt]\nhost = "127.0.0.1"\nport = 9\ntls = false\ntenant = "1804"\n'
        f'[web]\nstate_dir = "{folder}/web"\nkiosk_port = {port}\n[clock]\ntrust = "always"\n'
    )
    command = [sys.executable, "-m", "hub", "web", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as web:
        assert web.stdout is not None
        address = web.stdout.readline().decode().strip()
        try:
            yield web, address, pages
        finally:
            web.terminate()


class Stopwatch:
    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self.took_ms: dict[str, list[float]] = {}

    def __call__(self, name: str, load: Callable[[], T]) -> T:
        time.sleep(self._pause_s)
        began = time.perf_counter()
        found = load()
        self.took_ms.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return found

    def p95(self) -> float:
        return statistics.quantiles([ms for took in self.took_ms.values() for ms in took], n=20)[-1]


class TimedVisitor(Visitor):
    def __init__(self, start: str, watch: Stopwatch) -> None:
        super().__init__(start)
        self._watch = watch

    def _open(self, request: Request) -> Page:
        name = NUMBERS.sub("…", f"{request.get_method()} {request.selector}")
        return self._watch(name, lambda: super(TimedVisitor, self)._open(request))


def visit(visitor: Visitor, pages: list[str]) -> None:
    for path in pages:
        visitor.get(path)
    begin = visitor.get("/check-in")
    check_in(visitor, next((link for link in begin.links if link.endswith("/new")), begin.address))


def main() -> int:
    results = []
    with tempfile.TemporaryDirectory() as folder, web_process(Path(folder)) as found:
        web, address, pages = found
        visit(Visitor(address), pages)  # what is made once is made now
        watch = Stopwatch(PAUSE_S)
        with quota(web.pid, QUOTA):
            for _ in range(ROUNDS):
                visit(TimedVisitor(address, watch), pages)
        slowest = sorted(watch.took_ms.items(), key=lambda one: -max(one[1]))[:5]
        for name, took in slowest:
            print(f"  {name:44} median {statistics.median(took):6.1f}, worst {max(took):6.1f} ms")
        results.append(verdict("server time at 10 % of a core, p95", watch.p95(), PAGE_MS, "ms"))
        by_day = []
        for _ in range(DAYS):
            for _ in range(ROUNDS_A_DAY):
                visit(Visitor(address), pages)
            by_day.append(resident_mb(web.pid))
        print("  web process after each day (PSS, MB):", *(f"{mb:.1f}" for mb in by_day))
        results.append(verdict("memory, day 7 over day 2", by_day[-1] - by_day[1], GROWTH_MB, "MB"))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
