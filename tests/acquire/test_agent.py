"""The pairing agent on a real D-Bus, with a BlueZ that only knows agents."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dbus_fast import BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method

from hub.acquire.agent import PATH, Agent, AgentRefused, register

if TYPE_CHECKING:
    o = str
    s = str

CUFF = "F0:F1:F2:F3:F4:01"
CUFF_PATH = "/org/bluez/hci0/dev_F0_F1_F2_F3_F4_01"

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed (apt install dbus)"
)


class AgentManager(ServiceInterface):
    def __init__(self, *, refuse: bool = False) -> None:
        super().__init__("org.bluez.AgentManager1")
        self.refuse = refuse
        self.capability = ""

    @dbus_method()
    def RegisterAgent(self, agent: "o", capability: "s") -> None:
        if self.refuse:
            raise DBusError("org.bluez.Error.AlreadyExists", "there is one")
        self.capability = capability

    @dbus_method()
    def RequestDefaultAgent(self, agent: "o") -> None: ...


@pytest.fixture
def session_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    daemon = subprocess.Popen(
        [
            "dbus-daemon",
            "--session",
            "--nofork",
            "--print-address=1",
            f"--address=unix:dir={tmp_path}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert daemon.stdout
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
    yield
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


@pytest.fixture
async def bluez(session_bus: None) -> AsyncIterator[tuple[MessageBus, AgentManager]]:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    manager = AgentManager()
    bus.export("/org/bluez", manager)
    await bus.request_name("org.bluez")
    yield bus, manager
    bus.disconnect()


class Home:
    """What the agent asks and shows."""

    def __init__(self) -> None:
        self.expects = {CUFF}
        self.shown: list[tuple[str, str | None]] = []
        self.asked = asyncio.Event()
        self.typed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    def agent(self) -> Agent:
        return Agent(
            lambda address: address in self.expects,
            lambda address, passkey: self.shown.append((address, passkey)),
            self.ask,
        )

    async def ask(self, address: str) -> int | None:
        self.asked.set()
        return await self.typed


async def call(
    bus: MessageBus, owner: MessageBus, member: str, signature: str, *body: Any
) -> Message:
    reply = await bus.call(
        Message(
            destination=owner.unique_name,
            path=PATH,
            interface="org.bluez.Agent1",
            member=member,
            signature=signature,
            body=list(body),
        )
    )
    assert reply
    return reply


async def registered(agent: Agent) -> MessageBus:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    bus.export(PATH, agent)
    try:
        await register(bus)
    except AgentRefused:
        bus.disconnect()
        raise
    return bus


async def test_bluez_is_told_that_the_hub_can_show_and_type(
    bluez: tuple[MessageBus, AgentManager],
) -> None:
    bus = await registered(Home().agent())
    assert bluez[1].capability == "KeyboardDisplay"
    bus.disconnect()


async def test_a_stranger_is_refused(bluez: tuple[MessageBus, AgentManager]) -> None:
    home = Home()
    home.expects.clear()
    bus = await registered(home.agent())
    reply = await call(bluez[0], bus, "RequestAuthorization", "o", CUFF_PATH)
    assert reply.message_type is MessageType.ERROR
    assert reply.error_name == "org.bluez.Error.Rejected"
    bus.disconnect()


async def test_the_passkey_from_the_devices_display_reaches_bluez(
    bluez: tuple[MessageBus, AgentManager],
) -> None:
    home = Home()
    agent = home.agent()
    bus = await registered(agent)
    home.typed.set_result(123456)
    reply = await call(bluez[0], bus, "RequestPasskey", "o", CUFF_PATH)
    assert reply.body == [123456]
    assert agent.passkeys_with == CUFF
    bus.disconnect()


async def test_a_passkey_for_the_device_is_shown_with_all_six_digits(
    bluez: tuple[MessageBus, AgentManager],
) -> None:
    home = Home()
    bus = await registered(home.agent())
    await call(bluez[0], bus, "DisplayPasskey", "ouq", CUFF_PATH, 42, 0)
    await call(bluez[0], bus, "Cancel", "")
    assert home.shown == [(CUFF, "000042"), (CUFF, None)]
    bus.disconnect()


async def test_when_bluez_cancels_the_question_is_withdrawn(
    bluez: tuple[MessageBus, AgentManager],
) -> None:
    home = Home()
    bus = await registered(home.agent())
    asked = asyncio.ensure_future(call(bluez[0], bus, "RequestPasskey", "o", CUFF_PATH))
    await home.asked.wait()
    await call(bluez[0], bus, "Cancel", "")
    assert (await asked).error_name == "org.bluez.Error.Canceled"
    bus.disconnect()


async def test_a_refusing_bluez_is_an_error_that_names_it(
    bluez: tuple[MessageBus, AgentManager],
) -> None:
    bluez[1].refuse = True
    with pytest.raises(AgentRefused, match="AlreadyExists"):
        await registered(Home().agent())


async def test_without_bluez_the_reason_is_told(session_bus: None) -> None:
    with pytest.raises(AgentRefused, match="ServiceUnknown"):
        await registered(Home().agent())
