"""Xiaomi's Mi scales: the weight is in what they advertise; nobody connects to them.

Mi Smart Scale (data of service 0x181D) and Mi Body Composition Scale (of 0x181B). The layouts are
not those of the Bluetooth SIG's characteristics. Protocol, sources, what is stored and why the
S400 is not read: xiaomi_mi_scale.md. Tested against captured advertisements, not on a device.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from drivers.contract import Advertisement, BleMatch, BroadcastDriver, Decoder, Reading, attempt
from drivers.links import uuid16
from drivers.measurement import (
    Absent,
    Kind,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
    Value,
)
from drivers.reader import ByteReader, clock_fault

WEIGHT_SCALE = uuid16(0x181D)
BODY_COMPOSITION = uuid16(0x181B)
ANHUI_HUAMI = 0x0157  # assigned by the Bluetooth SIG; the scale's maker, in every advertisement

IN_POUND = 0x01
IN_CATTY_0X181D = 0x10
IN_CATTY_0X181B = 0x40
STABILISED = 0x20
REMOVED = 0x80
WITH_IMPEDANCE = 0x02

OVERLOAD = 0xFFF0
NO_IMPEDANCE = {0, 0xFFFD, 0xFFFE}
COUNT = {Unit.KILOGRAM: Decimal("0.005"), Unit.POUND: Decimal("0.01")}
LOAD = "load"
REMOVED_WORD = "removed"
DISPLAY = "display_unit"
SAME_WEIGH_IN = timedelta(minutes=1)  # the time stamp moves once more when impedance follows


def decode_weight(payload: bytes) -> Measurement:
    """Ten octets of service 0x181D."""
    reader = ByteReader(payload)
    flags, count = reader.u8(), reader.u16()
    stamp = reader.date_time()
    reader.end(padded=False)
    values = {Quantity.BODY_WEIGHT: _weight(count, flags & IN_POUND)}
    return _frame(payload, values, stamp, flags, catty=flags & IN_CATTY_0X181D)


def decode_body_composition(payload: bytes) -> Measurement:
    """Thirteen octets of service 0x181B."""
    reader = ByteReader(payload)
    unit, flags = reader.u8(), reader.u8()
    stamp = reader.date_time()
    ohm, count = reader.u16(), reader.u16()
    reader.end(padded=False)
    values = {Quantity.BODY_WEIGHT: _weight(count, unit & IN_POUND)}
    if flags & WITH_IMPEDANCE:
        values[Quantity.IMPEDANCE] = _impedance(ohm)
    return _frame(payload, values, stamp, flags, catty=flags & IN_CATTY_0X181B)


def _frame(
    payload: bytes,
    values: dict[Quantity, Value],
    stamp: datetime | None,
    flags: int,
    *,
    catty: int,
) -> Measurement:
    details = {LOAD: REMOVED_WORD if flags & REMOVED else "present"}
    if catty:
        details[DISPLAY] = "catty"
    ongoing = [] if flags & STABILISED else [Status.MEASUREMENT_ONGOING]
    return Measurement(
        kind=Kind.BODY_WEIGHT,
        values=values,
        raw=(payload,),
        device_time=stamp,
        status=(*ongoing, *clock_fault(True, stamp), Status.UNAUTHENTICATED),
        details=details,
    )


def _weight(count: int, in_pound: int) -> Value:
    """Kilogram and catty (500 g) are both sent in steps of five grams."""
    unit = Unit.POUND if in_pound else Unit.KILOGRAM
    if count == OVERLOAD:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(count * COUNT[unit], unit)


def _impedance(ohm: int) -> Value:
    if ohm in NO_IMPEDANCE:
        return Value(None, Unit.OHM, absent=Absent.NOT_MEASURED)
    return Value(Decimal(ohm), Unit.OHM)


class WeighIn:
    """Picks the results out of frames that repeat for as long as the scale is awake."""

    def __init__(self) -> None:
        self._last: Measurement | None = None
        self._is_watched = False
        self._has_impedance = False

    def take(self, frame: Measurement) -> Measurement | None:
        """What is to be stored on account of this frame, if anything."""
        removed = frame.details[LOAD] == REMOVED_WORD
        if Status.MEASUREMENT_ONGOING in frame.status:
            self._is_watched = self._is_watched or not removed
            return None
        # An idle scale repeats its last result, which may be somebody else's of last month.
        if removed and not self._is_watched:
            return None
        if frame.values[Quantity.BODY_WEIGHT].number is None:
            return None
        return self._result(frame)

    def _result(self, frame: Measurement) -> Measurement | None:
        if not self._repeats(frame):
            self._is_watched, self._last = False, frame
            self._has_impedance = _is_measured(frame)
            return frame
        if self._has_impedance or not _is_measured(frame):
            return None
        self._has_impedance = True
        impedance = {Quantity.IMPEDANCE: frame.values[Quantity.IMPEDANCE]}
        return replace(frame, kind=Kind.BODY_COMPOSITION, values=impedance)

    def _repeats(self, frame: Measurement) -> bool:
        last = self._last
        if last is None or not _same_weight(last, frame):
            return False
        if last.device_time == frame.device_time:
            return last.device_time is not None or not self._is_watched
        if self._is_watched or last.device_time is None or frame.device_time is None:
            return False
        return abs(frame.device_time - last.device_time) <= SAME_WEIGH_IN


def _same_weight(one: Measurement, other: Measurement) -> bool:
    return one.values[Quantity.BODY_WEIGHT] == other.values[Quantity.BODY_WEIGHT]


def _is_measured(frame: Measurement) -> bool:
    impedance = frame.values.get(Quantity.IMPEDANCE)
    return impedance is not None and impedance.number is not None


class _MiScale(BroadcastDriver):
    def __init__(self) -> None:
        self._weigh_in = WeighIn()
        self._damaged = b""

    def _hear(self, seen: Advertisement, service: str, decode: Decoder) -> Reading | None:
        if service not in seen.service_data:
            return None
        payload = seen.service_data[service]
        frame = attempt(decode, service, payload)
        if isinstance(frame, Rejected):
            repeats, self._damaged = payload == self._damaged, payload
            return None if repeats else frame
        return self._weigh_in.take(frame)


class MiSmartScale(_MiScale):
    """Xiaomi Mi Smart Scale and Mi Smart Scale 2 (XMTZC01HM, XMTZC04HM): weight only."""

    id = "xiaomi-mi-smart-scale"
    match = BleMatch(company=ANHUI_HUAMI, service_data=WEIGHT_SCALE)
    decoders: ClassVar[Mapping[str, Decoder]] = {WEIGHT_SCALE: decode_weight}

    def hear(self, seen: Advertisement) -> Reading | None:
        return self._hear(seen, WEIGHT_SCALE, decode_weight)


class MiBodyCompositionScale(_MiScale):
    """Xiaomi Mi Body Composition Scale 1 and 2 (XMTZC02HM, XMTZC05HM): weight and impedance."""

    id = "xiaomi-mi-body-composition-scale"
    match = BleMatch(company=ANHUI_HUAMI, service_data=BODY_COMPOSITION)
    decoders: ClassVar[Mapping[str, Decoder]] = {BODY_COMPOSITION: decode_body_composition}

    def hear(self, seen: Advertisement) -> Reading | None:
        return self._hear(seen, BODY_COMPOSITION, decode_body_composition)
