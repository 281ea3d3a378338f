"""The cursor: numbers are exact, specials are no numbers, nothing is read past the end."""

from datetime import datetime
from decimal import Decimal

import pytest

from drivers.errors import ReservedBits, TrailingBytes, TruncatedPayload
from drivers.measurement import Absent, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault, word


def sfloat(word: int, shift: int = 0) -> Value:
    return ByteReader(word.to_bytes(2, "little")).sfloat(Unit.K_PA, shift=shift)


def float32(word: int) -> Value:
    return ByteReader(word.to_bytes(4, "little")).float32(Unit.CELSIUS)


def test_integers_are_little_endian_and_signed_where_they_say_so() -> None:
    reader = ByteReader(bytes.fromhex("ff 0201 030201 04030201 ff feff"))
    taken = (reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.i8(), reader.i16())
    assert taken == (255, 0x0102, 0x010203, 0x01020304, -1, -2)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        pytest.param(0x0072, "114", id="integer"),
        pytest.param(0xF3E8, "100.0", id="the exponent is kept"),
        pytest.param(0xE0C8, "2.00", id="two decimals"),
        pytest.param(0x2005, "5E+2", id="positive exponent"),
        pytest.param(0x700A, "1.0E+8", id="largest exponent"),
        pytest.param(0x8001, "1E-8", id="smallest exponent"),
        pytest.param(0xFFFF, "-0.1", id="negative mantissa"),
        pytest.param(0xF803, "-204.5", id="the most negative number"),
        pytest.param(0x07FD, "2045", id="the greatest mantissa"),
        pytest.param(0xF7FF, "204.7", id="mantissa of NaN with an exponent is a number"),
        pytest.param(0xF800, "-204.8", id="mantissa of NRes with an exponent is a number"),
    ],
)
def test_sfloat_is_exact(bits: int, text: str) -> None:
    assert str(sfloat(bits).number) == text


def test_sfloat_shift_moves_the_point_and_keeps_the_digits() -> None:
    assert str(sfloat(0xB06F, shift=5).number) == "111"
    assert str(sfloat(0xC03E, shift=3).number) == "6.2"


@pytest.mark.parametrize(
    ("bits", "absent"),
    [
        (0x07FF, Absent.NOT_A_NUMBER),
        (0x0800, Absent.NOT_AT_THIS_RESOLUTION),
        (0x07FE, Absent.POSITIVE_INFINITY),
        (0x0802, Absent.NEGATIVE_INFINITY),
        (0x0801, Absent.RESERVED),
    ],
)
def test_sfloat_specials_are_no_numbers(bits: int, absent: Absent) -> None:
    assert sfloat(bits) == Value(None, Unit.K_PA, absent=absent)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        pytest.param(0xFF00016C, "36.4", id="one decimal"),
        pytest.param(0xFE000E42, "36.50", id="two decimals"),
        pytest.param(0x00FFFFFF, "-1", id="negative"),
        pytest.param(0xFF7FFFFF, "838860.7", id="mantissa of NaN with an exponent is a number"),
        pytest.param(0x80000001, "1E-128", id="smallest exponent"),
    ],
)
def test_float_is_exact(bits: int, text: str) -> None:
    assert str(float32(bits).number) == text


@pytest.mark.parametrize(
    ("bits", "absent"),
    [
        (0x007FFFFF, Absent.NOT_A_NUMBER),
        (0x00800000, Absent.NOT_AT_THIS_RESOLUTION),
        (0x007FFFFE, Absent.POSITIVE_INFINITY),
        (0x00800002, Absent.NEGATIVE_INFINITY),
        (0x00800001, Absent.RESERVED),
    ],
)
def test_float_specials_are_no_numbers(bits: int, absent: Absent) -> None:
    assert float32(bits) == Value(None, Unit.CELSIUS, absent=absent)


def test_date_time() -> None:
    reader = ByteReader(bytes.fromhex("ea070b16080f2f"))
    assert reader.date_time() == datetime.fromisoformat("2026-11-22T08:15:47")
    reader = ByteReader(bytes.fromhex("2e060101000000"))
    assert reader.date_time() == datetime.fromisoformat("1582-01-01T00:00:00")


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param("0000 0b16 080f2f", id="year not known"),
        pytest.param("2d06 0b16 080f2f", id="year 1581"),
        pytest.param("1127 0b16 080f2f", id="year 10001"),
        pytest.param("ea07 0016 080f2f", id="month not known"),
        pytest.param("ea07 0d16 080f2f", id="month 13"),
        pytest.param("ea07 0b00 080f2f", id="day not known"),
        pytest.param("ea07 021e 080f2f", id="30 February"),
        pytest.param("ea07 0b16 180f2f", id="hour 24"),
        pytest.param("ea07 0b16 083c2f", id="minute 60"),
        pytest.param("ea07 0b16 080f3c", id="second 60"),
    ],
)
def test_an_impossible_date_is_none_and_takes_its_seven_octets(stamp: str) -> None:
    reader = ByteReader(bytes.fromhex(stamp + "07"))
    assert reader.date_time() is None
    assert reader.u8() == 7


def test_a_missing_field_tells_where_and_how_much() -> None:
    reader = ByteReader(bytes.fromhex("0102"))
    reader.u8()
    with pytest.raises(TruncatedPayload) as caught:
        reader.u16()
    assert (caught.value.payload, caught.value.offset, caught.value.needed) == (b"\1\2", 1, 2)


def test_zeros_after_the_end_are_padding() -> None:
    ByteReader(bytes(14)).end()
    with pytest.raises(TrailingBytes):
        ByteReader(bytes(14)).end(padded=False)


def test_other_octets_after_the_end_are_refused() -> None:
    reader = ByteReader(bytes.fromhex("010001"))
    reader.u8()
    with pytest.raises(TrailingBytes) as caught:
        reader.end()
    assert caught.value.offset == 1


def test_unknown_flags_are_refused() -> None:
    assert ByteReader(b"\x1f").flags(0x1F) == 0x1F
    with pytest.raises(ReservedBits) as caught:
        ByteReader(b"\x7f").flags(0x1F)
    assert (caught.value.field, caught.value.bits) == ("flags", 0x60)


def test_status_bits_are_read_from_bit_0_up() -> None:
    meanings = (Status.POOR_SIGNAL, None, Status.ERRATIC_SIGNAL)
    reader = ByteReader(bytes.fromhex("0500 0200 0800"))
    assert reader.statuses(2, meanings, "x") == [Status.POOR_SIGNAL, Status.ERRATIC_SIGNAL]
    for bits in (0x02, 0x08):
        with pytest.raises(ReservedBits) as caught:
            reader.statuses(2, meanings, "x")
        assert caught.value.bits == bits


def test_a_clock_fault_needs_a_stamp_that_was_announced() -> None:
    assert clock_fault(2, None) == [Status.TIME_FAULT]
    assert clock_fault(0, None) == []
    assert clock_fault(2, datetime.fromisoformat("2026-01-01T00:00:00")) == []


def test_an_unlisted_code_stays_recognisable() -> None:
    assert word({1: "finger"}, 1) == "finger"
    assert word({1: "finger"}, 9) == "unlisted_9"


def test_zero_keeps_its_decimals() -> None:
    assert sfloat(0xF000).number == Decimal("0.0")
    assert str(sfloat(0xF000).number) == "0.0"
