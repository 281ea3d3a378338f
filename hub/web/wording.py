"""Kinds, quantities, units and steps in the patient's words."""

from drivers.measurement import Comparator, Kind, Quantity, Unit, Value
from hub.records import Step
from hub.web.language import gettext, marked, number

KINDS = {
    Kind.BLOOD_PRESSURE: marked("Blodtrykk"),
    Kind.CUFF_PRESSURE: marked("Mansjettrykk"),
    Kind.BODY_WEIGHT: marked("Vekt"),
    Kind.BODY_TEMPERATURE: marked("Temperatur"),
    Kind.PULSE_OXIMETRY: marked("Oksygen i blodet"),
    Kind.GLUCOSE: marked("Blodsukker"),
    Kind.GLUCOSE_CONTEXT: marked("Om blodsukkeret"),
}
DEVICES = {
    Kind.BLOOD_PRESSURE: marked("blodtrykksmåleren"),
    Kind.CUFF_PRESSURE: marked("blodtrykksmåleren"),
    Kind.BODY_WEIGHT: marked("vekten"),
    Kind.BODY_TEMPERATURE: marked("termometeret"),
    Kind.PULSE_OXIMETRY: marked("oksygenmåleren"),
    Kind.GLUCOSE: marked("blodsukkerapparatet"),
    Kind.GLUCOSE_CONTEXT: marked("blodsukkerapparatet"),
}
QUANTITIES = {
    Quantity.SYSTOLIC: marked("Overtrykk"),
    Quantity.DIASTOLIC: marked("Undertrykk"),
    Quantity.PULSE_RATE: marked("Puls"),
    Quantity.BODY_WEIGHT: marked("Vekt"),
    Quantity.BODY_TEMPERATURE: marked("Temperatur"),
    Quantity.OXYGEN_SATURATION: marked("Oksygen i blodet"),
    Quantity.GLUCOSE: marked("Blodsukker"),
}
UNITS = {
    Unit.MM_HG: "mmHg",
    Unit.PER_MINUTE: marked("slag/min"),
    Unit.POUND: "lb",
    Unit.CELSIUS: "°C",
    Unit.FAHRENHEIT: "°F",
    Unit.KG_PER_M2: "kg/m²",
    Unit.INCH: marked("tommer"),
}
STEPS = {
    Step.SAVED: marked("Lagret her"),
    Step.SENT: marked("Sendt"),
    Step.RECEIVED: marked("Mottatt"),
    Step.SEEN: marked("Sett av sykepleier"),
}
COMPARATORS = {
    Comparator.LESS: marked("under %(number)s"),
    Comparator.GREATER: marked("over %(number)s"),
}

# What is shown large, and what beside it. A kind that is not here is kept and sent, not shown.
LARGE = {
    Kind.BLOOD_PRESSURE: (Quantity.SYSTOLIC, Quantity.DIASTOLIC),
    Kind.BODY_WEIGHT: (Quantity.BODY_WEIGHT,),
    Kind.BODY_TEMPERATURE: (Quantity.BODY_TEMPERATURE,),
    Kind.PULSE_OXIMETRY: (Quantity.OXYGEN_SATURATION,),
    Kind.GLUCOSE: (Quantity.GLUCOSE,),
}
BESIDE = {
    Kind.BLOOD_PRESSURE: Quantity.PULSE_RATE,
    Kind.PULSE_OXIMETRY: Quantity.PULSE_RATE,
}


def kind(of: Kind) -> str:
    return gettext(KINDS[of])


def device(of: Kind) -> str:
    """With the definite article: "the scale"."""
    return gettext(DEVICES[of])


def quantity(of: Quantity) -> str:
    return gettext(QUANTITIES[of])


def unit(of: Unit) -> str:
    return gettext(UNITS.get(of, of.value))


def step(of: Step) -> str:
    return gettext(STEPS[of])


def figure(value: Value | None) -> str:
    """The number in the patient's language; a dash in words when the device gave none."""
    if value is None or value.number is None:
        return gettext("uten tall")
    text = number(value.number)
    if value.comparator is None:
        return text
    return gettext(COMPARATORS[value.comparator]) % {"number": text}
