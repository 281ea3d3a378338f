"""The GATT building blocks that the virtual devices share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bumble import att, gatt
from bumble.core import UUID
from bumble.device import Device

from hub.demo.peripherals.clock import DeviceClock

Properties = gatt.Characteristic.Properties
Permissions = gatt.Characteristic.Permissions
ENCRYPTED_WRITE = Permissions.WRITEABLE | Permissions.WRITE_REQUIRES_ENCRYPTION

DEVICE_INFORMATION = 0x180A
BATTERY = 0x180F
CURRENT_TIME = 0x1805


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says about itself; `system_id` as 16 hexadecimal digits in reading order."""

    manufacturer: str
    model: str
    serial: str
    firmware: str
    system_id: str


def uuid(number: int | str) -> UUID:
    """A number of the Bluetooth SIG, or a maker's own in full."""
    return UUID.from_16_bits(number) if isinstance(number, int) else UUID(number)


def readable(number: int, value: bytes) -> gatt.Characteristic[Any]:
    return gatt.Characteristic(uuid(number), Properties.READ, Permissions.READABLE, value)


def shown(number: int, read: Callable[[], bytes]) -> gatt.Characteristic[Any]:
    """Readable, and another value each time."""
    value = att.AttributeValue(read=lambda _connection: read())
    return gatt.Characteristic(uuid(number), Properties.READ, Permissions.READABLE, value)


def pushed(
    device: Device, number: int, properties: gatt.Characteristic.Properties
) -> gatt.Characteristic[Any]:
    """A characteristic that is indicated or notified. Subscribing demands encryption: this is
    what makes a hub bond."""
    made: gatt.Characteristic[Any] = gatt.Characteristic(
        uuid(number), properties, Permissions(0), b""
    )
    made.descriptors = (
        gatt.Descriptor(
            gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
            Permissions.READABLE | ENCRYPTED_WRITE,
            device.gatt_server.make_descriptor_value(made),
        ),
    )
    return made


def date_time(clock: DeviceClock, touched: Callable[[], None]) -> gatt.Characteristic[Any]:
    """Date Time 0x2A08, which A&D and Roche put inside the health service."""
    return _clock(0x2A08, clock.read_date_time, clock.write_date_time, touched)


def current_time(clock: DeviceClock, touched: Callable[[], None]) -> gatt.Service:
    """The Current Time Service, which the newer devices have."""
    time = _clock(0x2A2B, clock.read_current_time, clock.write_current_time, touched)
    return service(CURRENT_TIME, time)


def device_information(identity: Identity) -> gatt.Service:
    return service(
        DEVICE_INFORMATION,
        readable(0x2A29, identity.manufacturer.encode()),
        readable(0x2A24, identity.model.encode()),
        readable(0x2A25, identity.serial.encode()),
        readable(0x2A26, identity.firmware.encode()),
        readable(0x2A23, bytes.fromhex(identity.system_id)[::-1]),
    )


def battery(percent: int) -> gatt.Service:
    return service(BATTERY, readable(0x2A19, bytes((percent,))))


def service(number: int | str, *characteristics: gatt.Characteristic[Any]) -> gatt.Service:
    return gatt.Service(uuid(number), list(characteristics))


def _clock(
    number: int,
    read: Callable[[], bytes],
    write: Callable[[bytes], None],
    touched: Callable[[], None],
) -> gatt.Characteristic[Any]:
    def on_read(_connection: object) -> bytes:
        touched()
        return read()

    def on_write(_connection: object, payload: bytes) -> None:
        touched()
        try:
            write(payload)
        except ValueError as error:
            raise att.ATT_Error(att.ErrorCode.VALUE_NOT_ALLOWED) from error

    return gatt.Characteristic(
        uuid(number),
        Properties.READ | Properties.WRITE,
        Permissions.READABLE | ENCRYPTED_WRITE,
        att.AttributeValue(read=on_read, write=on_write),
    )
