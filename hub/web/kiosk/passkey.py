"""The number that a device shows while it joins, typed here on large keys."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from hub.web import passkey
from hub.web.kiosk.version import current
from hub.web.language import gettext
from hub.web.parts import books, now

pages = Blueprint("passkey", __name__)

KEYS = {*"0123456789"}


@pages.get("/passkey")
def page() -> str | Redirect:
    return typing("", gettext("Tallet har seks sifre.") if "wrong" in request.args else "")


@pages.post("/passkey")
def key_or_number() -> str | Redirect:
    """Without scripts every key is a page of its own."""
    if "key" in request.form:
        return typing(typed(request.form.get("typed", ""), request.form["key"]))
    number = passkey.answer(request.form.get("address", ""), request.form.get("answer", ""))
    if number is None:
        return redirect(url_for("passkey.page", wrong=1), 303)
    return redirect(url_for("passkey.outcome", number=number), 303)


@pages.get("/passkey/outcome/<int:number>")
def outcome(number: int) -> str:
    found = books().ledger.outcome(number)
    return render_template("kiosk/passkey_outcome.html", outcome=found, version=current())


@pages.get("/version/passkey")
def version() -> Response:
    return Response(passkey.version(books(), now()), mimetype="text/plain")


def typed(so_far: str, key: str) -> str:
    if key == "back":
        return so_far[:-1]
    return so_far + key if key in KEYS and len(so_far) < passkey.DIGITS else so_far


def typing(digits: str, wrong: str = "") -> str | Redirect:
    asked = passkey.wanted(books(), now())
    if asked is None:
        return redirect(url_for("home.front"), 303)
    return render_template(
        "kiosk/passkey_wanted.html",
        asked=asked,
        typed=digits,
        wrong=wrong,
        version=passkey.version(books(), now()),
    )
