"""Glucose sensors: Continuous Glucose Monitoring Service 1.0.2 (0x181F).

A sensor measures every few minutes and keeps its records; one connection fetches what is new
through the Record Access Control Point. A record tells its time in minutes from the start of the
session, so that number is its sequence as well. Nothing is ever written but that request.

Roche's Accu-Chek SmartGuide and Medtronic's sensors speak this service behind keys of their makers,
which a hub does not have.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Reading, Said, attempt
from drivers.errors import BadFrame, PayloadError
from drivers.gatt.continuous_glucose_session import decode_feature, decode_session_start
from drivers.gatt.e2e_crc import LENGTH as CRC_LENGTH
from drivers.gatt.e2e_crc import check_crc, end_with_crc
from drivers.known_records import Seen, read_on
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import (
    Comparator,
    Kind,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
    Value,
)
from drivers.racp import RECORD_ACCESS_CONTROL_POINT, REPORT_ALL, report, report_from
from drivers.reader import ByteReader

TREND = 0x01
QUALITY = 0x02
WARNING_OCTET = 0x20
CALIBRATION_OCTET = 0x40
STATUS_OCTET = 0x80
KNOWN_FLAGS = 0xE3
SMALLEST = 6

STATUS = (
    Status.SESSION_STOPPED,
    Status.BATTERY_LOW,
    Status.SENSOR_TYPE_INCORRECT,
    Status.SENSOR_MALFUNCTION,
    Status.DEVICE_ALERT,
    Status.DEVICE_FAULT,
)
CALIBRATION = (
    Status.TIME_SYNCHRONIZATION_REQUIRED,
    Status.CALIBRATION_NOT_ALLOWED,
    Status.CALIBRATION_RECOMMENDED,
    Status.CALIBRATION_REQUIRED,
    Status.TEMPERATURE_TOO_HIGH,
    Status.TEMPERATURE_TOO_LOW,
)
WARNING = (
    Status.BELOW_PATIENT_LOW,
    Status.ABOVE_PATIENT_HIGH,
    Status.BELOW_HYPO,
    Status.ABOVE_HYPER,
    Status.FALLING_TOO_FAST,
    Status.RISING_TOO_FAST,
    Status.RESULT_TOO_LOW,
    Status.RESULT_TOO_HIGH,
)
OCTETS = (
    (STATUS_OCTET, STATUS, "sensor status"),
    (CALIBRATION_OCTET, CALIBRATION, "calibration and temperature status"),
    (WARNING_OCTET, WARNING, "sensor warning"),
)

MEASUREMENT = uuid16(0x2AA7)
FEATURE = uuid16(0x2AA8)
CURRENT_STATUS = uuid16(0x2AA9)
SESSION_START = uuid16(0x2AAA)


def decode_continuous_glucose(payload: bytes) -> Measurement:
    """One record of 0x2AA7, in mg/dL; `sequence` is its time offset in minutes.

    Size tells whether the E2E-CRC is there.
    """
    reader = ByteReader(payload)
    size, flags = reader.u8(), reader.flags(KNOWN_FLAGS)
    values = {Quantity.GLUCOSE: reader.sfloat(Unit.MG_PER_DL)}
    minutes = reader.u16()
    status: list[Status] = []
    for flag, meanings, name in OCTETS:
        if flags & flag:
            status += reader.statuses(1, meanings, name)
    if flags & TREND:
        values[Quantity.GLUCOSE_TREND] = reader.sfloat(Unit.MG_PER_DL_PER_MINUTE)
    if flags & QUALITY:
        values[Quantity.GLUCOSE_QUALITY] = reader.sfloat(Unit.PERCENT)
    if size == len(reader.taken) + CRC_LENGTH:
        check_crc(reader)
    elif size != len(reader.taken):
        raise BadFrame(payload, mark="size")
    reader.end(padded=False)
    values[Quantity.GLUCOSE] = _beyond(values[Quantity.GLUCOSE], status)
    return Measurement(
        kind=Kind.CONTINUOUS_GLUCOSE,
        values=values,
        raw=(payload,),
        sequence=minutes,
        status=tuple(status),
    )


def decode_status(payload: bytes) -> Measurement:
    """0x2AA9: how the sensor is now, `sequence` minutes after its start; it has no values."""
    reader = ByteReader(payload)
    minutes = reader.u16()
    status = [said for _, bits, name in OCTETS for said in reader.statuses(1, bits, name)]
    end_with_crc(reader)
    return Measurement(
        kind=Kind.CONTINUOUS_GLUCOSE,
        values={},
        raw=(payload,),
        sequence=minutes,
        status=tuple(status),
    )


def records(payload: bytes) -> Iterator[bytes]:
    """The records of one notification; the last may be damaged."""
    while payload:
        size = max(payload[0], SMALLEST)
        yield payload[:size]
        payload = payload[size:]


def _beyond(value: Value, status: list[Status]) -> Value:
    high, low = Status.RESULT_TOO_HIGH in status, Status.RESULT_TOO_LOW in status
    if value.number is None or high == low:
        return value
    return replace(value, comparator=Comparator.GREATER if high else Comparator.LESS)


@dataclass(frozen=True, slots=True)
class Session:
    """What holds for all records of one sensor.

    started_at  local time without zone, as the sensor was told
    proof       tells this session from another of the same sensor
    """

    started_at: datetime | None = None
    proof: bytes = b""
    details: Mapping[str, str] = field(default_factory=dict)

    def dated(self, reading: Reading) -> Reading:
        """With the time that the sensor's clock showed, and what it measures in."""
        if isinstance(reading, Rejected):
            return reading
        stamp = self._at(reading.sequence)
        fault = () if stamp else (Status.TIME_FAULT,)
        return replace(
            reading,
            details=self.details,
            device_time=stamp,
            status=(*reading.status, *fault),
        )

    def _at(self, minutes: int | None) -> datetime | None:
        if self.started_at is None or minutes is None:
            return None
        try:
            return self.started_at + timedelta(minutes=minutes)
        except OverflowError:
            return None


class ContinuousGlucose(BleDriver):
    """Sensors of the Continuous Glucose Monitoring Profile."""

    id = "gatt-continuous-glucose"
    match = BleMatch(service=uuid16(0x181F))
    decoders: ClassVar[Mapping[str, Decoder]] = {
        MEASUREMENT: decode_continuous_glucose,
        CURRENT_STATUS: decode_status,
    }

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        session = await _session(link)
        await link.subscribe(MEASUREMENT)
        await link.subscribe(RECORD_ACCESS_CONTROL_POINT)
        fetch = partial(_fetch, link, session)
        async with aclosing(read_on(self.memory, fetch, session.proof)) as readings:
            async for said in readings:
                yield said


async def _fetch(
    link: GattLink, session: Session, first: int | None, seen: Seen
) -> AsyncGenerator[Reading, None]:
    request = REPORT_ALL if first is None else report_from(first)
    async with aclosing(report(link, request)) as arrivals:
        async for source, payload in arrivals:
            for record in records(payload):
                reading = attempt(decode_continuous_glucose, source, record)
                seen.add(reading)
                yield session.dated(reading)


async def _session(link: GattLink) -> Session:
    start = await read_if_offered(link, SESSION_START) or b""
    feature = await read_if_offered(link, FEATURE) or b""
    details: dict[str, str] = {}
    started_at = None
    try:
        said = decode_session_start(start)
        started_at = said.started_at
        zone = {"zone_offset_min": said.zone_min, "dst_offset_min": said.dst_min}
        details |= {name: str(minutes) for name, minutes in zone.items() if minutes is not None}
    except PayloadError:
        pass  # without its start the records have no time
    try:
        sample = decode_feature(feature)
        details |= {"sample_type": sample.sample_type, "sample_location": sample.sample_location}
    except PayloadError:
        pass  # damaged: then it is not known what it measures in
    return Session(started_at, proof=start, details=details)
