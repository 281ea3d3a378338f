"""Which of IEEE 11073-10101's codes a health observation may carry here, and what each is called.

A code that is not listed is no guess: the observation is kept as it came (UnlistedCode).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.measurement import Kind, Quantity, Status, Unit


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value is about."""

    kind: Kind
    quantity: Quantity
    details: Mapping[str, str] = field(default_factory=dict)
    status: tuple[Status, ...] = ()


def _site(name: str) -> Meaning:
    return Meaning(Kind.BODY_TEMPERATURE, Quantity.BODY_TEMPERATURE, {"temperature_type": name})


def _sample(name: str) -> Meaning:
    return Meaning(Kind.GLUCOSE, Quantity.GLUCOSE, {"sample_type": name})


TYPES = {
    147842: Meaning(Kind.HEART_RATE, Quantity.HEART_RATE),
    149530: Meaning(Kind.PULSE_OXIMETRY, Quantity.PULSE_RATE),
    149546: Meaning(Kind.BLOOD_PRESSURE, Quantity.PULSE_RATE),
    150021: Meaning(Kind.BLOOD_PRESSURE, Quantity.SYSTOLIC),
    150022: Meaning(Kind.BLOOD_PRESSURE, Quantity.DIASTOLIC),
    150023: Meaning(Kind.BLOOD_PRESSURE, Quantity.MEAN_ARTERIAL_PRESSURE),
    150364: Meaning(Kind.BODY_TEMPERATURE, Quantity.BODY_TEMPERATURE),
    150392: _site("tympanum"),
    150448: Meaning(Kind.PULSE_OXIMETRY, Quantity.PULSE_AMPLITUDE_INDEX),
    150456: Meaning(Kind.PULSE_OXIMETRY, Quantity.OXYGEN_SATURATION),
    152584: Meaning(Kind.SPIROMETRY, Quantity.PEF),
    152586: Meaning(Kind.SPIROMETRY, Quantity.FEV1),
    152587: Meaning(Kind.SPIROMETRY, Quantity.FEV6),
    160020: Meaning(Kind.GLUCOSE, Quantity.GLUCOSE),
    160184: _sample("capillary_whole_blood"),
    160188: _sample("capillary_plasma"),
    160192: _sample("venous_whole_blood"),
    160196: _sample("venous_plasma"),
    160200: _sample("arterial_whole_blood"),
    160204: _sample("arterial_plasma"),
    160208: Meaning(
        Kind.GLUCOSE,
        Quantity.GLUCOSE,
        {"sample_type": "control_solution"},
        (Status.CONTROL_SOLUTION,),
    ),
    160212: _sample("interstitial_fluid"),
    160364: _sample("undetermined_whole_blood"),
    160368: _sample("undetermined_plasma"),
    188420: _site("rectum"),
    188424: _site("mouth"),
    188428: _site("ear"),
    188432: _site("finger"),
    188448: _site("toe"),
    188452: _site("armpit"),
    188456: _site("gastrointestinal_tract"),
    188736: Meaning(Kind.BODY_WEIGHT, Quantity.BODY_WEIGHT),
    188740: Meaning(Kind.BODY_WEIGHT, Quantity.HEIGHT),
    188748: Meaning(Kind.BODY_COMPOSITION, Quantity.BODY_FAT),
    188752: Meaning(Kind.BODY_WEIGHT, Quantity.BODY_MASS_INDEX),
    188756: Meaning(Kind.BODY_COMPOSITION, Quantity.FAT_FREE_MASS),
    188760: Meaning(Kind.BODY_COMPOSITION, Quantity.SOFT_LEAN_MASS),
    188764: Meaning(Kind.BODY_COMPOSITION, Quantity.BODY_WATER_MASS),
}
COMPOUNDS = {150020}  # noninvasive blood pressure, whose components have codes of their own

PARTITION_OF_UNITS = 4 << 16  # an observation carries the lower 16 bits
UNITS = {
    262688: Unit.PERCENT,
    263424: Unit.METRE,
    263520: Unit.INCH,
    263744: Unit.LITRE,
    263875: Unit.KILOGRAM,
    263904: Unit.POUND,
    264274: Unit.MG_PER_DL,
    264672: Unit.PER_MINUTE,
    264864: Unit.PER_MINUTE,  # beats
    264896: Unit.PER_MINUTE,  # pulses
    265184: Unit.LITRE_PER_SECOND,
    265216: Unit.LITRE_PER_MINUTE,
    265987: Unit.K_PA,
    266016: Unit.MM_HG,
    266560: Unit.FAHRENHEIT,
    266866: Unit.MMOL_PER_L,
    268192: Unit.CELSIUS,
    269891: Unit.KG_PER_M2,
}
# Which of them a quantity can have: a body fat in kilograms is another quantity.
FITTING = {
    Quantity.OXYGEN_SATURATION: {Unit.PERCENT},
    Quantity.PULSE_AMPLITUDE_INDEX: {Unit.PERCENT},
    Quantity.BODY_FAT: {Unit.PERCENT},
    Quantity.PULSE_RATE: {Unit.PER_MINUTE},
    Quantity.HEART_RATE: {Unit.PER_MINUTE},
    Quantity.SYSTOLIC: {Unit.MM_HG, Unit.K_PA},
    Quantity.DIASTOLIC: {Unit.MM_HG, Unit.K_PA},
    Quantity.MEAN_ARTERIAL_PRESSURE: {Unit.MM_HG, Unit.K_PA},
    Quantity.BODY_TEMPERATURE: {Unit.CELSIUS, Unit.FAHRENHEIT},
    Quantity.PEF: {Unit.LITRE_PER_MINUTE, Unit.LITRE_PER_SECOND},
    Quantity.FEV1: {Unit.LITRE},
    Quantity.FEV6: {Unit.LITRE},
    Quantity.GLUCOSE: {Unit.MG_PER_DL, Unit.MMOL_PER_L},
    Quantity.BODY_WEIGHT: {Unit.KILOGRAM, Unit.POUND},
    Quantity.FAT_FREE_MASS: {Unit.KILOGRAM, Unit.POUND},
    Quantity.SOFT_LEAN_MASS: {Unit.KILOGRAM, Unit.POUND},
    Quantity.BODY_WATER_MASS: {Unit.KILOGRAM, Unit.POUND},
    Quantity.HEIGHT: {Unit.METRE, Unit.INCH},
    Quantity.BODY_MASS_INDEX: {Unit.KG_PER_M2},
}
