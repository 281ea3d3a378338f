"""The kit: what the municipality lent to this home, by address, by serial number or by model.

Most devices tell their serial number, and some even their name, only to a host that they know. So
what is lent by serial number or model may have to be connected to before it is known to be the one.
"""

from collections.abc import Sequence

from drivers import catalogue
from drivers.catalogue import Model
from drivers.contract import Advertisement, RadioDriver
from drivers.errors import DriverError
from drivers.measurement import DeviceInfo
from hub.records import Device, KitItem

REFUSED_AT_MOST = 50


class NotLent(DriverError):
    """The device looked like one of the kit, and is another one: it is the neighbour's."""

    def __init__(self, address: str, item: KitItem, info: DeviceInfo) -> None:
        wanted = f"serial number {item.serial}" if item.serial else item.model
        told = f"model {info.model}, serial number {info.serial}"
        super().__init__(f"{address} is not the one that was lent ({wanted}): {told}")
        self.address = address


class Lent:
    """The kit beside the devices that have joined already."""

    def __init__(self) -> None:
        self._items: Sequence[KitItem] = ()
        self._refused: dict[str, None] = {}
        self._joined: list[str] | None = None
        self._missing: list[KitItem] = []

    @property
    def items(self) -> Sequence[KitItem]:
        return self._items

    @items.setter
    def items(self, items: Sequence[KitItem]) -> None:
        self._items = items
        self._refused.clear()
        self._joined = None

    def named(self, seen: Advertisement) -> KitItem | None:
        """The one that this advertisement itself gives away."""
        return next((item for item in self._items if _gives_away(seen, item)), None)

    def missing(self, devices: Sequence[Device]) -> list[KitItem]:
        """What has not joined yet and can only be recognised by its model."""
        joined = [device.key for device in devices]
        if joined != self._joined:
            self._joined = joined
            self._missing = _without_joined(self._items, devices)
        return self._missing

    def perhaps(
        self,
        seen: Advertisement,
        model: Model | None,
        driver: type[RadioDriver],
        devices: Sequence[Device],
    ) -> KitItem | None:
        """A missing one that this may be, unless it was found out to be another."""
        if seen.address in self._refused:
            return None
        missing = self.missing(devices)
        return next((item for item in missing if fits(item, seen, model, driver)), None)

    def confirmed(
        self, item: KitItem, seen: Advertisement, info: DeviceInfo, model: Model | None
    ) -> KitItem | None:
        """The one that this really is, now that it told about itself; None when it is none."""
        for one in (item, *self._items):
            if _gives_away(seen, one) or (one.serial and _same(one.serial, info.serial)):
                return one
        if item.address or item.serial:
            return None
        lent = catalogue.called(item.model)
        if lent and model:
            return item if lent == model else None
        told = f"{seen.name or ''} {info.model or ''}".casefold()
        return item if item.model.casefold() in told else None

    def refuse(self, address: str) -> None:
        """Do not connect to this one again to find out."""
        self._refused[address] = None
        if len(self._refused) > REFUSED_AT_MOST:
            del self._refused[next(iter(self._refused))]


def fits(
    item: KitItem, seen: Advertisement, model: Model | None, driver: type[RadioDriver]
) -> bool:
    """Whether this is the model that is meant, or may be it where the device hides its name."""
    lent = catalogue.called(item.model)
    if lent and model:
        return lent == model
    if item.model and item.model.casefold() in (seen.name or "").casefold():
        return True
    return lent is not None and lent.driver == driver.id


def _gives_away(seen: Advertisement, item: KitItem) -> bool:
    if item.address:
        return item.address.upper() == seen.address.upper()
    return bool(item.serial and seen.name and item.serial in seen.name)


def _same(serial: str, told: str | None) -> bool:
    """As printed on the device and as told by it: blanks, dashes and case do not matter."""
    plain, other = ("".join(filter(str.isalnum, text)) for text in (serial, told or ""))
    return bool(plain) and plain.casefold() == other.casefold()


def _without_joined(items: Sequence[KitItem], devices: Sequence[Device]) -> list[KitItem]:
    others = list(devices)
    missing = []
    for item in sorted(items, key=lambda item: not (item.address or item.serial)):
        if (joined := next((one for one in others if _is(one, item)), None)) is not None:
            others.remove(joined)
        elif not item.address:
            missing.append(item)
    return missing


def _is(device: Device, item: KitItem) -> bool:
    if item.address:
        return item.address.upper() == device.address.upper()
    if item.serial:
        return _same(item.serial, device.info.serial)
    lent = catalogue.called(item.model)
    if lent and device.model:
        return lent.id == device.model
    return bool(item.model) and item.model.casefold() in (device.info.model or "").casefold()
