"""Scales: Weight Scale Service 1.0.1 (0x181D), and what such a scale says of the body besides.

Weight Measurement 0x2A9D counts in 0.005 kg or 0.01 lb, whatever the scale resolves. Weight Scale
Feature 0x2A9E says what it resolves: then zeros that the scale did not measure are left out
(72.500 kg on a scale of 0.1 kg is 72.5 kg), and a number that would change is left as it came.

A scale with Body Composition (0x181B) is one device with one driver, whichever of the two services
it advertises; a weighing is then two measurements. Where it knows several people (User Data,
0x181C), the patient's consent comes before the subscriptions: a Beurer sends nothing without, and
sends at once with it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from drivers.contract import Decoder, GattProfile, Refine, Said, attempt, unchanged
from drivers.errors import ConsentNeeded, PayloadError, ReservedBits
from drivers.gatt import body_composition, user_data
from drivers.gatt.body_composition import decode_body_composition
from drivers.gatt.resolution import counted, shortened
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Rejected, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index
from drivers.vendor import and_memory, and_weight

IN_POUND = 0x01
TIME_STAMP = 0x02
USER_ID = 0x04
BMI_AND_HEIGHT = 0x08
KNOWN_FLAGS = 0x0F
UNSUCCESSFUL = 0xFFFF

WEIGHT_SCALE_FEATURE = uuid16(0x2A9E)
KNOWN_FEATURES = 0x03FF
CONFIRMS_PROFILE = "confirms-profile"


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
        values[Quantity.BODY_MASS_INDEX] = counted(reader.u16(), Unit.KG_PER_M2)
        values[Quantity.HEIGHT] = counted(
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
    return shortened(measurement, resolutions)


def _weight(count: int, unit: Unit) -> Value:
    if count == UNSUCCESSFUL:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return counted(count, unit)


class Weighings:
    """Keeps together what a scale sends of one weighing.

    resolutions  of the composition's quantities
    """

    def __init__(self, weight: Refine, resolutions: Mapping[Quantity, int]) -> None:
        self._weight = weight
        self._resolutions = resolutions
        self._weighed: Measurement | None = None
        self._part: Measurement | None = None

    def take(self, reading: Measurement) -> list[Measurement]:
        """What is complete now."""
        if reading.kind is Kind.BODY_WEIGHT:
            earlier = self.rest()
            self._weighed = self._weight(reading)
            return [*earlier, self._weighed]
        if self._part is None:
            self._part = reading
            return [] if body_composition.is_first_of_two(reading) else self.rest()
        whole = body_composition.joined(self._part, reading)
        if whole is None:
            return [*self.rest(), *self.take(reading)]
        self._part = whole
        return self.rest()

    def rest(self) -> list[Measurement]:
        """The part whose second packet never came."""
        part, self._part = self._part, None
        if part is None:
            return []
        whole = body_composition.weighed(part, self._weighed)
        self._weighed = None  # the next composition is of another weighing
        return [body_composition.finished(whole, self._resolutions)]


class WeightScale(GattProfile):
    """Scales of the Weight Scale and Body Composition Profiles: A&D UC-352BLE, Beurer BF720 …

    confirms-profile  measures a body only after its profile was written back (Beurer)
    """

    id = "gatt-weight-scale"
    service = (uuid16(0x181D), uuid16(0x181B), and_weight.SERVICE)
    characteristic = uuid16(0x2A9D)
    decode = decode_weight
    more_decoders: ClassVar[Mapping[str, Decoder]] = {
        body_composition.MEASUREMENT: decode_body_composition,
        and_weight.MEASUREMENT: and_weight.decode_tenths,
    }
    quirks: ClassVar[frozenset[str]] = and_memory.QUIRKS | {CONFIRMS_PROFILE}

    async def prepare(self, link: GattLink) -> None:
        await and_memory.prepare(link, self.oddities)

    async def refinement(self, link: GattLink) -> Refine:
        payload = await read_if_offered(link, WEIGHT_SCALE_FEATURE)
        try:
            feature = decode_feature(payload) if payload is not None else None
        except PayloadError:
            feature = None
        return partial(at_resolution, feature) if feature else unchanged

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        unknown: ConsentNeeded | None = None
        if link.has(user_data.USER_CONTROL_POINT):
            try:
                async with aclosing(user_data.identify(link, self.memory)) as facts:
                    async for learned in facts:
                        yield learned
            except ConsentNeeded as error:
                unknown = error  # what it says of nobody in particular is read all the same
            else:
                await self._confirm(link)
        async with aclosing(self._weighings(link)) as weighings:
            async for said in weighings:
                yield said
        if unknown:
            raise unknown

    async def _confirm(self, link: GattLink) -> None:
        if CONFIRMS_PROFILE in self.oddities:
            await user_data.confirm_profile(link)

    def _sources(self, link: GattLink) -> list[str]:
        """Never the same weight twice."""
        offered = [source for source in self.decoders if link.has(source)]
        if self.characteristic in offered:
            return [source for source in offered if source != and_weight.MEASUREMENT]
        return offered or [self.characteristic]

    async def _weighings(self, link: GattLink) -> AsyncGenerator[Said, None]:
        weighings = Weighings(
            await self.refinement(link), await body_composition.read_resolutions(link)
        )
        await self.prepare(link)
        for source in self._sources(link):
            await link.subscribe(source)
        async for source, payload in link.notifications():
            if source not in self.decoders:
                continue  # the user control point
            reading = attempt(self.decoders[source], source, payload)
            if isinstance(reading, Rejected):
                yield reading
                continue
            for whole in weighings.take(reading):
                yield whole
        for whole in weighings.rest():
            yield whole
