"""In with the code that the kiosk shows, and out again."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.gate import SESSION_S, WrongCode
from hub.web.language import gettext
from hub.web.parts import parts, write

pages = Blueprint("door", __name__)

COOKIE = "__Host-setup"
LOOKED_AT_BY_ITSELF = "version.of_hub"
WITHOUT_CODE = frozenset({"static", "door.enter"})


def only_technicians() -> None:
    """Before every request: without a session there is only the door."""
    if request.endpoint in WITHOUT_CODE:
        return
    by_person = request.endpoint != LOOKED_AT_BY_ITSELF
    if not parts().gate.admits(request.cookies.get(COOKIE, ""), by_person=by_person):
        abort(401)


def login_page(wrong: str = "") -> Response:
    return make_response(render_template("setup/login.html", wrong=wrong), 401)


@pages.post("/enter")
def enter() -> Response:
    try:
        token = parts().gate.enter(request.form.get("code", ""))
    except WrongCode as error:
        write(JournalKind.SETUP_LOGIN, {"ok": False})
        return login_page(wrong_in_words(error))
    write(JournalKind.SETUP_LOGIN, {"ok": True})
    response = redirect(url_for("devices.all_of_them"), 303)
    response.set_cookie(
        COOKIE, token, max_age=int(SESSION_S), secure=True, httponly=True, samesite="Strict"
    )
    return response


def wrong_in_words(error: WrongCode) -> str:
    if not error.wait_s:
        return gettext("Koden er feil. Se på skjermen hjemme hos pasienten.")
    return gettext("For mange forsøk. Vent %(seconds)s sekunder og bruk den nye koden.") % {
        "seconds": max(1, round(error.wait_s))
    }


@pages.post("/leave")
def leave() -> Response:
    """Logging out closes the pages: the kiosk opens them again."""
    response = make_response(render_template("setup/left.html"))
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Strict")
    parts().gate.close()
    return response
