"""Others that promise to keep a message, and this hub, in one harness.

Somebody hands in numbered messages; what is said to be kept is *accepted*. The process is killed at
a random moment, or the power of its disk with it, while the central broker may be deaf; it is
started again, and what was accepted must reach a subscriber at the central broker.
"""

import json
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID, uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from hub.demo.broker import Broker, BrokerError
from hub.store.key import load_or_make
from tests.faults.lossy import LossyDisk

TENANT, HUB = "1804", "02000000000000D0"
WAIT_S = 60.0  # for a marker that must come; a harness that is broken is told so
MESSAGES = 40

Fault = Literal["kill -9", "power cut"]


@dataclass(frozen=True)
class Outcome:
    """Of one cycle. unreadable: the store could not be opened afterwards."""

    accepted: int
    lost: int
    duplicated: int = 0
    unreadable: bool = False


class Centre(AbstractContextManager["Centre"]):
    """The central broker and a subscriber there, who answers bundles with receipts.

    seen   message or bundle → how often it came
    """

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder / "central")
        self.seen: Counter[str] = Counter()
        self._news = threading.Condition()
        self._client = client("central")
        self._client.on_connect = lambda it, *_: it.subscribe([("r/#", 1), ("dho/#", 1)])
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self.broker.start()
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", self.broker.port)
        self._client.loop_start()
        assert subscribed.wait(WAIT_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.broker.thaw()
        self._client.disconnect()
        self._client.loop_stop()
        self.broker.stop()

    def await_all(self, *messages: str) -> None:
        with self._news:
            came = self._news.wait_for(lambda: self.seen.keys() >= set(messages), WAIT_S)
        assert came, "the marker did not come: the harness is broken"

    def account(self, accepted: set[str], *, unreadable: bool = False) -> Outcome:
        with self._news:
            twice = sum(self.seen[one] - 1 for one in accepted if one in self.seen)
            return Outcome(len(accepted), len(accepted - self.seen.keys()), twice, unreadable)

    def _on_message(self, it: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        name = message.payload.decode()
        if message.topic.startswith("dho/"):
            if "/up/fhir/" not in message.topic or message.properties is None:
                return
            name = dict(vars(message.properties)["UserProperty"])["mid"]
            receipt = {"schema": "dho.receipt/1.0", "bundle": UUID(name).urn, "outcome": "accepted"}
            it.publish(f"dho/v1/{TENANT}/{HUB}/dn/receipt", json.dumps(receipt), qos=1)
        with self._news:
            self.seen[name] += 1
            self._news.notify_all()


def client(name: str) -> mqtt.Client:
    return mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
    )


class Power(AbstractContextManager["Power"]):
    """`folder` is on a disk that is cut with the process, or on a plain one."""

    def __init__(self, fault: Fault, folder: Path, seed: int) -> None:
        self.folder = folder / "disk"
        self._disk = (
            LossyDisk(folder / "backing", self.folder, seed=seed) if fault == "power cut" else None
        )

    def __enter__(self) -> Self:
        with_disk: AbstractContextManager[Any] = self._disk or nullcontext()
        with_disk.__enter__()
        self.folder.mkdir(exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._disk is not None:
            self._disk.__exit__(kind, error, trace)

    def fail(self, kill: Callable[[], object]) -> None:
        kill()
        if self._disk is not None:
            self._disk.cut()


# mosquitto

AT_DEFAULTS = ("autosave_on_changes false", "autosave_interval 1800", "max_queued_messages 1000")
AT_SAFEST = ("autosave_on_changes true", "autosave_interval 1", "max_queued_messages 0")
BRIDGE = (
    "connection home",
    "address 127.0.0.1:{port}",
    "topic r/# out 1",
    "cleansession false",
    "restart_timeout 1",
)


def bridge_cycle(centre: Centre, power: Power, settings: tuple[str, ...], cycle: int) -> Outcome:
    """A mosquitto at home with a bridge to the central one; accepted is what got its PUBACK."""
    chance, name = Random(cycle), uuid4().hex  # noqa: S311 - moments, not secrets
    extra = [*settings, *(line.format(port=centre.broker.port) for line in BRIDGE)]
    local = Broker(power.folder / "home", extra=extra)
    local.start()
    send(local.port, [f"{name} begin"])
    centre.await_all(f"{name} begin")  # the bridge stands
    if chance.random() < 0.5:
        centre.broker.freeze()
    messages = [f"{name} {number}" for number in range(MESSAGES)]
    enough = chance.randrange(1, MESSAGES)
    accepted = send(local.port, messages, enough, lambda: power.fail(local.kill))
    centre.broker.thaw()
    unreadable = False
    try:
        local.start()
    except BrokerError:
        unreadable = True
        for left in local.directory.glob("broker.db*"):
            left.unlink()
        local.start()
    send(local.port, [f"{name} end"])
    centre.await_all(f"{name} end")
    local.stop()
    shutil.rmtree(local.directory)
    return centre.account(accepted, unreadable=unreadable)


def send(
    port: int, messages: list[str], enough: int = 0, then: Callable[[], object] = lambda: None
) -> set[str]:
    """Publish one after the other; after `enough` PUBACKs (0: all), `then` → those that had one."""
    acknowledged: set[str] = set()
    answered = threading.Semaphore(0)
    connected = threading.Event()
    it = client("")
    it.on_connect = lambda *_: connected.set()
    it.on_publish = lambda *_: answered.release()
    it.connect("127.0.0.1", port)
    it.loop_start()
    assert connected.wait(WAIT_S)
    for message in messages[: enough or len(messages)]:
        it.publish(f"r/{message.split()[0]}", message, qos=1)
        assert answered.acquire(timeout=WAIT_S)
        acknowledged.add(message)
    then()
    it.disconnect()
    it.loop_stop()
    return acknowledged


# TinyDB

TINYDB = """
import sys
from tinydb import TinyDB

database, first = TinyDB(sys.argv[1]), int(sys.argv[2])
for number in range(first, first + 100_000):
    database.insert({"n": number})
    print("accepted", number, flush=True)
    if number % 3 == 2:
        oldest = database.all()[0]
        print("sent", oldest["n"], flush=True)
        database.remove(doc_ids=[oldest.doc_id])
"""
LEFT = """
import json, sys
from tinydb import TinyDB

with TinyDB(sys.argv[1], access_mode="r") as database:
    print(json.dumps([row["n"] for row in database.all()]))
"""


def tinydb_cycle(power: Power, cycle: int) -> Outcome:
    """A queue in its own JSON storage; accepted is what `insert` has returned for."""
    chance = Random(cycle)  # noqa: S311
    path = power.folder / f"queue-{cycle}.json"
    with child(TINYDB, path, 0) as (lines, kill):
        said = [next(lines).split() for _ in range(chance.randrange(1, 4 * MESSAGES))]
        power.fail(kill)
        said += [line.split() for line in lines]
    accepted = {int(words[1]) for words in said if words[0] == "accepted"}
    sent = {int(words[1]) for words in said if words[0] == "sent"}
    read = subprocess.run(
        [sys.executable, "-c", LEFT, path], capture_output=True, text=True, check=False
    )
    left = set(json.loads(read.stdout)) if read.returncode == 0 else set()
    return Outcome(len(accepted), len(accepted - sent - left), unreadable=read.returncode != 0)


# paho

PAHO = """
import sys
from tests.faults.peers import client

it = client("home")
it.connect_async("127.0.0.1", int(sys.argv[1]))
it.loop_start()
for number in range(100_000):
    told = it.publish("r/0", f"{sys.argv[2]} {number}", qos=1)
    print(int(told.rc), number, flush=True)
"""
QUEUED = (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN)


def paho_cycle(centre: Centre, cycle: int, closed_port: int) -> Outcome:
    """The client's own queue, offline; accepted is what `publish` took: it says so with these."""
    chance, name = Random(cycle), uuid4().hex  # noqa: S311
    with child(PAHO, closed_port, name) as (lines, kill):
        said = [next(lines).split() for _ in range(chance.randrange(1, MESSAGES))]
        kill()
    accepted = {f"{name} {number}" for code, number in said if int(code) in QUEUED}
    send(centre.broker.port, [f"{name} end"])
    centre.await_all(f"{name} end")
    return centre.account(accepted)


# This hub

OURS = f"""
import asyncio, sys
from pathlib import Path
from hub.uplink.identifiers import urn
from tests.faults.peers import HUB, TENANT
from tests.uplink.hub import Hub

async def main(folder, port, is_last):
    async with Hub(Path(folder), int(port), TENANT, HUB) as hub:
        await hub.start(online=is_last)
        for number in range(0 if is_last else {MESSAGES * 4}):
            print(await hub.put(), flush=True)
        await hub.emptied()
        print("emptied", flush=True)
        await asyncio.sleep(3600)

asyncio.run(main(*sys.argv[1:3], sys.argv[3] == "last"))
"""


def our_cycle(centre: Centre, power: Power, cycle: int) -> Outcome:
    """Ledger, outbox and uplink; accepted is what is in the outbox."""
    chance = Random(cycle)  # noqa: S311
    folder = power.folder / f"hub-{cycle}"
    load_or_make(folder / "data.key")
    if chance.random() < 0.5:
        centre.broker.freeze()
    with child(OURS, folder, centre.broker.port, "first") as (lines, kill):
        accepted = [next(lines).strip() for _ in range(chance.randrange(1, 3 * MESSAGES))]
        power.fail(kill)
        accepted += [line.strip() for line in lines]
    centre.broker.thaw()
    with child(OURS, folder, centre.broker.port, "last") as (lines, kill):
        assert next(lines).strip() == "emptied"
        kill()
    return centre.account(set(accepted) - {"emptied"})


@contextmanager
def child(script: str, *words: object) -> Iterator[tuple[Iterator[str], Callable[[], None]]]:
    """→ its whole lines, and how to kill it."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None

    def kill() -> None:
        process.kill()
        process.wait()

    try:
        yield (line for line in process.stdout if line.endswith("\n")), kill
    finally:
        kill()
        process.stdout.close()
