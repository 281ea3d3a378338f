"""Jumper's oximeter and Yonker's cuff: one mark, two lengths, UUIDs that differ in one letter."""

from drivers.measurement import Quantity
from drivers.vendor.jumper_jpd500f import decode_numbers
from drivers.vendor.yonker_ibpa1 import decode_result
from tests.drivers.views import Decode, Seen

CUFF_LENGTH = 15


def either(payload: bytes) -> Seen:
    return cuff(payload) if len(payload) == CUFF_LENGTH else oximeter(payload)


def oximeter(payload: bytes) -> Seen:
    seen = decode_numbers(payload).values
    return {
        "spo2": seen[Quantity.OXYGEN_SATURATION].number,
        "pulse": seen[Quantity.PULSE_RATE].number,
        "pi": seen[Quantity.PULSE_AMPLITUDE_INDEX].number,
    }


def cuff(payload: bytes) -> Seen:
    seen = decode_result(payload)
    return {
        "systolic": seen.values[Quantity.SYSTOLIC].number,
        "diastolic": seen.values[Quantity.DIASTOLIC].number,
        "pulse": seen.values[Quantity.PULSE_RATE].number,
        "timestamp": seen.device_time and seen.device_time.isoformat(),
    }


DECODERS: dict[str, Decode] = {"CDEACB81": either, "CDEACD81": either}
