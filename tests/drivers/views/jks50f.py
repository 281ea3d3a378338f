"""Frames of the JKS50F oximeter."""

from drivers.measurement import Quantity, Status
from drivers.vendor.health_medical_jks50f import decode_frame
from tests.drivers.views import Decode, Seen

NAMES = {
    "spo2": Quantity.OXYGEN_SATURATION,
    "pulse": Quantity.PULSE_RATE,
    "pi": Quantity.PULSE_AMPLITUDE_INDEX,
}


def frame(payload: bytes) -> Seen:
    seen = decode_frame(payload)
    numbers = {name: seen.values[quantity].number for name, quantity in NAMES.items()}
    return {**numbers, "finger": Status.SENSOR_UNCONNECTED_TO_USER not in seen.status}


DECODERS: dict[str, Decode] = {"JKS50F (FFE1)": frame}
