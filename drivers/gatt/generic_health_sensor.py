"""Generic health sensors: Generic Health Sensor Service 1.0 (0x1840), see generic_health_sensor.md.

What is stored is fetched through the Record Access Control Point, where there is one; then live
observations are asked for until the sensor falls quiet.
"""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar

from drivers.contract import NOTHING, BleDriver, BleMatch, Decoder, Memory, Reading, Said, attempt
from drivers.errors import BadFrame, LinkRefused, PayloadError
from drivers.gatt.health_observation import decode_elapsed_time, decode_observation
from drivers.known_records import Seen, read_on
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Measurement, Rejected
from drivers.racp import (
    ALL_RECORDS,
    BY_NUMBER,
    COMBINED_REPORT,
    GREATER_OR_EQUAL,
    RECORD_ACCESS_CONTROL_POINT,
    report,
)
from drivers.reader import ByteReader

FIRST_SEGMENT = 0x01
LAST_SEGMENT = 0x02
WHOLE = bytes((FIRST_SEGMENT | LAST_SEGMENT,))
COUNTER_SHIFT = 2
COUNTERS = 64

LIVE = uuid16(0x2B8B)
STORED = uuid16(0x2BDD)
CONTROL_POINT = uuid16(0x2BF4)
ELAPSED_TIME = uuid16(0x2BF2)
START_LIVE = b"\x01"
REPORT_ALL = bytes((COMBINED_REPORT, ALL_RECORDS))


def decode_live(payload: bytes) -> Measurement:
    """0x2B8B in one segment."""
    reader = _whole(payload)
    return replace(decode_observation(reader.octets(reader.left)), raw=(payload,))


def decode_stored(payload: bytes) -> Measurement:
    """0x2BDD in one segment; `sequence` is the record number."""
    reader = _whole(payload)
    number = reader.u32()
    seen = decode_observation(reader.octets(reader.left))
    return replace(seen, raw=(payload,), sequence=number)


def decode_clock(payload: bytes) -> datetime | None:
    """0x2BF2: what the clock shows now."""
    reader = ByteReader(payload)
    shown, _reliable = decode_elapsed_time(reader)
    reader.end(padded=False)
    return shown


def _whole(payload: bytes) -> ByteReader:
    reader = ByteReader(payload)
    header = reader.u8()
    if not header & FIRST_SEGMENT or not header & LAST_SEGMENT:
        raise BadFrame(payload, mark="segment: not the only one")
    return reader


def report_from(number: int) -> bytes:
    """The request for the record with this number (32 bits) and all after it."""
    return bytes((COMBINED_REPORT, GREATER_OR_EQUAL, BY_NUMBER)) + number.to_bytes(4, "little")


Whole = tuple[bytes, ...]  # all segments of one observation


class Segments:
    """Puts the observations of one characteristic together."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[bytes] = []
        self._expected = 0

    def add(self, segment: bytes) -> Iterator[Whole | Rejected]:
        """What is complete now, and before it what lacks segments."""
        header = segment[0] if segment else 0
        first, counter = header & FIRST_SEGMENT, header >> COUNTER_SHIFT
        if self._parts and (first or counter != self._expected):
            yield self._rejected("its last segment is missing")
        if not self._parts and not first:
            self._parts = [segment]
            yield self._rejected("its first segment is missing")
            return
        self._parts.append(segment)
        self._expected = (counter + 1) % COUNTERS
        if header & LAST_SEGMENT:
            whole, self._parts = tuple(self._parts), []
            yield whole

    def _rejected(self, reason: str) -> Rejected:
        parts, self._parts = self._parts, []
        return Rejected(self._source, b"".join(parts), reason)


class GenericHealthSensor(BleDriver):
    """Sensors of the Generic Health Sensor Profile; none is known to be sold yet."""

    id = "gatt-generic-health-sensor"
    match = BleMatch(service=uuid16(0x1840))
    decoders: ClassVar[Mapping[str, Decoder]] = {LIVE: decode_live, STORED: decode_stored}

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        super().__init__(memory, oddities)
        self._segments = {source: Segments(source) for source in self.decoders}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        await link.subscribe(LIVE)
        if link.has(STORED) and link.has(RECORD_ACCESS_CONTROL_POINT):
            await link.subscribe(STORED)
            await link.subscribe(RECORD_ACCESS_CONTROL_POINT)
            async with aclosing(read_on(self.memory, partial(self._fetch, link))) as readings:
                async for said in readings:
                    yield said
        if link.has(CONTROL_POINT):
            await link.subscribe(CONTROL_POINT)
            await link.write(CONTROL_POINT, START_LIVE)
        async for source, payload in link.notifications():
            for reading in self._observed(source, payload, Seen()):
                yield reading

    async def read_clock(self, link: GattLink) -> datetime | None:
        payload = await read_if_offered(link, ELAPSED_TIME)
        try:
            return decode_clock(payload) if payload is not None else None
        except PayloadError:
            return None

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        """It may keep UTC or count from when it was switched on, so it is left alone."""
        raise LinkRefused("set clock", "an elapsed time clock is not set by a hub")

    async def _fetch(
        self, link: GattLink, first: int | None, seen: Seen
    ) -> AsyncGenerator[Reading, None]:
        request = REPORT_ALL if first is None else report_from(first)
        async with aclosing(report(link, request)) as arrivals:
            async for source, payload in arrivals:
                for reading in self._observed(source, payload, seen):
                    yield reading

    def _observed(self, source: str, payload: bytes, seen: Seen) -> Iterator[Reading]:
        """What this notification completes; nothing for one of a control point."""
        if source not in self._segments:
            return
        for put in self._segments[source].add(payload):
            if isinstance(put, Rejected):
                yield put
                continue
            whole = WHOLE + b"".join(segment[1:] for segment in put)
            reading = attempt(self.decoders[source], source, whole)
            seen.add(reading)
            yield reading if isinstance(reading, Rejected) else replace(reading, raw=put)
