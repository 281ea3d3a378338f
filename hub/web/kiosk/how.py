"""How to measure, with a drawing: for the devices that this home has."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from drivers import catalogue
from drivers.catalogue import Shape
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
            model = catalogue.by_id(each.device.model)
            return render_template(
                "kiosk/how_one.html",
                known=each,
                steps=instructions.measuring(each.shape, model),
                alone=len(found) == 1,
            )
    raise NotFound


def known() -> list[Known]:
    found = ((device, instructions.shape_of(device)) for device in books().documents.devices())
    return [Known(device, shape) for device, shape in found if shape is not None]
