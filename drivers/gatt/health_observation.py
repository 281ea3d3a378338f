"""One health observation of the Generic Health Sensor Service: see generic_health_sensor.md.

Numbers that stand alone, together (a blood pressure) or in a bundle become one measurement. An
observation of which any part is not known here is refused as a whole.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drivers.errors import BadFrame, ReservedBits, UnlistedCode
from drivers.gatt.health_observation_codes import (
    COMPOUNDS,
    FITTING,
    PARTITION_OF_UNITS,
    TYPES,
    UNITS,
    Meaning,
)
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, user_index

NUMERIC = 1
COMPOUND = 7
BUNDLE = 255

OF_TYPE = 0x0001
AT_TIME = 0x0002
FOR_DURATION = 0x0004
WITH_STATUS = 0x0008
WITH_ID = 0x0010
OF_PATIENT = 0x0020
LISTS = {0x0040: "supplemental_codes", 0x0080: "derived_from", 0x0100: "member_of"}
KNOWN_FLAGS = 0x01FF  # 0x0200 announces further attributes, which nobody here can read

STATUS = (
    Status.INVALID,
    Status.QUESTIONABLE,
    Status.UNAVAILABLE,
    Status.CALIBRATION_ONGOING,
    Status.FOR_TESTING,
    Status.EARLY_ESTIMATE,
    Status.MANUALLY_ENTERED,
    None,  # a setting, not a measurement
    *[None] * 6,
    Status.THRESHOLD_ERROR,
    Status.THRESHOLDING_DISABLED,
)

TICKS = 0x01
UTC = 0x02
TENTHS_OF_MILLISECONDS = (10_000, 1_000, 10, 1)  # in one count, by bits 2-3
HAS_OFFSET = 0x10
CURRENT_TIME_LINE = 0x20
KNOWN_TIME_FLAGS = 0x3F
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001  what it counts from depends on a flag
OFFSET_MIN = 15


@dataclass(slots=True)
class Draft:
    """What has been read so far; the outermost observation says it first."""

    values: dict[Quantity, Value] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    status: list[Status] = field(default_factory=list)
    kind: Kind | None = None
    stamp: datetime | None = None
    is_stamped: bool = False
    user: int | None = None


def decode_observation(payload: bytes) -> Measurement:
    """The octets of one observation, without segmentation header and record number."""
    reader, draft = ByteReader(payload), Draft()
    _observation(reader, draft, {NUMERIC, COMPOUND, BUNDLE})
    reader.end(padded=False)
    if draft.kind is None:
        raise BadFrame(payload, mark="number of observations: none")
    return Measurement(
        kind=draft.kind,
        values=draft.values,
        raw=(payload,),
        device_time=draft.stamp,
        user_index=draft.user,
        status=tuple(dict.fromkeys(draft.status)),
        details=draft.details,
    )


def decode_elapsed_time(reader: ByteReader) -> tuple[datetime | None, bool]:
    """Nine octets (0x2BF2 as well): what the clock shows, and whether it can be relied on.

    Local time where the device knows its offset; UTC where it knows no more; None where it only
    counts, or counts beyond any calendar.
    """
    flags = reader.flags(KNOWN_TIME_FLAGS, "time flags")
    count = int.from_bytes(reader.octets(6), "little")
    _source, quarters = reader.u8(), reader.i8()
    reliable = bool(flags & CURRENT_TIME_LINE)
    if flags & TICKS:
        return None, False
    since = count * TENTHS_OF_MILLISECONDS[flags >> 2 & 0x03]
    away = quarters * OFFSET_MIN if flags & UTC and flags & HAS_OFFSET else 0
    try:
        return EPOCH + timedelta(microseconds=since * 100, minutes=away), reliable
    except OverflowError:
        return None, False


def _observation(reader: ByteReader, draft: Draft, classes: set[int]) -> None:
    kind = reader.u8()
    if kind not in classes:
        raise UnlistedCode(reader.payload, field="observation class", code=kind)
    length = reader.u16()
    begin = len(reader.taken)
    code = _header(reader, draft)
    if kind == NUMERIC:
        _number(reader, draft, code)
    elif kind == COMPOUND:
        _compound(reader, draft, code)
    else:
        for _ in range(reader.u8()):
            _observation(reader, draft, {NUMERIC, COMPOUND})
    if len(reader.taken) - begin != length:
        raise BadFrame(reader.payload, mark="length of an observation")


def _header(reader: ByteReader, draft: Draft) -> int | None:
    """Everything before the value; the type, where it is there."""
    flags = reader.u16()
    if unknown := flags & ~KNOWN_FLAGS:
        raise ReservedBits(reader.payload, field="observation flags", bits=unknown)
    code = reader.u32() if flags & OF_TYPE else None
    if flags & AT_TIME:
        _stamp(reader, draft)
    if flags & FOR_DURATION:
        _tell(draft, "duration_s", str(reader.float32(Unit.SECOND).number))
    if flags & WITH_STATUS:
        draft.status += reader.statuses(2, STATUS, "measurement status")
    if flags & WITH_ID:
        _tell(draft, "observation_id", str(reader.u32()))
    if flags & OF_PATIENT:
        slot, whose = user_index(reader)
        draft.user = slot if draft.user is None else draft.user
        draft.details |= whose
    for flag, name in LISTS.items():
        if flags & flag:
            _tell(draft, name, " ".join(str(reader.u32()) for _ in range(reader.u8())))
    return code


def _stamp(reader: ByteReader, draft: Draft) -> None:
    stamp, reliable = decode_elapsed_time(reader)
    if draft.is_stamped:
        return
    draft.stamp, draft.is_stamped = stamp, True
    if stamp is None or not reliable:
        draft.status.append(Status.TIME_FAULT)


def _tell(draft: Draft, name: str, text: str) -> None:
    draft.details.setdefault(name, text)


def _compound(reader: ByteReader, draft: Draft, code: int | None) -> None:
    if code not in COMPOUNDS:
        raise UnlistedCode(reader.payload, field="compound observation", code=code or 0)
    for _ in range(reader.u8()):
        component, kind = reader.u32(), reader.u8()
        if kind != NUMERIC:
            raise UnlistedCode(reader.payload, field="component class", code=kind)
        _number(reader, draft, component)


def _number(reader: ByteReader, draft: Draft, code: int | None) -> None:
    meaning = TYPES.get(code) if code is not None else None
    if meaning is None:
        raise UnlistedCode(reader.payload, field="observation type", code=code or 0)
    unit = UNITS.get(PARTITION_OF_UNITS | reader.u16())
    if unit is None or unit not in FITTING[meaning.quantity]:
        raise UnlistedCode(reader.payload, field="unit of observation type", code=code or 0)
    if meaning.quantity in draft.values:
        raise BadFrame(reader.payload, mark=f"number of {meaning.quantity} values")
    draft.values[meaning.quantity] = reader.float32(unit)
    _add(draft, meaning)


def _add(draft: Draft, meaning: Meaning) -> None:
    draft.kind = draft.kind or meaning.kind
    draft.details |= meaning.details
    draft.status += meaning.status
