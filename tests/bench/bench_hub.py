"""The whole hub with everything real: latency, memory, start, idle. By hand; takes two minutes.

    python tests/bench/bench_hub.py

Each line ends in PASS or FAIL. Ratios are against a floor measured in the same run.
"""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from hub.demo.central_store import Arrival
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.world import World

READINGS = 40
LOAD_READINGS = 200
PAGE_LOADS = 2_000
IDLE_S = 30.0
STARTS = 5
TICKS = os.sysconf("SC_CLK_TCK")

LATENCY_MS, HUB_MB, WEB_MB, START_RATIO, IDLE_PERCENT = 50, 60, 45, 2.0, 1.0

LIBRARIES = "asyncio bleak bleak_retry_connector serial gpiozero paho.mqtt.client msgspec tinydb"


def verdict(name: str, figure: float, limit: float, unit: str) -> bool:
    ok = figure <= limit
    print(f"{name:48} {figure:8.2f} {unit:8} (limit {limit:g})  {'PASS' if ok else 'FAIL'}")
    return ok


def resident_mb(pid: int) -> float:
    """Proportional set size: pages shared with another process count once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Arrivals:
    def __init__(self) -> None:
        self.times: list[float] = []
        self._loop = asyncio.get_running_loop()
        self._more = asyncio.Event()

    def arrived(self, _: Arrival) -> None:
        self.times.append(time.perf_counter())
        self._loop.call_soon_threadsafe(self._more.set)

    async def until(self, count: int) -> None:
        while len(self.times) < count:
            self._more.clear()
            await self._more.wait()


async def latency(world: World, arrivals: Arrivals) -> float:
    """Indication leaves the device → the central service has stored the bundle; median, ms."""
    cuff = world.household.on_air["cuff"]
    left: list[float] = []

    def on_the_wire(payload: bytes) -> bytes:
        left.append(time.perf_counter())
        return payload

    cuff.damage = on_the_wire
    took = []
    for _ in range(READINGS):
        before = len(arrivals.times)
        left.clear()
        await world.household.take("cuff")
        await arrivals.until(before + 1)
        took.append((arrivals.times[-1] - left[0]) * 1000)
    return statistics.median(took)


async def load(world: World, arrivals: Arrivals) -> None:
    """A day's readings and page views, as fast as they go."""
    start = len(arrivals.times)
    for _ in range(LOAD_READINGS // 2):
        await world.household.take("cuff")
        await world.household.take("scale")
        await asyncio.sleep(0.05)
    kiosk = world.addresses.kiosk

    def look() -> None:
        for _ in range(PAGE_LOADS):
            urllib.request.urlopen(kiosk).read()  # noqa: S310 - our own page on loopback

    await asyncio.gather(asyncio.to_thread(look), arrivals.until(start + 1))


async def world_figures() -> list[bool]:
    Peripheral.linger_s = 0.2
    results = []
    arrivals = Arrivals()
    with tempfile.TemporaryDirectory() as folder:
        async with World(Path(folder), arrived=arrivals.arrived, ports=False) as world:
            while not world.hub_is_online:  # noqa: ASYNC110 - it is told by another process
                await asyncio.sleep(0.1)
            await world.household.take("cuff")
            await arrivals.until(1)
            results.append(
                verdict("notification → central", await latency(world, arrivals), LATENCY_MS, "ms")
            )
            await load(world, arrivals)
            hub, web = world.hub.pid, world.web.pid
            assert hub and web
            results.append(verdict("hub memory after load (PSS)", resident_mb(hub), HUB_MB, "MB"))
            results.append(verdict("web memory after load (PSS)", resident_mb(web), WEB_MB, "MB"))
            await asyncio.sleep(10)
            for name, pid in (("hub", hub), ("web", web)):
                before = cpu_s(pid)
                await asyncio.sleep(IDLE_S)
                used = 100 * (cpu_s(pid) - before) / IDLE_S
                results.append(verdict(f"{name} idle, of one core", used, IDLE_PERCENT, "%"))
    return results


def seconds_of(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def bare_import() -> None:
    code = "\n".join(f"import {name}" for name in LIBRARIES.split())
    subprocess.run([sys.executable, "-c", code], check=True)


def start_to_ready(folder: Path) -> float:
    """Seconds until READY=1, with no radio and no broker."""
    config = folder / "hub.toml"
    config.write_text(
        f'[hub]\nid = "02000000000000D0"\nstate_dir = "{folder}/hub"\n'
        '[patient]\nsystem = "urn:oid:2.999.1.2.3.4"\nvalue = "p-bench"\n'
        '[mqtt]\nhost = "127.0.0.1"\nport = 9\ntls = false\ntenant = "1804"\n'
        "[ble]\nenabled = false\n[panel]\nenabled = false\n"
        f'[web]\nstate_dir = "{folder}/web"\n[clock]\ntrust = "always"\n'
    )
    address = folder / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(address))
        begun = time.perf_counter()
        command = [sys.executable, "-m", "hub", "run", "--config", str(config)]
        environment = os.environ | {"NOTIFY_SOCKET": str(address)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as hub:
            while channel.recv(200) != b"READY=1":
                pass
            took = time.perf_counter() - begun
            hub.terminate()
    return took


def start_figure() -> bool:
    floors, starts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS):
            floors.append(seconds_of(bare_import))
            starts.append(start_to_ready(Path(folder)))
    floor, start = statistics.median(floors), statistics.median(starts)
    print(f"bare import {floor:.2f} s, start to READY=1 {start:.2f} s")
    return verdict("start to ready / bare import", start / floor, START_RATIO, "x")


def main() -> int:
    results = [start_figure(), *asyncio.run(world_figures())]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
