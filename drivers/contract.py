"""What a driver is, and what it is given.

A driver has one verb, `read`: it converses over a link and yields what the device said.
**Store, then acknowledge, is the shape of the code**: `yield` hands a measurement over, the
session commits it, and only then does the generator go on. So the line after `yield` is where
a device is told to delete or to advance.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from drivers import device_clock
from drivers.errors import PayloadError
from drivers.links import GattLink, SerialLink
from drivers.measurement import Learned, Measurement, Rejected

Decoder = Callable[[bytes], Measurement]
Refine = Callable[[Measurement], Measurement]
Reading = Measurement | Rejected
Said = Reading | Learned
Memory = Mapping[str, str]

NOTHING: Memory = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a BLE device says before anybody connects. Services are 128-bit UUIDs.

    service_data  service → octets
    company_data  company identifier (assigned by the Bluetooth SIG) → octets
    """

    address: str
    name: str | None = None
    services: frozenset[str] = frozenset()
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    company_data: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BleMatch:
    """Which advertisements a driver reads: everything given must hold.

    service       it offers this one, or one of these
    name_prefix   one of these is how its name begins
    service_data  it must carry data for this service
    """

    service: str | tuple[str, ...] | None = None
    company: int | None = None
    name_prefix: str | tuple[str, ...] | None = None
    service_data: str | None = None

    def accepts(self, seen: Advertisement) -> bool:
        return (
            (self.service is None or not seen.services.isdisjoint(_each(self.service)))
            and (self.company is None or self.company in seen.company_data)
            and (self.name_prefix is None or (seen.name or "").startswith(self.name_prefix))
            and (self.service_data is None or self.service_data in seen.service_data)
        )

    @property
    def strength(self) -> int:
        """How much it demands; of two drivers that fit, the more demanding one is meant."""
        parts = (self.service, self.company, self.name_prefix, self.service_data)
        return sum(part is not None for part in parts)


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Line settings as pyserial takes them; parity N, E or O."""

    baud: int
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1


class RadioDriver(ABC):
    """A family of devices on the air.

    id        stored with every measurement for ever, so never renamed
    match     how its devices are known when they advertise
    decoders  characteristic, or service whose data is advertised (128-bit UUID) → pure function,
              for `hub decode` and the generic tests
    """

    id: ClassVar[str]
    match: ClassVar[BleMatch]
    decoders: ClassVar[Mapping[str, Decoder]]


class BleDriver(RadioDriver):
    """A family of BLE devices that are connected to.

    quirks        the oddities that it can be told of; drivers/catalogue.toml says who has which
    clock_step_s  how coarse the device's clock is: 60 where it shows no seconds
    """

    quirks: ClassVar[frozenset[str]] = frozenset()
    clock_step_s: ClassVar[int] = 1

    def __init__(self, memory: Memory = NOTHING, oddities: Collection[str] = ()) -> None:
        """One instance is one session.

        memory    what an earlier session with this very device has learned
        oddities  the quirks of this model
        """
        self.memory = memory
        self.oddities = frozenset(oddities)

    @abstractmethod
    def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        """Yield everything the device holds; end when it has no more or goes away."""

    async def read_clock(self, link: GattLink) -> datetime | None:
        """What the device's clock shows, without zone; None where it has none or does not tell."""
        return await device_clock.read_clock(link)

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        """Write the patient's local time; LinkRefused where the clock cannot be set."""
        await device_clock.set_clock(link, local)

    async def part(self, link: GattLink) -> None:
        """The last word, after the clock was set, to a device that waits for one; nothing else."""


class BroadcastDriver(RadioDriver):
    """A family of devices that only advertise: nobody connects, so nobody is authenticated.

    One instance hears one device for as long as the hub runs. Every measurement carries
    Status.UNAUTHENTICATED.
    """

    @abstractmethod
    def hear(self, seen: Advertisement) -> Reading | None:
        """What is to be stored of this advertisement, if anything: one result, once."""


class SerialDriver(ABC):
    """A family of serial devices; `decoders` is keyed by protocol id, such as "nonin-8".

    One instance belongs to one port: what arrived while the clock was read stays in it for `read`.

    clock_step_s  how coarse the device's clock is: 60 where it shows no seconds
    """

    id: ClassVar[str]
    settings: ClassVar[SerialSettings]
    decoders: ClassVar[Mapping[str, Decoder]]
    clock_step_s: ClassVar[int] = 1

    @abstractmethod
    def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        """Yield measurements for as long as the port is open.

        Or end when everything is read, where a device tells its memory: it is read again when it
        was plugged in anew, and now and then.
        """

    async def read_clock(self, link: SerialLink) -> datetime | None:
        """What the device's clock shows, without zone; None where it has none or does not say."""
        return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        """Set the device's clock to the patient's local time, where it has one."""
        return


class GattProfile(BleDriver):
    """A standard profile: one service, one measurement characteristic, one pure decode.

    service        one of these, where several tell the same family
    more_decoders  characteristics that can be decoded but are not subscribed to
    variants       quirk → how a model with it encodes the measurement instead
    """

    service: ClassVar[str | tuple[str, ...]]
    characteristic: ClassVar[str]
    decode: ClassVar[Decoder]
    more_decoders: ClassVar[Mapping[str, Decoder]] = {}
    variants: ClassVar[Mapping[str, Decoder]] = {}

    def __init_subclass__(cls) -> None:
        cls.match = BleMatch(service=cls.service)
        cls.decoders = {cls.characteristic: cls.decode, **cls.more_decoders}
        cls.quirks = cls.quirks | cls.variants.keys()

    async def prepare(self, link: GattLink) -> None:
        """What some models want before they are subscribed to; nothing by default."""

    def results(self, link: GattLink) -> str:
        """The characteristic that this device's results come from."""
        return self.characteristic

    def overhear(self, source: str, payload: bytes) -> None:
        """What was subscribed to besides the results, in `prepare`."""

    async def refinement(self, link: GattLink) -> Refine:
        """What the device says once, elsewhere, about all its measurements; nothing by default."""
        return unchanged

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        await self.prepare(link)
        refine = await self.refinement(link)
        results = self.results(link)
        decode = self._decoder(results)
        await link.subscribe(results)
        async for source, payload in link.notifications():
            if source != results:
                self.overhear(source, payload)
                continue
            reading = attempt(decode, source, payload)
            yield reading if isinstance(reading, Rejected) else refine(reading)

    def _decoder(self, source: str) -> Decoder:
        odd = [decode for quirk, decode in self.variants.items() if quirk in self.oddities]
        return odd[0] if odd and source == self.characteristic else self.decoders[source]


def _each(service: str | tuple[str, ...]) -> tuple[str, ...]:
    return (service,) if isinstance(service, str) else service


def unchanged(measurement: Measurement) -> Measurement:
    return measurement


def attempt(decode: Decoder, source: str, payload: bytes) -> Reading:
    """Decode, or keep the damaged payload, so that the records after it are still read."""
    try:
        return decode(payload)
    except PayloadError as error:
        return Rejected(source, payload, str(error))
