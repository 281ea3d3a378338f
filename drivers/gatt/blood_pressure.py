"""Blood pressure cuffs: Blood Pressure Service 1.1.1 (0x1810).

Blood Pressure Measurement 0x2A35 is the result. Intermediate Cuff Pressure 0x2A36 has the same
layout and looks like one (156 / NaN / NaN while the cuff fills), so it can be decoded but is
never subscribed to (dotintent/react-native-ble-plx issue #694).
"""

from collections.abc import Mapping
from typing import ClassVar

from drivers.contract import Decoder, GattProfile
from drivers.errors import ReservedBits
from drivers.links import uuid16
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index

IN_KILOPASCAL = 0x01
TIME_STAMP = 0x02
PULSE_RATE = 0x04
USER_ID = 0x08
STATUS = 0x10
KNOWN_FLAGS = 0x1F

PULSE_RANGE = 0x0018  # a number in bits 3-4, not two flags: bit 5 is the arm's position
PULSE_RANGES = {
    0x0000: None,
    0x0008: Status.PULSE_RATE_ABOVE_RANGE,
    0x0010: Status.PULSE_RATE_BELOW_RANGE,
}
STATUS_BITS = {
    0x0001: Status.BODY_MOVEMENT,
    0x0002: Status.CUFF_TOO_LOOSE,
    0x0004: Status.IRREGULAR_PULSE,
    0x0020: Status.IMPROPER_POSITION,
}
KNOWN_STATUS = 0x003F


def decode_blood_pressure(payload: bytes) -> Measurement:
    """0x2A35, in mmHg or kPa as sent."""
    return _decode(payload, Kind.BLOOD_PRESSURE)


def decode_cuff_pressure(payload: bytes) -> Measurement:
    """0x2A36: only the first of the three pressures has a meaning."""
    return _decode(payload, Kind.CUFF_PRESSURE)


def _decode(payload: bytes, kind: Kind) -> Measurement:
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    values = _pressures(reader, kind, Unit.K_PA if flags & IN_KILOPASCAL else Unit.MM_HG)
    stamp = reader.date_time() if flags & TIME_STAMP else None
    if flags & PULSE_RATE:
        values[Quantity.PULSE_RATE] = reader.sfloat(Unit.PER_MINUTE)
    user, whose = user_index(reader) if flags & USER_ID else (None, {})
    status = _status(reader) if flags & STATUS else []
    reader.end()
    return Measurement(
        kind=kind,
        values=values,
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=(*status, *clock_fault(flags & TIME_STAMP, stamp)),
        details=whose,
    )


def _pressures(reader: ByteReader, kind: Kind, unit: Unit) -> dict[Quantity, Value]:
    first, second, third = (reader.sfloat(unit) for _ in range(3))
    if kind is Kind.CUFF_PRESSURE:
        return {Quantity.CUFF_PRESSURE: first}
    return {
        Quantity.SYSTOLIC: first,
        Quantity.DIASTOLIC: second,
        Quantity.MEAN_ARTERIAL_PRESSURE: third,
    }


def _status(reader: ByteReader) -> list[Status]:
    bits = reader.u16()
    if unknown := bits & ~KNOWN_STATUS:
        raise ReservedBits(reader.payload, field="measurement status", bits=unknown)
    if bits & PULSE_RANGE not in PULSE_RANGES:
        raise ReservedBits(reader.payload, field="pulse rate range", bits=PULSE_RANGE)
    said = [status for bit, status in STATUS_BITS.items() if bits & bit]
    pulse = PULSE_RANGES[bits & PULSE_RANGE]
    return [*said, pulse] if pulse else said


class BloodPressure(GattProfile):
    """Cuffs of the Blood Pressure Profile: A&D UA-651BLE, Omron X4 Smart, Beurer BM59 …"""

    id = "gatt-blood-pressure"
    service = uuid16(0x1810)
    characteristic = uuid16(0x2A35)
    decode = decode_blood_pressure
    more_decoders: ClassVar[Mapping[str, Decoder]] = {uuid16(0x2A36): decode_cuff_pressure}
