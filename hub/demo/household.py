"""The devices of the demo: five on the air, one on a wire, each with readings to take in turn."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.nonin import NoninOximeter
from hub.demo.peripherals.oximeter import PulseOximeter
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import Scale
from hub.demo.peripherals.thermometer import Thermometer

MDC_SYSTOLIC, MDC_DIASTOLIC, MDC_PULSE = "150021", "150022", "149546"
MDC_WEIGHT, MDC_SATURATION, MDC_GLUCOSE, MDC_TEMPERATURE = "188736", "150456", "160184", "188428"
MDC_OXIMETER_PULSE = "149530"

Numbers = Mapping[str, Decimal]
"""MDC code → the number that the central service must get."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is taken, and what of it must arrive."""

    taken: Mapping[str, Any]
    expected: Numbers


def _blood_pressure(systolic: int, diastolic: int, pulse: int) -> Reading:
    return Reading(
        {"systolic": systolic, "diastolic": diastolic, "pulse": pulse},
        {
            MDC_SYSTOLIC: Decimal(systolic),
            MDC_DIASTOLIC: Decimal(diastolic),
            MDC_PULSE: Decimal(pulse),
        },
    )


def _oximetry(saturation: int, pulse: int) -> Reading:
    return Reading(
        {"oxygen_saturation": saturation, "pulse": pulse},
        {MDC_SATURATION: Decimal(saturation), MDC_OXIMETER_PULSE: Decimal(pulse)},
    )


def _one(argument: str, code: str, number: str) -> Reading:
    return Reading({argument: Decimal(number)}, {code: Decimal(number)})


READINGS: dict[str, tuple[Reading, ...]] = {
    "cuff": (
        _blood_pressure(128, 82, 64),
        _blood_pressure(134, 85, 71),
        _blood_pressure(121, 78, 66),
        _blood_pressure(138, 88, 74),
    ),
    "scale": tuple(_one("kilograms", MDC_WEIGHT, it) for it in ("81.2", "81.4", "80.9", "81.0")),
    "oximeter": tuple(_oximetry(*it) for it in ((96, 68), (95, 72), (97, 65))),
    "glucose": tuple(_one("mmol_per_litre", MDC_GLUCOSE, it) for it in ("5.6", "7.1", "6.4")),
    "thermometer": tuple(_one("celsius", MDC_TEMPERATURE, it) for it in ("36.8", "37.0", "36.6")),
    "nonin": tuple(_oximetry(*it) for it in ((94, 77), (93, 81), (95, 75))),
}


@dataclass(frozen=True, slots=True)
class Lent:
    """A device as the kit lists it, in the patient's language; `action` is the bench's button."""

    key: str
    kind: type[Peripheral]
    advertised: str
    address: str
    name: str
    action: str


LENT = (
    Lent(
        "cuff",
        BloodPressureCuff,
        "A&D_UA-651BLE_A10001",
        "F0:F1:F2:A1:00:01",
        "Blodtrykksmåler",
        "Take blood pressure",
    ),
    Lent("scale", Scale, "A&D_UC-352BLE_A10002", "F0:F1:F2:A1:00:02", "Vekt", "Step on the scale"),
    Lent(
        "oximeter",
        PulseOximeter,
        "PLX-1 DEMO0003",
        "F0:F1:F2:A1:00:03",
        "Oksymeter",
        "Measure oxygen",
    ),
    Lent(
        "glucose",
        GlucoseMeter,
        "GLU-1 DEMO0004",
        "F0:F1:F2:A1:00:04",
        "Blodsukkermåler",
        "Measure glucose",
    ),
    Lent(
        "thermometer",
        Thermometer,
        "HTS-1 DEMO0005",
        "F0:F1:F2:A1:00:05",
        "Øretermometer",
        "Take temperature",
    ),
)
NONIN_KEY = "nonin"
NONIN_NAME = "Oksymeter (ledning)"
NONIN_ACTION = "Oxygen, wired"


class Household:
    """All of them, switched on. `directory` keeps their bonds and the serial port's path."""

    def __init__(self, air: Air, directory: Path) -> None:
        self._directory = directory
        self.on_air: dict[str, Peripheral] = {
            lent.key: lent.kind(air, lent.advertised, lent.address) for lent in LENT
        }
        self.nonin = NoninOximeter(directory / "ttyNonin")
        self._turns: dict[str, Iterator[Reading]] = {
            key: cycle(readings) for key, readings in READINGS.items()
        }

    async def switch_on(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        for key, device in self.on_air.items():
            await device.switch_on(bonds=self._directory / f"{key}-bonds.json")
        self.nonin.plug_in()

    async def switch_off(self) -> None:
        for device in self.on_air.values():
            await device.switch_off()
        self.nonin.unplug()

    @property
    def kit(self) -> list[dict[str, Any]]:
        """For the desired `devices` document. The wired one is in the hub's settings."""
        return [
            {"model": lent.kind.identity.model, "address": lent.address, "name": lent.name}
            for lent in LENT
        ]

    async def take(self, key: str) -> Numbers:
        """Take the next reading of this device; returns what must arrive. KeyError: no such."""
        device: Any = self.nonin if key == NONIN_KEY else self.on_air[key]
        reading = next(self._turns[key])
        measure: Callable[..., Awaitable[object]] = device.take_measurement
        await measure(**reading.taken)
        return reading.expected
