"""Which drivers there are, and how one is chosen.

Matching happens once, when a device joins; its driver id is stored with it. Of two drivers that
fit the more demanding one is meant; two equally good ones are an error, never a matter of order.
"""

import re
from collections.abc import Mapping

from drivers.contract import Advertisement, Decoder, GattProfile, RadioDriver, SerialDriver
from drivers.errors import AmbiguousDriver, NoDriver
from drivers.gatt.blood_pressure import BloodPressure
from drivers.gatt.continuous_glucose import ContinuousGlucose
from drivers.gatt.generic_health_sensor import GenericHealthSensor
from drivers.gatt.glucose import Glucose
from drivers.gatt.health_thermometer import HealthThermometer
from drivers.gatt.heart_rate import HeartRate
from drivers.gatt.pulse_oximeter import PulseOximeter
from drivers.gatt.weight_scale import WeightScale
from drivers.links import uuid16
from drivers.vendor.berrymed_bm1000 import BerrymedBm1000
from drivers.vendor.contec_cms50d_bt import ContecCms50dBt
from drivers.vendor.health_medical_jks50f import HealthMedicalJks50f
from drivers.vendor.jumper_jpd500f import JumperJpd500f
from drivers.vendor.nonin_3230 import Nonin3230
from drivers.vendor.omron_memory import OmronMemory
from drivers.vendor.taidoc_meter import TaidocMeter
from drivers.vendor.viatom_o2ring import ViatomO2Ring
from drivers.vendor.viatom_pc60fw import ViatomPc60fw
from drivers.vendor.xiaomi_mi_scale import MiBodyCompositionScale, MiSmartScale
from drivers.vendor.yonker_ibpa1 import YonkerIbpa1
from drivers.wired.abbott_freestyle_optium import AbbottFreestyleOptium
from drivers.wired.and_scale import AndScale
from drivers.wired.and_tm2657 import AndTm2657
from drivers.wired.contec_cms50 import ContecCms50, ContecCms50Plus
from drivers.wired.lifescan_onetouch_ultra2 import LifescanOnetouchUltra2
from drivers.wired.lifescan_onetouch_ultraeasy import LifescanOnetouchUltraeasy
from drivers.wired.nonin import Nonin
from drivers.wired.nonin_waveform import NoninWaveform
from drivers.wired.taidoc_td42xx import TaidocTd42xx
from drivers.wired.vitalograph_lung_monitor import VitalographLungMonitor

Driver = type[RadioDriver] | type[SerialDriver]

DRIVERS: tuple[Driver, ...] = (
    AbbottFreestyleOptium,
    AndScale,
    AndTm2657,
    BerrymedBm1000,
    BloodPressure,
    ContecCms50,
    ContecCms50dBt,
    ContecCms50Plus,
    ContinuousGlucose,
    GenericHealthSensor,
    Glucose,
    HealthMedicalJks50f,
    HealthThermometer,
    HeartRate,
    JumperJpd500f,
    LifescanOnetouchUltra2,
    LifescanOnetouchUltraeasy,
    MiBodyCompositionScale,
    MiSmartScale,
    Nonin,
    Nonin3230,
    NoninWaveform,
    OmronMemory,
    PulseOximeter,
    TaidocMeter,
    TaidocTd42xx,
    ViatomO2Ring,
    ViatomPc60fw,
    VitalographLungMonitor,
    WeightScale,
    YonkerIbpa1,
)

SHORT_UUID = re.compile(r"(?:0x)?([0-9a-f]{4})")


def choose(seen: Advertisement, drivers: tuple[Driver, ...] = DRIVERS) -> type[RadioDriver]:
    """The driver for what advertises so. Raises NoDriver or AmbiguousDriver."""
    fitting = [d for d in drivers if issubclass(d, RadioDriver) and d.match.accepts(seen)]
    strongest = max((driver.match.strength for driver in fitting), default=0)
    best = [driver for driver in fitting if driver.match.strength == strongest]
    if not best:
        raise NoDriver(seen.name or seen.address)
    if len(best) > 1:
        raise AmbiguousDriver(seen.name or seen.address, tuple(driver.id for driver in best))
    return best[0]


def by_id(identifier: str) -> Driver:
    """The driver with this stored id. Raises NoDriver."""
    for driver in DRIVERS:
        if driver.id == identifier:
            return driver
    raise NoDriver(identifier)


def decoder(name: str) -> Decoder:
    """The decoder of a characteristic ("2a35", "0x2A35", a 128-bit UUID) or a serial protocol.

    "2a35@swapped-fields" is the one for models with that quirk. Raises NoDriver.
    """
    source, _, quirk = name.strip().lower().partition("@")
    if short := SHORT_UUID.fullmatch(source):
        source = uuid16(int(short[1], 16))
    for driver in DRIVERS:
        decoders = _variants(driver, quirk) if quirk else driver.decoders
        if source in decoders:
            return decoders[source]
    raise NoDriver(name)


def _variants(driver: Driver, quirk: str) -> Mapping[str, Decoder]:
    if not issubclass(driver, GattProfile) or quirk not in driver.variants:
        return {}
    return {driver.characteristic: driver.variants[quirk]}
