"""What the drivers of the body's signs decode besides their results."""

from drivers.gatt import blood_pressure, health_thermometer, heart_rate, pulse_oximeter
from drivers.gatt.enhanced_blood_pressure import decode_enhanced, decode_enhanced_cuff
from drivers.measurement import Quantity
from tests.drivers.views import Decode, Seen
from tests.drivers.views.sig import code, number, pressures, temperature


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


def strap(payload: bytes) -> Seen:
    seen = heart_rate.decode_heart_rate(payload)
    intervals = [value.number for value in seen.series.get(Quantity.RR_INTERVAL, ())]
    seconds = [number / 1000 for number in intervals if number is not None]
    return {
        "heart_rate": number(seen.values[Quantity.HEART_RATE]),
        "contact": {"yes": True, "no": False}.get(seen.details.get("sensor_contact", "")),
        "energy_kj": number(seen.values.get(Quantity.ENERGY_EXPENDED)),
        "rr_raw": [one * 1024 for one in seconds],
        "rr_s": seconds,
        "rr_ms": [one * 1000 for one in seconds],
    }


def location(payload: bytes) -> Seen:
    site = heart_rate.decode_location(payload)
    return {"location": code(heart_rate.SITES, site)}


def plx_features(payload: bytes) -> Seen:
    seen = pulse_oximeter.decode_features(payload)
    return {word: word in seen.offered for word in pulse_oximeter.FEATURES} | {
        "measurement_status": seen.measurement_status is not None,
        "sensor_status": seen.sensor_status is not None,
        "measurement_status_support": seen.measurement_status,
        "sensor_status_support": seen.sensor_status,
    }


DECODERS: dict[str, Decode] = {
    "2A1E": temperature,
    "2A21": interval,
    "2A37": strap,
    "2A38": location,
    "2A49": cuff_feature,
    "2A60": plx_features,
    "2B34": enhanced,
    "2B35": enhanced_cuff,
}
