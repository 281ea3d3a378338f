"""What A&D's cuffs, scales and thermometers want before they send: and_memory.md.

Otherwise they keep to the standard profiles, whose drivers read them.
"""

from collections.abc import Collection

from drivers.device_clock import DATE_TIME
from drivers.errors import LinkRefused
from drivers.links import GattLink, read_if_offered

CONTROL = "233bf001-5a34-1b6d-975c-000d5690abe4"
SEND_ALL = bytes.fromhex("0200e1")

SENDS_ALL_ON_REQUEST = "sends-all-on-request"
WAITS_FOR_ITS_CLOCK = "waits-for-its-clock"
QUIRKS = frozenset({SENDS_ALL_ON_REQUEST, WAITS_FOR_ITS_CLOCK})


async def prepare(link: GattLink, oddities: Collection[str]) -> None:
    """To be called before the measurement is subscribed to. Raises LinkError.

    sends-all-on-request  is asked for its whole memory, not only for what it has not sent
    waits-for-its-clock   sends nothing before its clock is written: it is told what it shows,
                          so that the offset of its clock is the same for the records to come
    """
    if SENDS_ALL_ON_REQUEST in oddities and link.has(CONTROL):
        await _write_if_allowed(link, CONTROL, SEND_ALL)
    if WAITS_FOR_ITS_CLOCK in oddities:
        shown = await read_if_offered(link, DATE_TIME)
        if shown is not None:
            await _write_if_allowed(link, DATE_TIME, shown)


async def _write_if_allowed(link: GattLink, characteristic: str, payload: bytes) -> None:
    try:
        await link.write(characteristic, payload)
    except LinkRefused:
        return  # without it the device sends what it has not sent yet
