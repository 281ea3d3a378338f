"""Where a page that waits for something asks whether it should be loaded anew."""

from flask import Blueprint, Response

from hub.web.kiosk import home
from hub.web.parts import books, parts

pages = Blueprint("version", __name__)


@pages.get("/version/home")
def of_home() -> Response:
    return Response(home.current().version, mimetype="text/plain")


@pages.get("/version")
def of_books() -> Response:
    return Response(current(), mimetype="text/plain")


def current() -> str:
    gate = parts().gate
    return f"{books().ledger.version()} {gate.is_open} {gate.code()}"
