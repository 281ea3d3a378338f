"""Glucose Measurement Context 0x2A34, octet by octet."""

from decimal import Decimal

import pytest

from drivers.errors import (
    ReservedBits,
)
from drivers.gatt.glucose_context import decode_context
from drivers.measurement import (
    Comparator,
    Kind,
    Measurement,
    Quantity,
    Status,
    Unit,
    Value,
)


def context(hex_text: str) -> Measurement:
    return decode_context(bytes.fromhex(hex_text))


def test_the_smallest_context() -> None:
    assert context("00 0700") == Measurement(
        kind=Kind.GLUCOSE_CONTEXT, values={}, raw=(bytes.fromhex("000700"),), sequence=7
    )


def test_every_field_of_a_context() -> None:
    seen = context("df 0700 00 02 2dd0 03 51 8403 50 01 0ca0 46f0")
    assert seen.values == {
        Quantity.CARBOHYDRATE: Value(Decimal(45), Unit.GRAM),
        Quantity.EXERCISE_DURATION: Value(Decimal(900), Unit.SECOND),
        Quantity.EXERCISE_INTENSITY: Value(Decimal(80), Unit.PERCENT),
        Quantity.MEDICATION: Value(Decimal(12), Unit.MILLIGRAM),
        Quantity.HBA1C: Value(Decimal("7.0"), Unit.PERCENT),
    }
    assert seen.details == {
        "carbohydrate_type": "lunch",
        "meal": "fasting",
        "tester": "self",
        "health": "no_issues",
        "medication_type": "rapid_acting_insulin",
    }


def test_medication_by_volume() -> None:
    seen = context("30 0700 02 05d0")
    assert seen.values == {Quantity.MEDICATION: Value(Decimal(5), Unit.MILLILITRE)}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "breakfast"),
        (2, "lunch"),
        (3, "dinner"),
        (4, "snack"),
        (5, "drink"),
        (6, "supper"),
        (7, "brunch"),
        (8, "unlisted_8"),
    ],
)
def test_each_carbohydrate(code: int, word: str) -> None:
    assert context(f"01 0700 {code:02x} 2dd0").details == {"carbohydrate_type": word}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "preprandial"),
        (2, "postprandial"),
        (3, "fasting"),
        (4, "casual"),
        (5, "bedtime"),
    ],
)
def test_each_meal(code: int, word: str) -> None:
    assert context(f"02 0700 {code:02x}").details == {"meal": word}
    assert context(f"02 0700 {code:02x}").status == ()


def test_an_unlisted_meal_is_how_some_meters_mark_a_ketone_reading() -> None:
    seen = context("02 0700 06")
    assert (seen.details, seen.status) == ({"meal": "unlisted_6"}, (Status.QUESTIONABLE,))


@pytest.mark.parametrize(
    ("code", "tester"),
    [
        (1, "self"),
        (2, "health_care_professional"),
        (3, "laboratory"),
        (15, "not_available"),
        (4, "unlisted_4"),
    ],
)
def test_each_tester(code: int, tester: str) -> None:
    assert context(f"04 0700 5{code:x}").details == {"tester": tester, "health": "no_issues"}


@pytest.mark.parametrize(
    ("code", "health"),
    [
        (1, "minor_issues"),
        (2, "major_issues"),
        (3, "menses"),
        (4, "stress"),
        (5, "no_issues"),
        (15, "not_available"),
        (6, "unlisted_6"),
    ],
)
def test_each_health(code: int, health: str) -> None:
    assert context(f"04 0700 {code:x}1").details == {"tester": "self", "health": health}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "rapid_acting_insulin"),
        (2, "short_acting_insulin"),
        (3, "intermediate_acting_insulin"),
        (4, "long_acting_insulin"),
        (5, "premixed_insulin"),
        (6, "unlisted_6"),
    ],
)
def test_each_medication(code: int, word: str) -> None:
    assert context(f"10 0700 {code:02x} 0ca0").details == {"medication_type": word}


def test_an_exercise_longer_than_the_field_is_a_comparator() -> None:
    longest = context("08 0700 feff 50").values[Quantity.EXERCISE_DURATION]
    overrun = context("08 0700 ffff 50").values[Quantity.EXERCISE_DURATION]
    assert longest == Value(Decimal(65534), Unit.SECOND)
    assert overrun == Value(Decimal(65534), Unit.SECOND, Comparator.GREATER)


def test_extended_flags_have_no_meaning_yet() -> None:
    assert context("80 0700 00").sequence == 7
    with pytest.raises(ReservedBits):
        context("80 0700 01")
