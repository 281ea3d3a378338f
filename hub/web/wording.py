"""Kinds, quantities, units and steps in the patient's words."""

from drivers.catalogue import Shape
from drivers.measurement import Comparator, Kind, Measurement, Quantity, Unit, Value
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
    Kind.CONTINUOUS_GLUCOSE: marked("Sukker fra sensor"),
    Kind.KETONE: marked("Ketoner"),
    Kind.BODY_COMPOSITION: marked("Kroppsfett"),
    Kind.HEART_RATE: marked("Puls"),
    Kind.SPIROMETRY: marked("Pusteprøve"),
}
DEVICES = {
    Kind.BLOOD_PRESSURE: marked("blodtrykksmåleren"),
    Kind.CUFF_PRESSURE: marked("blodtrykksmåleren"),
    Kind.BODY_WEIGHT: marked("vekten"),
    Kind.BODY_TEMPERATURE: marked("termometeret"),
    Kind.PULSE_OXIMETRY: marked("oksygenmåleren"),
    Kind.GLUCOSE: marked("blodsukkerapparatet"),
    Kind.GLUCOSE_CONTEXT: marked("blodsukkerapparatet"),
    Kind.CONTINUOUS_GLUCOSE: marked("sensoren"),
    Kind.KETONE: marked("blodsukkerapparatet"),
    Kind.BODY_COMPOSITION: marked("vekten"),
    Kind.HEART_RATE: marked("pulsbeltet"),
    Kind.SPIROMETRY: marked("spirometeret"),
}
SHAPES = {
    Shape.CUFF: marked("Blodtrykksmåler"),
    Shape.SCALE: marked("Badevekt"),
    Shape.THERMOMETER: marked("Termometer"),
    Shape.OXIMETER: marked("Oksygenmåler"),
    Shape.GLUCOSE_METER: marked("Blodsukkerapparat"),
    Shape.GLUCOSE_SENSOR: marked("Sukkersensor"),
    Shape.SPIROMETER: marked("Spirometer"),
    Shape.HEART_RATE_STRAP: marked("Pulsbelte"),
}
THE_SHAPES = {
    Shape.CUFF: DEVICES[Kind.BLOOD_PRESSURE],
    Shape.SCALE: DEVICES[Kind.BODY_WEIGHT],
    Shape.THERMOMETER: DEVICES[Kind.BODY_TEMPERATURE],
    Shape.OXIMETER: DEVICES[Kind.PULSE_OXIMETRY],
    Shape.GLUCOSE_METER: DEVICES[Kind.GLUCOSE],
    Shape.GLUCOSE_SENSOR: DEVICES[Kind.CONTINUOUS_GLUCOSE],
    Shape.SPIROMETER: DEVICES[Kind.SPIROMETRY],
    Shape.HEART_RATE_STRAP: DEVICES[Kind.HEART_RATE],
}
QUANTITIES = {
    Quantity.SYSTOLIC: marked("Overtrykk"),
    Quantity.DIASTOLIC: marked("Undertrykk"),
    Quantity.PULSE_RATE: marked("Puls"),
    Quantity.BODY_WEIGHT: marked("Vekt"),
    Quantity.BODY_TEMPERATURE: marked("Temperatur"),
    Quantity.OXYGEN_SATURATION: marked("Oksygen i blodet"),
    Quantity.GLUCOSE: marked("Blodsukker"),
    Quantity.KETONE: marked("Ketoner"),
    Quantity.HEART_RATE: marked("Puls"),
    Quantity.BODY_FAT: marked("Fett"),
    Quantity.MUSCLE_PERCENTAGE: marked("Muskler"),
    Quantity.FEV1: "FEV1",
    Quantity.FEV6: "FEV6",
    Quantity.FVC: "FVC",
    Quantity.PEF: "PEF",
}
UNITS = {
    Unit.MM_HG: "mmHg",
    Unit.PER_MINUTE: marked("slag/min"),
    Unit.POUND: "lb",
    Unit.CELSIUS: "°C",
    Unit.FAHRENHEIT: "°F",
    Unit.KG_PER_M2: "kg/m²",
    Unit.INCH: marked("tommer"),
    Unit.LITRE: marked("liter"),
    Unit.LITRE_PER_MINUTE: "L/min",
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

# What is shown large: the first of these that the device gave. A kind that is not here is kept and
# sent, not shown.
LARGE: dict[Kind, tuple[tuple[Quantity, ...], ...]] = {
    Kind.BLOOD_PRESSURE: ((Quantity.SYSTOLIC, Quantity.DIASTOLIC),),
    Kind.BODY_WEIGHT: ((Quantity.BODY_WEIGHT,),),
    Kind.BODY_TEMPERATURE: ((Quantity.BODY_TEMPERATURE,),),
    Kind.PULSE_OXIMETRY: ((Quantity.OXYGEN_SATURATION,),),
    Kind.GLUCOSE: ((Quantity.GLUCOSE,),),
    Kind.CONTINUOUS_GLUCOSE: ((Quantity.GLUCOSE,),),
    Kind.KETONE: ((Quantity.KETONE,),),
    Kind.BODY_COMPOSITION: ((Quantity.BODY_FAT,),),
    Kind.HEART_RATE: ((Quantity.HEART_RATE,),),
    Kind.SPIROMETRY: ((Quantity.FEV1,), (Quantity.PEF,)),
}
# What stands beside it, where the device gave that too.
BESIDE: dict[Kind, tuple[Quantity, ...]] = {
    Kind.BLOOD_PRESSURE: (Quantity.PULSE_RATE,),
    Kind.BODY_WEIGHT: (Quantity.BODY_FAT,),
    Kind.PULSE_OXIMETRY: (Quantity.PULSE_RATE,),
    Kind.BODY_COMPOSITION: (Quantity.BODY_WEIGHT, Quantity.MUSCLE_PERCENTAGE),
    Kind.SPIROMETRY: (Quantity.FVC, Quantity.FEV6, Quantity.PEF),
}
SEVERAL_THINGS = {Kind.SPIROMETRY}  # whose title must say which number it is
UNDERSTOOD = {Unit.PER_MINUTE}  # what every pulse is in


def large(measurement: Measurement) -> tuple[Quantity, ...]:
    """What to show large; empty for a reading that has numbers, but none for the patient."""
    names = LARGE.get(measurement.kind, ())
    for alternative in names:
        if any(name in measurement.values for name in alternative):
            return alternative
    return () if measurement.values or not names else names[0]


def beside(measurement: Measurement) -> str | None:
    """The first small number, with its name."""
    shown = large(measurement)
    for name in BESIDE.get(measurement.kind, ()):
        value = measurement.values.get(name)
        if value is None or name in shown:
            continue
        words = f"{quantity(name)} {figure(value)}"
        known = value.unit in UNDERSTOOD or value.number is None
        return words if known else f"{words} {unit(value.unit)}"
    return None


def kind(of: Kind) -> str:
    return gettext(KINDS[of])


def title(measurement: Measurement) -> str:
    shown = large(measurement)
    if measurement.kind in SEVERAL_THINGS and shown:
        return f"{kind(measurement.kind)} {quantity(shown[0])}"
    return kind(measurement.kind)


def device(of: Kind) -> str:
    """With the definite article: "the scale"."""
    return gettext(DEVICES[of])


def shape(of: Shape) -> str:
    return gettext(SHAPES[of])


def the_shape(of: Shape) -> str:
    """With the definite article: "the scale"."""
    return gettext(THE_SHAPES[of])


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
