"""Glucose meters: Glucose Service 1.0.1 (0x1808).

The meter keeps its records and reports them through the Record Access Control Point. A record is
a Glucose Measurement 0x2A18 and, where that says so, a Context 0x2A34 with the same sequence
number; the two leave here as one measurement. Concentrations arrive in kg/L or mol/L and leave in
mg/dL or mmol/L: the decimal point moves, the digits stay.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Reading, attempt
from drivers.errors import DriverError
from drivers.gatt.glucose_context import decode_context
from drivers.links import GattLink, uuid16
from drivers.measurement import (
    Comparator,
    Kind,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
    Value,
)
from drivers.racp import report_all
from drivers.reader import ByteReader, word

TIME_OFFSET = 0x01
CONCENTRATION = 0x02
IN_MOL_PER_LITRE = 0x04
STATUS = 0x08
CONTEXT_FOLLOWS = 0x10
KNOWN_FLAGS = 0x1F
OFFSET_WORDS = {0x7FFF: "overrun", -0x8000: "underrun"}
KG_PER_LITRE_TO_MG_PER_DL = 5
MOL_PER_LITRE_TO_MMOL_PER_LITRE = 3

CONTROL_SOLUTION_TYPE = 10
CONTROL_SOLUTION_LOCATION = 4
TYPES = {
    1: "capillary_whole_blood",
    2: "capillary_plasma",
    3: "venous_whole_blood",
    4: "venous_plasma",
    5: "arterial_whole_blood",
    6: "arterial_plasma",
    7: "undetermined_whole_blood",
    8: "undetermined_plasma",
    9: "interstitial_fluid",
    CONTROL_SOLUTION_TYPE: "control_solution",
}
LOCATIONS = {
    1: "finger",
    2: "alternate_site",
    3: "earlobe",
    CONTROL_SOLUTION_LOCATION: "control_solution",
    15: "not_available",
}
ANNUNCIATION = (
    Status.BATTERY_LOW,
    Status.GLUCOSE_SENSOR_FAULT,
    Status.SAMPLE_TOO_SMALL,
    Status.STRIP_INSERTION_ERROR,
    Status.STRIP_TYPE_INCORRECT,
    Status.RESULT_TOO_HIGH,
    Status.RESULT_TOO_LOW,
    Status.TEMPERATURE_TOO_HIGH,
    Status.TEMPERATURE_TOO_LOW,
    Status.READ_INTERRUPTED,
    Status.DEVICE_FAULT,
    Status.TIME_FAULT,
)

MEASUREMENT = uuid16(0x2A18)
CONTEXT = uuid16(0x2A34)


def decode_glucose(payload: bytes) -> Measurement:
    """0x2A18; `device_time` is base time plus time offset, `details` keep both."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    sequence = reader.u16()
    details: dict[str, str] = {}
    stamp = _stamp(reader, flags, details)
    value, control = _concentration(reader, flags, details)
    status = (
        reader.statuses(2, ANNUNCIATION, "sensor status annunciation") if flags & STATUS else []
    )
    reader.end()
    if stamp is None and Status.TIME_FAULT not in status:
        status.append(Status.TIME_FAULT)
    return Measurement(
        kind=Kind.GLUCOSE,
        values={} if value is None else {Quantity.GLUCOSE: _beyond(value, status)},
        raw=(payload,),
        device_time=stamp,
        sequence=sequence,
        status=(*status, *control),
        details=details,
    )


def context_follows(measurement: Measurement) -> bool:
    """Whether the meter announced a context for this measurement."""
    return bool(measurement.raw[0][0] & CONTEXT_FOLLOWS)


def with_context(measurement: Measurement, context: Measurement) -> Measurement:
    """One measurement with the values, details, status and payloads of both."""
    return replace(
        measurement,
        values={**measurement.values, **context.values},
        details={**measurement.details, **context.details},
        status=(*measurement.status, *context.status),
        raw=(*measurement.raw, *context.raw),
    )


def _stamp(reader: ByteReader, flags: int, details: dict[str, str]) -> datetime | None:
    base = reader.date_time()
    if not flags & TIME_OFFSET:
        return base
    minutes = reader.i16()
    details["time_offset_min"] = OFFSET_WORDS.get(minutes, str(minutes))
    if base is None:
        return None
    details["base_time"] = base.isoformat()
    if minutes in OFFSET_WORDS:
        return None
    try:
        return base + timedelta(minutes=minutes)
    except OverflowError:
        return None


def _concentration(
    reader: ByteReader, flags: int, details: dict[str, str]
) -> tuple[Value | None, list[Status]]:
    if not flags & CONCENTRATION:
        return None, []
    if flags & IN_MOL_PER_LITRE:
        value = reader.sfloat(Unit.MMOL_PER_L, shift=MOL_PER_LITRE_TO_MMOL_PER_LITRE)
    else:
        value = reader.sfloat(Unit.MG_PER_DL, shift=KG_PER_LITRE_TO_MG_PER_DL)
    both = reader.u8()
    sample, location = both & 0x0F, both >> 4
    details["sample_type"] = word(TYPES, sample)
    details["sample_location"] = word(LOCATIONS, location)
    control = sample == CONTROL_SOLUTION_TYPE or location == CONTROL_SOLUTION_LOCATION
    return value, [Status.CONTROL_SOLUTION] if control else []


def _beyond(value: Value, status: list[Status]) -> Value:
    high, low = Status.RESULT_TOO_HIGH in status, Status.RESULT_TOO_LOW in status
    if value.number is None or high == low:
        return value
    return replace(value, comparator=Comparator.GREATER if high else Comparator.LESS)


class Glucose(BleDriver):
    """Meters of the Glucose Profile: Accu-Chek Guide, Contour Next One, CareSens and others."""

    id = "gatt-glucose"
    match = BleMatch(service=uuid16(0x1808))
    decoders: ClassVar[Mapping[str, Decoder]] = {
        MEASUREMENT: decode_glucose,
        CONTEXT: decode_context,
    }

    async def read(self, link: GattLink) -> AsyncGenerator[Reading, None]:
        await link.subscribe(MEASUREMENT)
        if link.has(CONTEXT):
            await link.subscribe(CONTEXT)
        awaiting: dict[int, Measurement] = {}
        try:
            async with aclosing(report_all(link)) as arrivals:
                async for source, payload in arrivals:
                    reading = attempt(self.decoders[source], source, payload)
                    for whole in _paired(reading, awaiting):
                        yield whole
        except DriverError:
            # The contexts are lost with the link; the measurements must not be.
            for measurement in awaiting.values():
                yield measurement
            raise
        for measurement in awaiting.values():
            yield measurement


def _paired(reading: Reading, awaiting: dict[int, Measurement]) -> list[Reading]:
    """What is complete now; a measurement whose context follows is kept in `awaiting`."""
    if isinstance(reading, Rejected) or reading.sequence is None:
        return [reading]
    earlier = awaiting.pop(reading.sequence, None)
    if reading.kind is Kind.GLUCOSE_CONTEXT:
        return [with_context(earlier, reading) if earlier else reading]
    if context_follows(reading):
        awaiting[reading.sequence] = reading
        return [earlier] if earlier else []
    return [earlier, reading] if earlier else [reading]
