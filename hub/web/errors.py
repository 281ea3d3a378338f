"""What goes wrong, in plain words. Nobody ever sees a traceback or an English HTTP phrase."""

from http import HTTPStatus

from flask import Flask, Response, current_app, make_response, render_template
from werkzeug.exceptions import HTTPException

from hub.web.books import CannotSave
from hub.web.language import gettext, marked
from hub.web.parts import parts

OLD_PAGE = marked("Siden var gammel. Gå til forsiden og prøv en gang til.")
NOT_FOUND = marked("Denne siden finnes ikke. Gå til forsiden.")
CLOSED = marked("Oppsettet er stengt. Åpne det på skjermen hjemme hos pasienten.")
CANNOT_SAVE = marked("Boksen kan ikke lagre nå. Det du svarte nå, er ikke lagret.")
FAULT = marked("Noe gikk galt. Det som var lagret, er trygt.")

WORDS = {
    HTTPStatus.BAD_REQUEST: OLD_PAGE,
    HTTPStatus.FORBIDDEN: OLD_PAGE,
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: NOT_FOUND,
    HTTPStatus.GONE: CLOSED,
    HTTPStatus.SERVICE_UNAVAILABLE: CANNOT_SAVE,
}


def explain(app: Flask) -> None:
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(CannotSave, of_saving)


def of_http(error: HTTPException) -> Response:
    return page(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)


def of_saving(error: CannotSave) -> Response:
    current_app.logger.error("cannot save: %s", error.reason)
    return page(HTTPStatus.SERVICE_UNAVAILABLE)


def page(code: int) -> Response:
    words = WORDS.get(HTTPStatus(code), FAULT)
    text = render_template(
        f"{current_app.config['ROOM']}/error.html",
        words=gettext(words),
        phone=parts().settings.web.support_phone if words in (FAULT, CANNOT_SAVE) else "",
    )
    return make_response(text, code)
