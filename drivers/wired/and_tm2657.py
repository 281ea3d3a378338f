"""A&D TM-2657 and TM-2655 blood pressure monitors with a serial port.

One frame for each measurement. Sources: and_serial.md. Tested against a captured frame, not on a
device.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import BadChecksum, BadFrame, LinkTimeout, TruncatedPayload
from drivers.links import SerialLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import clock_fault

FRAME = "and-tm2657"
SOH = 0x01
STX = 0x02
ETX = 0x03
SEPARATOR = b"\x1e"
LONGEST = 256
HEAD_LENGTH = 4  # SOH, two digits, STX
TIME_FORMAT = "%y%m%d%H%M"
NO_ERROR = "00"

PRESSURES = {
    "S": (Quantity.SYSTOLIC, Unit.MM_HG),
    "M": (Quantity.MEAN_ARTERIAL_PRESSURE, Unit.MM_HG),
    "D": (Quantity.DIASTOLIC, Unit.MM_HG),
    "P": (Quantity.PULSE_RATE, Unit.PER_MINUTE),
}
MARKS = {"i": Status.IRREGULAR_PULSE, "m": Status.BODY_MOVEMENT}


def decode_pressure(payload: bytes) -> Measurement:
    """One frame from SOH to the checksum."""
    model, stamp, *fields = _fields(payload)
    said = {field[:1]: field[1:].strip() for field in fields if field[1:].strip()}
    taken = _stamp(stamp)
    error = said.get("E", "")
    missing = said.keys() & PRESSURES.keys() != PRESSURES.keys() and error == NO_ERROR
    if not model.startswith("TM") or missing:
        raise BadFrame(payload, mark="fields")
    marks = [status for name, status in MARKS.items() if said.get(name, "").strip("0")]
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={
            quantity: _value(said.get(name, ""), unit, payload)
            for name, (quantity, unit) in PRESSURES.items()
        },
        raw=(payload,),
        device_time=taken,
        status=(
            *([] if error == NO_ERROR else [Status.UNSUCCESSFUL]),
            *marks,
            *clock_fault(True, taken),
        ),
        details={} if error == NO_ERROR else {"error": error},
    )


def _fields(payload: bytes) -> list[str]:
    if len(payload) < HEAD_LENGTH + 2:
        raise TruncatedPayload(payload, offset=len(payload), needed=HEAD_LENGTH + 2)
    if payload[0] != SOH or payload[HEAD_LENGTH - 1] != STX or payload[-2] != ETX:
        raise BadFrame(payload, mark="SOH, STX or ETX")
    calculated = reduce(xor, payload[:-1])
    if calculated != payload[-1]:
        raise BadChecksum(payload, wire=payload[-1], calculated=calculated)
    if not payload.isascii():
        raise BadFrame(payload, mark="text")
    fields = payload[HEAD_LENGTH:-2].decode("ascii").split(SEPARATOR.decode("ascii"))
    if len(fields) < 3:
        raise BadFrame(payload, mark="fields")
    return fields


def _value(text: str, unit: Unit, payload: bytes) -> Value:
    if not text:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    if not text.isdigit():
        raise BadFrame(payload, mark="number")
    number = int(text)
    return Value(Decimal(number), unit) if number else Value(None, unit, absent=Absent.NOT_MEASURED)


def _stamp(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, TIME_FORMAT)  # noqa: DTZ007  a device's clock has no zone
    except ValueError:
        return None


class AndTm2657(SerialDriver):
    """Yields what the monitor sends after each measurement."""

    id = "and-tm2657"
    settings = SerialSettings(baud=2400)
    decoders: ClassVar[Mapping[str, Decoder]] = {FRAME: decode_pressure}

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        while True:
            try:
                frame = await _frame(link)
            except LinkTimeout:
                continue
            yield attempt(decode_pressure, FRAME, frame)


async def _frame(link: SerialLink) -> bytes:
    while await link.read(1) != bytes((SOH,)):
        continue
    frame = bytearray((SOH,))
    while frame[-1] != ETX and len(frame) < LONGEST:
        frame += await link.read(1)
    return bytes(frame + await link.read(1))
