"""CGM Specific Ops Control Point: what a sensor answers."""

import random

import pytest

from drivers.errors import BadChecksum, DriverError, UnlistedCode
from drivers.gatt.continuous_glucose_operations import Answer, decode_answer
from drivers.measurement import Unit


def test_what_a_sensor_answers() -> None:
    assert decode_answer(bytes.fromhex("0305")) == Answer(3, interval_min=5)
    assert decode_answer(bytes.fromhex("1c1a01")) == Answer(28, request=26, result=1)
    falling = decode_answer(bytes.fromhex("150300")).value
    assert falling
    assert falling.number == 3
    assert falling.unit is Unit.MG_PER_DL_PER_MINUTE


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(UnlistedCode):
        decode_answer(bytes.fromhex("1a"))
    with pytest.raises(BadChecksum):
        decode_answer(bytes.fromhex("03050000"))
    for payload in ("", "03", "030500", "06012000", "1c02"):
        with pytest.raises(DriverError):
            decode_answer(bytes.fromhex(payload))


def test_random_octets_are_answers_or_driver_errors() -> None:
    chance = random.Random(2)  # noqa: S311  the same payloads in every run
    for _ in range(2_000):
        try:
            decode_answer(chance.randbytes(chance.randrange(16)))
        except DriverError:
            continue
