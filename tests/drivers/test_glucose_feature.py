"""Glucose Feature: what a meter can notice."""

import pytest

from drivers.errors import PayloadError, ReservedBits
from drivers.gatt.glucose_feature import Feature, decode_feature


def test_each_bit_has_its_name() -> None:
    assert decode_feature(bytes.fromhex("0304")) == (
        Feature.LOW_BATTERY | Feature.SENSOR_MALFUNCTION | Feature.MULTIPLE_BONDS
    )
    assert decode_feature(bytes(2)) == Feature(0)


def test_bits_without_a_meaning_are_refused() -> None:
    with pytest.raises(ReservedBits):
        decode_feature(bytes.fromhex("0008"))
    for payload in ("", "00", "000000"):
        with pytest.raises(PayloadError):
            decode_feature(bytes.fromhex(payload))
