"""What every page is guarded by: hosts, the origin of a form, its one-time token, headers.

Flask has none of this by itself. A form is accepted only from our own page (`Sec-Fetch-Site`,
or `Origin` for clients without it) and only with a token that this hub signed. The token's
number goes into the journal, so a form that comes twice is one row.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup

from hub.web.certificate import write_private

BODY_LIMIT = 64 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "script-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Holder = Callable[[], str]


def signing_key(path: Path) -> bytes:
    """Kept over restarts, so that a page that was open during a power cut still can be sent."""
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return path.read_bytes()


def guard(
    app: Flask,
    key: bytes,
    salt: str,
    holder: Holder = str,
    without_token: frozenset[str] = frozenset(),
) -> None:
    """`holder` names who holds the form: a technician's session, nobody on the kiosk.

    `without_token`: endpoints that programs of this machine call, which saw no form before.
    """
    signer = URLSafeSerializer(key, salt=salt)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT

    def check_form() -> None:
        if request.method in SAFE_METHODS:
            return
        if not from_own_page():
            abort(403)
        if request.endpoint in without_token:
            g.form = secrets.token_urlsafe(12)
        else:
            g.form = opened(signer, request.form.get("form", ""), holder())

    def form_token() -> Markup:
        token = signer.dumps([secrets.token_urlsafe(12), holder()])
        return Markup('<input type="hidden" name="form" value="{}">').format(token)

    app.before_request(check_form)
    app.after_request(dress)
    app.jinja_env.globals["form_token"] = form_token


def from_own_page() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in OWN_SITE
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def opened(signer: URLSafeSerializer, token: str, holder: str) -> str:
    """The number of this form; 403 when it is not one of ours or was made for somebody else."""
    try:
        number, made_for = signer.loads(token)
    except (BadSignature, TypeError, ValueError):
        abort(403)
    if made_for != holder:
        abort(403)
    return str(number)


def dress(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if not response.cache_control.public:
        response.headers["Cache-Control"] = "no-store"
    return response
