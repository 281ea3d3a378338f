"""How to make a device ready for the hub, and how to measure with it: a step, a sentence.

`hub.web.guidance` has what is said while somebody measures.

By shape, and by model where one is known to differ. The buttons of a model are those that its maker
or its drivers' authors name (sources in drivers/catalogue.toml); where nobody says which, the words
send the technician to the leaflet in the box.
"""

from collections.abc import Iterable

from drivers import catalogue
from drivers.catalogue import Model, Pairing, Shape
from hub.records import Device
from hub.web.language import gettext, marked

FORGET_PHONE = marked("Er det brukt med en mobiltelefon? Fjern det fra telefonen og appen først.")
PROVE = marked("Ta én måling nå. Den skal komme på skjermen hjemme.")
LEAFLET = marked("Gjør det klart for paring slik bruksanvisningen i esken sier.")
NO_PAIRING = marked("Det trenger ingen paring. Boksen hører det når det måler.")

HOLD_START = marked("Hold START inne til «Pr» står i vinduet.")
HOLD_TO_P = marked("Hold knappen for overføring inne til «P» blinker i vinduet.")
MEASURE_FIRST = marked("Ta én måling først. Uten en lagret måling svarer det ikke.")
METER_MENU = marked("Velg paring i menyen på apparatet.")
WAKE_SCALE = marked("Gå på vekten én gang, så den våkner.")
ANYBODY = marked("Alle i nærheten kan lese denne vekten. Si det til pasienten.")
TRANSMIT = marked("Ta én måling, og trykk M-knappen for å sende den.")
CABLE = marked("Sett kabelen i apparatet og i boksen.")

TYPE_HERE = marked("Det viser seks sifre. Skriv dem her eller på skjermen hjemme.")
TYPE_THERE = marked("Boksen viser seks sifre. Skriv dem på apparatet.")
USER_CODE = marked("Spør boksen om brukernummer og PIN, står de i vinduet på vekten.")

READY = {
    Shape.CUFF: (LEAFLET,),
    Shape.SCALE: (WAKE_SCALE,),
    Shape.THERMOMETER: (LEAFLET,),
    Shape.OXIMETER: (marked("Sett den på fingeren, så den slår seg på."),),
    Shape.GLUCOSE_METER: (MEASURE_FIRST, METER_MENU),
    Shape.GLUCOSE_SENSOR: (LEAFLET,),
    Shape.SPIROMETER: (LEAFLET,),
    Shape.HEART_RATE_STRAP: (marked("Fukt de ru feltene, og ta beltet på."),),
}
READY_MODELS = {
    "and-ua-651ble": (HOLD_START,),
    "and-ua-1200ble": (HOLD_START,),
    "and-uc-352ble": (LEAFLET,),
    "silvercrest-sbm69": (TRANSMIT,),
    "xiaomi-mi-smart-scale": (WAKE_SCALE, ANYBODY),
    "xiaomi-mi-body-composition-scale": (WAKE_SCALE, ANYBODY),
    **{f"beurer-bf{number}": (WAKE_SCALE, USER_CODE) for number in (105, 500, 720, 788, 915, 950)},
}
READY_DRIVERS = {"omron-memory": (HOLD_TO_P,)}
PASSKEYS = {
    Pairing.PASSKEY_ON_DEVICE: (TYPE_HERE,),
    Pairing.PASSKEY_ON_HUB: (TYPE_THERE,),
}

REST = marked("Sitt rolig i fem minutter.")

MEASURE = {
    Shape.CUFF: (
        REST,
        marked("Sett mansjetten på bar overarm."),
        marked("Trykk START. Sitt stille, og ikke snakk."),
        marked("Vent. Tallet kommer på denne skjermen."),
    ),
    Shape.SCALE: (
        marked("La vekten stå på et hardt gulv."),
        marked("Gå på uten sko, og stå stille."),
        marked("Vent til tallet på vekten står stille."),
        marked("Gå av. Tallet kommer på denne skjermen."),
    ),
    Shape.THERMOMETER: (
        marked("Slå på termometeret."),
        marked("Mål på samme sted som du pleier."),
        marked("Vent til det piper."),
        marked("Tallet kommer på denne skjermen."),
    ),
    Shape.OXIMETER: (
        marked("Sitt rolig. Varm hånden hvis den er kald."),
        marked("Sett fingeren helt inn i måleren."),
        marked("Hold hånden stille."),
        marked("Vent til tallet er kommet hit, og ta den av."),
    ),
    Shape.GLUCOSE_METER: (
        marked("Vask hendene, og tørk dem godt."),
        marked("Sett en strimmel i apparatet."),
        marked("Stikk i siden av en finger, og la strimmelen suge opp dråpen."),
        marked("Vent. Tallet kommer også på denne skjermen."),
    ),
    Shape.GLUCOSE_SENSOR: (
        marked("La sensoren sitte. Den måler av seg selv."),
        marked("Tallene kommer hit når du er i samme rom som boksen."),
    ),
    Shape.SPIROMETER: (
        marked("Sitt rett i ryggen."),
        marked("Pust helt inn, og lukk leppene rundt munnstykket."),
        marked("Blås så hardt og lenge du klarer."),
        marked("Vent. Tallet kommer på denne skjermen."),
    ),
    Shape.HEART_RATE_STRAP: (
        marked("Fukt de ru feltene på innsiden."),
        marked("Fest beltet rundt brystet, rett på huden."),
        marked("Ha det på noen minutter i samme rom som boksen."),
        marked("Pulsen kommer på denne skjermen."),
    ),
}
WRIST = (
    REST,
    marked("Fest måleren på håndleddet, og hold det i høyde med hjertet."),
    marked("Trykk START. Sitt stille, og ikke snakk."),
    marked("Vent. Tallet kommer på denne skjermen."),
)
WITH_M = (*MEASURE[Shape.CUFF][:3], marked("Trykk M-knappen. Tallet kommer på denne skjermen."))
WRIST_MODELS = {"omron-rs2-intelli-it", "omron-rs7-intelli-it"}
MEASURE_MODELS = {"silvercrest-sbm69": WITH_M, **dict.fromkeys(WRIST_MODELS, WRIST)}
PICTURES = {
    "silvercrest-sbm69": "cuff-with-m",
    "omron-evolv": "cuff-in-one",
    "viatom-o2ring": "ring",
    **dict.fromkeys(WRIST_MODELS, "wrist"),
}
"""Drawings of models that do not look like others of their shape."""

SHAPES_OF_DRIVERS = {"nonin": Shape.OXIMETER, "gatt-continuous-glucose": Shape.GLUCOSE_SENSOR}
"""Where the catalogue has no model that could tell."""


def shape_of(device: Device) -> Shape | None:
    """By its model; else by its driver, where that reads one kind of thing only."""
    if model := catalogue.by_id(device.model):
        return model.shape
    shapes = {model.shape for model in catalogue.models() if model.driver == device.driver}
    return shapes.pop() if len(shapes) == 1 else SHAPES_OF_DRIVERS.get(device.driver)


def picture(shape: Shape, model: Model | None = None) -> str:
    """The name of a drawing in `drawings.html`."""
    return PICTURES.get(model.id, shape.value) if model else shape.value


def pairing(shape: Shape, model: Model | None = None) -> list[str]:
    """For the technician, up to the measurement that proves it."""
    if model is None:
        return _told((FORGET_PHONE, *READY[shape], PROVE))
    own = READY_MODELS.get(model.id) or READY_DRIVERS.get(model.driver)
    match model.pairing:
        case Pairing.CABLE:
            return _told((CABLE, PROVE))
        case Pairing.NONE:
            return _told((FORGET_PHONE, NO_PAIRING, *(own or ()), PROVE))
        case _:
            passkey = PASSKEYS.get(model.pairing, ())
            return _told((FORGET_PHONE, *(own or READY[shape]), *passkey, PROVE))


def measuring(shape: Shape, model: Model | None = None, *, rested: bool = False) -> list[str]:
    """For the patient; who has rested before is not told to."""
    own = MEASURE_MODELS.get(model.id) if model else None
    return _told(step for step in own or MEASURE[shape] if not (rested and step is REST))


def _told(steps: Iterable[str]) -> list[str]:
    return [gettext(step) for step in steps]
