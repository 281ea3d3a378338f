"""Scenario: a home for many days. Three devices twice a day, links that break, a bluetoothd that is
restarted and killed, all at moments that only the seed knows.
"""

import asyncio
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bed.guest.bluez import bonds
from tests.bed.guest.house import House

SEED = 20261122
DAY_S = 24 * 3600.0
MORNING_S, EVENING_S = 8 * 3600.0, 20 * 3600.0
WITHIN_S = 1800.0  # nobody is punctual
NIGHT_S = 23.9 * 3600.0  # when the process is measured: nothing happens
LINK_LOSSES = 0.3  # of the readings: after so many packets as a session has at most
PACKETS = 60
OUT_OF_RANGE = 0.1  # of the readings: for some minutes
RESTARTS = 0.5  # a day
DEVICES = ("cuff", "scale", "glucose")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of the hub's process at the end of a day."""

    rss_kb: int
    descriptors: int
    bluetoothd_kb: int


class Days:
    """What happens, and what must be found in the ledger of it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._chance = random.Random(SEED)  # noqa: S311 - not for secrets
        self.devices: dict[str, Any] = {}
        self._began = 0.0
        self.taken: list[bytes] = []
        self.faults: Counter[str] = Counter()
        self.footprints: list[Footprint] = []

    async def live(self, days: int) -> None:
        for key in DEVICES:
            self.devices[key] = await self._house.device(key)
        self._began = time.monotonic()
        for day in range(days):
            for at_s, key in self._uses():
                await self._sleep_until(day * DAY_S + at_s)
                await self._use(key)
            await self._sleep_until(day * DAY_S + NIGHT_S)
            self.footprints.append(self._measure())

    def _uses(self) -> list[tuple[float, str]]:
        moments = [
            (around + self._chance.uniform(-WITHIN_S, WITHIN_S), key)
            for around in (MORNING_S, EVENING_S)
            for key in DEVICES
        ]
        if self._chance.random() < RESTARTS:
            how = self._chance.choice(("restart", "kill"))
            # Most of the day nothing goes on; half of them shall fall where something does.
            near = self._chance.choice([at for at, _ in moments]) + self._chance.uniform(0, 3)
            moments.append((self._chance.choice((near, self._chance.uniform(0, NIGHT_S))), how))
        return sorted(moments)

    async def _use(self, key: str) -> None:
        match key:
            case "restart":
                await self._house.bluetoothd.restart()
            case "kill":
                await self._house.bluetoothd.kill()
                await self._house.bluetoothd.start()
            case _:
                await self._measurement(key)
                return
        self.faults[key] += 1

    async def _measurement(self, key: str) -> None:
        device = self.devices[key]
        chance = self._chance.random()
        if chance < LINK_LOSSES:
            device.drop_after(self._chance.randrange(1, PACKETS))
            self.faults["link loss"] += 1
        elif chance < LINK_LOSSES + OUT_OF_RANGE:
            device.walk_away()
            asyncio.get_running_loop().call_later(
                self._chance.uniform(10, 600), device.walk_away, False
            )
            self.faults["out of range"] += 1
        record = await device.take_measurement()
        self.taken.append(record.payloads[0] if key == "glucose" else record)

    async def _sleep_until(self, since_begin_s: float) -> None:
        await asyncio.sleep(max(0.0, self._began + since_begin_s - time.monotonic()))

    def _measure(self) -> Footprint:
        hub = Path(f"/proc/{self._house.hub.pid}")
        return Footprint(
            rss_kb=_rss_kb(hub),
            descriptors=len(list((hub / "fd").iterdir())),
            bluetoothd_kb=_rss_kb(Path(f"/proc/{self._house.bluetoothd.pid}")),
        )


async def soak(house: House, days: str) -> dict[str, Any]:
    await house.everything()
    lived = Days(house)
    await lived.live(int(days))
    stored = Counter(reading.kept.measurement.raw[0] for reading in house.hub.readings())
    taken = Counter(lived.taken)
    return {
        "taken": taken.total(),
        "lost": (taken - stored).total(),
        "twice": (stored - taken).total(),
        "faults": dict(lived.faults),
        "bonded": sorted(bonds()),
        "pairings": {key: device.pairings for key, device in lived.devices.items()},
        "footprints": [asdict(footprint) for footprint in lived.footprints],
    }


def _rss_kb(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
