"""What the measurements of a cuff have in common, the plain and the enhanced ones."""

from drivers.errors import ReservedBits
from drivers.measurement import Kind, Quantity, Status, Unit, Value
from drivers.reader import ByteReader

IN_KILOPASCAL = 0x01
TIME_STAMP = 0x02
PULSE_RATE = 0x04
USER_ID = 0x08
STATUS = 0x10

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


def unit(flags: int) -> Unit:
    return Unit.K_PA if flags & IN_KILOPASCAL else Unit.MM_HG


def pressures(reader: ByteReader, flags: int) -> dict[Quantity, Value]:
    return {
        Quantity.SYSTOLIC: reader.sfloat(unit(flags)),
        Quantity.DIASTOLIC: reader.sfloat(unit(flags)),
        Quantity.MEAN_ARTERIAL_PRESSURE: reader.sfloat(unit(flags)),
    }


def measurement_status(reader: ByteReader, bits: int) -> list[Status]:
    """Blood Pressure Service 1.1.1 §3.1.1.7."""
    if unknown := bits & ~KNOWN_STATUS:
        raise ReservedBits(reader.payload, field="measurement status", bits=unknown)
    if bits & PULSE_RANGE not in PULSE_RANGES:
        raise ReservedBits(reader.payload, field="pulse rate range", bits=PULSE_RANGE)
    said = [status for bit, status in STATUS_BITS.items() if bits & bit]
    pulse = PULSE_RANGES[bits & PULSE_RANGE]
    return [*said, pulse] if pulse else said


def kind_of(values: dict[Quantity, Value]) -> Kind:
    return Kind.CUFF_PRESSURE if Quantity.CUFF_PRESSURE in values else Kind.BLOOD_PRESSURE
