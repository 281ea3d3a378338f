"""Heart rate straps: Heart Rate Service 1.0 (0x180D).

Heart Rate Measurement 0x2A37 comes about once a second for as long as the strap is worn. Stored is
one measurement a minute: its number is the last one that the strap gave (a strap's number is a
mean already), its series are all the times between the beats of that minute, and its payloads are
all that was sent. So an hour is sixty records instead of some thousands, nothing is lost, and a
link that breaks costs nothing that it had brought. Without contact there is nothing to store, and
what was measured before and after is never mixed.

RR intervals count in 1/1024 s; n * 1000 / 1024 ms is exact in decimals.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from drivers.contract import GattProfile, Refine, Said, unchanged
from drivers.errors import PayloadError
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader, word

IN_16_BITS = 0x01
CONTACT_DETECTED = 0x02
CONTACT_SUPPORTED = 0x04
ENERGY_EXPENDED = 0x08
RR_INTERVALS = 0x10
KNOWN_FLAGS = 0x1F
PER_SECOND = 1024

BODY_SENSOR_LOCATION = uuid16(0x2A38)
SITE = "body_site"
SITES = {
    0: "other",
    1: "chest",
    2: "wrist",
    3: "finger",
    4: "hand",
    5: "ear_lobe",
    6: "foot",
}
FRAMES_PER_MEASUREMENT = 60


def decode_heart_rate(payload: bytes) -> Measurement:
    """0x2A37: one frame; lost contact is a status, and contact a detail where it is noticed."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    rate = reader.u16() if flags & IN_16_BITS else reader.u8()
    values = {Quantity.HEART_RATE: Value(Decimal(rate), Unit.PER_MINUTE)}
    if flags & ENERGY_EXPENDED:
        values[Quantity.ENERGY_EXPENDED] = Value(Decimal(reader.u16()), Unit.KILOJOULE)
    series = {Quantity.RR_INTERVAL: _intervals(reader)} if flags & RR_INTERVALS else {}
    reader.end(padded=False)
    touches = bool(flags & CONTACT_DETECTED)
    notices = bool(flags & CONTACT_SUPPORTED)
    return Measurement(
        kind=Kind.HEART_RATE,
        values=values,
        raw=(payload,),
        status=(Status.SENSOR_UNCONNECTED_TO_USER,) if notices and not touches else (),
        details={"sensor_contact": "yes" if touches else "no"} if notices else {},
        series=series,
    )


def decode_location(payload: bytes) -> str:
    """0x2A38: where the sensor is worn."""
    reader = ByteReader(payload)
    site = word(SITES, reader.u8())
    reader.end(padded=False)
    return site


class Wearing:
    """Gathers the frames of a strap that is worn."""

    def __init__(self) -> None:
        self._frames: list[Measurement] = []

    def take(self, frame: Measurement) -> Measurement | None:
        """What is to be stored on account of this frame, if anything."""
        if not _is_worn(frame):
            return self.end()
        self._frames.append(frame)
        return self.end() if len(self._frames) >= FRAMES_PER_MEASUREMENT else None

    def end(self) -> Measurement | None:
        """The strap was taken off, or the stream has stopped."""
        frames, self._frames = self._frames, []
        return _together(frames) if frames else None


class HeartRate(GattProfile):
    """Straps of the Heart Rate Profile: Polar H9 and H10, and others."""

    id = "gatt-heart-rate"
    service = uuid16(0x180D)
    characteristic = uuid16(0x2A37)
    decode = decode_heart_rate

    async def refinement(self, link: GattLink) -> Refine:
        payload = await read_if_offered(link, BODY_SENSOR_LOCATION)
        try:
            site = decode_location(payload) if payload is not None else None
        except PayloadError:
            site = None
        return partial(_worn_at, site) if site else unchanged

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        wearing = Wearing()
        async for said in super().read(link):
            if not isinstance(said, Measurement):
                yield said
            elif whole := wearing.take(said):
                yield whole
        if rest := wearing.end():
            yield rest


def _intervals(reader: ByteReader) -> tuple[Value, ...]:
    """As many as there are, at least the one that the flag promised."""
    intervals = [_interval(reader)]
    while reader.left:
        intervals.append(_interval(reader))
    return tuple(intervals)


def _interval(reader: ByteReader) -> Value:
    return Value(Decimal(reader.u16() * 1000) / PER_SECOND, Unit.MILLISECOND)


def _is_worn(frame: Measurement) -> bool:
    """A strap that does not notice contact says 0 while it finds no beat."""
    off = Status.SENSOR_UNCONNECTED_TO_USER in frame.status
    return not off and frame.values[Quantity.HEART_RATE].number != 0


def _together(frames: list[Measurement]) -> Measurement:
    values = {quantity: value for frame in frames for quantity, value in frame.values.items()}
    intervals = tuple(
        value for frame in frames for value in frame.series.get(Quantity.RR_INTERVAL, ())
    )
    return replace(
        frames[-1],
        values=values,
        raw=tuple(payload for frame in frames for payload in frame.raw),
        series={Quantity.RR_INTERVAL: intervals} if intervals else {},
    )


def _worn_at(site: str, measurement: Measurement) -> Measurement:
    return replace(measurement, details={**measurement.details, SITE: site})
