"""A device that joins: what is known of it from its advertisement, from itself and from the kit."""

from collections.abc import Sequence
from datetime import UTC, datetime

from drivers.catalogue import Model
from drivers.contract import RadioDriver
from drivers.errors import NoDriver
from drivers.measurement import DeviceInfo
from hub.acquire.pairing import Candidate, recognise
from hub.records import Device, KitItem

NO_SYSTEM_ID = "0" * 16


def recognised(candidate: Candidate, info: DeviceInfo) -> tuple[Model | None, type[RadioDriver]]:
    """Again, with what the device says to those who are connected. Raises MatchError."""
    try:
        model, driver = recognise(candidate.seen, info)
    except NoDriver:
        if candidate.driver is None:
            raise
        return candidate.model, candidate.driver
    return model or candidate.model, driver if model else candidate.driver or driver


def newcomer(
    candidate: Candidate,
    info: DeviceInfo,
    devices: Sequence[Device],
    *,
    item: KitItem | None = None,
    old: Device | None = None,
) -> Device:
    """
    item  what it is of the kit
    old   the device whose place it takes: people go on calling it so

    Raises MatchError.
    """
    model, driver = recognised(candidate, info)
    slot = (item and item.user_index) or (old and old.user_index) or None
    return Device(
        key=_key(candidate.address, info, devices),
        address=candidate.address,
        transport="ble",
        driver=driver.id,
        name=(old and old.name)
        or (item and item.name)
        or info.model
        or (model and model.name)
        or driver.id,
        info=info,
        user_index=slot,
        model=model.id if model else None,
        memory=_memory(item),
        lent_since=item.lent_since if item else None,
        joined_at=datetime.now(UTC),
    )


def _key(address: str, info: DeviceInfo, devices: Sequence[Device]) -> str:
    """Some makers give every device the same System ID; a key is of one device only."""
    plain = address.replace(":", "").upper()
    known = next((device for device in devices if device.key == info.system_id), None)
    unique = known is None or (info.serial is not None and known.info.serial == info.serial)
    if info.system_id and info.system_id != NO_SYSTEM_ID and unique:
        return info.system_id
    return plain


def _memory(item: KitItem | None) -> dict[str, str]:
    """As the drivers with user slots know it (User Data Service)."""
    if item is None:
        return {}
    facts = {"user_index": item.user_index, "consent": item.consent}
    return {name: str(fact) for name, fact in facts.items() if fact is not None}
