"""Scales: Weight Scale Service 1.0.1 (0x181D).

Weight Measurement 0x2A9D counts in 0.005 kg or 0.01 lb, whatever the scale resolves. Weight Scale
Feature 0x2A9E says what it resolves: then zeros that the scale did not measure are left out
(72.500 kg on a scale of 0.1 kg is 72.5 kg), and a number that would change is left as it came.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from drivers.contract import GattProfile, Refine, unchanged
from drivers.errors import PayloadError, ReservedBits
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index

IN_POUND = 0x01
TIME_STAMP = 0x02
USER_ID = 0x04
BMI_AND_HEIGHT = 0x08
KNOWN_FLAGS = 0x0F
UNSUCCESSFUL = 0xFFFF
COUNT = {
    Unit.KILOGRAM: Decimal("0.005"),
    Unit.POUND: Decimal("0.01"),
    Unit.METRE: Decimal("0.001"),
    Unit.INCH: Decimal("0.1"),
    Unit.KG_PER_M2: Decimal("0.1"),
}

WEIGHT_SCALE_FEATURE = uuid16(0x2A9E)
KNOWN_FEATURES = 0x03FF
# Decimals of each resolution that 0x2A9E can name (from 1; 0 is "not specified").
DECIMALS = {
    Unit.KILOGRAM: (1, 1, 1, 2, 2, 2, 3),  # 0.5 0.2 0.1 0.05 0.02 0.01 0.005
    Unit.POUND: (0, 1, 1, 1, 2, 2, 2),  # 1 0.5 0.2 0.1 0.05 0.02 0.01
    Unit.METRE: (2, 3, 3),  # 0.01 0.005 0.001
    Unit.INCH: (0, 1, 1),  # 1 0.5 0.1
}


@dataclass(frozen=True, slots=True)
class WeightScaleFeature:
    """0x2A9E: resolutions by their number in the specification, 0 where not specified."""

    time_stamp: bool
    multiple_users: bool
    body_mass_index: bool
    weight_resolution: int
    height_resolution: int


def decode_weight(payload: bytes) -> Measurement:
    """0x2A9D, in kg or lb as sent; 0xFFFF is "measurement unsuccessful"."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    count = reader.u16()
    values = {
        Quantity.BODY_WEIGHT: _weight(count, Unit.POUND if flags & IN_POUND else Unit.KILOGRAM)
    }
    stamp = reader.date_time() if flags & TIME_STAMP else None
    user, whose = user_index(reader) if flags & USER_ID else (None, {})
    if flags & BMI_AND_HEIGHT:
        values[Quantity.BODY_MASS_INDEX] = _counted(reader.u16(), Unit.KG_PER_M2)
        values[Quantity.HEIGHT] = _counted(
            reader.u16(), Unit.INCH if flags & IN_POUND else Unit.METRE
        )
    reader.end()
    failed = [Status.UNSUCCESSFUL] if count == UNSUCCESSFUL else []
    return Measurement(
        kind=Kind.BODY_WEIGHT,
        values=values,
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=(*failed, *clock_fault(flags & TIME_STAMP, stamp)),
        details=whose,
    )


def decode_feature(payload: bytes) -> WeightScaleFeature:
    reader = ByteReader(payload)
    bits = reader.u32()
    reader.end(padded=False)
    if unknown := bits & ~KNOWN_FEATURES:
        raise ReservedBits(payload, field="weight scale feature", bits=unknown)
    return WeightScaleFeature(
        time_stamp=bool(bits & 0x01),
        multiple_users=bool(bits & 0x02),
        body_mass_index=bool(bits & 0x04),
        weight_resolution=bits >> 3 & 0x0F,
        height_resolution=bits >> 7 & 0x07,
    )


def at_resolution(feature: WeightScaleFeature, measurement: Measurement) -> Measurement:
    """The same numbers, with the decimals that the scale resolves where that loses nothing."""
    resolutions = {
        Quantity.BODY_WEIGHT: feature.weight_resolution,
        Quantity.HEIGHT: feature.height_resolution,
    }
    values = {
        quantity: _shortened(value, resolutions.get(quantity, 0))
        for quantity, value in measurement.values.items()
    }
    return replace(measurement, values=values)


def _weight(count: int, unit: Unit) -> Value:
    if count == UNSUCCESSFUL:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return _counted(count, unit)


def _counted(count: int, unit: Unit) -> Value:
    return Value(count * COUNT[unit], unit)


def _shortened(value: Value, resolution: int) -> Value:
    decimals = DECIMALS.get(value.unit, ())
    if value.number is None or not 1 <= resolution <= len(decimals):
        return value
    shown = value.number.quantize(Decimal(1).scaleb(-decimals[resolution - 1]))
    return replace(value, number=shown) if shown == value.number else value


class WeightScale(GattProfile):
    """Scales of the Weight Scale Profile: A&D UC-352BLE, Beurer BF720, Detecto and others."""

    id = "gatt-weight-scale"
    service = uuid16(0x181D)
    characteristic = uuid16(0x2A9D)
    decode = decode_weight

    async def refinement(self, link: GattLink) -> Refine:
        payload = await read_if_offered(link, WEIGHT_SCALE_FEATURE)
        try:
            feature = decode_feature(payload) if payload is not None else None
        except PayloadError:
            feature = None
        return partial(at_resolution, feature) if feature else unchanged
