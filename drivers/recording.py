"""Writes a conversation down while it happens, as `drivers.replay` plays it: for bug reports.

What tells who or where is taken out: serial number, System ID, address, the User Data Service's
personal characteristics, the codes and keys that open a device, and the date, which is moved as a
whole so that the day of the recording becomes 1 January 2001 (the time of day stays). Measured
values stay: they are what goes wrong.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from drivers.device_clock import encode_date_time
from drivers.errors import LinkRefused, LinkTimeout
from drivers.links import GattLink, SerialLink
from drivers.reader import ByteReader

RECORDING_DAY = date(2001, 1, 1)
DATE_TIME_OCTETS = 7
YEARS = range(2000, 2100)
# A date inside these is covered by a checksum, so that moving it would damage them.
CHECKED = {"2aa7", "2aa8", "2aa9", "2aaa", "2aab", "2aac"}
# Serial Number, System ID; User Data Service: names, e-mail, birth, age, gender, body, phone.
PERSONAL = {"2a25", "2a23", "2a80", "2a85", "2a87", "2a8a", "2a8c", "2a8e", "2a90", "2a98"}
# What opens the device: the open octets (command, user slot, answer) before the secret.
UNLOCK = "b305b680-aee7-11e1-a730-0002a5d5c51b"  # of Omron's cuffs: a key, or a token
OPEN_OCTETS = {("write", "2a9f"): 2, ("write", UNLOCK): 1, ("notify", UNLOCK): 1}
REGISTER_NEW_USER = "01"  # at the User Control Point 0x2A9F the device gives the slot
SERIAL_IN_NAME = re.compile(r"[0-9A-Fa-f]{4,}$|(?<=[_ -])[A-Za-z0-9]*\d{4,}[A-Za-z0-9]*$")
SHORT_LENGTH = 4
SHORT_UUID = re.compile(r"0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb")

Steps = list[Mapping[str, Any]]


class RecordingGattLink:
    """A GattLink that passes everything on to `link`, and remembers it."""

    def __init__(self, link: GattLink) -> None:
        self._link = link
        self.steps: Steps = []
        self.reads: dict[str, str | None] = {}
        self.offers: list[str] = []

    def has(self, characteristic: str) -> bool:
        offered = self._link.has(characteristic)
        if offered:
            self._offered(characteristic)
        return offered

    async def read(self, characteristic: str) -> bytes:
        name = short(characteristic)
        try:
            payload = await self._link.read(characteristic)
        except LinkRefused:
            self.reads.setdefault(name, None)
            raise
        self.reads.setdefault(name, payload.hex())
        return payload

    async def write(self, characteristic: str, payload: bytes) -> None:
        self.steps.append({"write": short(characteristic), "payload": payload.hex()})
        await self._link.write(characteristic, payload)

    async def subscribe(self, characteristic: str) -> None:
        self._offered(characteristic)
        await self._link.subscribe(characteristic)

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        async for source, payload in self._link.notifications(idle_s):
            self.steps.append({"notify": short(source), "payload": payload.hex()})
            yield source, payload

    async def pause(self, seconds: float) -> None:
        await self._link.pause(seconds)

    def _offered(self, characteristic: str) -> None:
        if short(characteristic) not in self.offers:
            self.offers.append(short(characteristic))


class RecordingSerialLink:
    """A SerialLink that passes everything on to `link`, and remembers it."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link
        self.steps: Steps = []
        self._received = bytearray()

    async def read(self, count: int) -> bytes:
        try:
            payload = await self._link.read(count)
        except LinkTimeout:
            self._end_of_receipt()
            self.steps.append({"silence": True})
            raise
        self._received += payload
        return payload

    async def write(self, payload: bytes) -> None:
        self._end_of_receipt()
        self.steps.append({"write": payload.hex()})
        await self._link.write(payload)

    def close(self) -> None:
        """Nothing more comes."""
        self._end_of_receipt()

    def _end_of_receipt(self) -> None:
        if self._received:
            self.steps.append({"receive": self._received.hex()})
            self._received.clear()


def short(characteristic: str) -> str:
    """ "2a35" for a Bluetooth SIG number, the whole UUID for a maker's own."""
    found = SHORT_UUID.fullmatch(characteristic)
    return found[1] if found else characteristic


def blanked_reads(reads: Mapping[str, str | None], day: date) -> dict[str, str | None]:
    """Without what tells who; `day` is the day of the recording."""
    return {
        name: None
        if text is None
        else "00" * (len(text) // 2)
        if name in PERSONAL
        else _moved(name, text, day)
        for name, text in reads.items()
    }


def blanked_steps(steps: Steps, day: date) -> Steps:
    """Without codes and keys, and with dates moved to the day that all recordings have."""
    return [_blanked(step, day) if "payload" in step else step for step in steps]


def blanked_name(name: str) -> str:
    """ "A&D_UA-651BLE_A10001" → "A&D_UA-651BLE_…": makers put the serial number at the end."""
    return SERIAL_IN_NAME.sub("…", name)


def blanked_address(address: str) -> str:
    """The three octets that name the maker (of a public address)."""
    return ":".join((*address.split(":")[:3], "…"))


def _blanked(step: Mapping[str, Any], day: date) -> Mapping[str, Any]:
    way = "write" if "write" in step else "notify"
    name, text = step[way], str(step["payload"])
    octets = OPEN_OCTETS.get((way, name))
    if octets is None:
        return {**step, "payload": _moved(name, text, day)}
    if name == "2a9f" and text.startswith(REGISTER_NEW_USER):
        octets -= 1
    return {**step, "payload": text[: 2 * octets].ljust(len(text), "0")}


def _moved(name: str, text: str, day: date) -> str:
    if name in CHECKED or len(name) != SHORT_LENGTH:
        return text  # in a maker's own frames nobody knows here where a date is
    payload = bytearray.fromhex(text)
    offset = 0
    while offset + DATE_TIME_OCTETS <= len(payload):
        window = bytes(payload[offset : offset + DATE_TIME_OCTETS])
        if stamp := _date_time(window):
            payload[offset : offset + DATE_TIME_OCTETS] = encode_date_time(_move(stamp, day))
            offset += DATE_TIME_OCTETS
        else:
            offset += 1
    return payload.hex()


def _date_time(window: bytes) -> datetime | None:
    stamp = ByteReader(window).date_time()
    return stamp if stamp and stamp.year in YEARS else None


def _move(stamp: datetime, day: date) -> datetime:
    return stamp - timedelta(days=(day - RECORDING_DAY).days)
