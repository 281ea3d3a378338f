"""What a device says about itself: Device Information Service 0x180A, Battery Level 0x2A19."""

from dataclasses import dataclass

from drivers.errors import PayloadError
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import DeviceInfo
from drivers.reader import ByteReader

MANUFACTURER_NAME = uuid16(0x2A29)
MODEL_NUMBER = uuid16(0x2A24)
SERIAL_NUMBER = uuid16(0x2A25)
FIRMWARE_REVISION = uuid16(0x2A26)
HARDWARE_REVISION = uuid16(0x2A27)
SOFTWARE_REVISION = uuid16(0x2A28)
SYSTEM_ID = uuid16(0x2A23)
BATTERY_LEVEL = uuid16(0x2A19)
FULL_PERCENT = 100


@dataclass(frozen=True, slots=True)
class PnpId:
    """0x2A50: numbers of the maker's. `source` 1: `vendor` is a Bluetooth company, 2: a USB one."""

    source: int
    vendor: int
    product: int
    version: int


def decode_text(payload: bytes) -> str | None:
    """UTF-8, as devices fill it: up to the first NUL, without blanks at its ends."""
    text = payload.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    return text or None


def decode_system_id(payload: bytes) -> str:
    """0x2A23: on the air the least significant octet comes first; read, the OUI does."""
    reader = ByteReader(payload)
    octets = reader.octets(8)
    reader.end(padded=False)
    return octets[::-1].hex().upper()


def decode_battery_level(payload: bytes) -> int | None:
    """0x2A19 in percent; None for the numbers above 100, which are reserved."""
    reader = ByteReader(payload)
    percent = reader.u8()
    reader.end(padded=False)
    return percent if percent <= FULL_PERCENT else None


def decode_pnp_id(payload: bytes) -> PnpId:
    reader = ByteReader(payload)
    seen = PnpId(reader.u8(), reader.u16(), reader.u16(), reader.u16())
    reader.end(padded=False)
    return seen


async def read_device_information(link: GattLink) -> DeviceInfo:
    """Everything of this that the device offers. Raises LinkError when the link breaks."""
    return DeviceInfo(
        manufacturer=await _text(link, MANUFACTURER_NAME),
        model=await _text(link, MODEL_NUMBER),
        serial=await _text(link, SERIAL_NUMBER),
        firmware=await _text(link, FIRMWARE_REVISION),
        hardware=await _text(link, HARDWARE_REVISION),
        software=await _text(link, SOFTWARE_REVISION),
        system_id=await _system_id(link),
        battery_percent=await read_battery_percent(link),
    )


async def _text(link: GattLink, characteristic: str) -> str | None:
    payload = await read_if_offered(link, characteristic)
    return None if payload is None else decode_text(payload)


async def _system_id(link: GattLink) -> str | None:
    payload = await read_if_offered(link, SYSTEM_ID)
    try:
        return None if payload is None else decode_system_id(payload)
    except PayloadError:
        return None


async def read_battery_percent(link: GattLink) -> int | None:
    """None where the device does not say. Raises LinkError when the link breaks.

    Some Omron cuffs say 0 % with good batteries (eigger/hass-omron issues #67, #74), and a radio
    without power says nothing: 0 is taken for "not known".
    """
    payload = await read_if_offered(link, BATTERY_LEVEL)
    try:
        return decode_battery_level(payload) or None if payload is not None else None
    except PayloadError:
        return None
