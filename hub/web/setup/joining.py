"""The join window: two minutes in which a new device may become this patient's."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.kiosk.frame import join_window_left_s
from hub.web.language import marked
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
    left_s = join_window_left_s(state, now())
    return render_template(
        "setup/join.html",
        left_s=round(left_s),
        candidates=candidates(state) if left_s else [],
        passkey=books().ledger.state("passkey"),
        how=HOW,
    )


def candidates(state: dict[str, Any]) -> list[dict[str, Any]]:
    found = [one for one in state.get("candidates", []) if one.get("address")]
    return sorted(found, key=lambda one: -(one.get("rssi") or -999))


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
