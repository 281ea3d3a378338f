"""Pulse oximeters: Pulse Oximeter Service 1.0.1 (0x1822).

PLX Spot-Check 0x2A5E is the result; where the oximeter stores them, it is asked for those that it
holds, and then heard for those that are taken meanwhile. PLX Continuous 0x2A5F is a reading every
second, which is not what a home check-in stores: it is subscribed to only where there is nothing
else, and then gives one measurement for each finger insertion.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from drivers.contract import Decoder, GattProfile, Reading, Said, attempt
from drivers.errors import ProcedureFailed, ReservedBits
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink, uuid16
from drivers.measurement import Kind, Measurement, Quantity, Rejected, Status, Unit, Value
from drivers.racp import RECORD_ACCESS_CONTROL_POINT, report
from drivers.reader import ByteReader, clock_fault

SPOT_TIME_STAMP = 0x01
SPOT_MEASUREMENT_STATUS = 0x02
SPOT_SENSOR_STATUS = 0x04
SPOT_AMPLITUDE = 0x08
SPOT_CLOCK_NOT_SET = 0x10
CONTINUOUS_FAST = 0x01
CONTINUOUS_SLOW = 0x02
CONTINUOUS_MEASUREMENT_STATUS = 0x04
CONTINUOUS_SENSOR_STATUS = 0x08
CONTINUOUS_AMPLITUDE = 0x10
KNOWN_FLAGS = 0x1F

MEASUREMENT_STATUS = (
    *[None] * 5,
    Status.MEASUREMENT_ONGOING,
    Status.EARLY_ESTIMATE,
    Status.VALIDATED,
    Status.FULLY_QUALIFIED,
    Status.FROM_STORAGE,
    Status.FOR_DEMONSTRATION,
    Status.FOR_TESTING,
    Status.CALIBRATION_ONGOING,
    Status.UNAVAILABLE,
    Status.QUESTIONABLE,
    Status.INVALID,
)
SENSOR_STATUS = (
    Status.EXTENDED_DISPLAY_ONGOING,
    Status.EQUIPMENT_MALFUNCTION,
    Status.SIGNAL_IRREGULARITY,
    Status.INADEQUATE_SIGNAL,
    Status.POOR_SIGNAL,
    Status.LOW_PERFUSION,
    Status.ERRATIC_SIGNAL,
    Status.NONPULSATILE_SIGNAL,
    Status.QUESTIONABLE_PULSE,
    Status.SIGNAL_ANALYSIS_ONGOING,
    Status.SENSOR_INTERFERENCE,
    Status.SENSOR_UNCONNECTED_TO_USER,
    Status.UNKNOWN_SENSOR,
    Status.SENSOR_DISPLACED,
    Status.SENSOR_MALFUNCTION,
    Status.SENSOR_DISCONNECTED,
)


SPOT_CHECK = uuid16(0x2A5E)
CONTINUOUS = uuid16(0x2A5F)
ENOUGH_FRAMES = 60  # one a second; the finger may stay in for longer than a session

MEASUREMENT_STATUS_SUPPORT = 0x01
SENSOR_STATUS_SUPPORT = 0x02
FEATURES = ("storage", "timestamp", "fast", "slow", "pai", "multiple_bonds")  # from bit 2 up
FIRST_FEATURE = 2
KNOWN_FEATURES = 0x00FF


@dataclass(frozen=True, slots=True)
class PlxFeatures:
    """0x2A60: what this oximeter offers, in the words of FEATURES.

    The two others are the status bits that it can set; None where it does not tell.
    """

    offered: frozenset[str]
    measurement_status: int | None
    sensor_status: int | None


def decode_features(payload: bytes) -> PlxFeatures:
    reader = ByteReader(payload)
    bits = reader.u16()
    if unknown := bits & ~KNOWN_FEATURES:
        raise ReservedBits(payload, field="PLX features", bits=unknown)
    measurement = reader.u16() if bits & MEASUREMENT_STATUS_SUPPORT else None
    sensor = reader.u24() if bits & SENSOR_STATUS_SUPPORT else None
    reader.end(padded=False)
    words = (word for bit, word in enumerate(FEATURES, FIRST_FEATURE) if bits & 1 << bit)
    return PlxFeatures(frozenset(words), measurement, sensor)


def decode_spot_check(payload: bytes) -> Measurement:
    """0x2A5E; "clock not set" is a time fault, the stamp stays as the device showed it."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    values = _pair(reader, Quantity.OXYGEN_SATURATION, Quantity.PULSE_RATE)
    stamp = reader.date_time() if flags & SPOT_TIME_STAMP else None
    status = _statuses(reader, flags & SPOT_MEASUREMENT_STATUS, flags & SPOT_SENSOR_STATUS)
    if flags & SPOT_AMPLITUDE:
        values[Quantity.PULSE_AMPLITUDE_INDEX] = reader.sfloat(Unit.PERCENT)
    reader.end()
    fault = (
        [Status.TIME_FAULT]
        if flags & SPOT_CLOCK_NOT_SET
        else clock_fault(flags & SPOT_TIME_STAMP, stamp)
    )
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values=values,
        raw=(payload,),
        device_time=stamp,
        status=(*status, *fault),
    )


def decode_continuous(payload: bytes) -> Measurement:
    """0x2A5F: normal, and where sent fast and slow averages; it never carries a time."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    values = _pair(reader, Quantity.OXYGEN_SATURATION, Quantity.PULSE_RATE)
    if flags & CONTINUOUS_FAST:
        values |= _pair(reader, Quantity.OXYGEN_SATURATION_FAST, Quantity.PULSE_RATE_FAST)
    if flags & CONTINUOUS_SLOW:
        values |= _pair(reader, Quantity.OXYGEN_SATURATION_SLOW, Quantity.PULSE_RATE_SLOW)
    status = _statuses(
        reader, flags & CONTINUOUS_MEASUREMENT_STATUS, flags & CONTINUOUS_SENSOR_STATUS
    )
    if flags & CONTINUOUS_AMPLITUDE:
        values[Quantity.PULSE_AMPLITUDE_INDEX] = reader.sfloat(Unit.PERCENT)
    reader.end()
    return Measurement(Kind.PULSE_OXIMETRY, values, raw=(payload,), status=tuple(status))


def _pair(reader: ByteReader, saturation: Quantity, pulse: Quantity) -> dict[Quantity, Value]:
    return {saturation: reader.sfloat(Unit.PERCENT), pulse: reader.sfloat(Unit.PER_MINUTE)}


def _statuses(reader: ByteReader, measurement: int, sensor: int) -> list[Status]:
    status: list[Status] = []
    if measurement:
        status += reader.statuses(2, MEASUREMENT_STATUS, "measurement status")
    if sensor:
        status += reader.statuses(3, SENSOR_STATUS, "device and sensor status")
    return status


class PulseOximeter(GattProfile):
    """Oximeters of the Pulse Oximeter Profile: Nonin 3230, Masimo MightySat and others."""

    id = "gatt-pulse-oximeter"
    service = uuid16(0x1822)
    characteristic = SPOT_CHECK
    decode = decode_spot_check
    more_decoders: ClassVar[Mapping[str, Decoder]] = {CONTINUOUS: decode_continuous}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        streams = link.has(CONTINUOUS) and not link.has(SPOT_CHECK)
        readings = _insertions(link) if streams else _spot_checks(link)
        async with aclosing(readings):
            async for reading in readings:
                yield reading


async def _spot_checks(link: GattLink) -> AsyncGenerator[Reading, None]:
    """Those that are stored, then those that come."""
    refused: ProcedureFailed | None = None
    await link.subscribe(SPOT_CHECK)
    if link.has(RECORD_ACCESS_CONTROL_POINT):
        await link.subscribe(RECORD_ACCESS_CONTROL_POINT)
        try:
            async with aclosing(report(link)) as arrivals:
                async for source, payload in arrivals:
                    yield attempt(decode_spot_check, source, payload)
        except ProcedureFailed as error:
            refused = error  # what is measured now is not lost for that
    async for source, payload in link.notifications():
        if source == SPOT_CHECK:
            yield attempt(decode_spot_check, source, payload)
    if refused:
        raise refused


async def _insertions(link: GattLink) -> AsyncGenerator[Reading, None]:
    insertion = FingerInsertion(answer_after=ENOUGH_FRAMES)
    await link.subscribe(CONTINUOUS)
    async for source, payload in link.notifications():
        frame = attempt(decode_continuous, source, payload)
        whole = frame if isinstance(frame, Rejected) else insertion.take(frame)
        if whole:
            yield whole
    if held := insertion.end():
        yield held
