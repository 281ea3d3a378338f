"""Omron cuffs: frames, records, clock and refusals."""

from drivers.measurement import Measurement, Quantity, Status
from drivers.vendor.omron_frames import decode_frame, decode_refusal
from drivers.vendor.omron_records import ByteOrder, decode_clock, decode_record
from tests.drivers.views import Decode, Seen


def frame(payload: bytes) -> Seen:
    seen = decode_frame(payload)
    return {
        "type": f"{seen.type:04x}",
        "address": seen.address,
        "length": len(seen.data),
        "payload": seen.data.hex(),
        "rescode": seen.result,
    }


def record(order: ByteOrder) -> Decode:
    def decode(payload: bytes) -> Seen:
        return reading(decode_record(payload, order))

    return decode


def reading(seen: Measurement) -> Seen:
    return {
        "systolic": seen.values[Quantity.SYSTOLIC].number,
        "diastolic": seen.values[Quantity.DIASTOLIC].number,
        "pulse": seen.values[Quantity.PULSE_RATE].number,
        "timestamp": seen.device_time and seen.device_time.isoformat(),
        "ihb": int(Status.IRREGULAR_PULSE in seen.status),
        "movement": int(Status.BODY_MOVEMENT in seen.status),
        "cuff_ok": int(Status.CUFF_TOO_LOOSE not in seen.status),
    }


def clock(payload: bytes) -> Seen:
    stamp = decode_clock(payload, "little")
    return {"timestamp": stamp and stamp.isoformat()}


def refusal(payload: bytes) -> Seen:
    return {"code": decode_refusal(payload)}


DECODERS: dict[str, Decode] = {
    "Omron 14-byte record (BE bit-packed)": record("big"),
    "Omron 14-byte record (LE)": record("little"),
    "Omron 16-byte record (LE)": record("little"),
    "Omron EEPROM clock (offset 8)": clock,
    "Omron EEPROM protocol": frame,
    "Omron secure session": refusal,
}
