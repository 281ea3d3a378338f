"""A home with some of everything, and the addresses of its patient pages."""

from datetime import timedelta
from decimal import Decimal

from drivers import catalogue
from drivers.measurement import Kind, Quantity, Unit, Value
from hub.records import JournalKind
from hub.web import wording
from tests.web.documents import MESSAGE, PLAN
from tests.web.house import House

ONE_OF_EACH = {model.shape: model for model in catalogue.models()}


def furnish(house: House) -> list[str]:
    """A home with some of everything; the addresses of its pages."""
    house.plan(PLAN)
    for number in range(4):
        house.documents.put_message(MESSAGE | {"id": str(number)})
    quantities = [
        (Kind.BODY_WEIGHT, Quantity.BODY_WEIGHT, "81.2", Unit.KILOGRAM),
        (Kind.BODY_TEMPERATURE, Quantity.BODY_TEMPERATURE, "37.2", Unit.CELSIUS),
        (Kind.PULSE_OXIMETRY, Quantity.OXYGEN_SATURATION, "94", Unit.PERCENT),
        (Kind.GLUCOSE, Quantity.GLUCOSE, "6.1", Unit.MMOL_PER_L),
        (Kind.CONTINUOUS_GLUCOSE, Quantity.GLUCOSE, "6.1", Unit.MMOL_PER_L),
        (Kind.KETONE, Quantity.KETONE, "0.4", Unit.MMOL_PER_L),
        (Kind.HEART_RATE, Quantity.HEART_RATE, "72", Unit.PER_MINUTE),
        (Kind.SPIROMETRY, Quantity.PEF, "312", Unit.LITRE_PER_MINUTE),
        (Kind.BODY_COMPOSITION, Quantity.BODY_FAT, "31.0", Unit.PERCENT),
    ]
    for day in range(8, 0, -1):
        for kind, quantity, number_, unit in quantities:
            value = Value(Decimal(number_) + day, unit)
            house.measure(kind, {quantity: value}, ago=timedelta(days=day, minutes=1))
    kept = house.measure(ago=timedelta(hours=1))
    for number, (shape, model) in enumerate(ONE_OF_EACH.items()):
        house.device(
            key=f"{number:012}", name=wording.SHAPES[shape], model=model.id, driver=model.driver
        )
    return [
        "/",
        *(f"/how/{number:012}" for number in range(len(ONE_OF_EACH))),
        "/how",
        "/how/page/1",
        "/check-in",
        "/plan",
        "/plan/today",
        "/messages",
        "/message/0",
        "/readings",
        "/readings/page/1",
        "/readings/spirometry/90",
        "/readings/continuous_glucose/1",
        "/readings/continuous_glucose/7",
        "/readings/continuous_glucose/table",
        "/readings/body_weight/30",
        "/readings/blood_pressure/7",
        "/readings/body_weight/table",
        f"/reading/{kept.id}",
        "/call-me",
        "/language",
        "/setup",
    ]


def speak(house: House, language: str) -> None:
    moment = house.clock.now()
    house.journal.append(JournalKind.LANGUAGE, {"language": language}, form=None, moment=moment)
