"""`hub decode`: one payload in, one line of JSON out; nothing is stored.

    {"kind": "body_weight", "values": {"body_weight": {"value": 72.500, "unit": "kg"}},
     "device_time": null, "sequence": null, "user_index": null, "status": []}

`series` (quantity → list of values) and `details` stand at the end where the device gave any; a
value has `absent` (with `"value": null`) or `comparator` only where the device said so. What cannot
be decoded is {"error": "…"}.
"""

import io
from decimal import Decimal
from typing import Any, TextIO

import msgspec

from drivers.errors import DriverError
from drivers.measurement import Measurement, Value
from drivers.registry import decoder

FROM_STDIN = "-"
OK = 0
DAMAGED = 2
LONGEST = 10**15  # every JSON reader holds integers up to here exactly

_encoder = msgspec.json.Encoder(decimal_format="number")


def run(name: str, hex_text: str | None, stdin: TextIO, stdout: TextIO) -> int:
    """Answer one payload (exit code 0, or 2 when it is damaged), or with `-` every line of stdin.

    Lines are `<characteristic or protocol> <hex>`; each gets exactly one line, at once, and the
    exit code is 0.
    """
    if name != FROM_STDIN:
        answer = decode_line(name, hex_text or "")
        _print(answer, stdout)
        return DAMAGED if "error" in answer else OK
    if isinstance(stdin, io.TextIOWrapper):
        # A line of garbage is to be answered, not to end the run.
        stdin.reconfigure(errors="replace")
    for line in stdin:
        source, payload, *_ = (*line.split(maxsplit=1), "", "")
        _print(decode_line(source, payload), stdout)
    return OK


def decode_line(name: str, hex_text: str) -> dict[str, Any]:
    """The measurement as a JSON object, or {"error": reason}."""
    try:
        payload = bytes.fromhex(hex_text)
    except ValueError:
        return {"error": f"not hexadecimal: {hex_text!r}"}
    try:
        return as_object(decoder(name)(payload))
    except DriverError as error:
        return {"error": str(error)}


def as_object(measurement: Measurement) -> dict[str, Any]:
    """A measurement in the form above; numbers stay `Decimal`."""
    stamp = measurement.device_time
    answer: dict[str, Any] = {
        "kind": measurement.kind.value,
        "values": {
            quantity.value: _value_object(value) for quantity, value in measurement.values.items()
        },
        "device_time": stamp and stamp.isoformat(),
        "sequence": measurement.sequence,
        "user_index": measurement.user_index,
        "status": [status.value for status in measurement.status],
    }
    if measurement.series:
        answer["series"] = {
            quantity.value: [_value_object(value) for value in values]
            for quantity, values in measurement.series.items()
        }
    return {**answer, "details": dict(measurement.details)} if measurement.details else answer


def _value_object(value: Value) -> dict[str, Any]:
    answer: dict[str, Any] = {"value": _written(value.number), "unit": value.unit.value}
    if value.absent:
        answer["absent"] = value.absent.value
    if value.comparator:
        answer["comparator"] = value.comparator.value
    return answer


def _written(number: Decimal | None) -> Decimal | None:
    """The same number without a positive exponent (8E+1 is 80), unless it gets too long."""
    return Decimal(f"{number:f}") if number is not None and abs(number) < LONGEST else number


def _print(answer: dict[str, Any], stdout: TextIO) -> None:
    stdout.write(_encoder.encode(answer).decode() + "\n")
    stdout.flush()
