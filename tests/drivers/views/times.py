"""What clocks say of themselves, and who made a device."""

from datetime import timedelta

from drivers.gatt import time_information
from drivers.gatt.device_information import decode_pnp_id, decode_text
from tests.drivers.views import Decode, Seen

QUARTER = timedelta(minutes=15)


def minutes(offset: timedelta | None) -> int | None:
    return None if offset is None else offset // timedelta(minutes=1)


def code(offset: timedelta | None) -> int:
    return time_information.UNKNOWN_OFFSET if offset is None else offset // QUARTER


def daylight_saving(payload: bytes) -> Seen:
    return {"dst": code(time_information.decode_daylight_saving(payload))}


def time_zone(payload: bytes) -> Seen:
    zone = time_information.decode_time_zone(payload)
    return {"offset_min": minutes(zone), "unknown": zone is None}


def local_time(payload: bytes) -> Seen:
    seen = time_information.decode_local_time(payload)
    return {
        "tz_min": minutes(seen.zone),
        "dst": code(seen.daylight_saving),
        "total_h": None if seen.offset is None else seen.offset / timedelta(hours=1),
    }


def pnp_id(payload: bytes) -> Seen:
    seen = decode_pnp_id(payload)
    return {
        "source": seen.source,
        "vendor": seen.vendor,
        "product": seen.product,
        "version": seen.version,
    }


def text(payload: bytes) -> Seen:
    return {"text": decode_text(payload)}


DECODERS: dict[str, Decode] = {
    "2A0D": daylight_saving,
    "2A0E": time_zone,
    "2A0F": local_time,
    "2A50": pnp_id,
    "UTF8": text,
}
