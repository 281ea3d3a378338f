"""Bokmål · Nynorsk · Davvisámegiella · English, each in its own name.

One touch away from every page, and back to it.
"""

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug import Response

from hub.records import JournalKind
from hub.web.addresses import own
from hub.web.language import offered
from hub.web.parts import write

pages = Blueprint("languages", __name__)


@pages.get("/language")
def choose() -> str:
    return render_template("kiosk/languages.html", back=own(request.args.get("back")) or "/")


@pages.post("/language")
def chosen() -> Response:
    language = request.form.get("language", "")
    if language not in offered():
        abort(400)
    write(JournalKind.LANGUAGE, {"language": language})
    return redirect(own(request.form.get("back")) or "/", 303)
