"""IEEE 11073-20601 SFLOAT and FLOAT, the writing side: decimals stay as given (37.0 is 370e-1)."""

from decimal import Decimal

SFLOAT_MANTISSA = 0x7FD  # the next ones are special values
FLOAT_MANTISSA = 0x7FFFFD


def sfloat(number: Decimal) -> bytes:
    mantissa, exponent = _parts(number, SFLOAT_MANTISSA, -8, 7)
    return ((exponent & 0xF) << 12 | mantissa & 0xFFF).to_bytes(2, "little")


def float32(number: Decimal) -> bytes:
    mantissa, exponent = _parts(number, FLOAT_MANTISSA, -128, 127)
    return ((exponent & 0xFF) << 24 | mantissa & 0xFFFFFF).to_bytes(4, "little")


def _parts(number: Decimal, mantissa_max: int, low: int, high: int) -> tuple[int, int]:
    _sign, _digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{number} is not finite")
    mantissa = int(number.scaleb(-exponent))
    if abs(mantissa) > mantissa_max or not low <= exponent <= high:
        raise ValueError(f"{number} does not fit")
    return mantissa, exponent
