"""What Xiaomi's scales advertise."""

from drivers.measurement import Measurement, Quantity, Status, Unit
from drivers.vendor import xiaomi_mi_scale as mi
from tests.drivers.views import Decode, Seen

UNITS = {Unit.KILOGRAM: "kg", Unit.POUND: "lb"}


def weight(payload: bytes) -> Seen:
    return frame(mi.decode_weight(payload))


def body_composition(payload: bytes) -> Seen:
    return frame(mi.decode_body_composition(payload))


def frame(seen: Measurement) -> Seen:
    value = seen.values[Quantity.BODY_WEIGHT]
    impedance = seen.values.get(Quantity.IMPEDANCE)
    catty = seen.details.get(mi.DISPLAY) == "catty"
    return {
        "unit": "catty" if catty else UNITS[value.unit],
        "weight": value.number * 2 if catty and value.number else value.number,
        "impedance": impedance and impedance.number,
        "impedance_valid": impedance is not None and impedance.number is not None,
        "timestamp": seen.device_time and seen.device_time.isoformat(),
        "stabilized": Status.MEASUREMENT_ONGOING not in seen.status,
        "removed": seen.details[mi.LOAD] == mi.REMOVED_WORD,
    }


DECODERS: dict[str, Decode] = {
    "0x181B service data": body_composition,
    "0x181D service data": weight,
}
