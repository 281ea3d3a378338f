"""Payloads of glucose sensors, and what a meter says of itself."""

from drivers.gatt import continuous_glucose as sensor
from drivers.gatt import continuous_glucose_session as session
from drivers.gatt.continuous_glucose_operations import decode_answer
from drivers.gatt.e2e_crc import crc16
from drivers.gatt.glucose import TYPES
from drivers.gatt.glucose_feature import Feature, decode_feature
from drivers.measurement import Measurement, Quantity
from tests.drivers.views import Decode, Seen
from tests.drivers.views.sig import bits, code, number

DST_MIN = 15
FEATURES = {
    "low_battery": Feature.LOW_BATTERY,
    "sensor_malfunction": Feature.SENSOR_MALFUNCTION,
    "sample_size": Feature.SAMPLE_SIZE,
    "strip_insertion": Feature.STRIP_INSERTION_ERROR,
    "strip_type": Feature.STRIP_TYPE_ERROR,
    "result_high_low": Feature.RESULT_HIGH_LOW,
    "temp_high_low": Feature.TEMPERATURE_HIGH_LOW,
    "read_interrupt": Feature.READ_INTERRUPT,
    "device_fault": Feature.DEVICE_FAULT,
    "time_fault": Feature.TIME_FAULT,
    "multiple_bond": Feature.MULTIPLE_BONDS,
}


def measurements(payload: bytes) -> Seen:
    found = [one_record(record) for record in sensor.records(payload)]
    return found[0] if len(found) == 1 else {"records": found}


def one_record(payload: bytes) -> Seen:
    seen = sensor.decode_continuous_glucose(payload)
    flags = payload[1]
    return {
        "glucose": number(seen.values[Quantity.GLUCOSE]),
        "time_offset": seen.sequence,
        **octets(seen, flags),
        "trend": number(seen.values.get(Quantity.GLUCOSE_TREND)),
        "quality": number(seen.values.get(Quantity.GLUCOSE_QUALITY)),
        "secured": len(payload) > length_by(flags),
    }


def length_by(flags: int) -> int:
    optional = {0x01: 2, 0x02: 2, 0x20: 1, 0x40: 1, 0x80: 1}
    return sensor.SMALLEST + sum(size for flag, size in optional.items() if flags & flag)


def octets(seen: Measurement, flags: int = 0xFF) -> Seen:
    names = ("status", "cal_temp", "warning")
    return {
        name: bits(seen, meanings) if flags & flag else None
        for name, (flag, meanings, _) in zip(names, sensor.OCTETS, strict=True)
    }


def status(payload: bytes) -> Seen:
    seen = sensor.decode_status(payload)
    return {"time_offset": seen.sequence, **octets(seen), "secured": len(payload) > 5}


def feature(payload: bytes) -> Seen:
    seen = session.decode_feature(payload)
    return {
        "secured": seen.e2e_crc,
        "type": code(TYPES, seen.sample_type),
        "location": code(session.LOCATIONS, seen.sample_location),
        "calibration": seen.calibration,
        "trend": seen.trend,
        "quality": seen.quality,
    }


def start(payload: bytes) -> Seen:
    seen = session.decode_session_start(payload)
    return {
        "start": seen.started_at and seen.started_at.isoformat(),
        "tz_min": seen.zone_min,
        "dst": None if seen.dst_min is None else seen.dst_min // DST_MIN,
        "secured": len(payload) > 9,
    }


def run_time(payload: bytes) -> Seen:
    return {"hours": session.decode_run_time(payload), "secured": len(payload) > 2}


def operation(payload: bytes) -> Seen:
    seen = decode_answer(payload)
    plain = {3: 2, 6: 11, 28: 3}.get(seen.code, 3)
    return {
        "op": seen.code,
        "interval_min": seen.interval_min,
        "glucose": number(seen.value),
        "level": number(seen.value),
        "request": seen.request,
        "result": seen.result,
        "secured": len(payload) > plain,
    }


def meter_feature(payload: bytes) -> Seen:
    seen = decode_feature(payload)
    return {name: bool(seen & flag) for name, flag in FEATURES.items()}


DECODERS: dict[str, Decode] = {
    "2AA7": measurements,
    "2AA8": feature,
    "2AA9": status,
    "2AAA": start,
    "2A51": meter_feature,
    "2AAB": run_time,
    "2AAC": operation,
    "CRC16-KERMIT": lambda payload: {"crc": crc16(payload, 0)},
    "CRC16-MCRF4XX": lambda payload: {"crc": crc16(payload)},
}
