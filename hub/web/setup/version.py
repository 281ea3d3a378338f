"""Where a page that waits for the hub asks whether it should be loaded anew."""

from flask import Blueprint, Response

from hub.web import passkey
from hub.web.countdown import left_s
from hub.web.parts import books, now

pages = Blueprint("version", __name__)

COUNTDOWN_STEP_S = 2


@pages.get("/version")
def of_hub() -> Response:
    return Response(current(), mimetype="text/plain")


def current() -> str:
    """Another text when the hub wrote something, and as the join window runs out."""
    ledger = books().ledger
    left = left_s(ledger.state("join_window"), now())
    asked = passkey.version(books(), now())
    return f"{ledger.version()} {left // COUNTDOWN_STEP_S:.0f} {asked}"


@pages.app_context_processor
def for_templates() -> dict[str, object]:
    return {"version": current}
