"""What a record of a TaiDoc meter says (taidoc.md, "Records").

A record comes in answers to several commands. What is decoded is these answers one after the other,
the model's first, because the model tells what the numbers are.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from drivers.errors import BadFrame
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, clock_fault
from drivers.vendor.taidoc_frames import (
    CENTURY,
    FRAME_LENGTH,
    FROM_METER,
    LONG_AROUND,
    OXIMETER_VALUE,
    READ_MODEL,
    READ_WEIGHT,
    RECORD_TIME,
    RECORD_VALUE,
    START,
    check_sum,
    decode_answer,
    decode_frame,
    decode_time,
)

THERMOMETER, SCALE, CUFF, GLUCOSE_METER, OXIMETER = 1, 2, 3, 4, 8
CUFF_WITH_GLUCOSE = 0x32  # TD-32xx measures both

OF_CUFF = 0x80  # upper bits of a record's minute and hour
IRREGULAR = 0x40
AVERAGED = 0x80
IRREGULARITY = {1: "fast_or_slow", 2: "varied", 3: "atrial_fibrillation"}

MEALS = {1: "preprandial", 2: "postprandial"}
CONTROL = 3
PLAIN_GLUCOSE = 0

TENTHS_BELOW = 1000  # a thermometer sends 365 or 3650 for 36.5 degrees
SHORTEST_WEIGHT = 29


def model_kind(model: int) -> int:
    """Which kind of instrument: the first of the four digits of the model's number."""
    return model >> 12


def decode_model(payload: bytes) -> int:
    """The model's number, four digits as BCD: 0x3128 is TD-3128."""
    return ByteReader(decode_answer(payload, READ_MODEL)).u16()


def decode_record(payload: bytes) -> Measurement:
    """Answers to 24, 25 and 26; of a scale to 24 and 71; of an oximeter to 24, then a value."""
    kind = model_kind(decode_model(payload[:FRAME_LENGTH]))
    rest = payload[FRAME_LENGTH:]
    if kind == SCALE:
        return _weight(rest, payload)
    if kind == OXIMETER:
        return _saturation(rest, payload)
    return _stored(rest, payload)


def _stored(rest: bytes, payload: bytes) -> Measurement:
    time = decode_answer(rest[:FRAME_LENGTH], RECORD_TIME)
    value = decode_answer(rest[FRAME_LENGTH:], RECORD_VALUE)
    model = decode_model(payload[:FRAME_LENGTH])
    kind = model_kind(model)
    if kind == THERMOMETER:
        return _temperature(time, value, payload)
    if kind == GLUCOSE_METER or (model >> 8 == CUFF_WITH_GLUCOSE and not time[2] & OF_CUFF):
        return _glucose(time, value, payload)
    if kind == CUFF:
        return _pressure(time, value, payload, wide=model >> 8 == CUFF_WITH_GLUCOSE)
    raise BadFrame(payload, mark="model")


def _pressure(time: bytes, value: bytes, payload: bytes, *, wide: bool) -> Measurement:
    """`wide`: the systolic pressure has two octets; elsewhere nobody says what the second is."""
    systolic = int.from_bytes(value[:2], "little") if wide else value[0]
    irregular = IRREGULARITY.get(time[3] >> 5 & 0x03)
    details = {"irregular_heartbeat": irregular} if irregular else {}
    if time[3] & AVERAGED:
        details["averaged"] = "yes"
    return _dated(
        Kind.BLOOD_PRESSURE,
        {
            Quantity.SYSTOLIC: _measured(systolic, Unit.MM_HG),
            Quantity.DIASTOLIC: _measured(value[2], Unit.MM_HG),
            Quantity.PULSE_RATE: _measured(value[3], Unit.PER_MINUTE),
        },
        time,
        payload,
        status=(Status.IRREGULAR_PULSE,) if time[2] & IRREGULAR else (),
        details=details,
    )


def _glucose(time: bytes, value: bytes, payload: bytes) -> Measurement:
    """In mg/dL whatever is displayed. Of other analytes no source tells the unit."""
    meal, analyte = value[3] >> 6, value[3] >> 2 & 0x0F
    if analyte != PLAIN_GLUCOSE:
        raise BadFrame(payload, mark=f"analyte {analyte}")
    return _dated(
        Kind.GLUCOSE,
        {Quantity.GLUCOSE: _measured(int.from_bytes(value[:2], "little"), Unit.MG_PER_DL)},
        time,
        payload,
        status=(Status.CONTROL_SOLUTION,) if meal == CONTROL else (),
        details={"meal": MEALS[meal]} if meal in MEALS else {},
    )


def _temperature(time: bytes, value: bytes, payload: bytes) -> Measurement:
    number = int.from_bytes(value[:2], "little")
    decimals = -1 if number < TENTHS_BELOW else -2
    measured = _measured(number, Unit.CELSIUS, decimals)
    return _dated(Kind.BODY_TEMPERATURE, {Quantity.BODY_TEMPERATURE: measured}, time, payload)


def _saturation(rest: bytes, payload: bytes) -> Measurement:
    """One frame of a stream, without time."""
    frame = decode_frame(rest)
    if frame.command != OXIMETER_VALUE:
        raise BadFrame(payload, mark="command")
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _measured(frame.data[0], Unit.PERCENT),
            Quantity.PULSE_RATE: _measured(frame.data[2], Unit.PER_MINUTE),
        },
        raw=(payload,),
    )


def _weight(rest: bytes, payload: bytes) -> Measurement:
    reader = ByteReader(rest)
    start, command, size = reader.octets(3)
    if (start, command) != (START, READ_WEIGHT) or size < SHORTEST_WEIGHT:
        raise BadFrame(payload, mark="head")
    data, (end, _) = reader.octets(size), reader.octets(2)
    reader.end(padded=False)
    if end != FROM_METER:
        raise BadFrame(payload, mark="direction")
    check_sum(rest[: size + LONG_AROUND])
    stamp = _day_and_minute(data[1:6])
    return Measurement(
        kind=Kind.BODY_WEIGHT,
        values={
            Quantity.BODY_WEIGHT: _measured(_word(data, 13), Unit.KILOGRAM, -1),
            Quantity.HEIGHT: _measured(data[8], Unit.METRE, -2),
            Quantity.BODY_MASS_INDEX: _measured(_word(data, 17), Unit.KG_PER_M2, -1),
        },
        raw=(payload,),
        device_time=stamp,
        user_index=data[6],
        status=tuple(clock_fault(True, stamp)),
    )


def _dated(
    kind: Kind,
    values: Mapping[Quantity, Value],
    time: bytes,
    payload: bytes,
    status: tuple[Status, ...] = (),
    details: Mapping[str, str] | None = None,
) -> Measurement:
    stamp = decode_time(time)
    return Measurement(
        kind=kind,
        values=values,
        raw=(payload,),
        device_time=stamp,
        status=(*status, *clock_fault(True, stamp)),
        details=details or {},
    )


def _measured(number: int, unit: Unit, decimals: int = 0) -> Value:
    """0 is what stands where nothing was measured."""
    if number == 0:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number).scaleb(decimals), unit)


def _day_and_minute(fields: bytes) -> datetime | None:
    year, *rest = fields
    try:
        return datetime(CENTURY + year, *rest)  # type: ignore[arg-type] # noqa: DTZ001 - four ints, no zone
    except ValueError:
        return None


def _word(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 2], "big")
