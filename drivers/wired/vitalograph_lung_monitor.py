"""Vitalograph lung monitor over Bluetooth's serial port: FEV1, FEV6 and FEF25-75 of each blow.

It keeps each blow until it is acknowledged. Protocol and sources: vitalograph_lung_monitor.md.
Tested against a captured frame, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import BadChecksum, BadFrame, LinkTimeout
from drivers.links import SerialLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault

FRAME = "vitalograph-lung-monitor"
STX = 0x02
ETX = 0x03
ACK = b"\x06"
NAK = b"\x15"
RECORD = b"FTD"
IDENTITY_LENGTH = 10
LONGEST = 128
CENTURY = 2000
HUNDREDTHS = -2
POOR_BLOW = {b"0": False, b"1": True}


def is_whole(frame: bytes) -> bool:
    try:
        _check(frame)
    except (BadFrame, BadChecksum):
        return False
    return True


def decode_blow(payload: bytes) -> Measurement:
    """One frame from STX to the checksum."""
    _check(payload)
    reader = ByteReader(payload[1:-2])
    if reader.octets(len(RECORD)) != RECORD:
        raise BadFrame(payload, mark="kind of record")
    reader.octets(IDENTITY_LENGTH)
    volumes = {
        Quantity.FEV1: _hundredths(reader, Unit.LITRE, payload),
        Quantity.FEV6: _hundredths(reader, Unit.LITRE, payload),
        Quantity.FEV1_FEV6_RATIO: Value(Decimal(_number(reader, 3, payload)), Unit.PERCENT),
        Quantity.FEF25_75: _hundredths(reader, Unit.LITRE_PER_SECOND, payload),
        Quantity.FEV1_PERSONAL_BEST: _hundredths(reader, Unit.LITRE, payload, unset=True),
    }
    for _ in ("percentage of the personal best", "green", "yellow", "orange zone"):
        _number(reader, 3, payload)
    stamp = _stamp([_number(reader, 2, payload) for _ in range(6)])
    poor = POOR_BLOW.get(reader.octets(1))
    if poor is None:
        raise BadFrame(payload, mark="good test")
    _number(reader, 3, payload)  # software version
    reader.end(padded=False)
    return Measurement(
        kind=Kind.SPIROMETRY,
        values=volumes,
        raw=(payload,),
        device_time=stamp,
        status=(*([Status.QUESTIONABLE] if poor else []), *clock_fault(True, stamp)),
    )


def _check(payload: bytes) -> None:
    if len(payload) < 3 or payload[0] != STX or payload[-2] != ETX:
        raise BadFrame(payload, mark="STX or ETX")
    calculated = reduce(xor, payload[:-1])
    if calculated != payload[-1]:
        raise BadChecksum(payload, wire=payload[-1], calculated=calculated)


def _hundredths(reader: ByteReader, unit: Unit, payload: bytes, *, unset: bool = False) -> Value:
    """`unset`: zero says that there is none."""
    number = _number(reader, 3, payload)
    if unset and number == 0:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number).scaleb(HUNDREDTHS), unit)


def _number(reader: ByteReader, digits: int, payload: bytes) -> int:
    text = reader.octets(digits)
    if not text.isdigit():
        raise BadFrame(payload, mark="digit")
    return int(text)


def _stamp(fields: list[int]) -> datetime | None:
    year, *rest = fields
    try:
        return datetime(CENTURY + year, *rest)  # type: ignore[arg-type] # noqa: DTZ001 - five ints, no zone
    except ValueError:
        return None


class VitalographLungMonitor(SerialDriver):
    """Yields every blow, poor ones marked as questionable."""

    id = "vitalograph-lung-monitor"
    settings = SerialSettings(baud=9600)
    decoders: ClassVar[Mapping[str, Decoder]] = {FRAME: decode_blow}

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        while True:
            try:
                frame = await _frame(link)
            except LinkTimeout:
                continue
            if not is_whole(frame):
                await link.write(NAK)
                continue
            yield attempt(decode_blow, FRAME, frame)
            # It deletes the blow now: also one that could not be decoded, which is kept as it came.
            await link.write(ACK)


async def _frame(link: SerialLink) -> bytes:
    while await link.read(1) != bytes((STX,)):
        continue
    frame = bytearray((STX,))
    while frame[-1] != ETX and len(frame) < LONGEST:
        frame += await link.read(1)
    return bytes(frame + await link.read(1))
