"""What is said while somebody measures: what to do now, and what helps when nothing comes.

By the kind that is wanted and the device that this home has for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers import catalogue
from drivers.catalogue import Model, Pairing, Shape
from drivers.measurement import Kind
from hub.records import Device, Kit
from hub.web import instructions
from hub.web.language import gettext, marked

SHAPES = {
    Kind.BLOOD_PRESSURE: Shape.CUFF,
    Kind.BODY_WEIGHT: Shape.SCALE,
    Kind.BODY_TEMPERATURE: Shape.THERMOMETER,
    Kind.PULSE_OXIMETRY: Shape.OXIMETER,
    Kind.GLUCOSE: Shape.GLUCOSE_METER,
    Kind.CONTINUOUS_GLUCOSE: Shape.GLUCOSE_SENSOR,
    Kind.KETONE: Shape.GLUCOSE_METER,
    Kind.BODY_COMPOSITION: Shape.SCALE,
    Kind.HEART_RATE: Shape.HEART_RATE_STRAP,
    Kind.SPIROMETRY: Shape.SPIROMETER,
}
"""What a kind is measured with; one that is not here cannot be asked for."""

NOW = {
    Shape.CUFF: marked("Trykk på knappen på mansjetten. Jeg venter."),
    Shape.SCALE: marked("Gå på vekten. Jeg venter."),
    Shape.THERMOMETER: marked("Mål temperaturen nå. Jeg venter."),
    Shape.OXIMETER: marked("Sett måleren på fingeren. Jeg venter."),
    Shape.GLUCOSE_METER: marked("Mål blodsukkeret nå. Jeg venter."),
    Shape.GLUCOSE_SENSOR: marked("Kom nær boksen. Jeg venter."),
    Shape.SPIROMETER: marked("Blås i spirometeret. Jeg venter."),
    Shape.HEART_RATE_STRAP: marked("Ta på pulsbeltet. Jeg venter."),
}
NOW_KINDS = {Kind.KETONE: marked("Mål ketonene nå. Jeg venter.")}
ON_MONITOR = marked("Trykk START på måleren. Jeg venter.")
NOW_MODELS = {
    "and-ua-651ble": ON_MONITOR,
    "and-ua-1200ble": ON_MONITOR,
    "silvercrest-sbm69": ON_MONITOR,
    "omron-rs2-intelli-it": ON_MONITOR,
    "omron-rs7-intelli-it": ON_MONITOR,
}

DO_NOT_TALK = marked("Ikke snakk, og la føttene hvile på gulvet.")
WHILE_RESTING = {
    Shape.CUFF: (marked("Sett mansjetten på bar overarm."), DO_NOT_TALK),
    Shape.OXIMETER: (marked("Varm hånden hvis den er kald."),),
}
ON_WRIST = (marked("Fest måleren på håndleddet."), DO_NOT_TALK)


@dataclass(frozen=True, slots=True)
class Help:
    """`picture` is an icon."""

    picture: str
    words: str


LIT = Help("battery", marked("Er det lys i vinduet? Hvis ikke, bytt batterier."))
NEAR = Help("near", marked("Ta apparatet nær boksen, i samme rom."))
AGAIN = Help("again", marked("Vent ett minutt. Mål så en gang til."))
WIRED = Help("cable", marked("Sitter kabelen godt i begge ender?"))
NOTHING_COMES = {
    Shape.CUFF: (LIT, NEAR, AGAIN),
    Shape.SCALE: (
        Help("battery", marked("Er det lys i vinduet når du går på? Hvis ikke, bytt batterier.")),
        Help("near", marked("La vekten stå nær boksen.")),
        Help("again", marked("Gå av, vent ett minutt, og gå på igjen.")),
    ),
    Shape.THERMOMETER: (LIT, NEAR, AGAIN),
    Shape.OXIMETER: (
        LIT,
        NEAR,
        Help("again", marked("Varm hånden. Prøv så en annen finger.")),
    ),
    Shape.GLUCOSE_METER: (
        LIT,
        Help("near", marked("Legg apparatet nær boksen, i samme rom.")),
        Help("again", marked("Slå apparatet av og på. Vent ett minutt.")),
    ),
    Shape.GLUCOSE_SENSOR: (
        Help("again", marked("Sitter sensoren godt på huden?")),
        Help("near", marked("Sitt nær boksen, i samme rom, noen minutter.")),
    ),
    Shape.SPIROMETER: (LIT, NEAR, AGAIN),
    Shape.HEART_RATE_STRAP: (
        Help("again", marked("Er beltet fuktig, og sitter det tett?")),
        Help("near", marked("Sitt nær boksen, i samme rom, noen minutter.")),
        Help("battery", marked("Er batteriet gammelt, bytt det.")),
    ),
}
CALL = marked("Hjelper det ikke, ring %(phone)s.")
ASK_TO_BE_CALLED = marked("Hjelper det ikke, trykk «Ring meg».")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A device that can measure what is wanted; `picture` is the drawing of it.

    device  None while it is lent to this home and has not joined: it does when it is heard
    """

    name: str
    shape: Shape
    model: Model | None
    device: Device | None

    @property
    def key(self) -> str | None:
        return self.device.key if self.device else None

    @property
    def picture(self) -> str:
        return instructions.picture(self.shape, self.model)


def for_kind(devices: Sequence[Device], kind: Kind) -> list[Chosen]:
    """Those that look right; else those that may be it, as their driver reads such things too."""
    shape = SHAPES[kind]
    right = [device for device in devices if instructions.shape_of(device) is shape]
    perhaps = [device for device in devices if _may_be(device, shape)]
    return [Chosen(one.name, shape, catalogue.by_id(one.model), one) for one in right or perhaps]


def lent_for(kit: Kit, devices: Sequence[Device], kind: Kind) -> Chosen | None:
    """What is lent for it and has not joined. A model that nobody listed may be it."""
    shape = SHAPES[kind]
    joined = {device.address.upper() for device in devices}
    lent = [(item, catalogue.called(item.model)) for item in kit.devices]
    right = [(item, model) for item, model in lent if model and model.shape is shape]
    perhaps = [it for it in lent if not it[1] and (it[0].address or "").upper() not in joined]
    for item, model in right or perhaps:
        return Chosen(item.name or item.model, shape, model, None)
    return None


def _may_be(device: Device, shape: Shape) -> bool:
    if instructions.shape_of(device) is not None:
        return False
    return any(one.driver == device.driver and one.shape is shape for one in catalogue.models())


def now(kind: Kind, chosen: Chosen) -> str:
    """The one thing to do."""
    of_model = NOW_MODELS.get(chosen.model.id) if chosen.model else None
    return gettext(of_model or NOW_KINDS.get(kind) or NOW[chosen.shape])


def while_resting(chosen: Chosen) -> list[str]:
    on_wrist = chosen.model is not None and chosen.model.id in instructions.WRIST_MODELS
    told = ON_WRIST if on_wrist else WHILE_RESTING.get(chosen.shape, ())
    return [gettext(words) for words in told]


def nothing_comes(chosen: Chosen, phone: str) -> list[Help]:
    """At most four things, the last of them whom to call."""
    steps: tuple[Help, ...] = NOTHING_COMES[chosen.shape]
    wired = chosen.model is not None and chosen.model.pairing is Pairing.CABLE
    if wired or (chosen.device and chosen.device.transport == "serial"):
        steps = tuple(WIRED if step.picture == "near" else step for step in steps)
    told = [Help(step.picture, gettext(step.words)) for step in steps]
    if phone:
        return [*told, Help("phone", gettext(CALL) % {"phone": phone})]
    return [*told, Help("phone", gettext(ASK_TO_BE_CALLED))]
