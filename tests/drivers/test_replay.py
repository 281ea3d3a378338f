"""The replayed links keep the promises of real ones."""

from pathlib import Path

import pytest

from drivers.errors import LinkLost, LinkRefused, LinkTimeout
from drivers.links import uuid16
from drivers.replay import ReplayGattLink, ReplaySerialLink, Step, Trace, load_trace

CUFF, CONTROL_POINT = uuid16(0x2A35), uuid16(0x2A52)


def gatt(*steps: Step, **reads: str | None) -> ReplayGattLink:
    return ReplayGattLink(Trace("", "", "", steps, reads=reads, offers=("2a19",)))


def serial(*steps: Step) -> ReplaySerialLink:
    return ReplaySerialLink(Trace("", "", "", steps))


async def arrived(link: ReplayGattLink) -> list[bytes]:
    return [payload async for _, payload in link.notifications()]


def test_a_trace_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text('{"driver": "d", "device": "m", "source": "s", "steps": [{"silence": true}]}')
    assert load_trace(path) == Trace("d", "m", "s", ({"silence": True},))
    path.write_text('{"driver": "d", "steps": []}')
    with pytest.raises(TypeError):
        load_trace(path)


def test_what_is_named_anywhere_is_offered() -> None:
    link = gatt({"notify": "2a35", "payload": "00"}, {"write": "2a52", "payload": "01"})
    assert [link.has(uuid16(number)) for number in (0x2A35, 0x2A52, 0x2A19)] == [True] * 3
    assert not link.has(uuid16(0x2A9D))


async def test_reads() -> None:
    link = gatt(**{"2a29": "41", "2a24": None})
    assert await link.read(uuid16(0x2A29)) == b"A"
    for refused in (0x2A24, 0x2A19, 0x2A9D):
        with pytest.raises(LinkRefused):
            await link.read(uuid16(refused))


async def test_only_what_was_subscribed_to_arrives() -> None:
    link = gatt({"notify": "2a35", "payload": "00"}, {"notify": "2a35", "payload": "01"})
    assert await arrived(link) == []
    link = gatt({"notify": "2a35", "payload": "00"}, {"notify": "2a35", "payload": "01"})
    await link.subscribe(CUFF)
    assert await arrived(link) == [b"\0", b"\1"]


async def test_the_device_waits_for_the_write_that_the_trace_names() -> None:
    steps: tuple[Step, ...] = (
        {"write": "2a52", "payload": "0101"},
        {"notify": "2a35", "payload": "00"},
    )
    link = gatt(*steps)
    await link.subscribe(CUFF)
    await link.write(CONTROL_POINT, b"\2\1")
    assert await arrived(link) == []
    await link.write(CONTROL_POINT, b"\1\1")
    assert await arrived(link) == [b"\0"]


async def test_what_is_not_offered_is_refused() -> None:
    with pytest.raises(LinkRefused):
        await gatt().subscribe(CUFF)
    with pytest.raises(LinkRefused):
        await gatt().write(CUFF, b"")


async def test_serial_octets_arrive_in_any_portions() -> None:
    link = serial({"receive": "010203"}, {"receive": "04"})
    assert [await link.read(2), await link.read(2)] == [b"\1\2", b"\3\4"]
    with pytest.raises(LinkLost):
        await link.read(1)


async def test_serial_silence_is_one_deadline() -> None:
    link = serial({"silence": True}, {"receive": "01"})
    with pytest.raises(LinkTimeout):
        await link.read(1)
    assert await link.read(1) == b"\1"


async def test_serial_octets_may_wait_for_a_write() -> None:
    steps: tuple[Step, ...] = ({"write": "0272"}, {"receive": "01"})
    with pytest.raises(LinkTimeout):
        await serial(*steps).read(1)
    link = serial(*steps)
    await link.write(b"\x02\x72")
    assert await link.read(1) == b"\1"
