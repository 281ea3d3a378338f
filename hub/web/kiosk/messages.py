"""Messages from the nurses. Reading one is said by a tap, and the hub passes that on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from drivers.measurement import Kind
from hub.clock import written_at
from hub.records import Entry, JournalKind
from hub.web import guidance, questionnaires
from hub.web.kiosk.fitting import ANSWER, WIDTH
from hub.web.kiosk.letter import pages_of
from hub.web.kiosk.progress import saved_at, waits_for
from hub.web.language import gettext, when
from hub.web.parts import books, now, write

pages = Blueprint("messages", __name__)

PER_PAGE = 3
MOST_REPLIES = 4


@dataclass(frozen=True, slots=True)
class Message:
    """
    form     the check-in that the nurse asks for, if any
    measure  the page that leads through the measurement that the nurse asks for
    replies  what may be answered by one tap
    reply    what was answered
    on_way   how far that has come
    """

    id: str
    title: str
    text: str
    at: str
    read: bool
    form: str | None
    measure: str | None
    replies: tuple[str, ...]
    reply: str | None
    on_way: str

    @property
    def brief(self) -> str:
        """The title in one line of the list."""
        return ANSWER.shortened(self.title, WIDTH - 82, 1)

    @property
    def waits_for_reply(self) -> bool:
        return bool(self.replies) and self.reply is None


@pages.get("/messages")
@pages.get("/messages/<int:page>")
def all_of_them(page: int = 0) -> str:
    found = newest_first()
    shown = found[page * PER_PAGE : (page + 1) * PER_PAGE]
    more = len(found) > (page + 1) * PER_PAGE
    return render_template("kiosk/messages.html", messages=shown, page=page, more=more)


@pages.get("/message/<id>")
@pages.get("/message/<id>/<int:page>")
def one(id: str, page: int = 0) -> str:
    message = named(id)
    letter = pages_of(message)
    place = min(page, len(letter) - 1)
    return render_template(
        "kiosk/message.html",
        message=message,
        letter=letter[place],
        page=place,
        last=place == len(letter) - 1,
    )


@pages.post("/message/<id>/read")
def read(id: str) -> Response:
    write(JournalKind.MESSAGE_READ, {"message": named(id).id})
    return redirect(url_for("messages.all_of_them"), 303)


@pages.post("/message/<id>/reply")
def reply(id: str) -> Response:
    """The first answer counts; the hub says with it that the message was read."""
    message = named(id)
    chosen = request.form.get("reply", "")
    if message.waits_for_reply:
        if chosen not in message.replies:
            abort(400)
        write(JournalKind.MESSAGE_REPLIED, {"message": message.id, "reply": chosen})
    return redirect(url_for("messages.one", id=message.id, page=len(pages_of(named(id))) - 1), 303)


def named(id: str) -> Message:
    for message in newest_first():
        if message.id == id:
            return message
    raise NotFound


def newest_first() -> list[Message]:
    read_here, replies = books().journal.messages_read(), books().journal.replies()
    found = [message for message in books().documents.messages() if message.get("id")]
    return [
        message_of(message, str(message["id"]) in read_here, replies.get(str(message["id"])))
        for message in reversed(found)
    ]


def message_of(message: dict[str, Any], read_here: bool, replied: Entry | None) -> Message:
    reply = message.get("reply") or (replied.body["reply"] if replied else None)
    return Message(
        id=str(message["id"]),
        title=str(message.get("title") or asked_for(message)),
        text=str(message.get("text") or asked(message)),
        at=sent_at(message),
        read="read_at" in message or read_here or reply is not None,
        form=form_asked_for(message),
        measure=measurement_asked_for(message),
        replies=tuple(str(text) for text in message.get("replies") or ())[:MOST_REPLIES],
        reply=str(reply) if reply is not None else None,
        on_way=how_far(message, replied) if reply is not None else "",
    )


def how_far(message: dict[str, Any], replied: Entry | None) -> str:
    """ "Sent" only when the hub has said so; when it was is not known then."""
    if message.get("reply_told"):
        return gettext("Svaret er sendt.")
    if replied is not None:
        at = written_at(replied.written, now())
    else:
        at = datetime.fromisoformat(str(message["replied_at"]))
    return f"{saved_at(at)} {waits_for()}"


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


def measurement_asked_for(message: dict[str, Any]) -> str | None:
    kind = message.get("measure")
    if kind not in set(Kind):
        return None
    if kind not in set(guidance.SHAPES):
        return url_for("how.to_measure")
    return url_for("measure.of_kind", kind=kind)


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
