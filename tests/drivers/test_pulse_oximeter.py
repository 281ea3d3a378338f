"""PLX Spot-Check 0x2A5E and Continuous 0x2A5F, octet by octet."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.contract import Said
from drivers.errors import (
    DriverError,
    LinkLost,
    ProcedureFailed,
    ReservedBits,
    TrailingBytes,
    TruncatedPayload,
)
from drivers.gatt.pulse_oximeter import (
    PlxFeatures,
    PulseOximeter,
    decode_continuous,
    decode_features,
    decode_spot_check,
)
from drivers.links import uuid16
from drivers.measurement import (
    Absent,
    Kind,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
    Value,
)
from drivers.replay import ReplayGattLink, Step, Trace

PAIR = "6200 4800"  # 98 %, 72 /min


def spot(hex_text: str) -> Measurement:
    return decode_spot_check(bytes.fromhex(hex_text))


def continuous(hex_text: str) -> Measurement:
    return decode_continuous(bytes.fromhex(hex_text))


def test_the_smallest_spot_check() -> None:
    assert spot(f"00 {PAIR}") == Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: Value(Decimal(98), Unit.PERCENT),
            Quantity.PULSE_RATE: Value(Decimal(72), Unit.PER_MINUTE),
        },
        raw=(bytes.fromhex(f"00 {PAIR}"),),
    )


def test_every_field_of_a_spot_check() -> None:
    seen = spot(f"0f {PAIR} ea07 0b16 080f2f 8001 200000 57f0")
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.values[Quantity.PULSE_AMPLITUDE_INDEX] == Value(Decimal("8.7"), Unit.PERCENT)
    assert seen.status == (Status.VALIDATED, Status.FULLY_QUALIFIED, Status.LOW_PERFUSION)


MEASUREMENT_STATUS = {
    5: Status.MEASUREMENT_ONGOING,
    6: Status.EARLY_ESTIMATE,
    7: Status.VALIDATED,
    8: Status.FULLY_QUALIFIED,
    9: Status.FROM_STORAGE,
    10: Status.FOR_DEMONSTRATION,
    11: Status.FOR_TESTING,
    12: Status.CALIBRATION_ONGOING,
    13: Status.UNAVAILABLE,
    14: Status.QUESTIONABLE,
    15: Status.INVALID,
}
SENSOR_STATUS = {
    0: Status.EXTENDED_DISPLAY_ONGOING,
    1: Status.EQUIPMENT_MALFUNCTION,
    2: Status.SIGNAL_IRREGULARITY,
    3: Status.INADEQUATE_SIGNAL,
    4: Status.POOR_SIGNAL,
    5: Status.LOW_PERFUSION,
    6: Status.ERRATIC_SIGNAL,
    7: Status.NONPULSATILE_SIGNAL,
    8: Status.QUESTIONABLE_PULSE,
    9: Status.SIGNAL_ANALYSIS_ONGOING,
    10: Status.SENSOR_INTERFERENCE,
    11: Status.SENSOR_UNCONNECTED_TO_USER,
    12: Status.UNKNOWN_SENSOR,
    13: Status.SENSOR_DISPLACED,
    14: Status.SENSOR_MALFUNCTION,
    15: Status.SENSOR_DISCONNECTED,
}


@pytest.mark.parametrize("bit", range(16))
def test_each_measurement_status_bit(bit: int) -> None:
    payload = bytes.fromhex(f"02 {PAIR}") + (1 << bit).to_bytes(2, "little")
    if bit in MEASUREMENT_STATUS:
        assert decode_spot_check(payload).status == (MEASUREMENT_STATUS[bit],)
    else:
        with pytest.raises(ReservedBits):
            decode_spot_check(payload)


@pytest.mark.parametrize("bit", range(24))
def test_each_sensor_status_bit(bit: int) -> None:
    payload = bytes.fromhex(f"04 {PAIR}") + (1 << bit).to_bytes(3, "little")
    if bit in SENSOR_STATUS:
        assert decode_spot_check(payload).status == (SENSOR_STATUS[bit],)
    else:
        with pytest.raises(ReservedBits):
            decode_spot_check(payload)


def test_a_clock_that_is_not_set_is_a_time_fault() -> None:
    seen = spot(f"11 {PAIR} d007 0101 000100")
    assert seen.device_time == datetime.fromisoformat("2000-01-01T00:01:00")
    assert seen.status == (Status.TIME_FAULT,)
    assert spot(f"10 {PAIR}").status == (Status.TIME_FAULT,)


def test_an_impossible_time_does_not_lose_the_values() -> None:
    seen = spot(f"01 {PAIR} 0000 0101 000100")
    assert (seen.device_time, seen.status) == (None, (Status.TIME_FAULT,))
    assert spot(f"11 {PAIR} 0000 0101 000100").status == (Status.TIME_FAULT,)


def test_a_special_value_is_no_number() -> None:
    value = spot("00 ff07 0008").values
    assert value[Quantity.OXYGEN_SATURATION].absent is Absent.NOT_A_NUMBER
    assert value[Quantity.PULSE_RATE].absent is Absent.NOT_AT_THIS_RESOLUTION


def test_continuous_carries_up_to_three_pairs() -> None:
    seen = continuous(f"03 {PAIR} 6100 4900 6300 4700")
    assert {name.value: int(value.number or 0) for name, value in seen.values.items()} == {
        "oxygen_saturation": 98,
        "pulse_rate": 72,
        "oxygen_saturation_fast": 97,
        "pulse_rate_fast": 73,
        "oxygen_saturation_slow": 99,
        "pulse_rate_slow": 71,
    }


def test_continuous_status_and_amplitude() -> None:
    seen = continuous(f"1c {PAIR} 2000 008000 59f0")
    assert seen.status == (Status.MEASUREMENT_ONGOING, Status.SENSOR_DISCONNECTED)
    assert seen.values[Quantity.PULSE_AMPLITUDE_INDEX].number == Decimal("8.9")
    fast = continuous(f"01 {PAIR} 6300 4700")
    assert fast.values[Quantity.PULSE_RATE_FAST].number == 71
    assert Quantity.PULSE_RATE_SLOW not in fast.values
    slow = continuous(f"02 {PAIR} 6300 4700")
    assert slow.values[Quantity.OXYGEN_SATURATION_SLOW].number == 99
    assert Quantity.OXYGEN_SATURATION_FAST not in slow.values


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        spot(f"{flags} {PAIR}")
    with pytest.raises(ReservedBits):
        continuous(f"{flags} {PAIR}")


def test_lengths_are_checked() -> None:
    with pytest.raises(TruncatedPayload):
        spot(f"08 {PAIR} 57")
    with pytest.raises(TrailingBytes):
        spot(f"00 {PAIR} 57f0")
    with pytest.raises(TrailingBytes):
        continuous(f"00 {PAIR} 57f0")


def test_features() -> None:
    everything = {"storage", "timestamp", "fast", "slow", "pai", "multiple_bonds"}
    assert decode_features(bytes.fromhex("0000")) == PlxFeatures(frozenset(), None, None)
    seen = decode_features(bytes.fromhex("ff00 4010 800100"))
    assert seen == PlxFeatures(frozenset(everything), 0x1040, 0x180)
    assert decode_features(bytes.fromhex("0600 800100")).sensor_status == 0x180
    with pytest.raises(ReservedBits):
        decode_features(bytes.fromhex("0001"))
    for payload in "0100", "0200 8001", "0000 4010":
        with pytest.raises((TruncatedPayload, TrailingBytes)):
            decode_features(bytes.fromhex(payload))


STORED = {"notify": "2a5e", "payload": "0162004800ea070b15080700"}
LIVE = {"notify": "2a5e", "payload": "0061004900"}
DONE = {"notify": "2a52", "payload": "06000101"}
ASKED = {"write": "2a52", "payload": "0101"}


async def said(*steps: Step) -> tuple[list[Said], DriverError | None, ReplayGattLink]:
    link = ReplayGattLink(Trace("gatt-pulse-oximeter", "", "", steps))
    found: list[Said] = []
    try:
        async for one in PulseOximeter().read(link):
            found.append(one)
    except DriverError as error:
        return found, error, link
    return found, None, link


def saturations(found: list[Said]) -> list[int]:
    return [
        int(one.values[Quantity.OXYGEN_SATURATION].number or 0)
        for one in found
        if isinstance(one, Measurement)
    ]


async def test_stored_spot_checks_are_asked_for_and_live_ones_heard() -> None:
    found, problem, link = await said(ASKED, STORED, DONE, LIVE)
    assert saturations(found) == [98, 97]
    assert problem is None
    assert link.subscribed == [uuid16(0x2A5E), uuid16(0x2A52)]


async def test_an_empty_memory_is_no_problem() -> None:
    none_found = {"notify": "2a52", "payload": "06000106"}
    found, problem, _ = await said(ASKED, none_found, LIVE)
    assert (saturations(found), problem) == ([97], None)


async def test_a_refused_report_does_not_cost_the_live_reading() -> None:
    found, problem, _ = await said(ASKED, {"notify": "2a52", "payload": "06000102"}, LIVE)
    assert saturations(found) == [97]
    assert isinstance(problem, ProcedureFailed)


async def test_an_interrupted_report_is_a_lost_link() -> None:
    found, problem, _ = await said(ASKED, STORED)
    assert saturations(found) == [98]
    assert isinstance(problem, LinkLost)


async def test_without_storage_nothing_is_asked() -> None:
    found, _, link = await said({"notify": "2a5f", "payload": "0062004800"}, LIVE)
    assert saturations(found) == [97]
    assert link.written == []
    assert link.subscribed == [uuid16(0x2A5E)]


def frame(saturation: int, status: str = "0000") -> Step:
    return {"notify": "2a5f", "payload": f"04{saturation:02x}004800{status}"}


OUT = {"notify": "2a5f", "payload": "08ff07ff07008000"}  # the sensor is disconnected
QUALIFIED = "0001"
QUESTIONABLE = "0040"


@pytest.mark.parametrize(
    ("steps", "stored"),
    [
        pytest.param([frame(97), frame(98), OUT], [98], id="the last"),
        pytest.param([frame(97), frame(98)], [98], id="the stream stops"),
        pytest.param([frame(97, QUALIFIED), frame(98), OUT], [97], id="fully qualified"),
        pytest.param([frame(97), frame(98, QUESTIONABLE), OUT], [97], id="undisturbed"),
        pytest.param([frame(98, "0041"), frame(96), OUT], [96], id="qualified but questionable"),
        pytest.param([frame(97), OUT, frame(98), OUT], [97, 98], id="two insertions"),
        pytest.param([*[frame(97)] * 60, *[frame(98)] * 60, OUT], [97], id="a finger that stays"),
        pytest.param([OUT, OUT], [], id="no finger"),
    ],
)
async def test_a_stream_alone_gives_one_measurement_for_each_insertion(
    steps: list[Step], stored: list[int]
) -> None:
    found, problem, link = await said(*steps)
    assert (saturations(found), problem) == (stored, None)
    assert link.subscribed == [uuid16(0x2A5F)]


async def test_a_damaged_frame_does_not_end_the_insertion() -> None:
    found, _, _ = await said(frame(97), {"notify": "2a5f", "payload": "0062"}, frame(98), OUT)
    assert saturations(found) == [98]
    assert [one.source for one in found if isinstance(one, Rejected)] == [uuid16(0x2A5F)]
