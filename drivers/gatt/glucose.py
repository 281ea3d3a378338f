"""Glucose meters: Glucose Service 1.0.1 (0x1808).

The meter keeps its records and reports them through the Record Access Control Point. A record is
a Glucose Measurement 0x2A18 and, where that says so, a Context 0x2A34 with the same sequence
number; the two leave here as one measurement. Concentrations arrive in kg/L or mol/L and leave in
mg/dL or mmol/L: the decimal point moves, the digits stay.
"""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from drivers.contract import (
    NOTHING,
    BleDriver,
    BleMatch,
    Decoder,
    Memory,
    Reading,
    Said,
    attempt,
)
from drivers.errors import ProcedureFailed
from drivers.gatt.glucose_context import decode_context
from drivers.known_records import Seen, read_on
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
from drivers.racp import RECORD_ACCESS_CONTROL_POINT, REPORT_ALL, report, report_from
from drivers.reader import ByteReader, word
from drivers.vendor import isens_caresens

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

REPORTS_ALL_ONLY = "reports-all-only"  # the filter is known to go wrong
KETONE_IS_MEAL_6 = "ketone-is-meal-6"
ISENS_CLOCK = "isens-clock"  # behind 0xFFF1, which other makers use for other things
# Between one subscription and the next, and before the request.
PAUSES_S = {"pause-500ms": 0.5, "pause-5s": 5.0}


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
    """Meters of the Glucose Profile: Accu-Chek Guide, Contour Next One, CareSens and others.

    What is known of each is in glucose.md.
    """

    id = "gatt-glucose"
    match = BleMatch(service=uuid16(0x1808))
    decoders: ClassVar[Mapping[str, Decoder]] = {
        MEASUREMENT: decode_glucose,
        CONTEXT: decode_context,
    }
    quirks = frozenset({REPORTS_ALL_ONLY, KETONE_IS_MEAL_6, ISENS_CLOCK, *PAUSES_S})

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._clock: isens_caresens.IsensClock | None = None

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        await self._subscribe(link)
        report = partial(self._report, link)
        everything = REPORTS_ALL_ONLY in self.oddities
        told = report(None, Seen()) if everything else read_on(self.memory, report)
        async with aclosing(told) as readings:
            async for said in readings:
                yield said

    async def read_clock(self, link: GattLink) -> datetime | None:
        clock = self._isens_clock(link)
        return await clock.read() if clock else await super().read_clock(link)

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        if clock := self._isens_clock(link):
            await clock.set(local)
        else:
            await super().set_clock(link, local)

    def _isens_clock(self, link: GattLink) -> isens_caresens.IsensClock | None:
        if self._clock is None:
            self._clock = isens_caresens.clock_of(link, is_told=ISENS_CLOCK in self.oddities)
        return self._clock

    async def _subscribe(self, link: GattLink) -> None:
        pause_s = max((PAUSES_S[one] for one in self.oddities & PAUSES_S.keys()), default=None)
        for characteristic in (MEASUREMENT, CONTEXT, RECORD_ACCESS_CONTROL_POINT):
            if characteristic == CONTEXT and not link.has(CONTEXT):
                continue
            await link.subscribe(characteristic)
            if pause_s is not None:
                await link.pause(pause_s)

    async def _report(
        self, link: GattLink, first: int | None, seen: Seen
    ) -> AsyncGenerator[Reading, None]:
        """One procedure: its measurements, each with its context.

        What still awaits its context when the link breaks is left in the meter, which keeps its
        records: stored now, it would be stored again when it comes whole.
        """
        awaiting: dict[int, Measurement] = {}
        refused: ProcedureFailed | None = None
        request = REPORT_ALL if first is None else report_from(first)
        try:
            async with aclosing(report(link, request)) as arrivals:
                async for source, payload in arrivals:
                    if source in self.decoders:  # else it is from the clock
                        for whole in _paired(self._reading(source, payload, seen), awaiting):
                            yield self._named(whole)
        except ProcedureFailed as error:
            refused = error
        for measurement in awaiting.values():
            yield self._named(measurement)
        if refused:
            raise refused

    def _reading(self, source: str, payload: bytes, seen: Seen) -> Reading:
        reading = attempt(self.decoders[source], source, payload)
        if source == MEASUREMENT:
            seen.add(reading)
        return reading

    def _named(self, reading: Reading) -> Reading:
        """What a meter for glucose and ketone means."""
        if KETONE_IS_MEAL_6 not in self.oddities or isinstance(reading, Rejected):
            return reading
        if reading.kind is Kind.GLUCOSE and context_follows(reading) and len(reading.raw) == 1:
            return isens_caresens.of_unknown_kind(reading)
        return isens_caresens.as_ketone(reading)


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
