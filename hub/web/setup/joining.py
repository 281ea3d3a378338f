"""The join window: two minutes in which a new device may become this patient's."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response

from drivers import catalogue
from drivers.catalogue import Shape
from hub.records import JournalKind
from hub.web import instructions, passkey, tasks, wording
from hub.web.countdown import left_s
from hub.web.language import gettext
from hub.web.parts import books, now, write

pages = Blueprint("joining", __name__)


@dataclass(frozen=True, slots=True)
class How:
    """How one is made ready. `chosen` is what stands in the list."""

    chosen: str
    title: str
    picture: str
    steps: list[str]


@pages.get("/join")
def window() -> str:
    state = books().ledger.state("join_window")
    left = left_s(state, now())
    return render_template(
        "setup/join.html",
        left_s=round(left),
        candidates=candidates(state) if left else [],
        passkey=passkey.shown(books()),
        asked=passkey.wanted(books(), now()),
        wrong=gettext("Tallet har seks sifre.") if "wrong" in request.args else "",
        problem=tasks.for_technician,
        models=models(),
        how=how(request.args.get("how", "")),
    )


def models() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """For each shape its value, its name, and the models: (id, name), by name."""
    return [
        (
            shape.value,
            wording.shape(shape),
            sorted(
                (
                    (model.id, f"{model.maker} {model.name}")
                    for model in catalogue.models()
                    if model.shape is shape
                ),
                key=lambda model: model[1].lower(),
            ),
        )
        for shape in Shape
    ]


def how(chosen: str) -> How | None:
    """By the id of a model, or by a shape for one that is in no list."""
    if model := catalogue.by_id(chosen):
        return How(
            chosen,
            f"{model.maker} {model.name}",
            instructions.picture(model.shape, model),
            instructions.pairing(model.shape, model),
        )
    if chosen in set(Shape):
        shape = Shape(chosen)
        return How(chosen, wording.shape(shape), shape.value, instructions.pairing(shape))
    return None


def candidates(state: dict[str, Any]) -> list[dict[str, Any]]:
    known = {"name": "", "known_as": None, "model": None, "problem": None, "rssi": None}
    found = [known | one for one in state.get("candidates", []) if one.get("address")]
    return sorted(found, key=lambda one: -(one.get("rssi") or -999))


@pages.post("/join/passkey")
def type_passkey() -> Response:
    number = passkey.answer(request.form.get("address", ""), request.form.get("passkey", ""))
    if number is None:
        return redirect(url_for("joining.window", wrong=1), 303)
    return redirect(url_for("outcome.of", number=number), 303)


@pages.post("/join/open")
def open_it() -> Response:
    number = write(JournalKind.OPEN_JOIN_WINDOW)
    return redirect(url_for("outcome.of", number=number), 303)


@pages.post("/join/close")
def close_it() -> Response:
    number = write(JournalKind.CLOSE_JOIN_WINDOW)
    return redirect(url_for("outcome.of", number=number), 303)


@pages.post("/join/<address>")
def join(address: str) -> Response:
    state = books().ledger.state("join_window")
    if not any(one["address"] == address for one in candidates(state or {})):
        abort(404)
    number = write(JournalKind.JOIN, {"address": address})
    return redirect(url_for("outcome.of", number=number), 303)
