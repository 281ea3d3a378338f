"""Pulse oximeters: Pulse Oximeter Service 1.0.1 (0x1822).

PLX Spot-Check 0x2A5E is the result. PLX Continuous 0x2A5F can be decoded but is not subscribed
to: a reading every second is not what a home check-in stores.
"""

from collections.abc import Mapping
from typing import ClassVar

from drivers.contract import Decoder, GattProfile
from drivers.links import uuid16
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
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
    characteristic = uuid16(0x2A5E)
    decode = decode_spot_check
    more_decoders: ClassVar[Mapping[str, Decoder]] = {uuid16(0x2A5F): decode_continuous}
