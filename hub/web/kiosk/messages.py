"""Messages from the nurses. Opening one is reading it; the hub passes that on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from hub.records import JournalKind
from hub.web import questionnaires
from hub.web.language import gettext, when
from hub.web.parts import books, now, write

pages = Blueprint("messages", __name__)

PER_PAGE = 3


@dataclass(frozen=True, slots=True)
class Message:
    """`form` names the check-in that the nurse asks for, if any."""

    id: str
    title: str
    text: str
    at: str
    read: bool
    form: str | None


@pages.get("/messages")
@pages.get("/messages/<int:page>")
def all_of_them(page: int = 0) -> str:
    found = newest_first()
    shown = found[page * PER_PAGE : (page + 1) * PER_PAGE]
    more = len(found) > (page + 1) * PER_PAGE
    return render_template("kiosk/messages.html", messages=shown, page=page, more=more)


@pages.get("/message/<id>")
def one(id: str) -> str:
    return render_template("kiosk/message.html", message=named(id))


@pages.post("/message/<id>/read")
def read(id: str) -> Response:
    write(JournalKind.MESSAGE_READ, {"message": named(id).id})
    return redirect(url_for("messages.all_of_them"), 303)


def named(id: str) -> Message:
    for message in newest_first():
        if message.id == id:
            return message
    raise NotFound


def newest_first() -> list[Message]:
    read_here = books().journal.messages_read()
    found = [message for message in books().documents.messages() if message.get("id")]
    return [message_of(message, read_here) for message in reversed(found)]


def message_of(message: dict[str, Any], read_here: set[str]) -> Message:
    id = str(message["id"])
    return Message(
        id=id,
        title=str(message.get("title") or asked_for(message)),
        text=str(message.get("text") or asked(message)),
        at=sent_at(message),
        read="read_at" in message or id in read_here,
        form=form_asked_for(message),
    )


def asked_for(message: dict[str, Any]) -> str:
    """A title for a message that has none: a nurse's request."""
    if "questionnaire" in message:
        return gettext("Sykepleieren har noen spørsmål")
    if "measure" in message:
        return gettext("Sykepleieren ber deg om en måling")
    return gettext("Melding")


def form_asked_for(message: dict[str, Any]) -> str | None:
    if "questionnaire" not in message:
        return None
    form = questionnaires.form_of(books().documents, str(message["questionnaire"]))
    return form.key if form else None


def asked(message: dict[str, Any]) -> str:
    """What a request without words of its own asks for."""
    if "measure" in message:
        return gettext("Sykepleieren ber deg ta en måling nå.")
    if "questionnaire" in message:
        return gettext("Sykepleieren ber deg svare på spørsmålene nå.")
    return ""


def sent_at(message: dict[str, Any]) -> str:
    """Empty when the message does not say."""
    try:
        return when(datetime.fromisoformat(str(message.get("issued"))), now().wall)
    except (ValueError, TypeError):
        return ""
