"""Glucose Measurement Context 0x2A34 (Glucose Service 1.0.1 §3.2): meal, exercise, medication.

It is no result of its own: it belongs to the glucose measurement with the same sequence number.
"""

from decimal import Decimal

from drivers.measurement import Comparator, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, word

CARBOHYDRATE = 0x01
MEAL = 0x02
TESTER_AND_HEALTH = 0x04
EXERCISE = 0x08
MEDICATION = 0x10
MEDICATION_IN_LITRE = 0x20
HBA1C = 0x40
EXTENDED_FLAGS = 0x80
KNOWN_FLAGS = 0xFF
KNOWN_EXTENDED_FLAGS = 0x00

CARBOHYDRATES = {
    1: "breakfast",
    2: "lunch",
    3: "dinner",
    4: "snack",
    5: "drink",
    6: "supper",
    7: "brunch",
}
MEALS = {1: "preprandial", 2: "postprandial", 3: "fasting", 4: "casual", 5: "bedtime"}
TESTERS = {1: "self", 2: "health_care_professional", 3: "laboratory", 15: "not_available"}
HEALTHS = {
    1: "minor_issues",
    2: "major_issues",
    3: "menses",
    4: "stress",
    5: "no_issues",
    15: "not_available",
}
MEDICATIONS = {
    1: "rapid_acting_insulin",
    2: "short_acting_insulin",
    3: "intermediate_acting_insulin",
    4: "long_acting_insulin",
    5: "premixed_insulin",
}

KILOGRAM_TO_GRAM = 3
KILOGRAM_TO_MILLIGRAM = 6
LITRE_TO_MILLILITRE = 3
EXERCISE_OVERRUN = 0xFFFF
EXERCISE_LONGEST = 0xFFFE


def decode_context(payload: bytes) -> Measurement:
    """0x2A34; the unlisted meal of an i-SENS meter makes the measurement questionable."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    sequence = reader.u16()
    if flags & EXTENDED_FLAGS:
        reader.flags(KNOWN_EXTENDED_FLAGS, "extended flags")
    values: dict[Quantity, Value] = {}
    details: dict[str, str] = {}
    status: list[Status] = []
    if flags & CARBOHYDRATE:
        details["carbohydrate_type"] = word(CARBOHYDRATES, reader.u8())
        values[Quantity.CARBOHYDRATE] = reader.sfloat(Unit.GRAM, shift=KILOGRAM_TO_GRAM)
    if flags & MEAL:
        status += _meal(reader.u8(), details)
    if flags & TESTER_AND_HEALTH:
        both = reader.u8()
        details["tester"] = word(TESTERS, both & 0x0F)
        details["health"] = word(HEALTHS, both >> 4)
    if flags & EXERCISE:
        values[Quantity.EXERCISE_DURATION] = _duration(reader.u16())
        values[Quantity.EXERCISE_INTENSITY] = Value(Decimal(reader.u8()), Unit.PERCENT)
    if flags & MEDICATION:
        details["medication_type"] = word(MEDICATIONS, reader.u8())
        values[Quantity.MEDICATION] = _medication(reader, flags)
    if flags & HBA1C:
        values[Quantity.HBA1C] = reader.sfloat(Unit.PERCENT)
    reader.end()
    return Measurement(
        kind=Kind.GLUCOSE_CONTEXT,
        values=values,
        raw=(payload,),
        sequence=sequence,
        status=tuple(status),
        details=details,
    )


def _meal(code: int, details: dict[str, str]) -> list[Status]:
    details["meal"] = word(MEALS, code)
    # i-SENS meters send a ketone reading as glucose and tell them apart by meal 6 alone (xDrip,
    # ContextRxTest): the number must not pass for an ordinary glucose value.
    return [] if code in MEALS else [Status.QUESTIONABLE]


def _duration(seconds: int) -> Value:
    if seconds == EXERCISE_OVERRUN:
        return Value(Decimal(EXERCISE_LONGEST), Unit.SECOND, Comparator.GREATER)
    return Value(Decimal(seconds), Unit.SECOND)


def _medication(reader: ByteReader, flags: int) -> Value:
    if flags & MEDICATION_IN_LITRE:
        return reader.sfloat(Unit.MILLILITRE, shift=LITRE_TO_MILLILITRE)
    return reader.sfloat(Unit.MILLIGRAM, shift=KILOGRAM_TO_MILLIGRAM)
