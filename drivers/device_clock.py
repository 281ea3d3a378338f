"""A device's own clock: Current Time 0x2A2B, else Date Time 0x2A08.

A&D and Roche put Date Time inside the health service. Neither characteristic carries a zone: what
is written is the patient's local time, as the device shows it.
"""

from datetime import datetime

from drivers.errors import PayloadError
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.reader import ByteReader

CURRENT_TIME = uuid16(0x2A2B)
DATE_TIME = uuid16(0x2A08)
EXTERNAL_REFERENCE = 0x02


def decode_date_time(payload: bytes) -> datetime | None:
    """0x2A08, without zone; None when the device does not know its date."""
    reader = ByteReader(payload)
    stamp = reader.date_time()
    reader.end(padded=False)
    return stamp


def decode_current_time(payload: bytes) -> datetime | None:
    """0x2A2B, without zone; day of the week (often wrong) and adjust reason are not looked at."""
    reader = ByteReader(payload)
    stamp = reader.date_time()
    _weekday, fraction, _reason = reader.octets(3)
    reader.end(padded=False)
    return stamp and stamp.replace(microsecond=fraction * 1_000_000 // 256)


def encode_date_time(local: datetime) -> bytes:
    fields = (local.month, local.day, local.hour, local.minute, local.second)
    return local.year.to_bytes(2, "little") + bytes(fields)


def encode_current_time(local: datetime) -> bytes:
    fraction = local.microsecond * 256 // 1_000_000
    return encode_date_time(local) + bytes((local.isoweekday(), fraction, EXTERNAL_REFERENCE))


async def read_clock(link: GattLink) -> datetime | None:
    """What the device's clock shows; None where it has none or does not tell. Raises LinkError."""
    for characteristic, decode in (
        (CURRENT_TIME, decode_current_time),
        (DATE_TIME, decode_date_time),
    ):
        payload = await read_if_offered(link, characteristic)
        if payload is None:
            continue
        try:
            return decode(payload)
        except PayloadError:
            return None
    return None


async def set_clock(link: GattLink, local: datetime) -> None:
    """Write the patient's local time; LinkRefused when the device does not let its clock be set."""
    if link.has(CURRENT_TIME):
        await link.write(CURRENT_TIME, encode_current_time(local))
    elif link.has(DATE_TIME):
        await link.write(DATE_TIME, encode_date_time(local))
