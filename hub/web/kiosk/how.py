"""How to measure, with a drawing: for the devices that this home has."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from drivers import catalogue
from drivers.catalogue import Model, Shape
from hub.records import Device
from hub.web import instructions, wording
from hub.web.parts import books

pages = Blueprint("how", __name__)

CARDS = 6


@dataclass(frozen=True, slots=True)
class Known:
    """A device of which it is known what it looks like."""

    device: Device
    shape: Shape

    @property
    def title(self) -> str:
        return wording.shape(self.shape)

    @property
    def model(self) -> Model | None:
        return catalogue.by_id(self.device.model)

    @property
    def picture(self) -> str:
        return instructions.picture(self.shape, self.model)


@pages.get("/how")
@pages.get("/how/page/<int:page>")
def to_measure(page: int = 0) -> str | Response:
    found = known()
    if len(found) == 1:
        return redirect(url_for("how.one", key=found[0].device.key), 303)
    cards = found[page * CARDS : (page + 1) * CARDS]
    more = len(found) > (page + 1) * CARDS
    return render_template("kiosk/how.html", cards=cards, page=page, more=more)


@pages.get("/how/<key>")
def one(key: str) -> str:
    found = known()
    for each in found:
        if each.device.key == key:
            return render_template(
                "kiosk/how_one.html",
                known=each,
                steps=instructions.measuring(each.shape, each.model),
                alone=len(found) == 1,
            )
    raise NotFound


def known() -> list[Known]:
    found = ((device, instructions.shape_of(device)) for device in books().documents.devices())
    return [Known(device, shape) for device, shape in found if shape is not None]
