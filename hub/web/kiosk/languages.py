"""Bokmål · Nynorsk · Davvisámegiella · English: each in its own name."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.language import offered
from hub.web.parts import write

pages = Blueprint("languages", __name__)


@pages.get("/language")
def choose() -> str:
    return render_template("kiosk/languages.html")


@pages.post("/language")
def chosen() -> Response:
    language = request.form.get("language", "")
    if language not in offered():
        abort(400)
    write(JournalKind.LANGUAGE, {"language": language})
    return redirect(url_for("home.front"), 303)
