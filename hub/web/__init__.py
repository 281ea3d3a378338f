"""The pages. Two Flask applications in one process: the kiosk and, when it is open, setup.

    kiosk(parts)   for the patient, on loopback
    setup(parts)   for the technician, behind a code, on the LAN

Neither has the other's addresses. They show the hub's book and the documents, and append to
the journal; nothing else.
"""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Flask, abort, request
from jinja2 import StrictUndefined

from hub.records import JournalKind
from hub.web import assets, errors, guard, language
from hub.web.kiosk import PAGES as KIOSK_PAGES
from hub.web.kiosk import screen, setup_door
from hub.web.kiosk.frame import frame
from hub.web.parts import LOOPBACK_HOSTS, Parts, parts
from hub.web.setup import PAGES as SETUP_PAGES
from hub.web.setup.door import COOKIE, login_page, only_technicians

__all__ = ["Parts", "kiosk", "setup"]


def kiosk(built_of: Parts) -> Flask:
    app = _application(built_of, "kiosk")
    app.config["TRUSTED_HOSTS"] = LOOPBACK_HOSTS
    app.before_request(_patients_language)
    guard.guard(app, built_of.key, "kiosk", without_token=setup_door.BY_PROGRAMS | screen.BY_SCRIPT)
    app.context_processor(frame)
    for pages in KIOSK_PAGES:
        app.register_blueprint(pages)
    return app


def setup(built_of: Parts) -> Flask:
    app = _application(built_of, "setup")
    app.config["TRUSTED_HOSTS"] = built_of.hosts
    app.before_request(_technicians_language)
    app.before_request(_only_while_open)
    app.before_request(only_technicians)
    guard.guard(app, built_of.key, salt="setup", holder=_cookie)
    app.register_error_handler(401, lambda _: login_page())
    for pages in SETUP_PAGES:
        app.register_blueprint(pages)
    return app


def _application(built_of: Parts, room: str) -> Flask:
    app = Flask(f"hub.web.{room}", root_path=__path__[0], static_folder=None)
    zone = ZoneInfo(built_of.settings.hub.timezone)
    app.config.update(PARTS=built_of, ROOM=room, ZONE=zone)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.extend(newstyle_gettext=True)
    app.jinja_env.globals.update(language=language.current, languages=language.names)
    app.jinja_env.globals["language_name"] = language.current_name
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install(language.gettext, language.ngettext, newstyle=True)
    assets.serve_from(app)
    errors.explain(app)
    return app


def _patients_language() -> None:
    entry = parts().books.journal.last(JournalKind.LANGUAGE)
    chosen = entry.body.get("language") if entry else None
    language.use(str(chosen or parts().settings.hub.language))


def _technicians_language() -> None:
    wanted = language.wanted_by(request.accept_languages)
    language.use(wanted or parts().settings.hub.language)


def _only_while_open() -> None:
    if not parts().gate.is_open:
        abort(HTTPStatus.GONE)


def _cookie() -> str:
    return request.cookies.get(COOKIE, "")
