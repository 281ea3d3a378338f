"""Sessions that a technician asked to have written down, for a bug report.

The newest of each device stands in the note "recording KEY" as the text of a trace, blanked
(drivers/recording.py), until the next one is asked for or the device is removed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from drivers.contract import Advertisement, BleDriver
from drivers.links import GattLink
from drivers.recording import RecordingGattLink
from hub.clock import Now
from hub.records import Device
from hub.traces import as_trace, expected, written

NOTE = "recording {}"


class Recordings:
    """`note` shows a page something, None takes it away."""

    def __init__(self, now: Now, note: Callable[[str, object], None]) -> None:
        self._now = now
        self._note = note
        self._wanted: set[str] = set()

    def ask(self, device_key: str) -> None:
        """Of the next session with this device."""
        self._wanted.add(device_key)
        self._note(NOTE.format(device_key), {"trace": None})

    def forget(self, device_key: str) -> None:
        self._wanted.discard(device_key)
        self._note(NOTE.format(device_key), None)

    @asynccontextmanager
    async def of(
        self, device: Device, driver: BleDriver, link: GattLink
    ) -> AsyncIterator[GattLink]:
        """`link`, written down if somebody asked for that."""
        if device.key not in self._wanted:
            yield link
            return
        recording = RecordingGattLink(link)
        yield recording
        if not recording.steps and not recording.reads:
            return  # nothing was said: the next session it is
        self._wanted.discard(device.key)
        today = self._now().wall.date()
        seen = Advertisement(device.address)
        trace = as_trace(recording, seen, driver, device.info, today)
        trace |= await expected(trace)
        self._note(NOTE.format(device.key), {"trace": written(trace)})
