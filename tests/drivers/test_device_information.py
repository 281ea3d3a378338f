"""What devices say about themselves, as real ones fill these characteristics."""

import pytest

from drivers.errors import LinkLost, PayloadError
from drivers.gatt.device_information import (
    PnpId,
    decode_battery_level,
    decode_pnp_id,
    decode_system_id,
    decode_text,
    read_battery_percent,
    read_device_information,
)
from drivers.measurement import DeviceInfo
from drivers.replay import ReplayGattLink, Trace


def link(**reads: str | None) -> ReplayGattLink:
    return ReplayGattLink(Trace("", "", "", (), reads=dict(reads)))


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"A&D Medical", "A&D Medical"),
        (b"UA-651BLE\0\0\0", "UA-651BLE"),
        (b"5141\0garbage", "5141"),
        (b"  BM 59 ", "BM 59"),
        (b"\xff1", "\ufffd1"),
        ("Måler".encode(), "Måler"),
        (b"", None),
        (b" \0", None),
    ],
)
def test_text(payload: bytes, text: str | None) -> None:
    assert decode_text(payload) == text


def test_system_id_is_turned_into_reading_order() -> None:
    assert decode_system_id(bytes.fromhex("c9f253fffe12f3c4")) == "C4F312FEFF53F2C9"
    for damaged in ("c9f253fffe12f3", "c9f253fffe12f3c400"):
        with pytest.raises(PayloadError):
            decode_system_id(bytes.fromhex(damaged))


def test_battery_level() -> None:
    assert [decode_battery_level(bytes((level,))) for level in (0, 100, 101)] == [0, 100, None]
    with pytest.raises(PayloadError):
        decode_battery_level(b"\x64\0")


async def test_everything_that_a_device_offers() -> None:
    seen = await read_device_information(
        link(
            **{
                "2a29": b"A&D".hex(),
                "2a24": b"UA-651".hex(),
                "2a25": b"5171".hex(),
                "2a26": b"1.0".hex(),
                "2a27": b"2.0".hex(),
                "2a28": b"3.0".hex(),
                "2a23": "c9f253fffe12f3c4",
                "2a19": "5a",
            }
        )
    )
    assert seen == DeviceInfo(
        manufacturer="A&D",
        model="UA-651",
        serial="5171",
        firmware="1.0",
        hardware="2.0",
        software="3.0",
        system_id="C4F312FEFF53F2C9",
        battery_percent=90,
    )


async def test_what_is_missing_refused_or_damaged_is_none() -> None:
    assert await read_device_information(link()) == DeviceInfo()
    refused = link(**{"2a29": None, "2a23": None, "2a19": None})
    assert await read_device_information(refused) == DeviceInfo()
    damaged = link(**{"2a23": "00", "2a19": "", "2a24": b"X".hex()})
    assert await read_device_information(damaged) == DeviceInfo(model="X")


class GoneLink(ReplayGattLink):
    async def read(self, characteristic: str) -> bytes:
        raise LinkLost("read")


async def test_a_lost_link_is_not_a_missing_characteristic() -> None:
    with pytest.raises(LinkLost):
        await read_device_information(GoneLink(Trace("", "", "", (), reads={"2a29": "41"})))


def test_pnp_id() -> None:
    assert decode_pnp_id(bytes.fromhex("02ac0520020100")) == PnpId(2, 0x05AC, 0x0220, 1)
    for damaged in "02ac05200201", "02ac0520020100ff":
        with pytest.raises(PayloadError):
            decode_pnp_id(bytes.fromhex(damaged))


@pytest.mark.parametrize(
    ("reads", "percent"),
    [
        pytest.param({"2a19": "01"}, 1, id="nearly empty"),
        pytest.param({"2a19": "00"}, None, id="answers without power"),
        pytest.param({"2a19": "65"}, None, id="reserved"),
        pytest.param({"2a19": ""}, None, id="damaged"),
        pytest.param({"2a19": None}, None, id="refused"),
        pytest.param({}, None, id="missing"),
    ],
)
async def test_battery_percent(reads: dict[str, str | None], percent: int | None) -> None:
    assert await read_battery_percent(link(**reads)) == percent
