"""Mi scales: which advertisement is whose, and one result for one weigh-in."""

import pytest

from drivers.contract import Advertisement, Reading
from drivers.gatt.weight_scale import WeightScale
from drivers.links import uuid16
from drivers.measurement import Measurement, Quantity, Unit
from drivers.registry import choose
from drivers.vendor.xiaomi_mi_scale import (
    BODY_COMPOSITION,
    WEIGHT_SCALE,
    MiBodyCompositionScale,
    MiSmartScale,
    decode_body_composition,
    decode_weight,
)

ON_IT = "0204ea070b16070f0000006032"
STABLE = "0224ea070b16070f050000604a"
WITH_IMPEDANCE = "0226ea070b16070f08e601604a"
LEFT = "02a6ea070b16070f08e601604a"
NEXT_DAY = "0226ea070b17070f08e601604a"


def heard(*payloads: str) -> list[Reading]:
    scale = MiBodyCompositionScale()
    frames = (
        Advertisement("", service_data={BODY_COMPOSITION: bytes.fromhex(p)}) for p in payloads
    )
    return [said for frame in frames if (said := scale.hear(frame))]


def shown(*payloads: str) -> list[tuple[str, str]]:
    """Kind and hexadecimal payload of everything that is to be stored."""
    return [(m.kind, m.raw[0].hex()) for m in heard(*payloads) if isinstance(m, Measurement)]


def test_the_company_tells_it_from_a_scale_of_the_standard_profile() -> None:
    services, company = frozenset({WEIGHT_SCALE}), {0x0157: b"\x01"}
    data = {WEIGHT_SCALE: bytes.fromhex("229e43e507040b101301")}
    assert choose(Advertisement("", "MI_SCALE", services, data, company)) is MiSmartScale
    assert choose(Advertisement("", "BF720", services)) is WeightScale
    services = frozenset({BODY_COMPOSITION})
    data = {BODY_COMPOSITION: bytes.fromhex(STABLE)}
    assert choose(Advertisement("", "MIBFS", services, data, company)) is MiBodyCompositionScale


def test_a_repeated_result_is_one_result() -> None:
    assert shown(ON_IT, WITH_IMPEDANCE, WITH_IMPEDANCE, LEFT, LEFT) == [
        ("body_weight", WITH_IMPEDANCE)
    ]


def test_impedance_that_follows_does_not_repeat_the_weight() -> None:
    assert shown(ON_IT, STABLE, STABLE, WITH_IMPEDANCE, LEFT) == [
        ("body_weight", STABLE),
        ("body_composition", WITH_IMPEDANCE),
    ]


def test_what_an_idle_scale_repeats_is_not_taken() -> None:
    assert shown(LEFT, LEFT) == []


def test_the_last_frame_is_enough_when_somebody_was_seen_on_it() -> None:
    assert shown(ON_IT, LEFT, LEFT) == [("body_weight", LEFT)]


def test_the_same_weight_on_the_next_day_is_another_weigh_in() -> None:
    assert shown(WITH_IMPEDANCE, NEXT_DAY) == [
        ("body_weight", WITH_IMPEDANCE),
        ("body_weight", NEXT_DAY),
    ]


def test_the_same_weight_again_after_stepping_on_again_is_another_weigh_in() -> None:
    again = "0226ea070b16070f20e601604a"
    assert shown(WITH_IMPEDANCE, LEFT, ON_IT, again) == [
        ("body_weight", WITH_IMPEDANCE),
        ("body_weight", again),
    ]


def test_a_scale_without_a_clock_gives_each_weigh_in_once() -> None:
    stable, left = "0224000000000000000000604a", "02a4000000000000000000604a"
    assert [kind for kind, _ in shown(ON_IT, stable, stable, left, ON_IT, stable, left)] == [
        "body_weight",
        "body_weight",
    ]


@pytest.mark.parametrize(
    ("payload", "number", "unit"),
    [
        ("a24c63e20702010f2f1c", "127.100", Unit.KILOGRAM),
        ("324c63e20702010f2f1c", "127.100", Unit.KILOGRAM),
        ("234c63e20702010f2f1c", "254.20", Unit.POUND),
    ],
)
def test_units(payload: str, number: str, unit: Unit) -> None:
    value = decode_weight(bytes.fromhex(payload)).values[Quantity.BODY_WEIGHT]
    assert (str(value.number), value.unit) == (number, unit)


def test_catty_is_named_but_the_count_is_five_grams_all_the_same() -> None:
    shown_in_catty = decode_weight(bytes.fromhex("324c63e20702010f2f1c"))
    assert shown_in_catty.details["display_unit"] == "catty"


def test_bits_without_a_meaning_are_not_looked_at() -> None:
    weight = decode_weight(bytes.fromhex("2b4c63e20702010f2f1c"))
    assert weight.details == {"load": "present"}
    composition = decode_body_composition(bytes.fromhex("0e2dea070b16070f08e601604a"))
    assert composition.details == {"load": "present"}
    assert set(composition.values) == {Quantity.BODY_WEIGHT}


@pytest.mark.parametrize("ohm", ["fdff", "feff", "0000"])
def test_impedance_that_could_not_be_measured(ohm: str) -> None:
    frame = decode_body_composition(bytes.fromhex(f"0226ea070b16070f08{ohm}604a"))
    assert frame.values[Quantity.IMPEDANCE].number is None


def test_another_services_data_is_not_looked_at() -> None:
    data = {uuid16(0x181A): bytes.fromhex(STABLE)}
    assert MiBodyCompositionScale().hear(Advertisement("", service_data=data)) is None
