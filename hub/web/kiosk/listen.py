"""The "Listen" button: reads a page aloud when it is pressed, never by itself.

Every page is kept as it was sent, for a while and in memory, under the name that its button
carries. A script plays the sound on the page itself; without scripts the button leads to a page
with a player.
"""

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from flask.blueprints import BlueprintSetupState

from hub.speech import espeak
from hub.web.aloud import Aloud, Page, new_name
from hub.web.language import current

pages = Blueprint("listen", __name__)

BUTTON = "<!-- listen -->"  # stands on both sides of it


@pages.record
def _with_a_voice(state: BlueprintSetupState) -> None:
    folder = state.app.config["PARTS"].settings.web.voice_dir
    state.app.config["ALOUD"] = Aloud(folder, espeak())


def aloud() -> Aloud:
    found: Aloud = current_app.config["ALOUD"]
    return found


def name() -> str | None:
    """Under which the page that is being made can be heard; None where nobody can read it."""
    if request.blueprint == pages.name or not aloud().has_voice(current()):
        return None
    if "heard_as" not in g:
        g.heard_as = new_name()
    heard_as: str = g.heard_as
    return heard_as


@pages.after_app_request
def keep(response: Response) -> Response:
    if "heard_as" not in g or response.mimetype != "text/html":
        return response
    path = request.full_path.rstrip("?") if request.method == "GET" else request.path
    page = Page(path, response.get_data(as_text=True), current())
    if aloud().can_read(page):
        aloud().keep(g.heard_as, page)
    else:
        response.set_data(without_button(page.html))
    return response


def without_button(page: str) -> str:
    before, _, rest = page.partition(BUTTON)
    return before + rest.partition(BUTTON)[2]


@pages.get("/listen/<name>")
def player(name: str) -> str:
    """For a browser without scripts."""
    return render_template("kiosk/listen.html", name=name, page=kept(name))


@pages.get("/listen/<name>/sound")
def sound(name: str) -> Response:
    return Response(aloud().read(kept(name)), mimetype="audio/ogg")


def kept(name: str) -> Page:
    """404 when it was long ago, or before the pages started again."""
    found = aloud().page(name)
    if found is None:
        abort(404)
    return found
