"""A hub of its own in a process of its own, for a test that moves the network under it.

    python -m tests.faults.moving_hub DIRECTORY HOST PORT TENANT HUB

On stdin: `put`, a reading; `quick` and `slow`, how its time goes (tests/faults/virtual.py).
On stdout: its states, and `kept` for each reading that is committed.
"""

import asyncio
import sys
from pathlib import Path

import msgspec
import paho.mqtt.client

from hub.uplink import mqtt
from hub.uplink.uplink import LinkState
from tests.faults.virtual import VirtualLoop, running
from tests.uplink.hub import Hub


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Telling(Hub):
    def _on_state(self, state: LinkState) -> None:
        super()._on_state(state)
        say(state.state)


async def main(directory: str, host: str, port: str, tenant: str, hub_id: str) -> None:
    clock = running()
    clock.skips = False
    setattr(mqtt, "monotonic", clock.time)  # noqa: B010 - mypy: it is not the module's own
    paho.mqtt.client.time_func = clock.time
    orders = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(orders)
    await clock.connect_read_pipe(lambda: protocol, sys.stdin)
    async with Telling(Path(directory), int(port), tenant, hub_id) as hub:
        hub.settings = msgspec.structs.replace(hub.settings, host=host, keepalive_s=60)
        await hub.start(online=False)
        while order := (await orders.readline()).strip():
            if order == b"put":
                say(f"kept {await hub.put()}")
            else:
                clock.skips = order == b"quick"
                clock.call_soon_threadsafe(lambda: None)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main(*sys.argv[1:]))
