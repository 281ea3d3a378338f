"""What a scale says of a body besides its weight: Body Composition Service 1.0 (0x181B).

Body Composition Measurement 0x2A9C needs two packets where one is too short (flag "multiple
packet"); `joined` makes them one. A scale that also sends a Weight Measurement leaves time and
user out here and gives them there: `weighed` carries them over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers.errors import PayloadError, ReservedBits
from drivers.gatt.resolution import counted, shortened
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index

IN_POUND_AND_INCH = 0x0001
TIME_STAMP = 0x0002
USER_ID = 0x0004
MULTIPLE_PACKET = 0x1000
KNOWN_FLAGS = 0x1FFF
UNSUCCESSFUL = 0xFFFF

# The optional fields in the order of their flags, from bit 3 up.
MASSES = (
    Quantity.MUSCLE_MASS,
    Quantity.FAT_FREE_MASS,
    Quantity.SOFT_LEAN_MASS,
    Quantity.BODY_WATER_MASS,
)
OPTIONAL = (
    Quantity.BASAL_METABOLISM,
    Quantity.MUSCLE_PERCENTAGE,
    *MASSES,
    Quantity.IMPEDANCE,
    Quantity.BODY_WEIGHT,
    Quantity.HEIGHT,
)
FIRST_OPTIONAL = 3
METRIC = {
    Quantity.BASAL_METABOLISM: Unit.KILOJOULE,
    Quantity.MUSCLE_PERCENTAGE: Unit.PERCENT,
    Quantity.IMPEDANCE: Unit.OHM,
    Quantity.HEIGHT: Unit.METRE,
    Quantity.BODY_WEIGHT: Unit.KILOGRAM,
    **dict.fromkeys(MASSES, Unit.KILOGRAM),
}
IMPERIAL = {Unit.KILOGRAM: Unit.POUND, Unit.METRE: Unit.INCH}
# A Beurer BF788 sends a frame for each stored weight, in which nothing but what its profile
# gives is filled in (KristianP26/ble-scale-sync issue #229): then nothing was measured.
NOT_FROM_THE_BODY = {Quantity.BASAL_METABOLISM, Quantity.BODY_WEIGHT, Quantity.HEIGHT}

MEASUREMENT = uuid16(0x2A9C)
FEATURE = uuid16(0x2A9B)
KNOWN_FEATURES = 0x0003FFFF


@dataclass(frozen=True, slots=True)
class BodyCompositionFeature:
    """0x2A9B: what can be measured; resolutions by their number, 0 where not specified."""

    time_stamp: bool
    multiple_users: bool
    quantities: frozenset[Quantity]
    mass_resolution: int
    height_resolution: int


def decode_body_composition(payload: bytes) -> Measurement:
    """0x2A9C, in kg and m or lb and in as sent; a body fat of 0xFFFF is "unsuccessful"."""
    reader = ByteReader(payload)
    flags = reader.u16()
    if unknown := flags & ~KNOWN_FLAGS:
        raise ReservedBits(payload, field="flags", bits=unknown)
    fat = reader.u16()
    stamp = reader.date_time() if flags & TIME_STAMP else None
    user, whose = user_index(reader) if flags & USER_ID else (None, {})
    values = {Quantity.BODY_FAT: _fat(fat), **_optional(reader, flags)}
    reader.end()
    failed = [Status.UNSUCCESSFUL] if fat == UNSUCCESSFUL else []
    return Measurement(
        kind=Kind.BODY_COMPOSITION,
        values=values,
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=(*failed, *clock_fault(flags & TIME_STAMP, stamp)),
        details=whose,
    )


def decode_feature(payload: bytes) -> BodyCompositionFeature:
    reader = ByteReader(payload)
    bits = reader.u32()
    reader.end(padded=False)
    if unknown := bits & ~KNOWN_FEATURES:
        raise ReservedBits(payload, field="body composition feature", bits=unknown)
    offered = (quantity for bit, quantity in enumerate(OPTIONAL, 2) if bits & 1 << bit)
    return BodyCompositionFeature(
        time_stamp=bool(bits & 0x01),
        multiple_users=bool(bits & 0x02),
        quantities=frozenset(offered),
        mass_resolution=bits >> 11 & 0x0F,
        height_resolution=bits >> 15 & 0x07,
    )


async def read_resolutions(link: GattLink) -> Mapping[Quantity, int]:
    """Which resolution each quantity has, where the scale tells."""
    payload = await read_if_offered(link, FEATURE)
    try:
        feature = decode_feature(payload) if payload is not None else None
    except PayloadError:
        feature = None
    if feature is None:
        return {}
    masses = dict.fromkeys((*MASSES, Quantity.BODY_WEIGHT), feature.mass_resolution)
    return {**masses, Quantity.HEIGHT: feature.height_resolution}


def is_first_of_two(measurement: Measurement) -> bool:
    """Whether the scale announced that this is only a part."""
    return bool(int.from_bytes(measurement.raw[0][:2], "little") & MULTIPLE_PACKET)


def joined(first: Measurement, second: Measurement) -> Measurement | None:
    """Both packets as one measurement; None when they are not of the same one."""
    known = (first.device_time, second.device_time)
    users = (first.user_index, second.user_index)
    if not is_first_of_two(second) or _differ(known) or _differ(users):
        return None
    return replace(
        first,
        values={**first.values, **second.values},
        raw=(*first.raw, *second.raw),
        device_time=first.device_time or second.device_time,
        user_index=users[1] if users[0] is None else users[0],
        status=tuple(dict.fromkeys((*first.status, *second.status))),
        details={**first.details, **second.details},
    )


def weighed(measurement: Measurement, weight: Measurement | None) -> Measurement:
    """With the time and the user of the weight that was sent before it, where it has none."""
    own = measurement.device_time or measurement.user_index is not None or measurement.details
    if weight is None or own or Status.TIME_FAULT in measurement.status:
        return measurement
    fault = [status for status in weight.status if status is Status.TIME_FAULT]
    return replace(
        measurement,
        raw=(*weight.raw, *measurement.raw),
        device_time=weight.device_time,
        user_index=weight.user_index,
        status=(*measurement.status, *fault),
        details=weight.details,
    )


def finished(measurement: Measurement, resolutions: Mapping[Quantity, int]) -> Measurement:
    """At the scale's resolution; a frame of zeros alone says that nothing was measured."""
    if all(
        value.number == 0
        for quantity, value in measurement.values.items()
        if quantity not in NOT_FROM_THE_BODY
    ):
        return _unmeasured(measurement)
    return shortened(measurement, resolutions)


def _unmeasured(measurement: Measurement) -> Measurement:
    values = {
        quantity: value
        if quantity in NOT_FROM_THE_BODY
        else Value(None, value.unit, absent=Absent.NOT_MEASURED)
        for quantity, value in measurement.values.items()
    }
    return replace(measurement, values=values, status=(Status.UNSUCCESSFUL, *measurement.status))


def _fat(count: int) -> Value:
    if count == UNSUCCESSFUL:
        return Value(None, Unit.PERCENT, absent=Absent.NOT_MEASURED)
    return counted(count, Unit.PERCENT)


def _optional(reader: ByteReader, flags: int) -> dict[Quantity, Value]:
    imperial = IMPERIAL if flags & IN_POUND_AND_INCH else {}
    values: dict[Quantity, Value] = {}
    for bit, quantity in enumerate(OPTIONAL, FIRST_OPTIONAL):
        if flags & 1 << bit:
            unit = METRIC[quantity]
            values[quantity] = counted(reader.u16(), imperial.get(unit, unit))
    return values


def _differ(pair: tuple[object | None, object | None]) -> bool:
    return None not in pair and pair[0] != pair[1]
