"""`hub demo`: the whole hub with no hardware. Air and devices, the central service and the bench
live in this process; broker, hub and web are children, so each can be killed alone.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self, TextIO

from hub.demo import documents, once
from hub.demo.air import Air
from hub.demo.bench import Bench
from hub.demo.broker import LOOPBACK, Broker, BrokerError, free_port
from hub.demo.central import Central
from hub.demo.central_store import Arrival
from hub.demo.central_view import duration, view
from hub.demo.child import Child
from hub.demo.household import NONIN_NAME, Household
from hub.demo.peripherals.peripheral import NORWAY

HUB_ID = "02000000000000D0"
TENANT = "1804"
PATIENT = ("urn:oid:2.999.1.2.3.4", "p-demo")
DIRECTORY = Path(".demo")
FROM = "Melding fra oppfølgingssenteret"
GREETING = "Hei! Kan vi ringe deg i morgen mellom kl. 10 og 12?"
REPLIES = ("Ja, det passer", "Nei, ikke i morgen", "Ring meg i dag")
LOOK_S = 0.2
KIOSK_PORT, SETUP_PORT, BENCH_PORT = 8080, 8443, 8090

SETTINGS = """\
# Written by `hub demo` at each start.
[hub]
id = "{hub}"
state_dir = {hub_dir}
[patient]
system = "{system}"
value = "{value}"
[mqtt]
host = "127.0.0.1"
port = {mqtt_port}
tenant = "{tenant}"
tls = false
retry_max_s = 5.0
[ble]
radio = "tcp-client:127.0.0.1:{air_port}"
idle_s = 1.0
[[serial]]
path = {serial_path}
driver = "nonin"
name = "{serial_name}"
[panel]
enabled = false
[web]
state_dir = {web_dir}
kiosk_port = {kiosk_port}
setup_port = {setup_port}
support_phone = "123 45 678"
[clock]
trust = "always"
"""


class DemoError(Exception):
    """The demo cannot run; the text says why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    kiosk: str
    setup: str
    bench: str


class World:
    """Everything, started and stopped together."""

    def __init__(self, directory: Path, *, arrived: Callable[[Arrival], None], ports: bool) -> None:
        """`ports`: prefer the well-known ones, so that the addresses stay the same."""
        self.directory = directory.resolve()
        self.air = Air()
        self.household = Household(self.air, self.directory / "devices")
        self.broker = Broker(self.directory / "broker", dies_with_us=True)
        self._arrived = arrived
        self.is_new = not (self.directory / "central.db").exists()
        self.is_paused = False
        self._kiosk_port = _port(KIOSK_PORT) if ports else free_port()
        self._setup_port = _port(SETUP_PORT) if ports else free_port()
        self._bench_port = _port(BENCH_PORT) if ports else free_port()
        self._stack = AsyncExitStack()
        config = str(self.directory / "hub.toml")
        python = [sys.executable, "-m", "hub"]
        self.hub = Child("hub", [*python, "run", "--config", config], self.directory / "hub.log")
        self.web = Child("web", [*python, "web", "--config", config], self.directory / "web.log")
        self.central: Central

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            kiosk=f"http://{LOOPBACK}:{self._kiosk_port}/",
            setup=f"https://{LOOPBACK}:{self._setup_port}/",
            bench=f"http://{LOOPBACK}:{self._bench_port}/",
        )

    @property
    def hub_is_online(self) -> bool:
        """By its own word to the central service, or the broker's when it is gone."""
        status = self.central.states.get((HUB_ID, "status")) or {}
        return bool(status.get("state") == "online")

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._stack.enter_context(_alone(self.directory / "lock"))
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        self._stack.enter_context(self.broker)
        path = self.directory / "central.db"
        self.central = Central(path, self.broker.port, arrived=self._arrived)
        self._stack.enter_context(self.central)
        self._stack.push_async_callback(self.air.close)
        air_port = await self.air.serve()
        await self.household.switch_on()
        self._stack.push_async_callback(self.household.switch_off)
        self._desire()
        (self.directory / "hub.toml").write_text(self._settings(air_port), "utf-8")
        for child in (self.hub, self.web):
            child.start()
            self._stack.push_async_callback(child.stop)
        bench = Bench(self, asyncio.get_running_loop(), self._bench_port)
        self._stack.enter_context(bench)

    def _desire(self) -> None:
        """What this home should have; the kit makes the devices pair with no tap."""
        for name, payload in (
            ("plan", documents.plan(*PATIENT)),
            ("questionnaires", documents.questionnaires()),
            ("devices", documents.kit(self.household.kit)),
            ("config", documents.config(int(time.time()), None)),
        ):
            self.central.desire(TENANT, HUB_ID, name, payload)

    def send_message(self, text: str, replies: Sequence[str] = ()) -> None:
        self.central.show_message(TENANT, HUB_ID, text, FROM, replies)

    async def greet(self) -> None:
        """The first message of a new home, once there is somebody to hear it."""
        while not self.hub_is_online:  # noqa: ASYNC110 - another process, which can only be looked at
            await asyncio.sleep(LOOK_S)
        self.send_message(GREETING, REPLIES)

    def pause(self, *, paused: bool) -> None:
        """The patient is away; or back again."""
        self.is_paused = paused
        since = datetime.now(NORWAY).date().isoformat()
        pause = {"from": since, "to": None, "reason": "Ferie"} if paused else None
        document = documents.config(int(time.time()), pause)
        self.central.desire(TENANT, HUB_ID, "config", document)

    def _settings(self, air_port: int) -> str:
        system, value = PATIENT
        return SETTINGS.format(
            hub=HUB_ID,
            tenant=TENANT,
            system=system,
            value=value,
            hub_dir=_quoted(self.directory / "hub"),
            web_dir=_quoted(self.directory / "web"),
            serial_path=_quoted(self.household.nonin.path),
            serial_name=NONIN_NAME,
            mqtt_port=self.broker.port,
            air_port=air_port,
            kiosk_port=self._kiosk_port,
            setup_port=self._setup_port,
        )


def main(*, once: bool = False, state: Path | None = None) -> int:
    """The exit status: 0 when all went well."""
    logging.getLogger("bumble").setLevel(logging.ERROR)
    try:
        return asyncio.run(_once(state) if once else _follow(state or DIRECTORY))
    except (DemoError, BrokerError) as error:
        print(f"hub demo: {error}", file=sys.stderr)  # noqa: T201
        return 1


async def _once(state: Path | None) -> int:
    with contextlib.ExitStack() as stack:
        directory = state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        async with World(directory, arrived=lambda _: None, ports=False) as world:
            return await once.run(world, sys.stdout, sys.stderr)


async def _follow(directory: Path) -> int:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    async with World(directory, arrived=lambda it: _tell(it, sys.stdout), ports=True) as world:
        addresses = world.addresses
        print(  # noqa: T201
            f"kiosk       {addresses.kiosk}\n"
            f"setup page  {addresses.setup}  (closed until it is opened on the kiosk)\n"
            f"demo bench  {addresses.bench}\n"
            f"files       {world.directory}\n"
            "What arrives at the central service follows. Ctrl-C ends it all.",
            flush=True,
        )
        greeting = asyncio.ensure_future(world.greet()) if world.is_new else None
        await end.wait()
        if greeting is not None:
            greeting.cancel()
        print("ending …", file=sys.stderr)  # noqa: T201
    return 0


def _tell(arrival: Arrival, out: TextIO) -> None:
    """One line for a bundle."""
    shown = view(arrival)
    late = f"  LATE by {duration(shown.late_by)}" if shown.late_by else ""
    what = "; ".join(f"{line.label} {line.text}" for line in shown.lines if not line.is_minor)
    received = arrival.received_at.astimezone(NORWAY).strftime("%H:%M:%S")
    print(f"{received}  {what or arrival.kind}{late}", file=out, flush=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"a demo is running already in {path.parent}") from error
        yield


def _port(wanted: int) -> int:
    """The well-known one, or any other when somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            return free_port()
    return wanted


def _quoted(path: Path) -> str:
    return json.dumps(str(path))
