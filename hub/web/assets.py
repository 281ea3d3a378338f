"""Style sheets, fonts and scripts, read once and addressed by a fingerprint of their bytes.

A changed file has another address, so a browser may keep each for a year. There is no build
step: the style sheet of a room is its parts, one after the other.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort

STATIC = Path(__file__).parent / "static"
INTER = STATIC / "vendor" / "inter"
DESIGN_SYSTEM = STATIC / "vendor" / "designsystemet"
FONTS = ("inter-four-languages.woff2", "inter-latin-ext-wght-normal.woff2")
YEAR_S = 31_536_000

STYLES = {
    "kiosk.css": (
        DESIGN_SYSTEM / "base.css",
        DESIGN_SYSTEM / "button.css",
        DESIGN_SYSTEM / "table.css",
        STATIC / "theme.css",
        STATIC / "kiosk.css",
        STATIC / "drawing.css",
        STATIC / "reading.css",
        STATIC / "measuring.css",
        STATIC / "languages.css",
        STATIC / "questions.css",
        STATIC / "today.css",
        STATIC / "plan.css",
        STATIC / "listen.css",
        STATIC / "night.css",
    ),
    "setup.css": (
        DESIGN_SYSTEM / "base.css",
        DESIGN_SYSTEM / "button.css",
        DESIGN_SYSTEM / "input.css",
        DESIGN_SYSTEM / "link.css",
        DESIGN_SYSTEM / "table.css",
        STATIC / "theme.css",
        STATIC / "setup.css",
        STATIC / "drawing.css",
    ),
}
SCRIPTS = ("watch.js", "keypad.js", "forms.js", "idle.js", "countdown.js", "night.js", "listen.js")


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    body: bytes
    mimetype: str

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:12]

    @property
    def address(self) -> str:
        return f"/static/{self.fingerprint}/{self.name}"


def load() -> dict[str, Asset]:
    found = {name: Asset(name, (INTER / name).read_bytes(), "font/woff2") for name in FONTS}
    for name, parts in STYLES.items():
        text = "\n".join(part.read_text("utf-8") for part in parts)
        for font in FONTS:
            text = text.replace(f'url("{font}")', f'url("{found[font].address}")')
        found[name] = Asset(name, text.encode(), "text/css")
    for name in SCRIPTS:
        found[name] = Asset(name, (STATIC / name).read_bytes(), "text/javascript")
    return found


def serve_from(app: Flask) -> None:
    """Adds the route, and `asset("kiosk.css")` for the templates."""
    assets = load()

    def static(fingerprint: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None or asset.fingerprint != fingerprint:
            abort(404)
        response = Response(asset.body, mimetype=asset.mimetype)
        response.cache_control.public = True
        response.cache_control.max_age = YEAR_S
        response.cache_control.immutable = True
        return response

    app.add_url_rule("/static/<fingerprint>/<name>", "static", static)
    app.jinja_env.globals["asset"] = lambda name: assets[name].address
