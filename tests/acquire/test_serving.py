"""In what order devices are served, and how long one may keep the others waiting. No radio."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
from msgspec.structs import replace

from drivers.contract import Advertisement
from drivers.errors import LinkTimeout
from drivers.links import uuid16
from drivers.measurement import Status
from drivers.replay import ReplayGattLink, trace_of
from hub.acquire.ble import Radio, Sighting
from hub.acquire.pairing import KitItem, Pairing
from hub.acquire.receiver import PATIENCE_WITH_AT_MOST, Receiver
from tests.acquire.conftest import CUFF, IMPATIENT, OSLO, Hub, joined

SCALE = "F0:F1:F2:A1:00:02"
MI_SCALE = "F0:F1:F2:A1:00:07"
SILENT = trace_of({"driver": "", "device": "", "source": "", "steps": [], "expect": []})


class FakeRadio:
    """connected  whom the hub connected to, in order
    dead       these never answer
    """

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.forgotten: list[str] = []
        self.dead: set[str] = set()
        self.before: Callable[[str], None] = lambda address: None

    @asynccontextmanager
    async def connect(self, address: str) -> AsyncIterator[ReplayGattLink]:
        self.connected.append(address)
        self.before(address)
        if address in self.dead:
            raise LinkTimeout("connect", 20)
        yield ReplayGattLink(SILENT)

    async def forget(self, address: str) -> None:
        self.forgotten.append(address)


@pytest.fixture
def radio() -> FakeRadio:
    return FakeRadio()


@pytest.fixture
async def receiver(hub: Hub, pairing: Pairing, radio: FakeRadio) -> AsyncIterator[Receiver]:
    pairing.kit = []
    hub.mine = {
        "A": replace(joined(), key="A", address=CUFF),
        "B": replace(joined(), key="B", address=SCALE),
    }
    receiver = Receiver(IMPATIENT, pairing, hub, hub, hub.now, OSLO)
    task = asyncio.ensure_future(receiver.run(cast(Radio, radio)))
    yield receiver
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def advert(address: str, **service_data: str) -> Sighting:
    data = {uuid16(int(key[1:], 16)): bytes.fromhex(one) for key, one in service_data.items()}
    return Sighting(Advertisement(address, "MIBFS" if data else None, service_data=data), -50)


async def test_two_at_once_are_served_in_order(
    hub: Hub, receiver: Receiver, radio: FakeRadio
) -> None:
    for address in (SCALE, CUFF, SCALE, CUFF):
        receiver.heard(advert(address))
    await hub.until(lambda: len(hub.statuses) == 2)
    assert radio.connected == [SCALE, CUFF]


async def test_one_that_never_answers_does_not_keep_the_other_waiting(
    hub: Hub, receiver: Receiver, radio: FakeRadio
) -> None:
    """It advertises all the time, also while the hub tries to connect."""
    radio.dead = {CUFF}
    radio.before = lambda _: receiver.heard(advert(CUFF))
    receiver.heard(advert(CUFF))
    receiver.heard(advert(SCALE))
    await hub.until(lambda: "B" in hub.statuses)
    assert radio.connected == [CUFF, SCALE]
    receiver.heard(advert(CUFF))
    receiver.heard(advert(SCALE))
    await asyncio.sleep(0)
    assert hub.statuses["A"]["state"] == "unreachable"
    assert radio.connected == [CUFF, SCALE]


async def test_a_device_is_connected_to_without_waiting_for_the_books(
    receiver: Receiver, radio: FakeRadio
) -> None:
    """Its window is a few seconds long: one turn of the loop is all that may lie between."""
    receiver.heard(advert(CUFF))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert radio.connected == [CUFF]


async def test_one_that_was_removed_while_it_waited_is_left_alone(
    hub: Hub, receiver: Receiver, radio: FakeRadio
) -> None:

    def remove(_: str) -> None:
        hub.mine.pop("B", None)

    radio.before = remove
    receiver.heard(advert(CUFF))
    receiver.heard(advert(SCALE))
    await hub.until(lambda: "A" in hub.statuses)
    await asyncio.sleep(0)
    assert radio.connected == [CUFF]
    assert not receiver._waiting


async def test_strangers_that_look_lent_do_not_fill_the_memory(
    pairing: Pairing, receiver: Receiver
) -> None:
    pairing.kit = [KitItem(model="UA-651BLE", serial="1")]
    services = frozenset({uuid16(0x1810)})
    for number in range(1000):
        address = f"F0:F1:F2:A1:{number >> 8:02X}:{number & 0xFF:02X}"
        receiver.heard(Sighting(Advertisement(address, None, services), -50))
    assert len(receiver._patience) == PATIENCE_WITH_AT_MOST


async def test_what_a_scale_advertises_is_kept_once(
    hub: Hub, receiver: Receiver, radio: FakeRadio
) -> None:
    """Mi Body Composition Scale: on, swinging, at rest, stepped off (ble_monitor issue #1094)."""
    scale = replace(
        joined("xiaomi-mi-body-composition-scale"), key="M", address=MI_SCALE, model=None
    )
    hub.mine = {"M": scale}
    for payload in ("0204b2070103131a130000ac49", *["0226b2070103131a15e601604a"] * 3):
        receiver.heard(advert(MI_SCALE, x181b=payload))
    await hub.until(lambda: hub.statuses)
    [(measurement, reception)] = hub.kept
    assert Status.UNAUTHENTICATED in measurement.status
    assert (reception.device_key, reception.live) == ("M", True)
    assert not radio.connected


async def test_a_scale_that_only_advertises_joins_when_it_is_chosen(
    hub: Hub, pairing: Pairing, receiver: Receiver, radio: FakeRadio
) -> None:
    hub.mine = {}
    pairing.open(hub.now().mono_ms)
    frames = ("0204b2070103131a130000ac49", "0226b2070103131a15e601604a")
    receiver.heard(advert(MI_SCALE, x181b=frames[0]))
    assert list(pairing.candidates) == [MI_SCALE]
    assert pairing.choose(MI_SCALE)
    receiver.heard(advert(MI_SCALE, x181b=frames[0]))
    await hub.until(lambda: hub.devices())
    receiver.heard(advert(MI_SCALE, x181b=frames[1]))
    await hub.until(lambda: hub.kept)
    assert [device.driver for device in hub.devices()] == ["xiaomi-mi-body-composition-scale"]
    assert pairing.open_until(hub.now().mono_ms) is None
    assert not radio.connected
