"""What does a crowd of advertisers cost? By hand: `python tests/bench/bench_radio.py`

Ten thousand addresses with a new advertisement each, as fast as they come: over a real D-Bus, bleak
and the receiver, with the join window open. The processor time is that of both ends of the bus, so
the hub's own is less. A hundred strangers a second are a lecture hall; they may cost a quarter of a
core.

A second figure: how long after an advertisement the hub begins to connect. A third: how long after
it the reading of a bonded cuff is committed, with the hub's own books, home and receiver on the
demo's air. Most of that is the device's conversation.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from dbus_fast import Variant

from hub import clock
from hub.acquire.ble import Radio, Sighting
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import Receiver
from hub.books import Books
from hub.clock import Moment
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import attach_radio
from hub.home import Home
from hub.records import KitItem
from hub.settings import Ble
from hub.supervisor import end_tasks
from tests.acquire.conftest import CUFF, OSLO, Hub
from tests.acquire.fake_bluez import DEVICE, PATH, FakeBlueZ
from tests.books import KEY

CROWD = 10_000
A_SECOND = 100
SHARE_AT_MOST = 0.25
VISITS = 20
READINGS = 50

say = sys.stdout.write


@contextmanager
def bus(folder: str) -> Iterator[None]:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(
        [*command, f"--address=unix:dir={folder}"], stdout=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stdout
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = daemon.stdout.readline().strip()
        try:
            yield
        finally:
            daemon.terminate()


async def crowd(fake: FakeBlueZ, receiver: Receiver, pairing: Pairing) -> float:
    """Seconds of processor time for each."""
    heard = asyncio.Semaphore(0)

    def hear(sighting: Sighting) -> None:
        receiver.heard(sighting)
        heard.release()

    radio = Radio(Ble(), hear)
    listening = asyncio.ensure_future(radio.listen(lambda _: None))
    await fake.until(lambda: fake.count("Adapter1.StartDiscovery"))
    pairing.open(clock.now("always").mono_ms)
    began = time.process_time()
    for number in range(CROWD):
        address = f"F0:00:00:00:{number // 256:02X}:{number % 256:02X}"
        path = f"{PATH}/dev_{address.replace(':', '_')}"
        fake._add(path, DEVICE, **fake._described(address, {}), **said(number))
        await heard.acquire()
    cost = time.process_time() - began
    listening.cancel()
    await radio.close()
    return cost / CROWD


def said(number: int) -> dict[str, Variant]:
    return {
        "RSSI": Variant("n", -50),
        "Name": Variant("s", f"\N{REPLACEMENT CHARACTER}{number}" * 8),
        "ManufacturerData": Variant("a{qv}", {number: Variant("ay", bytes(27))}),
        "UUIDs": Variant("as", ["00001810-0000-1000-8000-00805f9b34fb"]),
    }


async def visits(air: Air, fake: FakeBlueZ) -> list[float]:
    """From the advertisement's arrival to the call of Connect, in seconds."""
    sighted: asyncio.Queue[float] = asyncio.Queue()
    radio = Radio(Ble(), lambda _: sighted.put_nowait(time.perf_counter()))
    listening = asyncio.ensure_future(radio.listen(lambda _: None))
    cuff = await BloodPressureCuff(air, "A&D_UA-651BLE_A10001", CUFF).switch_on()
    took = []
    for _ in range(VISITS):
        calls = fake.count("Device1.Connect")
        await cuff.press()
        while not sighted.empty():
            sighted.get_nowait()
        at = await sighted.get()
        async with radio.connect(CUFF):
            took.append(fake.called_at["Device1.Connect"] - at)
            assert fake.count("Device1.Connect") == calls + 1
        await cuff.until(lambda: cuff.connection is None)
    listening.cancel()
    await radio.close()
    await cuff.switch_off()
    return took


async def stored(air: Air, state_dir: Path) -> list[float]:
    """From the first advertisement after a measurement to its commit, in seconds."""
    heard_at: list[float] = []
    kept: asyncio.Queue[float] = asyncio.Queue()
    pairing = Pairing(120)
    cuff = await BloodPressureCuff(air, "A&D_UA-651BLE_A10001", CUFF).switch_on()
    cuff.linger_s = 0.0
    took: list[float] = []
    async with Books(state_dir, KEY, lambda _: kept.put_nowait(time.perf_counter())) as books:
        home = Home(books, pairing, now, lambda _: None, lambda: None)
        await home.load()
        pairing.kit = [KitItem(address=CUFF)]
        receiver = Receiver(Ble(), pairing, books, home, now, OSLO)

        def hear(sighting: Sighting) -> None:
            heard_at.append(time.perf_counter())
            receiver.heard(sighting)

        radio = Radio(Ble(), hear, await attach_radio(air, state_dir))
        tasks = [
            asyncio.ensure_future(radio.listen(lambda _: None)),
            asyncio.ensure_future(receiver.run(radio)),
        ]
        for _ in range(READINGS + 1):  # in the first one they bond
            heard_at.clear()
            await cuff.take_measurement()
            took.append(await kept.get() - heard_at[0])
            await cuff.until(lambda: cuff.connection is None)
        await end_tasks(tasks)
        await radio.close()
    await cuff.switch_off()
    return took[1:]


def now() -> Moment:
    return clock.now("always")


async def main(folder: str) -> int:
    air, hub, pairing = Air(), Hub(), Pairing(120)
    scanner, _ = await attach_radio(air, Path(folder))
    device = scanner.radio  # type: ignore[attr-defined]
    fake = await FakeBlueZ(device).start()
    took = await visits(air, fake)
    say(f"advertisement -> Connect: median {statistics.median(took) * 1000:.1f} ms, ")
    say(f"longest {max(took) * 1000:.1f} ms of {len(took)}\n")
    receiver = Receiver(Ble(), pairing, hub, hub, hub.now, OSLO)
    fake.calls.clear()
    each_s = await crowd(fake, receiver, pairing)
    share = each_s * A_SECOND
    say(f"{each_s * 1000:.2f} ms for each of {CROWD} strangers: ")
    say(f"{share:.1%} of this core at {A_SECOND} a second\n")
    await fake.kill()
    await device.power_off()
    state_dir = Path(folder) / "state"
    state_dir.mkdir()
    readings = await stored(air, state_dir)
    say(f"advertisement -> committed: median {statistics.median(readings) * 1000:.0f} ms, ")
    say(f"longest {max(readings) * 1000:.0f} ms of {len(readings)}\n")
    await air.close()
    return int(share > SHARE_AT_MOST)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, bus(scratch):
        sys.exit(asyncio.run(main(scratch)))
