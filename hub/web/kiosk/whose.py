""" "Was this you?" and "not me". Nothing is deleted; the hub takes it out of what is sent."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.kiosk.home import said_not_me
from hub.web.kiosk.version import current
from hub.web.parts import books, now, write
from hub.web.showing import is_shown, show

pages = Blueprint("whose", __name__)


@pages.get("/reading/<id>")
def reading(id: str) -> str:
    found = books().ledger.reading(id)
    if found is None or not is_shown(found.kept.measurement):
        abort(404)
    return render_template(
        "kiosk/reading.html",
        reading=show(found, now().wall),
        not_mine=said_not_me(books(), found.kept),
        version=current(),
    )


@pages.post("/reading/<id>/not-me")
def not_me(id: str) -> Response:
    return said(JournalKind.NOT_ME, id)


@pages.post("/reading/<id>/this-was-me")
def this_was_me(id: str) -> Response:
    return said(JournalKind.THIS_WAS_ME, id)


def said(kind: JournalKind, id: str) -> Response:
    if books().ledger.reading(id) is None:
        abort(404)
    write(kind, {"measurement": id})
    if kind is JournalKind.THIS_WAS_ME:
        return redirect(url_for("home.front"), 303)
    return redirect(url_for("whose.reading", id=id), 303)
