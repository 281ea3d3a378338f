"""Generic health sensors: observations, their segments, and the conversation."""

from datetime import datetime

import pytest

from drivers.contract import Reading, Said
from drivers.errors import BadFrame, LinkRefused, PayloadError, ReservedBits, UnlistedCode
from drivers.gatt.generic_health_sensor import GenericHealthSensor, decode_live, decode_stored
from drivers.gatt.health_observation import decode_observation
from drivers.gatt.health_observation_codes import FITTING, TYPES
from drivers.measurement import Kind, Learned, Measurement, Quantity, Rejected, Status
from drivers.replay import ReplayGattLink, Step, Trace
from hub.uplink import codes

HEART_RATE = "82410200"  # MDC_ECG_HEART_RATE, 147842
BEATS = "a00a"
NUMBER = "48000000"  # 72
DONE = {"notify": "2a52", "payload": "080001000000"}
NONE_STORED = {"notify": "2a52", "payload": "06000706"}


def observation(flags: str, more: str = "", value: str = BEATS + NUMBER, kind: str = "01") -> bytes:
    rest = bytes.fromhex(flags + HEART_RATE + more + value)
    return bytes.fromhex(kind) + len(rest).to_bytes(2, "little") + rest


def live(payload: bytes, header: str = "03") -> Step:
    return {"notify": "2b8b", "payload": header + payload.hex()}


PLAIN = observation("0100")


async def session(
    *steps: Step, memory: dict[str, str] | None = None, offers: tuple[str, ...] = ("2b8b",)
) -> tuple[list[Said], list[str]]:
    """What was said, and what was written."""
    link = ReplayGattLink(Trace("", "", "", steps, offers=offers))
    said = [one async for one in GenericHealthSensor(memory or {}).read(link)]
    return said, [f"{uuid[4:8]} {payload.hex()}" for uuid, payload in link.written]


def shown(said: list[Said]) -> list[str]:
    readings: list[Reading] = [one for one in said if not isinstance(one, Learned)]
    return [one.reason if isinstance(one, Rejected) else one.kind.value for one in readings]


def test_one_number() -> None:
    seen = decode_observation(PLAIN)
    assert seen.kind is Kind.HEART_RATE
    assert seen.values[Quantity.HEART_RATE].number == 72
    assert (seen.device_time, seen.status, seen.details) == (None, (), {})


@pytest.mark.parametrize(
    ("stamp", "shown_as"),
    [
        ("22 3c0000000000 0604", "2000-01-01T00:01:00"),  # UTC: its offset does not hold
        ("32 3c0000000000 0604", "2000-01-01T01:01:00"),  # UTC and one hour
        ("32 3c0000000000 06ee", "1999-12-31T19:31:00"),  # and minus four and a half
        ("30 3c0000000000 0604", "2000-01-01T00:01:00"),  # local time already has its offset
        ("24 580200000000 0000", "2000-01-01T00:01:00"),  # tenths of a second
        ("28 60ea00000000 0000", "2000-01-01T00:01:00"),  # milliseconds
        ("2c c02709000000 0000", "2000-01-01T00:01:00"),  # tenths of a millisecond
    ],
)
def test_every_unit_and_offset_of_time(stamp: str, shown_as: str) -> None:
    seen = decode_observation(observation("0300", stamp.replace(" ", "")))
    assert seen.device_time == datetime.fromisoformat(shown_as)
    assert seen.status == ()


@pytest.mark.parametrize(
    "stamp", ["21 3c0000000000 0000", "02 3c0000000000 0000", "20 ffffffffffff 0000"]
)
def test_a_clock_that_cannot_be_relied_on(stamp: str) -> None:
    """It counts ticks, has been set since, or shows no real instant."""
    seen = decode_observation(observation("0300", stamp.replace(" ", "")))
    assert seen.status == (Status.TIME_FAULT,)


def test_everything_that_the_flags_announce_in_its_order() -> None:
    more = (
        "22 3c0000000000 0600"  # time
        "1e000000"  # 30 s
        "4600"  # questionable, unavailable, manually entered
        "07000000"  # id
        "ff"  # nobody knows whose
        "01 3c4c0200"
        "02 0100000002000000"
        "01 09000000"
    ).replace(" ", "")
    seen = decode_observation(observation("ff01", more))
    assert seen.status == (Status.QUESTIONABLE, Status.UNAVAILABLE, Status.MANUALLY_ENTERED)
    assert seen.details == {
        "duration_s": "30",
        "observation_id": "7",
        "user": "unknown",
        "supplemental_codes": "150588",
        "derived_from": "1 2",
        "member_of": "9",
    }
    assert seen.user_index is None


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (observation("0102"), ReservedBits),  # further attributes
        (observation("0900", "8000"), ReservedBits),  # a setting
        (b"\x02" + PLAIN[1:], UnlistedCode),  # a discrete one
        (observation("0100", value="2002" + NUMBER), UnlistedCode),  # a heart rate in percent
        (observation("0100", value="0000" + NUMBER), UnlistedCode),  # no unit
        (observation("0100", kind="07"), UnlistedCode),  # no compound
        (PLAIN[:1] + b"\x0d" + PLAIN[2:], BadFrame),  # its length
        (b"\xff\x03\x00\x00\x00\x00", BadFrame),  # an empty bundle
        (b"\xff\x1f\x00\x00\x00\x02" + PLAIN * 2, BadFrame),  # two heart rates
        (PLAIN + b"\0", PayloadError),
    ],
)
def test_what_is_not_known_is_refused_as_a_whole(payload: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode_observation(payload)


def test_a_bundle_in_a_bundle_is_refused() -> None:
    inner = b"\xff\x03\x00\x00\x00\x00"
    with pytest.raises(UnlistedCode):
        decode_observation(b"\xff\x09\x00\x00\x00\x01" + inner)


def test_only_a_whole_observation_is_decoded() -> None:
    assert decode_live(b"\x07" + PLAIN).raw == (b"\x07" + PLAIN,)
    assert decode_stored(b"\x07\x05\x00\x01\x00" + PLAIN).sequence == 0x10005
    for header in (b"\x00", b"\x01", b"\x02"):
        with pytest.raises(BadFrame):
            decode_live(header + PLAIN)


def test_every_type_has_units() -> None:
    assert {meaning.quantity for meaning in TYPES.values()} == FITTING.keys()


def test_types_have_the_codes_that_the_hub_sends_on() -> None:
    """Two of a kind (glucose, pulse rate) depend on more than the quantity."""
    compared = 0
    for number, meaning in TYPES.items():
        sent = codes.QUANTITIES.get(meaning.quantity)
        ambiguous = meaning.quantity in (Quantity.GLUCOSE, Quantity.PULSE_RATE) or meaning.details
        if isinstance(sent, codes.Code) and not ambiguous:
            assert sent.number == number, meaning
            compared += 1
    assert compared > 10


async def test_segments_are_put_together_whatever_comes_between() -> None:
    steps = (
        live(PLAIN[:5], "f9"),  # first, number 62
        {"notify": "2bf4", "payload": "80"},
        live(PLAIN[5:9], "fc"),
        live(PLAIN[9:], "02"),  # last, number 0
        live(PLAIN),
    )
    said, _ = await session(*steps, offers=("2b8b", "2bf4"))
    assert shown(said) == ["heart_rate", "heart_rate"]
    assert isinstance(said[0], Measurement)
    assert [len(part) for part in said[0].raw] == [6, 5, 7]


async def test_missing_segments_are_told_and_cost_one_observation() -> None:
    steps = (
        live(PLAIN[5:], "0a"),  # no first
        live(PLAIN[:5], "01"),
        live(PLAIN[5:], "0a"),  # number 1 is missing
        live(PLAIN[:5], "01"),
        live(PLAIN, "0b"),  # no last
        {"notify": "2b8b", "payload": ""},
    )
    said, _ = await session(*steps)
    first, last = "its first segment is missing", "its last segment is missing"
    assert shown(said) == [first, last, first, last, "heart_rate", first]


async def test_stored_observations_are_read_on_and_then_live_ones_are_asked_for() -> None:
    record = PLAIN.hex()
    memory = {"newest_sequence": "5", "newest_record": "0305000000" + record}
    offers = ("2b8b", "2bdd", "2bf4")
    steps: tuple[Step, ...] = (
        {"write": "2a52", "payload": "07030105000000"},
        {"notify": "2bdd", "payload": "0b05000000" + record},
        live(PLAIN),
        {"notify": "2bdd", "payload": "0f06000000" + record},
        DONE,
        {"write": "2bf4", "payload": "01"},
        live(PLAIN),
    )
    said, written = await session(*steps, memory=memory, offers=offers)
    assert written == ["2a52 07030105000000", "2bf4 01"]
    sequences = [one.sequence for one in said if isinstance(one, Measurement)]
    assert sequences == [5, None, 6, None]
    assert said[-2] == Learned(
        {
            "newest_sequence": "6",
            "newest_record": "0306000000" + record,
            "reports_in_part": "1",
            "reports_broken_off": None,
        }
    )


async def test_nothing_stored_is_a_normal_end() -> None:
    steps = ({"write": "2a52", "payload": "0701"}, NONE_STORED, live(PLAIN))
    said, written = await session(*steps, offers=("2b8b", "2bdd"))
    assert (shown(said), written) == (["heart_rate"], ["2a52 0701"])


async def test_the_clock_is_read_and_left_alone() -> None:
    link = ReplayGattLink(Trace("", "", "", (), reads={"2bf2": "323c00000000000604"}))
    sensor = GenericHealthSensor()
    assert str(await sensor.read_clock(link)) == "2000-01-01 01:01:00"
    with pytest.raises(LinkRefused):
        await sensor.set_clock(link, datetime(2026, 1, 1))  # noqa: DTZ001  a device's clock
    assert link.written == []
    damaged = ReplayGattLink(Trace("", "", "", (), reads={"2bf2": "32"}))
    assert await sensor.read_clock(damaged) is None
