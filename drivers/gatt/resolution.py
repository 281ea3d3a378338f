"""How scales count: the steps of their integers, and the decimals that they really resolve.

Weight Scale Service 1.0.1 and Body Composition Service 1.0 count alike, whatever the scale
resolves. What it resolves stands in its Feature characteristic, in the same numbers.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from drivers.measurement import Measurement, Quantity, Unit, Value

COUNT = {
    Unit.KILOGRAM: Decimal("0.005"),
    Unit.POUND: Decimal("0.01"),
    Unit.METRE: Decimal("0.001"),
    Unit.INCH: Decimal("0.1"),
    Unit.KG_PER_M2: Decimal("0.1"),
    Unit.PERCENT: Decimal("0.1"),
    Unit.KILOJOULE: Decimal(1),
    Unit.OHM: Decimal("0.1"),
}
# Decimals of each resolution that a Feature can name (from 1; 0 is "not specified").
DECIMALS = {
    Unit.KILOGRAM: (1, 1, 1, 2, 2, 2, 3),  # 0.5 0.2 0.1 0.05 0.02 0.01 0.005
    Unit.POUND: (0, 1, 1, 1, 2, 2, 2),  # 1 0.5 0.2 0.1 0.05 0.02 0.01
    Unit.METRE: (2, 3, 3),  # 0.01 0.005 0.001
    Unit.INCH: (0, 1, 1),  # 1 0.5 0.1
}


def counted(count: int, unit: Unit) -> Value:
    return Value(count * COUNT[unit], unit)


def shortened(measurement: Measurement, resolutions: Mapping[Quantity, int]) -> Measurement:
    """The same numbers, with the decimals that the scale resolves where that loses nothing."""
    values = {
        quantity: _shortened(value, resolutions.get(quantity, 0))
        for quantity, value in measurement.values.items()
    }
    return replace(measurement, values=values)


def _shortened(value: Value, resolution: int) -> Value:
    decimals = DECIMALS.get(value.unit, ())
    if value.number is None or not 1 <= resolution <= len(decimals):
        return value
    shown = value.number.quantize(Decimal(1).scaleb(-decimals[resolution - 1]))
    return replace(value, number=shown) if shown == value.number else value
