"""Blood pressure cuffs: Blood Pressure Service 1.1.1 (0x1810).

Blood Pressure Measurement 0x2A35 is the result, or Enhanced Blood Pressure Measurement 0x2B34
where a cuff offers both. Intermediate Cuff Pressure 0x2A36 has the same layout and looks like one
(156 / NaN / NaN while the cuff fills), so it can be decoded but is never subscribed to
(dotintent/react-native-ble-plx issue #694).
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from drivers import device_clock
from drivers.contract import NOTHING, Decoder, GattProfile, Memory
from drivers.errors import LinkRefused, ReservedBits
from drivers.gatt import cuff_fields
from drivers.gatt.cuff_fields import PULSE_RATE, STATUS, TIME_STAMP, USER_ID
from drivers.gatt.enhanced_blood_pressure import decode_enhanced, decode_enhanced_cuff
from drivers.links import GattLink, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Unit, Value
from drivers.reader import ByteReader, clock_fault, user_index
from drivers.vendor import and_memory

KNOWN_FLAGS = 0x1F
SWAPPED = 0x40  # reserved, and how a Beurer BM85 can be told from a cuff that keeps the rules
FEATURES = (
    "body_movement",
    "cuff_fit",
    "irregular_pulse",
    "pulse_rate_range",
    "position",
    "multiple_bonds",
    "e2e_crc",
    "user_data",
    "user_facing_time",
)

SWAPPED_FIELDS = "swapped-fields"
SETTLES_FIRST = "settles-first"
SETTLE_S = 0.1  # 50 ms were enough for a BM85 (derdilla/blood-pressure-monitor-fl PR #729)
CLOCK_ON_NOTICE = "clock-on-notice"
CLOCK_MAY_BE_OFF = timedelta(minutes=10)

ENHANCED = uuid16(0x2B34)
ENHANCED_CUFF = uuid16(0x2B35)


def decode_blood_pressure(payload: bytes) -> Measurement:
    """0x2A35, in mmHg or kPa as sent."""
    return _decode(payload, Kind.BLOOD_PRESSURE)


def decode_cuff_pressure(payload: bytes) -> Measurement:
    """0x2A36: only the first of the three pressures has a meaning."""
    return _decode(payload, Kind.CUFF_PRESSURE)


def decode_swapped(payload: bytes) -> Measurement:
    """0x2A35 of a Beurer BM85: reserved flag 6, pulse and status big-endian, a user undeclared.

    It does not know the mean pressure and sends 0. Status bits that the specification keeps for
    later stay in `details`: it does set one (derdilla/blood-pressure-monitor-fl PR #735, #737).
    """
    reader = ByteReader(payload)
    flags = reader.u8()
    if not flags & SWAPPED:
        return decode_blood_pressure(payload)
    if unknown := flags & ~(KNOWN_FLAGS | SWAPPED):
        raise ReservedBits(payload, field="flags", bits=unknown)
    values = cuff_fields.pressures(reader, flags)
    if values[Quantity.MEAN_ARTERIAL_PRESSURE].number == 0:
        unknown_mean = Value(None, cuff_fields.unit(flags), absent=Absent.NOT_MEASURED)
        values[Quantity.MEAN_ARTERIAL_PRESSURE] = unknown_mean
    stamp = reader.date_time() if flags & TIME_STAMP else None
    if flags & PULSE_RATE:
        values[Quantity.PULSE_RATE] = ByteReader(reader.octets(2)[::-1]).sfloat(Unit.PER_MINUTE)
    user, details = user_index(reader)
    bits = int.from_bytes(reader.octets(2), "big") if flags & STATUS else 0
    reader.end()
    if reserved := bits & ~cuff_fields.KNOWN_STATUS:
        details["reserved_status"] = f"{reserved:04x}"
    said = cuff_fields.measurement_status(reader, bits & cuff_fields.KNOWN_STATUS)
    return Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values=values,
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=(*said, *clock_fault(flags & TIME_STAMP, stamp)),
        details=details,
    )


def decode_feature(payload: bytes) -> frozenset[str]:
    """0x2A49: what this cuff can notice, in the words of FEATURES."""
    reader = ByteReader(payload)
    bits = reader.u16()
    reader.end(padded=False)
    if unknown := bits >> len(FEATURES):
        raise ReservedBits(payload, field="blood pressure feature", bits=unknown << len(FEATURES))
    return frozenset(word for bit, word in enumerate(FEATURES) if bits & 1 << bit)


def _decode(payload: bytes, kind: Kind) -> Measurement:
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    values = cuff_fields.pressures(reader, flags)
    if kind is Kind.CUFF_PRESSURE:
        values = {Quantity.CUFF_PRESSURE: values[Quantity.SYSTOLIC]}
    stamp = reader.date_time() if flags & TIME_STAMP else None
    if flags & PULSE_RATE:
        values[Quantity.PULSE_RATE] = reader.sfloat(Unit.PER_MINUTE)
    user, whose = user_index(reader) if flags & USER_ID else (None, {})
    status = cuff_fields.measurement_status(reader, reader.u16()) if flags & STATUS else []
    reader.end()
    return Measurement(
        kind=kind,
        values=values,
        raw=(payload,),
        device_time=stamp,
        user_index=user,
        status=(*status, *clock_fault(flags & TIME_STAMP, stamp)),
        details=whose,
    )


class BloodPressure(GattProfile):
    """Cuffs of the Blood Pressure Profile: A&D UA-651BLE, Omron X4 Smart, Beurer BM59 …

    swapped-fields   encodes its measurement as `decode_swapped` says (Beurer BM85)
    settles-first    ignores a subscription right after the connection (Beurer BM85)
    clock-on-notice  lets its clock be set only after it has notified it, and only when that is
                     ten minutes off (Omron; weliem/blessed-android-coroutines@04764c32)
    """

    id = "gatt-blood-pressure"
    service = uuid16(0x1810)
    characteristic = uuid16(0x2A35)
    decode = decode_blood_pressure
    more_decoders: ClassVar[Mapping[str, Decoder]] = {
        uuid16(0x2A36): decode_cuff_pressure,
        ENHANCED: decode_enhanced,
        ENHANCED_CUFF: decode_enhanced_cuff,
    }
    variants: ClassVar[Mapping[str, Decoder]] = {SWAPPED_FIELDS: decode_swapped}
    quirks: ClassVar[frozenset[str]] = and_memory.QUIRKS | {SETTLES_FIRST, CLOCK_ON_NOTICE}

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._clock_was_notified = False

    async def prepare(self, link: GattLink) -> None:
        if SETTLES_FIRST in self.oddities:
            await link.pause(SETTLE_S)
        if CLOCK_ON_NOTICE in self.oddities and link.has(device_clock.CURRENT_TIME):
            await link.subscribe(device_clock.CURRENT_TIME)
        await and_memory.prepare(link, self.oddities)

    def results(self, link: GattLink) -> str:
        return ENHANCED if link.has(ENHANCED) else self.characteristic

    def overhear(self, source: str, payload: bytes) -> None:
        self._clock_was_notified |= source == device_clock.CURRENT_TIME

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        if CLOCK_ON_NOTICE in self.oddities:
            shown = await self.read_clock(link) if self._clock_was_notified else None
            if shown is None or abs(local - shown) <= CLOCK_MAY_BE_OFF:
                raise LinkRefused("set clock", "it takes a time only when it is ten minutes off")
        await super().set_clock(link, local)
