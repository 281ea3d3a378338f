"""F40: the network goes and comes back under another address. In a name space of its own."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.demo.broker import Broker, free_port
from tests.faults.tally import ROOT, Tally
from tests.uplink.central import Central

TENANT = "1804"
HOME = f"198.18.{os.getpid() % 256}"  # for tests of networks (RFC 2544); not that of the last run
BROKER = f"{HOME}.1"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def reason_not_to() -> str | None:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "needs root and iproute2"
    name = f"try{os.getpid()}"
    try:
        ip("netns", "add", name)
    except subprocess.CalledProcessError:
        return "this kernel gives no network name spaces"
    try:
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    except subprocess.CalledProcessError:
        return "this kernel has no virtual cables"
    else:
        ip("link", "delete", name)
    finally:
        ip("netns", "delete", name)
    return None


class Home:
    """A name space at the far end of a virtual cable."""

    def __init__(self) -> None:
        self.name = f"hub{os.getpid()}"
        self.cable = f"cable{os.getpid()}"[:15]
        self._address = ""

    def open(self) -> None:
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("address", "add", f"{BROKER}/24", "dev", self.cable)
        ip("link", "set", self.cable, "up")

    def move_in(self, address: str) -> None:
        self._address = f"{address}/24"
        ip("-n", self.name, "address", "add", self._address, "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")

    def move_out(self) -> None:
        ip("-n", self.name, "link", "set", "eth0", "down")
        ip("-n", self.name, "address", "delete", self._address, "dev", "eth0")

    def close(self) -> None:
        ip("link", "delete", self.cable)  # at once; with the name space it would be some time later
        ip("netns", "delete", self.name)


@pytest.fixture
def home() -> Iterator[Home]:
    if (reason := reason_not_to()) is not None:
        pytest.skip(reason)
    home = Home()
    home.open()
    yield home
    home.close()


class Process:
    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    def tell(self, order: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(f"{order}\n".encode())

    async def said(self, word: str) -> str:
        """The next line that begins so."""
        assert self._child.stdout is not None
        while line := (await self._child.stdout.readline()).decode().strip():
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise AssertionError(f"it ended without saying {word!r}")

    async def put(self) -> str:
        self.tell("put")
        return await self.said("kept")


@asynccontextmanager
async def a_hub(home: Home, folder: Path, port: int, hub_id: str) -> AsyncIterator[Process]:
    where = [str(folder), BROKER, str(port), TENANT, hub_id]
    child = await asyncio.create_subprocess_exec(
        *["ip", "netns", "exec", home.name],
        *[sys.executable, "-m", "tests.faults.moving_hub", *where],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield Process(child)
    finally:
        child.kill()
        await child.wait()


@pytest.mark.fault("F40")
async def test_a_network_that_comes_back_under_another_address(
    tally: Tally, home: Home, tmp_path: Path
) -> None:
    port, hub_id = free_port(), "0200F04000000001"
    elsewhere = [f"listener {port} {BROKER}"]
    home.move_in(f"{HOME}.100")
    with Broker(tmp_path / "broker", extra=elsewhere) as broker:
        async with (
            Central(broker.port, TENANT, hub_id) as central,
            a_hub(home, tmp_path / "hub", port, hub_id) as hub,
        ):
            await hub.said("online")
            kept = [await hub.put()]
            arrived = 1
            await central.nth("up/fhir/observation", arrived)
            for cycle in tally.cycles(pr=3, night=20):
                home.move_out()
                hub.tell("quick")
                new = [await hub.put() for _ in range(3)]
                await hub.said("offline")
                hub.tell("slow")
                home.move_in(f"{HOME}.{101 + cycle}")
                await hub.said("online")
                new.append(await hub.put())
                kept += new
                before = set(kept)
                while not before <= ids(central):
                    arrived += 1
                    await central.nth("up/fhir/observation", arrived)
                tally.add(accepted=4, lost=len(set(new) - ids(central)))
            seen = [one.id for one in central.at("up/fhir/observation")]
            tally.add(duplicated=len(seen) - len(set(seen)))
    assert tally.lost == 0


def ids(central: Central) -> set[str]:
    return {one.id for one in central.at("up/fhir/observation")}
