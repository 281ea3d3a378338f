""" "Call me": the wish is kept at once; sent and received are said when they are so."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from hub.records import JournalKind, Step
from hub.web.kiosk.progress import steps_of
from hub.web.kiosk.version import current
from hub.web.parts import books, write

pages = Blueprint("nurse", __name__)


@pages.get("/call-me")
def ask() -> str:
    return render_template("kiosk/call_me.html")


@pages.post("/call-me")
def asked() -> Response:
    write(JournalKind.HELP_REQUESTED)
    return redirect(url_for("nurse.status"), 303)


@pages.get("/call-me/asked")
def status() -> str | Response:
    entry = books().journal.last(JournalKind.HELP_REQUESTED)
    if entry is None:
        return redirect(url_for("nurse.ask"), 303)
    steps = steps_of(entry)
    received = any(step.name == Step.RECEIVED and step.at for step in steps)
    return render_template(
        "kiosk/call_me_asked.html", steps=steps, received=received, version=current()
    )
