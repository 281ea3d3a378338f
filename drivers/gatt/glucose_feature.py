"""Glucose Feature 0x2A51 (Glucose Service 1.0.1 §3.3): what a meter can notice of its results."""

from enum import IntFlag

from drivers.errors import ReservedBits
from drivers.reader import ByteReader


class Feature(IntFlag):
    """In the order of the bits of the sensor status annunciation, as far as that goes."""

    LOW_BATTERY = 0x0001
    SENSOR_MALFUNCTION = 0x0002
    SAMPLE_SIZE = 0x0004
    STRIP_INSERTION_ERROR = 0x0008
    STRIP_TYPE_ERROR = 0x0010
    RESULT_HIGH_LOW = 0x0020
    TEMPERATURE_HIGH_LOW = 0x0040
    READ_INTERRUPT = 0x0080
    DEVICE_FAULT = 0x0100
    TIME_FAULT = 0x0200
    MULTIPLE_BONDS = 0x0400


def decode_feature(payload: bytes) -> Feature:
    reader = ByteReader(payload)
    bits = reader.u16()
    reader.end(padded=False)
    if unknown := bits & ~sum(Feature):
        raise ReservedBits(payload, field="glucose feature", bits=unknown)
    return Feature(bits)
