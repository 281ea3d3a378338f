"""What a driver is, and what it is given.

A driver has one verb, `read`: it converses over a link and yields what the device said.
**Store, then acknowledge, is the shape of the code**: `yield` hands a measurement over, the
session commits it, and only then does the generator go on. So the line after `yield` is where
a device is told to delete or to advance.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from drivers.errors import LinkRefused, PayloadError
from drivers.measurement import Measurement, Rejected

Decoder = Callable[[bytes], Measurement]
Refine = Callable[[Measurement], Measurement]
Reading = Measurement | Rejected


def uuid16(number: int) -> str:
    """The 128-bit form of a Bluetooth SIG number, the only form used inside the hub."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


class GattLink(Protocol):
    """One live connection to a BLE device. Every call has a deadline and raises LinkError."""

    def has(self, characteristic: str) -> bool:
        """Whether the device offers this characteristic."""

    async def read(self, characteristic: str) -> bytes: ...

    async def write(self, characteristic: str, payload: bytes) -> None: ...

    async def subscribe(self, characteristic: str) -> None:
        """Enable notifications or indications; what arrives is queued from here on."""

    def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        """(characteristic, payload) in order of arrival, all subscriptions merged.

        Ends when the device disconnects, or after `idle_s` of silence where that is given.
        """


class SerialLink(Protocol):
    """One open serial port. Every call has a deadline and raises LinkError."""

    async def read(self, count: int) -> bytes:
        """Exactly `count` octets; LinkTimeout when they do not come, LinkLost when unplugged."""

    async def write(self, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a BLE device says before anybody connects. `services` are 128-bit UUIDs."""

    address: str
    name: str | None = None
    services: frozenset[str] = frozenset()
    companies: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class BleMatch:
    """Which advertisements a driver reads: everything given must hold."""

    service: str | None = None
    company: int | None = None
    name_prefix: str | None = None

    def accepts(self, seen: Advertisement) -> bool:
        return (
            (self.service is None or self.service in seen.services)
            and (self.company is None or self.company in seen.companies)
            and (self.name_prefix is None or (seen.name or "").startswith(self.name_prefix))
        )

    @property
    def strength(self) -> int:
        """How much it demands; of two drivers that fit, the more demanding one is meant."""
        return sum(part is not None for part in (self.service, self.company, self.name_prefix))


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Line settings as pyserial takes them; parity N, E or O."""

    baud: int
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1


class BleDriver(ABC):
    """A family of BLE devices.

    id        stored with every measurement for ever, so never renamed
    match     how its devices are known when they advertise
    decoders  characteristic (128-bit UUID) → pure function, for `hub decode` and the generic tests
    """

    id: ClassVar[str]
    match: ClassVar[BleMatch]
    decoders: ClassVar[Mapping[str, Decoder]]

    @abstractmethod
    def read(self, link: GattLink) -> AsyncGenerator[Reading, None]:
        """Yield everything the device holds; end when it has no more or goes away."""


class SerialDriver(ABC):
    """A family of serial devices; `decoders` is keyed by protocol id, such as "nonin-8".

    One instance belongs to one port: what arrived while the clock was read stays in it for `read`.
    """

    id: ClassVar[str]
    settings: ClassVar[SerialSettings]
    decoders: ClassVar[Mapping[str, Decoder]]

    @abstractmethod
    def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        """Yield measurements for as long as the port is open."""

    async def read_clock(self, link: SerialLink) -> datetime | None:
        """What the device's clock shows, without zone; None where it has none or does not say."""
        return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        """Set the device's clock to the patient's local time, where it has one."""
        return


class GattProfile(BleDriver):
    """A standard profile: one service, one measurement characteristic, one pure decode.

    `more_decoders` are for characteristics that can be decoded but are not subscribed to.
    """

    service: ClassVar[str]
    characteristic: ClassVar[str]
    decode: ClassVar[Decoder]
    more_decoders: ClassVar[Mapping[str, Decoder]] = {}

    def __init_subclass__(cls) -> None:
        cls.match = BleMatch(service=cls.service)
        cls.decoders = {cls.characteristic: cls.decode, **cls.more_decoders}

    async def refinement(self, link: GattLink) -> Refine:
        """What the device says once, elsewhere, about all its measurements; nothing by default."""
        return unchanged

    async def read(self, link: GattLink) -> AsyncGenerator[Reading, None]:
        refine = await self.refinement(link)
        await link.subscribe(self.characteristic)
        async for source, payload in link.notifications():
            reading = attempt(self.decoders[source], source, payload)
            yield reading if isinstance(reading, Rejected) else refine(reading)


def unchanged(measurement: Measurement) -> Measurement:
    return measurement


def attempt(decode: Decoder, source: str, payload: bytes) -> Reading:
    """Decode, or keep the damaged payload, so that the records after it are still read."""
    try:
        return decode(payload)
    except PayloadError as error:
        return Rejected(source, payload, str(error))


async def read_if_offered(link: GattLink, characteristic: str) -> bytes | None:
    """The value of an optional characteristic; None where it is missing or refused."""
    if not link.has(characteristic):
        return None
    try:
        return await link.read(characteristic)
    except LinkRefused:
        return None
