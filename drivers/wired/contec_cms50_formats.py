"""What Contec's oximeters say, in their two wired formats (contec_cms50.md)."""

from decimal import Decimal

from drivers.errors import BadFrame
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader

FIVE_OCTETS = "cms50-5byte"
NINE_OCTETS = "cms50-9byte"
SYNC = 0x80
LOW = 0x7F
FIVE = 5
NINE = 9
REAL_TIME = 0x01
MISSING_SATURATION = (0, 127, 255)
MISSING_PULSE = (0, 255)

FIVE_FIRST = {
    0x10: Status.SENSOR_UNCONNECTED_TO_USER,
}
FIVE_THIRD = {
    0x10: Status.SENSOR_MALFUNCTION,
    0x20: Status.SIGNAL_ANALYSIS_ONGOING,
}
NINE_HEADER = {
    0x01: Status.SENSOR_UNCONNECTED_TO_USER,
}
PULSE_HIGH = 0x08
SATURATION_HIGH = 0x10


def decode_five(payload: bytes) -> Measurement:
    """Earlier firmware: the first octet alone has bit 7 set; a sixtieth of a second."""
    reader = ByteReader(payload)
    first, wave, third, pulse, saturation = reader.octets(FIVE)
    reader.end(padded=False)
    if not first & SYNC or (wave | third | pulse | saturation) & SYNC:
        raise BadFrame(payload, mark="bit 7")
    status = [said for bit, said in FIVE_FIRST.items() if first & bit]
    status += [said for bit, said in FIVE_THIRD.items() if third & bit]
    return _frame(payload, saturation, (third & 0x40) << 1 | pulse, status)


def decode_nine(payload: bytes) -> Measurement:
    """Firmware 4.6 and later: bit 7 of octets 3 to 9 stands in octet 2."""
    reader = ByteReader(payload)
    kind, header, *rest = reader.octets(NINE)
    reader.end(padded=False)
    if kind != REAL_TIME or not all(octet & SYNC for octet in (header, *rest)):
        raise BadFrame(payload, mark="bit 7")
    pulse = rest[3] & LOW | (SYNC if header & PULSE_HIGH else 0)
    saturation = rest[4] & LOW | (SYNC if header & SATURATION_HIGH else 0)
    status = [said for bit, said in NINE_HEADER.items() if header & bit]
    return _frame(payload, saturation, pulse, status)


def _frame(payload: bytes, saturation: int, pulse: int, status: list[Status]) -> Measurement:
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, MISSING_SATURATION, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, MISSING_PULSE, Unit.PER_MINUTE),
        },
        raw=(payload,),
        status=tuple(status),
    )


def _value(number: int, missing: tuple[int, ...], unit: Unit) -> Value:
    if number in missing:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), unit)
