"""What a hostile or broken advertiser sends: thousands of addresses, and nonsense in each."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bumble import hci
from bumble.device import Advertisement, Device

from hub.acquire.link import HEARD_AT_MOST, NAME_AT_MOST, Ears
from hub.acquire.pairing import CANDIDATES_AT_MOST, Pairing
from hub.acquire.receiver import PATIENCE_WITH_AT_MOST, Receiver
from hub.acquire.sighting import Sighting
from hub.demo.air import Air
from hub.demo.radio import attach_radio, close_radio
from tests.acquire.conftest import CUFF, IMPATIENT, OSLO, Hub

ADVERTISERS = 10_000
CUFF_DATA = bytes.fromhex("020106 0302 1018 0a09 412644 5f55412d3635")

ODD = [
    pytest.param(bytes(31), id="31 zero octets"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"\x1f\x09short", id="a length that is not there"),
    pytest.param(b"\x05\x09\xff\xfe\xc3\x28", id="a name that is not UTF-8"),
    pytest.param(b"\xfb\xff\x4c\x00" + b"\xff" * 248, id="248 octets of a maker"),
    pytest.param(b"\xf9\x09" + "ø".encode() * 124, id="a name of 124 letters"),
]


def advertised(number: int, data: bytes) -> Advertisement:
    address = hci.Address(f"F0:00:00:00:{number // 256:02X}:{number % 256:02X}")
    return Advertisement(address, rssi=-50, data_bytes=data)


def crowd() -> Iterator[Advertisement]:
    dice = random.Random(1)  # noqa: S311 - the same nonsense each time
    for number in range(ADVERTISERS):
        odd: bytes = dice.choice([one.values[0] for one in ODD])  # type: ignore[assignment]
        yield advertised(number, dice.choice([odd, dice.randbytes(dice.randrange(32)), CUFF_DATA]))


@asynccontextmanager
async def listening(
    air: Air, folder: Path, told: Callable[[Sighting], None]
) -> AsyncIterator[tuple[Ears, Device]]:
    """Ears, and the device whose advertisements they hear."""
    scanner, client = await attach_radio(air, folder)
    ears = Ears(None, told, scanner)
    await ears.open()
    yield ears, scanner.radio  # type: ignore[attr-defined]
    await ears.close()
    await close_radio((scanner, client))


@pytest.mark.fault("F39")
@pytest.mark.parametrize("data", ODD)
async def test_an_odd_advertisement_is_heard_as_what_can_be_read_of_it(
    air: Air, tmp_path: Path, data: bytes
) -> None:
    sightings: list[Sighting] = []
    async with listening(air, tmp_path, sightings.append) as (_, device):
        device.emit(Device.EVENT_ADVERTISEMENT, advertised(1, data))
    assert len(sightings) == 1
    assert len(sightings[0].advertisement.name or "") <= NAME_AT_MOST


@pytest.mark.fault("F39")
async def test_a_crowd_of_ten_thousand_leaves_little_behind_and_the_cuff_is_heard(
    air: Air, hub: Hub, pairing: Pairing, tmp_path: Path
) -> None:
    """With the join window open, when most attention is paid to strangers."""
    pairing.open(hub.now().mono_ms)
    receiver = Receiver(IMPATIENT, pairing, hub, hub, hub.now, OSLO)
    async with listening(air, tmp_path, receiver.heard) as (ears, device):
        for one in crowd():
            device.emit(Device.EVENT_ADVERTISEMENT, one)
        assert len(ears.devices) == HEARD_AT_MOST
        assert len(pairing.candidates) <= CANDIDATES_AT_MOST
        assert len(receiver._patience) <= PATIENCE_WITH_AT_MOST
        assert len(receiver._waiting) <= CANDIDATES_AT_MOST
        ours = Advertisement(hci.Address(CUFF), rssi=-50, data_bytes=CUFF_DATA)
        device.emit(Device.EVENT_ADVERTISEMENT, ours)
        assert CUFF in ears.devices
        assert receiver._waiting[CUFF].action == "join"
