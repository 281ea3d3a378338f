"""Payloads of the Bluetooth SIG's services, and Nonin's."""

from decimal import Decimal

from drivers.device_clock import decode_current_time, decode_date_time
from drivers.gatt import blood_pressure, cuff_fields, glucose, health_thermometer, pulse_oximeter
from drivers.gatt import glucose_context as context
from drivers.gatt.device_information import decode_battery_level, decode_system_id
from drivers.gatt.weight_scale import decode_feature, decode_weight
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.racp import RecordCount, decode_response
from drivers.reader import ByteReader
from drivers.wired.nonin_commands import decode_serial_number
from drivers.wired.nonin_formats import decode_format_8
from tests.drivers.views import Decode, Seen

WORDS = {
    Absent.NOT_A_NUMBER: "NaN",
    Absent.NOT_AT_THIS_RESOLUTION: "NRes",
    Absent.POSITIVE_INFINITY: "+INF",
    Absent.NEGATIVE_INFINITY: "-INF",
    Absent.RESERVED: "Reserved",
}


def number(value: Value | None) -> Decimal | str | None:
    if value is None:
        return None
    return WORDS.get(value.absent) if value.absent else value.number


def code(words: dict[int, str], word: str | None) -> int | None:
    return next((number for number, known in words.items() if known == word), None)


def bits(measurement: Measurement, meanings: tuple[Status | None, ...]) -> int:
    said = measurement.status
    return sum(1 << bit for bit, meaning in enumerate(meanings) if meaning in said and meaning)


def stamp(measurement: Measurement) -> str | None:
    return measurement.device_time.isoformat() if measurement.device_time else None


def sfloat(payload: bytes) -> Seen:
    return {"value": number(ByteReader(payload).sfloat(Unit.K_PA))}


def float32(payload: bytes) -> Seen:
    return {"value": number(ByteReader(payload).float32(Unit.CELSIUS))}


def pressure(payload: bytes) -> Seen:
    return pressures(blood_pressure.decode_blood_pressure(payload))


def cuff(payload: bytes) -> Seen:
    return pressures(blood_pressure.decode_cuff_pressure(payload))


def pressures(seen: Measurement) -> Seen:
    above = Status.PULSE_RATE_ABOVE_RANGE in seen.status
    below = Status.PULSE_RATE_BELOW_RANGE in seen.status
    pulse_range = 1 if above else 2 if below else 0
    flags = {0: Status.BODY_MOVEMENT, 1: Status.CUFF_TOO_LOOSE, 2: Status.IRREGULAR_PULSE}
    flags[5] = Status.IMPROPER_POSITION
    main = Quantity.CUFF_PRESSURE if seen.kind is Kind.CUFF_PRESSURE else Quantity.SYSTOLIC
    carries_status = bool(seen.raw[0][0] & cuff_fields.STATUS)
    word = sum(1 << bit for bit, status in flags.items() if status in seen.status)
    return {
        "unit": "kPa" if seen.values[main].unit is Unit.K_PA else "mmHg",
        "cuff_pressure": number(seen.values.get(Quantity.CUFF_PRESSURE)),
        "systolic": number(seen.values.get(Quantity.SYSTOLIC)),
        "diastolic": number(seen.values.get(Quantity.DIASTOLIC)),
        "map": number(seen.values.get(Quantity.MEAN_ARTERIAL_PRESSURE)),
        "pulse": number(seen.values.get(Quantity.PULSE_RATE)),
        "timestamp": stamp(seen),
        "user_id": seen.user_index,
        "status": word | pulse_range << 3 if carries_status else None,
        "cuff_too_loose": Status.CUFF_TOO_LOOSE in seen.status,
        "pulse_range": pulse_range,
        "reserved_flags": 0,
        "trailing": 0,
    }


def weight(payload: bytes) -> Seen:
    seen = decode_weight(payload)
    value, height = seen.values[Quantity.BODY_WEIGHT], seen.values.get(Quantity.HEIGHT)
    return {
        "unit": "lb" if value.unit is Unit.POUND else "kg",
        "weight": number(value),
        "bmi": number(seen.values.get(Quantity.BODY_MASS_INDEX)),
        "height": number(height),
        "height_unit": "in" if height and height.unit is Unit.INCH else "m",
        "user_id": seen.user_index,
        "timestamp": stamp(seen),
    }


def feature(payload: bytes) -> Seen:
    seen = decode_feature(payload)
    return {
        "timestamp": seen.time_stamp,
        "multiple_users": seen.multiple_users,
        "bmi": seen.body_mass_index,
        "weight_resolution": seen.weight_resolution,
        "height_resolution": seen.height_resolution,
    }


def temperature(payload: bytes) -> Seen:
    seen = health_thermometer.decode_temperature(payload)
    value = seen.values[Quantity.BODY_TEMPERATURE]
    return {
        "unit": "F" if value.unit is Unit.FAHRENHEIT else "C",
        "temperature": number(value),
        "timestamp": stamp(seen),
        "type": code(health_thermometer.SITES, seen.details.get(health_thermometer.SITE)),
    }


def temperature_type(payload: bytes) -> Seen:
    site = health_thermometer.decode_temperature_type(payload)
    return {"type": code(health_thermometer.SITES, site)}


def spot_check(payload: bytes) -> Seen:
    return oximetry(pulse_oximeter.decode_spot_check(payload))


def continuous(payload: bytes) -> Seen:
    return oximetry(pulse_oximeter.decode_continuous(payload))


def oximetry(seen: Measurement) -> Seen:
    return {
        "spo2": number(seen.values[Quantity.OXYGEN_SATURATION]),
        "pulse": number(seen.values[Quantity.PULSE_RATE]),
        "spo2_fast": number(seen.values.get(Quantity.OXYGEN_SATURATION_FAST)),
        "pulse_fast": number(seen.values.get(Quantity.PULSE_RATE_FAST)),
        "spo2_slow": number(seen.values.get(Quantity.OXYGEN_SATURATION_SLOW)),
        "pulse_slow": number(seen.values.get(Quantity.PULSE_RATE_SLOW)),
        "pai": number(seen.values.get(Quantity.PULSE_AMPLITUDE_INDEX)),
        "timestamp": stamp(seen),
        "measurement_status": bits(seen, pulse_oximeter.MEASUREMENT_STATUS),
        "sensor_status": bits(seen, pulse_oximeter.SENSOR_STATUS),
        "clock_not_set": Status.TIME_FAULT in seen.status,
    }


def glucose_measurement(payload: bytes) -> Seen:
    seen = glucose.decode_glucose(payload)
    offset = seen.details.get("time_offset_min")
    value = number(seen.values.get(Quantity.GLUCOSE))
    shift = -glucose.KG_PER_LITRE_TO_MG_PER_DL
    return {
        "sequence": seen.sequence,
        "base_time": seen.details.get("base_time", stamp(seen)),
        "time_offset_min": None if offset is None else int(offset),
        "mg_dL": value,
        "concentration": value.scaleb(shift) if isinstance(value, Decimal) else value,
        "unit": "kg/L",
        "type": code(glucose.TYPES, seen.details.get("sample_type")),
        "location": code(glucose.LOCATIONS, seen.details.get("sample_location")),
        "status": bits(seen, glucose.ANNUNCIATION) if payload[0] & glucose.STATUS else None,
        "context_follows": glucose.context_follows(seen),
        "trailing": 0,
    }


def glucose_context(payload: bytes) -> Seen:
    seen = context.decode_context(payload)
    return {
        "sequence": seen.sequence,
        "carb_id": code(context.CARBOHYDRATES, seen.details.get("carbohydrate_type")),
        "meal": code(context.MEALS, seen.details.get("meal")),
        "exercise_s": number(seen.values.get(Quantity.EXERCISE_DURATION)),
        "exercise_pct": number(seen.values.get(Quantity.EXERCISE_INTENSITY)),
        "hba1c": number(seen.values.get(Quantity.HBA1C)),
    }


def control_point(payload: bytes) -> Seen:
    answer = decode_response(payload)
    if isinstance(answer, RecordCount):
        return {"count": answer.count}
    return {
        "request": answer.request,
        "result": answer.code,
        "success": answer.meaning == "success",
        "no_records": answer.meaning == "no records found",
    }


def date_time(payload: bytes) -> Seen:
    seen = decode_date_time(payload)
    return {"datetime": seen and seen.isoformat()}


def current_time(payload: bytes) -> Seen:
    seen = decode_current_time(payload)
    assert seen
    fraction = round(seen.microsecond * 256 / 1_000_000)
    return {"datetime": seen.replace(microsecond=0).isoformat(), "fractions256": fraction}


def battery(payload: bytes) -> Seen:
    return {"percent": decode_battery_level(payload)}


def system_id(payload: bytes) -> Seen:
    octets = bytes.fromhex(decode_system_id(payload))[::-1].hex()
    return {"manufacturer_id_le": octets[:10], "oui_le": octets[10:]}


def nonin_frame(payload: bytes) -> Seen:
    seen = decode_format_8(payload)
    return {
        "pulse": number(seen.values[Quantity.PULSE_RATE]),
        "spo2": number(seen.values[Quantity.OXYGEN_SATURATION]),
        "missing": any(value.number is None for value in seen.values.values()),
        "artifact": Status.ARTIFACT in seen.status,
        "out_of_track": Status.OUT_OF_TRACK in seen.status,
        "marginal_perfusion": Status.MARGINAL_PERFUSION in seen.status,
        "sensor_alarm": Status.SENSOR_ALARM in seen.status,
        "low_battery": Status.BATTERY_LOW in seen.status,
        "smartpoint": Status.SMARTPOINT in seen.status,
    }


def nonin_reply(payload: bytes) -> Seen:
    return {"op": payload[1], "id": payload[3], "serial": decode_serial_number(payload)}


DECODERS: dict[str, Decode] = {
    "2A08": date_time,
    "2A18": glucose_measurement,
    "2A19": battery,
    "2A1C": temperature,
    "2A1D": temperature_type,
    "2A23": system_id,
    "2A2B": current_time,
    "2A34": glucose_context,
    "2A35": pressure,
    "2A36": cuff,
    "2A52": control_point,
    "2A5E": spot_check,
    "2A5F": continuous,
    "2A9D": weight,
    "2A9E": feature,
    "FLOAT": float32,
    "SFLOAT": sfloat,
    "nonin-8": nonin_frame,
    "nonin-9560-command": nonin_reply,
}
