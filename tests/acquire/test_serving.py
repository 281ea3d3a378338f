"""In what order devices are served, and how long one may keep the others waiting. No radio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast

import pytest
from msgspec.structs import replace

from drivers.contract import Advertisement, BleDriver, Said
from drivers.errors import AmbiguousDriver, ConsentNeeded, DriverError, LinkRefused, LinkTimeout
from drivers.links import GattLink, uuid16
from drivers.measurement import Learned, Status
from drivers.replay import ReplayGattLink, trace_of
from hub.acquire.ble import Radio, Sighting
from hub.acquire.pairing import Pairing
from hub.acquire.receiver import PATIENCE_WITH_AT_MOST, Receiver
from hub.acquire.refusals import KeyRefused, SeenButRefuses
from hub.records import KitItem, Task
from tests.acquire.conftest import CUFF, IMPATIENT, OSLO, Hub, joined

SCALE = "F0:F1:F2:A1:00:02"
MI_SCALE = "F0:F1:F2:A1:00:07"
SWINGING = "0204b2070103131a130000ac49"
STEPPED_OFF = "02a6b2070103131a15e601604a"
SILENT = trace_of({"driver": "", "device": "", "source": "", "steps": [], "expect": []})


class FakeRadio:
    """connected  whom the hub connected to, in order
    errors     what becomes of a connection to these
    """

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.forgotten: list[str] = []
        self.errors: dict[str, DriverError] = {}
        self.open = 0
        self.before: Callable[[str], None] = lambda address: None

    @asynccontextmanager
    async def connect(self, address: str) -> AsyncIterator[ReplayGattLink]:
        self.connected.append(address)
        self.before(address)
        if address in self.errors:
            raise self.errors[address]
        self.open += 1
        try:
            yield ReplayGattLink(SILENT)
        finally:
            self.open -= 1

    async def forget(self, address: str) -> None:
        assert not self.open
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
    radio.errors = {CUFF: LinkTimeout("connect", 20)}
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


async def test_the_bond_of_the_replaced_one_goes_when_the_link_is_free(
    hub: Hub, pairing: Pairing, receiver: Receiver, radio: FakeRadio
) -> None:
    old = hub.mine["B"]
    hub.mine = {"B": old}
    pairing.open(hub.now().mono_ms, replacing=old)
    cuff = Sighting(Advertisement(CUFF, None, frozenset({uuid16(0x1810)})), -50)
    receiver.heard(cuff)
    assert pairing.choose(CUFF)
    receiver.heard(cuff)
    await hub.until(lambda: hub.statuses)
    await asyncio.sleep(0)
    assert radio.forgotten == [SCALE]
    assert [device.address for device in hub.devices()] == [CUFF]


@pytest.mark.parametrize(
    ("error", "answered", "problem"),
    [
        (LinkRefused("pair", "AuthenticationFailed"), True, "pair: AuthenticationFailed"),
        (LinkRefused("pair", "AuthenticationFailed"), False, "passkey-needed"),
        (SeenButRefuses(CUFF), True, "held-by-phone"),
    ],
)
async def test_why_a_candidate_did_not_join(
    hub: Hub,
    pairing: Pairing,
    receiver: Receiver,
    radio: FakeRadio,
    error: DriverError,
    answered: bool,
    problem: str,
) -> None:
    def nobody_types(address: str) -> None:
        pairing.unanswered = None if answered else address

    radio.errors, radio.before = {CUFF: error}, nobody_types
    hub.mine = {}
    pairing.open(hub.now().mono_ms)
    cuff = Sighting(Advertisement(CUFF, None, frozenset({uuid16(0x1810)})), -50)
    receiver.heard(cuff)
    assert pairing.choose(CUFF)
    receiver.heard(cuff)
    await hub.until(lambda: pairing.candidates[CUFF].problem)
    assert pairing.candidates[CUFF].problem == problem


async def test_a_passkey_that_nobody_typed_is_what_somebody_has_to_do(
    hub: Hub, pairing: Pairing, receiver: Receiver, radio: FakeRadio
) -> None:
    def nobody_types(address: str) -> None:
        pairing.unanswered = address

    radio.errors, radio.before = {CUFF: LinkRefused("pair", "canceled")}, nobody_types
    receiver.heard(advert(CUFF))
    await hub.until(lambda: hub.statuses)
    assert hub.statuses["A"]["task"] is Task.PASSKEY_NEEDED


async def test_one_that_nobody_can_tell_apart_is_an_error_in_the_list(
    hub: Hub,
    pairing: Pairing,
    receiver: Receiver,
    radio: FakeRadio,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even when it was chosen, and asked what it is."""

    def choose(seen: Advertisement) -> None:
        raise AmbiguousDriver(seen.address, ("one", "other"))

    monkeypatch.setattr("hub.acquire.pairing.choose", choose)
    hub.mine = {}
    pairing.open(hub.now().mono_ms)
    receiver.heard(advert(CUFF))
    assert pairing.choose(CUFF)
    receiver.heard(advert(CUFF))
    while not radio.forgotten:  # noqa: ASYNC110 - until the attempt is over
        await asyncio.sleep(0)
    assert radio.connected == [CUFF]
    assert "one, other" in (pairing.candidates[CUFF].problem or "")
    assert not hub.devices()


class Sulking(BleDriver):
    """It wants its code before it says anything."""

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        if not self.memory:
            raise ConsentNeeded("2")
        yield Learned({})


class Dateless(BleDriver):
    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        return
        yield

    async def read_clock(self, link: GattLink) -> datetime | None:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - as devices tell it

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        raise LinkRefused("write", "not permitted")


@pytest.mark.parametrize(
    ("driver", "task"), [(Sulking, Task.CONSENT_NEEDED), (Dateless, Task.CLOCK_LOST)]
)
async def test_what_somebody_has_to_do(
    hub: Hub,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    driver: type[BleDriver],
    task: Task,
) -> None:
    monkeypatch.setattr(driver, "id", "gatt-blood-pressure", raising=False)
    monkeypatch.setattr("hub.acquire.receiver.by_id", lambda _: driver)
    receiver.heard(advert(CUFF))
    await hub.until(lambda: hub.statuses)
    assert hub.statuses["A"]["task"] is task


@pytest.mark.parametrize(
    ("error", "task"),
    [
        (LinkRefused("pair", "AuthenticationFailed"), Task.BOND_LOST),
        (KeyRefused("connect", "AuthenticationFailed"), Task.BOND_LOST),
        (SeenButRefuses(CUFF), Task.HELD_BY_PHONE),
    ],
)
async def test_a_device_that_lets_the_hub_in_no_more_is_a_task_until_it_does(
    hub: Hub, receiver: Receiver, radio: FakeRadio, error: DriverError, task: Task
) -> None:
    radio.errors = {CUFF: error}
    receiver.heard(advert(CUFF))
    await hub.until(lambda: hub.statuses)
    assert hub.statuses["A"]["task"] is task
    radio.errors = {}
    while receiver._waiting:  # noqa: ASYNC110 - until the attempt is over
        await asyncio.sleep(0)
    receiver._patience.clear()
    receiver.heard(advert(CUFF))
    await hub.until(lambda: hub.statuses["A"]["task"] is None)


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
    """Mi Body Composition Scale, swinging, then stepped off (ble_monitor issue #1094)."""
    scale = replace(
        joined("xiaomi-mi-body-composition-scale"), key="M", address=MI_SCALE, model=None
    )
    hub.mine = {"M": scale}
    for payload in (SWINGING, STEPPED_OFF, STEPPED_OFF):
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
    receiver.heard(advert(MI_SCALE, x181b=SWINGING))
    assert list(pairing.candidates) == [MI_SCALE]
    assert pairing.choose(MI_SCALE)
    receiver.heard(advert(MI_SCALE, x181b=SWINGING))
    await hub.until(lambda: hub.devices())
    receiver.heard(advert(MI_SCALE, x181b=STEPPED_OFF))
    await hub.until(lambda: hub.kept)
    assert [device.driver for device in hub.devices()] == ["xiaomi-mi-body-composition-scale"]
    assert pairing.open_until(hub.now().mono_ms) is None
    assert not radio.connected


async def test_a_lent_scale_that_only_advertises_joins_by_itself(
    hub: Hub, pairing: Pairing, receiver: Receiver, radio: FakeRadio
) -> None:
    hub.mine = {}
    pairing.kit = [KitItem(address=MI_SCALE, name="Badevekt")]
    receiver.heard(advert(MI_SCALE, x181b=SWINGING))
    await hub.until(lambda: hub.devices())
    receiver.heard(advert(MI_SCALE, x181b=STEPPED_OFF))
    await hub.until(lambda: hub.kept)
    assert [device.name for device in hub.devices()] == ["Badevekt"]
    assert not radio.connected
