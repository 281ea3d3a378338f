"""Body composition and user data."""

from drivers.gatt import body_composition, user_data
from drivers.measurement import Quantity, Unit
from tests.drivers.views import Decode, Seen
from tests.drivers.views.sig import number, stamp


def composition(payload: bytes) -> Seen:
    seen = body_composition.decode_body_composition(payload)
    height = seen.values.get(Quantity.HEIGHT)
    # No member of the measurement says in which units a packet without masses would have counted.
    imperial = payload[0] & body_composition.IN_POUND_AND_INCH
    return {
        "unit": "lb" if imperial else "kg",
        "fat_pct": number(seen.values[Quantity.BODY_FAT]),
        "bmr_kj": number(seen.values.get(Quantity.BASAL_METABOLISM)),
        "muscle_pct": number(seen.values.get(Quantity.MUSCLE_PERCENTAGE)),
        "muscle_mass": number(seen.values.get(Quantity.MUSCLE_MASS)),
        "fat_free_mass": number(seen.values.get(Quantity.FAT_FREE_MASS)),
        "soft_lean_mass": number(seen.values.get(Quantity.SOFT_LEAN_MASS)),
        "body_water_mass": number(seen.values.get(Quantity.BODY_WATER_MASS)),
        "impedance_ohm": number(seen.values.get(Quantity.IMPEDANCE)),
        "weight": number(seen.values.get(Quantity.BODY_WEIGHT)),
        "height": number(height),
        "height_unit": "in" if height and height.unit is Unit.INCH else "m",
        "user_id": seen.user_index,
        "timestamp": stamp(seen),
        "multiple_packet": body_composition.is_first_of_two(seen),
        "trailing": 0,
    }


def composition_feature(payload: bytes) -> Seen:
    seen = body_composition.decode_feature(payload)
    return {
        "timestamp": seen.time_stamp,
        "multiple_users": seen.multiple_users,
        "weight": Quantity.BODY_WEIGHT in seen.quantities,
        "height": Quantity.HEIGHT in seen.quantities,
        "mass_resolution": seen.mass_resolution,
        "height_resolution": seen.height_resolution,
    }


def control_point(payload: bytes) -> Seen:
    seen = user_data.decode_response(payload)
    return {"request": seen.request, "result": seen.code, "user_index": seen.slot}


def user_index(payload: bytes) -> Seen:
    return {"user_index": user_data.decode_user_index(payload)}


def age(payload: bytes) -> Seen:
    return {"age": user_data.decode_age(payload)}


def height(payload: bytes) -> Seen:
    return {"height_m": user_data.decode_height(payload).number}


def weight(payload: bytes) -> Seen:
    return {"weight_kg": user_data.decode_weight(payload).number}


DECODERS: dict[str, Decode] = {
    "2A80": age,
    "2A8E": height,
    "2A98": weight,
    "2A9A": user_index,
    "2A9B": composition_feature,
    "2A9C": composition,
    "2A9F": control_point,
}
