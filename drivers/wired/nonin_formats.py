"""What a Nonin oximeter says in data formats 8 and 13 (nonin.md, "Frames")."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from drivers.errors import BadChecksum, BadFrame
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault
from drivers.wired.nonin_commands import END
from drivers.wired.nonin_framing import (
    FIRST_OCTET,
    FORMAT_8_LENGTH,
    FORMAT_13_HEAD,
    FORMAT_13_SHORTEST,
)

FORMAT_8 = "nonin-8"
FORMAT_13 = "nonin-13"
MISSING_PULSE = 511
MISSING_SATURATION = 127

FORMAT_8_FIRST = {
    0x04: Status.ARTIFACT,
    0x08: Status.MARGINAL_PERFUSION,
    0x10: Status.LOW_PERFUSION,
    0x20: Status.OUT_OF_TRACK,
}
FORMAT_8_SECOND = {
    0x01: Status.BATTERY_LOW,
    0x08: Status.SENSOR_ALARM,
    0x20: Status.SMARTPOINT,
}
FORMAT_13_STATUS = {
    0x0001: Status.BATTERY_LOW,
    0x0010: Status.FROM_STORAGE,
    0x0100: Status.UNAVAILABLE,
    0x0200: Status.SMARTPOINT,
}


def decode_format_8(payload: bytes) -> Measurement:
    """One second of a live reading: four octets, no time; the reserved bits may have any value."""
    reader = ByteReader(payload)
    first, pulse, saturation, second = reader.octets(FORMAT_8_LENGTH)
    reader.end(padded=False)
    if not first & FIRST_OCTET or (pulse | saturation | second) & FIRST_OCTET:
        raise BadFrame(payload, mark="bit 7")
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values=_values((first & 0x03) << 7 | pulse, saturation),
        raw=(payload,),
        status=(*_named(first, FORMAT_8_FIRST), *_named(second, FORMAT_8_SECOND)),
    )


def decode_format_13(payload: bytes) -> Measurement:
    """One spot-check with the time of the device's clock; its data may be longer than known."""
    data = _format_13_data(payload)
    stamp = _bcd_time(data[:7])
    status = int.from_bytes(data[8:10], "big")
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values=_values(int.from_bytes(data[10:12], "big") & 0x01FF, data[13] & 0x7F),
        raw=(payload,),
        device_time=stamp,
        status=(*_named(status, FORMAT_13_STATUS), *clock_fault(True, stamp)),
    )


def _format_13_data(payload: bytes) -> bytes:
    reader = ByteReader(payload)
    if reader.octets(len(FORMAT_13_HEAD)) != FORMAT_13_HEAD:
        raise BadFrame(payload, mark="head")
    size = reader.u8()
    if size < FORMAT_13_SHORTEST:
        raise BadFrame(payload, mark="data length")
    data = reader.octets(size)
    checksum, end = reader.octets(2)
    reader.end(padded=False)
    if end != END:
        raise BadFrame(payload, mark="end")
    if checksum != sum(data) & 0xFF:
        raise BadChecksum(payload, wire=checksum, calculated=sum(data) & 0xFF)
    return data


def _bcd_time(octets: bytes) -> datetime | None:
    century, *fields = (f"{octet:02x}" for octet in octets)
    try:
        year, *rest = (int(field) for field in (century + fields[0], *fields[1:]))
        return datetime(year, *rest)  # type: ignore[arg-type] # noqa: DTZ001 - five ints, no zone
    except ValueError:
        return None


def _values(pulse: int, saturation: int) -> dict[Quantity, Value]:
    return {
        Quantity.OXYGEN_SATURATION: _value(saturation, MISSING_SATURATION, Unit.PERCENT),
        Quantity.PULSE_RATE: _value(pulse, MISSING_PULSE, Unit.PER_MINUTE),
    }


def _value(number: int, missing: int, unit: Unit) -> Value:
    if number == missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), unit)


def _named(bits: int, meanings: Mapping[int, Status]) -> list[Status]:
    return [status for bit, status in meanings.items() if bits & bit]
