"""What the drivers of the body's signs decode besides their results."""

from drivers.gatt import blood_pressure, health_thermometer
from drivers.gatt.enhanced_blood_pressure import decode_enhanced, decode_enhanced_cuff
from tests.drivers.views import Decode, Seen
from tests.drivers.views.sig import pressures, temperature


def enhanced(payload: bytes) -> Seen:
    return pressures(decode_enhanced(payload))


def enhanced_cuff(payload: bytes) -> Seen:
    return pressures(decode_enhanced_cuff(payload))


def cuff_feature(payload: bytes) -> Seen:
    seen = blood_pressure.decode_feature(payload)
    return {word: word in seen for word in blood_pressure.FEATURES} | {
        "multiple_bond": "multiple_bonds" in seen,
    }


def interval(payload: bytes) -> Seen:
    return {"interval_s": health_thermometer.decode_interval(payload)}


DECODERS: dict[str, Decode] = {
    "2A1E": temperature,
    "2A21": interval,
    "2A49": cuff_feature,
    "2B34": enhanced,
    "2B35": enhanced_cuff,
}
