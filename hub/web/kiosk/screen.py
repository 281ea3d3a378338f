"""The screen rests when nobody touches it (static/night.js): here its light follows."""

from flask import Blueprint, Response, abort, current_app, request
from flask.blueprints import BlueprintSetupState

from hub.web.backlight import LEVELS, Backlight

pages = Blueprint("screen", __name__)

BY_SCRIPT = frozenset({"screen.light"})  # has no form; it must still come from our own page


@pages.record
def _with_its_light(state: BlueprintSetupState) -> None:
    setting = state.app.config["PARTS"].settings.web.backlight
    state.app.config["BACKLIGHT"] = Backlight(setting)


def backlight() -> Backlight:
    found: Backlight = current_app.config["BACKLIGHT"]
    return found


@pages.post("/screen")
def light() -> Response:
    level = request.form.get("level", "")
    if level not in LEVELS:
        abort(400)
    backlight().show(level)
    return Response(status=204)
