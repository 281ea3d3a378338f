"""Blood Pressure Measurement 0x2A35 and Intermediate Cuff Pressure 0x2A36, octet by octet."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from drivers.device_clock import CURRENT_TIME
from drivers.errors import LinkRefused, ReservedBits, TrailingBytes, TruncatedPayload
from drivers.gatt.blood_pressure import (
    BloodPressure,
    decode_blood_pressure,
    decode_cuff_pressure,
    decode_feature,
    decode_swapped,
)
from drivers.links import uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.replay import ReplayGattLink, Step, Trace

PRESSURES = "8400 5000 6200"  # 132 / 80 / 98


def decode(hex_text: str) -> Measurement:
    return decode_blood_pressure(bytes.fromhex(hex_text))


def test_the_smallest_payload() -> None:
    assert decode(f"00 {PRESSURES}") == Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            Quantity.SYSTOLIC: Value(Decimal(132), Unit.MM_HG),
            Quantity.DIASTOLIC: Value(Decimal(80), Unit.MM_HG),
            Quantity.MEAN_ARTERIAL_PRESSURE: Value(Decimal(98), Unit.MM_HG),
        },
        raw=(bytes.fromhex(f"00 {PRESSURES}"),),
    )


def test_every_field() -> None:
    seen = decode(f"1e {PRESSURES} ea07 0b16 080f2f 4800 02 0500")
    assert seen.device_time == datetime.fromisoformat("2026-11-22T08:15:47")
    assert seen.values[Quantity.PULSE_RATE] == Value(Decimal(72), Unit.PER_MINUTE)
    assert seen.user_index == 2
    assert seen.status == (Status.BODY_MOVEMENT, Status.IRREGULAR_PULSE)


def test_kilopascal_stays_as_sent() -> None:
    seen = decode("01 bdf0 0b00 9ff0")
    assert seen.values[Quantity.SYSTOLIC] == Value(Decimal("18.9"), Unit.K_PA)
    assert str(seen.values[Quantity.DIASTOLIC].number) == "11"


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("0000", ()),
        ("0100", (Status.BODY_MOVEMENT,)),
        ("0200", (Status.CUFF_TOO_LOOSE,)),
        ("0400", (Status.IRREGULAR_PULSE,)),
        ("0800", (Status.PULSE_RATE_ABOVE_RANGE,)),
        ("1000", (Status.PULSE_RATE_BELOW_RANGE,)),
        ("2000", (Status.IMPROPER_POSITION,)),
    ],
)
def test_each_status_bit(status: str, meaning: tuple[Status, ...]) -> None:
    assert decode(f"10 {PRESSURES} {status}").status == meaning


@pytest.mark.parametrize("status", ["1800", "4000", "0080"])
def test_reserved_status_bits_are_refused(status: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"10 {PRESSURES} {status}")


@pytest.mark.parametrize("flags", ["20", "40", "80"])
def test_reserved_flags_are_refused(flags: str) -> None:
    with pytest.raises(ReservedBits):
        decode(f"{flags} {PRESSURES}")


def test_an_unknown_user_is_none() -> None:
    assert decode(f"08 {PRESSURES} 00").user_index == 0
    assert decode(f"08 {PRESSURES} ff").user_index is None


def test_a_failed_reading_has_no_numbers() -> None:
    seen = decode("14 ff07 ff07 ff07 ff07 0000")  # as a boso cuff sends it
    assert {value.absent for value in seen.values.values()} == {Absent.NOT_A_NUMBER}
    assert all(value.number is None for value in seen.values.values())


def test_an_impossible_time_does_not_lose_the_values() -> None:
    seen = decode(f"02 {PRESSURES} 0000 0411 14293b")
    assert seen.device_time is None
    assert seen.status == (Status.TIME_FAULT,)
    assert seen.values[Quantity.SYSTOLIC].number == 132


def test_octets_that_no_flag_announces_are_refused() -> None:
    with pytest.raises(TrailingBytes):
        decode(f"00 {PRESSURES} 4800")
    assert decode(f"00 {PRESSURES} 0000").values[Quantity.SYSTOLIC].number == 132


def test_a_promised_field_must_be_there() -> None:
    with pytest.raises(TruncatedPayload):
        decode(f"02 {PRESSURES}")


def test_intermediate_cuff_pressure_is_not_a_blood_pressure() -> None:
    seen = decode_cuff_pressure(bytes.fromhex("1e 9c00 ff07 ff07 e3070809 0d1835 ff07 00 1000"))
    assert seen.kind is Kind.CUFF_PRESSURE
    assert set(seen.values) == {Quantity.CUFF_PRESSURE, Quantity.PULSE_RATE}
    assert seen.values[Quantity.CUFF_PRESSURE].number == 156
    assert (seen.user_index, seen.status) == (0, (Status.PULSE_RATE_BELOW_RANGE,))


def swapped(hex_text: str) -> Measurement:
    return decode_swapped(bytes.fromhex(hex_text))


def test_a_bm85_swaps_pulse_and_status_and_sends_a_user_that_it_does_not_declare() -> None:
    seen = swapped("56 6a00 4700 0000 ea07080b121f00 003f 00 0004")
    assert seen.values[Quantity.SYSTOLIC] == Value(Decimal(106), Unit.MM_HG)
    assert seen.values[Quantity.PULSE_RATE] == Value(Decimal(63), Unit.PER_MINUTE)
    absent = Value(None, Unit.MM_HG, absent=Absent.NOT_MEASURED)
    assert seen.values[Quantity.MEAN_ARTERIAL_PRESSURE] == absent
    assert seen.user_index == 0
    assert seen.status == (Status.IRREGULAR_PULSE,)


def test_a_bm85_that_keeps_to_the_specification_is_read_by_it() -> None:
    plain = f"14 {PRESSURES} 4800 0400"
    assert swapped(plain) == decode(plain)


def test_a_bm85_is_held_to_the_rest_of_the_layout() -> None:
    assert swapped(f"50 {PRESSURES} 00 0040").details == {"reserved_status": "0040"}
    assert swapped(f"40 {PRESSURES} ff").is_of_unknown_user
    assert swapped(f"42 {PRESSURES} 00000000000000 00").status == (Status.TIME_FAULT,)
    with pytest.raises(ReservedBits):
        swapped(f"60 {PRESSURES} 00")
    with pytest.raises(ReservedBits):
        swapped(f"50 {PRESSURES} 00 0018")
    with pytest.raises(TrailingBytes):
        swapped(f"40 {PRESSURES} 00 01")


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("0000", set()),
        ("0100", {"body_movement"}),
        ("2400", {"irregular_pulse", "multiple_bonds"}),
        ("0001", {"user_facing_time"}),
    ],
)
def test_feature(payload: str, words: set[str]) -> None:
    assert decode_feature(bytes.fromhex(payload)) == words


def test_reserved_features_are_refused() -> None:
    with pytest.raises(ReservedBits) as caught:
        decode_feature(bytes.fromhex("0002"))
    assert caught.value.bits == 0x0200


RESULT = {"notify": "2a35", "payload": "00840050006200"}
NOTICE = {"notify": "2a2b", "payload": "ea070b16080f2f070000"}
CLOCK = {"2a2b": "ea070b16080f2f070000"}
SHOWN = datetime.fromisoformat("2026-11-22T08:15:47")


class SlowCuff(ReplayGattLink):
    """Remembers what was done before it had its pause."""

    def __init__(self) -> None:
        super().__init__(Trace("gatt-blood-pressure", "", "", (RESULT,)))
        self.before_pause: list[str] | None = None

    async def pause(self, seconds: float) -> None:
        assert seconds > 0.05
        self.before_pause = list(self.subscribed)


async def test_a_slow_cuff_gets_time_before_it_is_subscribed_to() -> None:
    link = SlowCuff()
    assert len([one async for one in BloodPressure({}, ["settles-first"]).read(link)]) == 1
    assert link.before_pause == []
    other = SlowCuff()
    assert len([one async for one in BloodPressure().read(other)]) == 1
    assert other.before_pause is None


async def omron(*steps: Step) -> tuple[BloodPressure, ReplayGattLink]:
    link = ReplayGattLink(Trace("gatt-blood-pressure", "", "", steps, reads=CLOCK))
    driver = BloodPressure({}, ["clock-on-notice"])
    assert len([one async for one in driver.read(link)]) == 1
    return driver, link


@pytest.mark.parametrize("minutes", [11, -11])
async def test_a_clock_far_off_is_set_after_it_was_notified(minutes: int) -> None:
    driver, link = await omron(NOTICE, RESULT)
    await driver.set_clock(link, SHOWN + timedelta(minutes=minutes))
    assert [where for where, _ in link.written] == [CURRENT_TIME]


@pytest.mark.parametrize("minutes", [10, -10, 0])
async def test_a_clock_that_is_nearly_right_is_left_alone(minutes: int) -> None:
    driver, link = await omron(NOTICE, RESULT)
    with pytest.raises(LinkRefused):
        await driver.set_clock(link, SHOWN + timedelta(minutes=minutes))
    assert link.written == []


async def test_a_clock_that_was_not_notified_is_left_alone() -> None:
    driver, link = await omron(RESULT)
    driver.overhear(uuid16(0x2A19), b"\x5a")
    with pytest.raises(LinkRefused):
        await driver.set_clock(link, SHOWN + timedelta(days=1))
    assert link.written == []


async def test_other_cuffs_are_set_whenever_they_are_off() -> None:
    link = ReplayGattLink(Trace("gatt-blood-pressure", "", "", (RESULT,), reads=CLOCK))
    await BloodPressure().set_clock(link, SHOWN)
    assert [where for where, _ in link.written] == [CURRENT_TIME]
