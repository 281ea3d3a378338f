"""Glucose sensors: what their octets mean, and how a sensor is read on."""

from datetime import datetime

import pytest

from drivers.contract import Said
from drivers.errors import BadChecksum, BadFrame, PayloadError, ReservedBits
from drivers.gatt.continuous_glucose import (
    ContinuousGlucose,
    decode_continuous_glucose,
    decode_status,
    records,
)
from drivers.gatt.continuous_glucose_session import (
    SessionStart,
    decode_feature,
    decode_run_time,
    decode_session_start,
)
from drivers.measurement import Comparator, Learned, Measurement, Quantity, Rejected, Status
from drivers.replay import ReplayGattLink, Step, Trace

START = "ea070b0c07001e0400"  # 2026-11-12 07:00:30, UTC+1, without E2E-CRC
OTHER_START = "ea070b1a07001e0400"
ALL, DONE = "0101", "06000101"


def notify(characteristic: str, payload: str) -> Step:
    return {"notify": characteristic, "payload": payload}


def record(minutes: int, glucose: int = 0x78) -> Step:
    return notify("2aa7", f"0600{glucose:02x}00{minutes.to_bytes(2, 'little').hex()}")


async def session(
    *steps: Step, memory: dict[str, str] | None = None, start: str | None = START
) -> tuple[list[Said], list[str]]:
    """What was said, and what was written."""
    link = ReplayGattLink(Trace("", "", "", steps, reads={"2aaa": start}, offers=("2aa7", "2a52")))
    said = [one async for one in ContinuousGlucose(memory or {}).read(link)]
    return said, [f"{uuid[4:8]} {payload.hex()}" for uuid, payload in link.written]


@pytest.mark.parametrize(
    ("flags", "octet", "status"),
    [
        ("80", "01", Status.SESSION_STOPPED),
        ("80", "20", Status.DEVICE_FAULT),
        ("40", "01", Status.TIME_SYNCHRONIZATION_REQUIRED),
        ("40", "08", Status.CALIBRATION_REQUIRED),
        ("20", "01", Status.BELOW_PATIENT_LOW),
        ("20", "08", Status.ABOVE_HYPER),
        ("20", "20", Status.RISING_TOO_FAST),
    ],
)
def test_each_octet_of_the_annunciation_stands_alone(
    flags: str, octet: str, status: Status
) -> None:
    seen = decode_continuous_glucose(bytes.fromhex(f"07{flags}78000500{octet}"))
    assert seen.status == (status,)


def test_a_result_out_of_range_is_beyond_its_number() -> None:
    for octet, comparator in (("40", Comparator.LESS), ("80", Comparator.GREATER), ("c0", None)):
        seen = decode_continuous_glucose(bytes.fromhex(f"072078000500{octet}"))
        assert seen.values[Quantity.GLUCOSE].comparator is comparator


@pytest.mark.parametrize("payload", ["07807800050040", "07407800050040", "040478000500"])
def test_reserved_bits_are_refused(payload: str) -> None:
    with pytest.raises(ReservedBits):
        decode_continuous_glucose(bytes.fromhex(payload))


def test_a_size_that_fits_nothing_is_refused() -> None:
    for payload in ("0500780005", "070078000500", "0b0078000500000000", "060078000500ff"):
        with pytest.raises(PayloadError):
            decode_continuous_glucose(bytes.fromhex(payload))
    with pytest.raises(BadFrame):
        decode_continuous_glucose(bytes.fromhex("070078000500"))
    with pytest.raises(BadChecksum):
        decode_continuous_glucose(bytes.fromhex("0800780005000000"))


def test_records_are_told_apart_by_their_size() -> None:
    one, other = bytes.fromhex("060078000500"), bytes.fromhex("07807800060001")
    assert list(records(one + other)) == [one, other]
    assert list(records(one + other[:3])) == [one, other[:3]]
    assert list(records(bytes(8))) == [bytes(6), bytes(2)]  # an impossible size goes on as well


def test_the_status_now() -> None:
    assert decode_status(bytes.fromhex("0500010840")).status == (
        Status.SESSION_STOPPED,
        Status.CALIBRATION_REQUIRED,
        Status.RESULT_TOO_LOW,
    )


def test_the_start_of_a_session() -> None:
    moment = datetime(2026, 11, 12, 7, 0, 30)  # noqa: DTZ001  a sensor's clock has no zone
    assert decode_session_start(bytes.fromhex(START)) == SessionStart(moment, 60, 0)
    unknown = decode_session_start(bytes.fromhex("0000000000000080ff"))
    assert unknown == SessionStart(None, None, None)
    west = decode_session_start(bytes.fromhex("ea070b0c07001eee04"))
    assert (west.zone_min, west.dst_min) == (-270, 60)


def test_a_feature_without_crc_has_its_place_filled() -> None:
    assert decode_feature(bytes.fromhex("00800059ffff")).sample_location == "subcutaneous_tissue"
    with pytest.raises(ReservedBits):
        decode_feature(bytes.fromhex("008000590000"))
    with pytest.raises(ReservedBits):
        decode_feature(bytes.fromhex("00800259ffff"))


def test_the_run_time() -> None:
    assert decode_run_time(bytes.fromhex("5001")) == 336


async def test_time_is_the_start_and_the_minutes_since() -> None:
    said, written = await session(
        {"write": "2a52", "payload": ALL}, record(5), record(1445), notify("2a52", DONE)
    )
    times = [str(one.device_time) for one in said if isinstance(one, Measurement)]
    assert times == ["2026-11-12 07:05:30", "2026-11-13 07:05:30"]
    assert written == ["2a52 0101"]


@pytest.mark.parametrize("start", [None, "ea07", "0000000000000080ff", "0f270c1f173b3b0000"])
async def test_without_a_start_there_is_a_time_fault(start: str | None) -> None:
    steps = ({"write": "2a52", "payload": ALL}, record(0xFFFF), notify("2a52", DONE))
    said, _ = await session(*steps, start=start)
    assert isinstance(said[0], Measurement)
    assert (said[0].device_time, said[0].status) == (None, (Status.TIME_FAULT,))


async def test_the_same_octets_of_another_sensor_are_another_record() -> None:
    """Sensors begin at minute 0 again, and may well show the same number at the same minute."""
    first = ({"write": "2a52", "payload": ALL}, record(5), notify("2a52", DONE))
    said, _ = await session(*first)
    assert isinstance(said[-1], Learned)
    memory = {name: value for name, value in said[-1].facts.items() if value is not None}
    again: tuple[Step, ...] = (
        {"write": "2a52", "payload": "0103010500"},
        record(5),
        notify("2a52", DONE),
    )
    _, written = await session(*again, memory=memory)
    assert written == ["2a52 0103010500"]
    whole: tuple[Step, ...] = (
        *again,
        {"write": "2a52", "payload": ALL},
        record(0),
        record(5),
        notify("2a52", DONE),
    )
    said, written = await session(*whole, memory=memory, start=OTHER_START)
    assert written == ["2a52 0103010500", "2a52 0101"]
    assert [one.sequence for one in said if isinstance(one, Measurement)] == [5, 0, 5]


async def test_a_damaged_record_does_not_take_the_others_with_it() -> None:
    both = notify("2aa7", "07007800050000" + "06007b000a00")
    said, _ = await session({"write": "2a52", "payload": ALL}, both, notify("2a52", DONE))
    assert isinstance(said[0], Rejected)
    assert isinstance(said[1], Measurement)
    assert said[1].sequence == 10
