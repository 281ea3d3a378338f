"""Whose a reading is. Never guessed: the device says it, or the kit does."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.measurement import Measurement
from hub.records import Device, Reception, Whose


def whose(
    measurement: Measurement, reception: Reception, device: Device | None, zone: ZoneInfo
) -> Whose:
    """The device names the user slot, says that it does not know, or knows one person only.

    What a lent device still holds from before it was lent is of whoever had it then.
    """
    if device is not None and _is_older(measurement, reception, device.lent_since, zone):
        return Whose.ANOTHER
    if measurement.is_of_unknown_user:
        return Whose.UNKNOWN
    mine = device.user_index if device else None
    if None in (mine, measurement.user_index) or mine == measurement.user_index:
        return Whose.PATIENT
    return Whose.ANOTHER


def _is_older(
    measurement: Measurement, reception: Reception, since: datetime | None, zone: ZoneInfo
) -> bool:
    """By the device's clock, put right where its offset is known."""
    if since is None or measurement.device_time is None:
        return False
    try:
        taken = measurement.device_time + timedelta(seconds=reception.clock_offset_s or 0)
    except OverflowError:
        return False
    return taken.replace(tzinfo=zone) < since
