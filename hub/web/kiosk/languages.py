"""Norsk · English, always in its own name; one touch away from every page, and back to it."""

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from hub.records import JournalKind
from hub.web.language import NAMES, offered
from hub.web.parts import write

pages = Blueprint("languages", __name__)


@pages.get("/language")
def choose() -> str:
    return render_template(
        "kiosk/languages.html",
        names={name: NAMES[name] for name in offered()},
        back=of_ours(request.args.get("back", "")),
    )


@pages.post("/language")
def chosen() -> Response:
    language = request.form.get("language", "")
    if language not in offered():
        abort(400)
    write(JournalKind.LANGUAGE, {"language": language})
    return redirect(of_ours(request.form.get("back", "")), 303)


def of_ours(path: str) -> str:
    """The path where it is one of our pages, else that of the first page."""
    adapter = current_app.create_url_adapter(request)
    try:
        if adapter is None or not path.startswith("/") or not adapter.match(path, method="GET"):
            return "/"
    except (HTTPException, RequestRedirect):
        return "/"
    return path
