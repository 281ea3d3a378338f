"""The join window: two minutes in which a new device may become this patient's."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web import passkey, tasks
from hub.web.kiosk.frame import left_s
from hub.web.language import gettext, marked
from hub.web.parts import books, now, write

pages = Blueprint("joining", __name__)

HOW = (
    (
        marked("Blodtrykksmåler"),
        marked("Hold START inne til «Pr» står i vinduet. Ta så én måling."),
    ),
    (marked("Badevekt"), marked("Trykk på knappen under vekten. Gå så på vekten én gang.")),
    (
        marked("Blodsukkerapparat"),
        marked("Velg «Paring» eller «Bluetooth» i menyen. Det må ha minst én måling."),
    ),
    (marked("Oksygenmåler"), marked("Sett den på fingeren og vent til tallene kommer.")),
    (marked("Termometer"), marked("Hold knappen inne til det blinker. Ta så én måling.")),
)


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
        how=HOW,
    )


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
