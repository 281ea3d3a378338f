"""What the radio tells of one advertisement."""

from dataclasses import dataclass

from drivers.contract import Advertisement


@dataclass(frozen=True, slots=True)
class Sighting:
    """One advertisement, and how strongly it was heard (dBm).

    is_discoverable  by its flags: the device wants to be found by hosts that it does not know;
                     None where BlueZ does not tell them (Device1.AdvertisingFlags, experimental)
    """

    advertisement: Advertisement
    rssi: int
    is_discoverable: bool | None = None
