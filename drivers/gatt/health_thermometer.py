"""Thermometers: Health Thermometer Service 1.0 (0x1809).

Temperature Measurement 0x2A1C is the result; Intermediate Temperature 0x2A1E has the same layout,
can be decoded and is never subscribed to. Where the body site does not change it is not in the
measurement but in Temperature Type 0x2A1D.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import ClassVar

from drivers.contract import Decoder, GattProfile, Refine, unchanged
from drivers.errors import PayloadError
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Kind, Measurement, Quantity, Unit
from drivers.reader import ByteReader, clock_fault, word
from drivers.vendor import and_memory

IN_FAHRENHEIT = 0x01
TIME_STAMP = 0x02
TEMPERATURE_TYPE = 0x04
KNOWN_FLAGS = 0x07
SITE = "temperature_type"
SITES = {
    1: "armpit",
    2: "body",
    3: "ear",
    4: "finger",
    5: "gastrointestinal_tract",
    6: "mouth",
    7: "rectum",
    8: "toe",
    9: "tympanum",
}
TEMPERATURE_TYPE_CHARACTERISTIC = uuid16(0x2A1D)


def decode_temperature(payload: bytes) -> Measurement:
    """0x2A1C or 0x2A1E, in °C or °F as sent."""
    reader = ByteReader(payload)
    flags = reader.flags(KNOWN_FLAGS)
    value = reader.float32(Unit.FAHRENHEIT if flags & IN_FAHRENHEIT else Unit.CELSIUS)
    stamp = reader.date_time() if flags & TIME_STAMP else None
    details = {SITE: word(SITES, reader.u8())} if flags & TEMPERATURE_TYPE else {}
    reader.end()
    return Measurement(
        kind=Kind.BODY_TEMPERATURE,
        values={Quantity.BODY_TEMPERATURE: value},
        raw=(payload,),
        device_time=stamp,
        status=tuple(clock_fault(flags & TIME_STAMP, stamp)),
        details=details,
    )


def decode_temperature_type(payload: bytes) -> str:
    """0x2A1D: where on the body this thermometer always measures."""
    reader = ByteReader(payload)
    site = word(SITES, reader.u8())
    reader.end(padded=False)
    return site


def decode_interval(payload: bytes) -> int:
    """0x2A21: seconds from one measurement to the next, 0 for none but those that are asked for."""
    reader = ByteReader(payload)
    seconds = reader.u16()
    reader.end(padded=False)
    return seconds


class HealthThermometer(GattProfile):
    """Thermometers of the Health Thermometer Profile: A&D UT-201BLE, Pyle PHTM60BT and others."""

    id = "gatt-health-thermometer"
    service = uuid16(0x1809)
    characteristic = uuid16(0x2A1C)
    decode = decode_temperature
    more_decoders: ClassVar[Mapping[str, Decoder]] = {uuid16(0x2A1E): decode_temperature}

    quirks: ClassVar[frozenset[str]] = and_memory.QUIRKS

    async def prepare(self, link: GattLink) -> None:
        await and_memory.prepare(link, self.oddities)

    async def refinement(self, link: GattLink) -> Refine:
        payload = await read_if_offered(link, TEMPERATURE_TYPE_CHARACTERISTIC)
        try:
            site = decode_temperature_type(payload) if payload is not None else None
        except PayloadError:
            site = None
        return partial(_with_site, site) if site else unchanged


def _with_site(site: str, measurement: Measurement) -> Measurement:
    return replace(measurement, details={SITE: site, **measurement.details})
