"""python -m tests.bed.guest SCENARIO[:ARGUMENT]… : one JSON line for each in /out/facts.jsonl.

A line has the facts that the scenario found, or what went wrong on the way to them. Status 1 when
a scenario did not come to its end.
"""

import asyncio
import json
import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bed.guest import bench, faults, foreign, installed, pairing, soak, units
from tests.bed.guest.house import house

OUT = Path("/out")
BUS = Path("/run/dbus/system_bus_socket")
LIMIT_S = 600.0  # virtual

Scenario = Callable[..., Awaitable[dict[str, Any]]]
SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        pairing.scan,
        pairing.just_works,
        pairing.kept_bond,
        pairing.passkey_shown,
        pairing.passkey_typed,
        pairing.wrong_passkey,
        pairing.refused,
        pairing.bond_lost_by_device,
        pairing.bond_lost_by_hub,
        faults.bluetoothd_restarted,
        faults.bluetoothd_killed,
        faults.adapter_gone,
        faults.out_of_range,
        faults.bluetoothd_restarted_while_idle,
        faults.adapter_gone_while_idle,
        faults.nothing_at_boot,
        faults.three_at_once,
        foreign.foreign_strap,
        foreign.foreign_peer,
        installed.installed,
        units.stalled,
        units.ending_at_once,
        bench.bench,
        soak.soak,
    )
}
QUIET = ("bench", "soak")  # traces of BlueZ take time and room


def main(names: list[str]) -> int:
    logging.basicConfig(filename=OUT / "guest.log", format="%(asctime)s %(name)s %(message)s")
    if not BUS.exists():  # systemd has it, where it is PID 1
        subprocess.run(["dbus-daemon", "--system", "--fork"], check=True)
    failed = False
    for name in names:
        began = time.monotonic()
        found: dict[str, Any] | BaseException = asyncio.run(_play(name))
        line: dict[str, Any] = {"scenario": name, "took_s": round(time.monotonic() - began, 3)}
        if isinstance(found, BaseException):
            line["error"] = "".join(traceback.format_exception(found))
            failed = True
        else:
            line["facts"] = found
        with (OUT / "facts.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")
    return int(failed)


async def _play(name: str) -> dict[str, Any] | BaseException:
    """One that fails must not take the others with it."""
    return (await asyncio.gather(_run(name), return_exceptions=True))[0]


async def _run(name: str) -> dict[str, Any]:
    name, *argument = name.split(":")
    limit_s = None if argument else LIMIT_S
    async with asyncio.timeout(limit_s), house(OUT / name, quiet=name in QUIET) as made:
        return await SCENARIOS[name](made, *argument)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
