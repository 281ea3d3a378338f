"""The JKS50F: whole frames out of torn notifications, and a finger that stays."""

from drivers.links import uuid16
from drivers.measurement import Measurement
from drivers.replay import ReplayGattLink, Trace
from drivers.vendor.health_medical_jks50f import ENOUGH_FRAMES, HealthMedicalJks50f, frames

# Boerni89/ha_bt_oximeter ab1a616, test_jks50f_device.py
FRAME = bytes.fromhex("ff4401005a48" + "00" * 62 + "e7")


def test_a_frame_that_comes_in_pieces_is_put_together() -> None:
    arrived = bytearray(b"\x01\xff")
    for octet in FRAME:
        assert list(frames(arrived)) == []
        arrived.append(octet)
    assert list(frames(arrived)) == [FRAME]
    assert not arrived


def test_a_header_that_has_begun_is_waited_for() -> None:
    arrived = bytearray(b"\x00" * 100 + FRAME[:2])
    assert list(frames(arrived)) == []
    assert arrived == FRAME[:2]


async def test_a_finger_that_stays_is_answered_before_the_session_ends() -> None:
    steps = [{"notify": "ffe1", "payload": FRAME.hex()}] * (ENOUGH_FRAMES + 5)
    link = ReplayGattLink(Trace("", "", "", tuple(steps)))
    coming = HealthMedicalJks50f().read(link)
    first = await anext(coming)
    assert isinstance(first, Measurement)
    left = [payload async for _, payload in link.notifications()]
    assert len(left) == 5
    await coming.aclose()
    assert uuid16(0xFFE1) in link.subscribed
