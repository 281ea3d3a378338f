"""A new check-in with the answers of another: "the same as last time", and undo.

The copy and what it is made for are one entry of the journal, under one form token: a double tap
makes one, and a power cut leaves the whole of it or nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, g, redirect, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from hub.clock import is_within, written_at
from hub.questionnaire import BadAnswer, Question, offers_same_as_last, parse_answer
from hub.records import Entry, JournalKind, Source
from hub.web import questionnaires
from hub.web.kiosk.offered import posted
from hub.web.kiosk.underway import WHO, Row, Run, form_named, new_id, run_of
from hub.web.language import time_of_day, when
from hub.web.parts import books, now, write_all
from hub.web.questionnaires import Form

pages = Blueprint("copying", __name__, url_prefix="/check-in")

AS_LAST = timedelta(hours=48)
UNDO = timedelta(minutes=10)
WORDS = ("string", "text")


def offered(form: Form) -> str | None:
    """When the check-in was sent whose answers may be taken over; None where none may."""
    entry = _last(form)
    return None if entry is None else when(written_at(entry.written, now()), now().wall)


def _last(form: Form) -> Entry | None:
    if not offers_same_as_last(form.questionnaire):
        return None
    return books().journal.recent(form.canonical, AS_LAST, now())


@pages.post("/<form>/same")
def same(form: str) -> Response:
    """Takes the answers over; they are looked at before they are sent."""
    entry = _last(form_named(form))
    if entry is None:
        return redirect(url_for("check_in.begin"), 303)
    before = run_of(form, entry.body["check_in"])
    run = Run(before.form, new_id(g.form), {}, Source.PATIENT)
    write_all([run.answer(link_id, given) for link_id, given in _still_valid(before)])
    return redirect(run.address("review"), 303)


def _still_valid(before: Run) -> list[tuple[str, object]]:
    """In the words of the questionnaire as it is now. What was told in words is asked anew."""
    found: list[tuple[str, object]] = []
    for question in before.questions:
        if not question.reached or (question.type in WORDS and question.answer):
            continue
        try:
            found.append((question.link_id, parse_answer(question, _as_posted(question))))
        except BadAnswer:
            continue
    return found


def _as_posted(question: Question) -> list[str]:
    return posted(question, question.answer)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A check-in that was sent and can be taken back, until a time of the day."""

    run: Run
    until: str


def undoable() -> Undoable | None:
    """The last one, for ten minutes; where no clock tells how long ago it was, none."""
    entry = books().journal.last(JournalKind.CHECK_IN_COMPLETED)
    if entry is None or not is_within(UNDO, entry.written, now()):
        return None
    form = questionnaires.form_of(books().documents, str(entry.body.get("questionnaire")))
    if form is None or form.canonical != entry.body["questionnaire"]:
        return None
    until = time_of_day(written_at(entry.written, now()) + UNDO)
    return Undoable(run_of(form.key, entry.body["check_in"]), until)


@pages.post("/<form>/<uuid:check_in>/undo")
def undo(form: str, check_in: UUID) -> Response:
    """Takes back what was sent; its answers go on in a new check-in."""
    ended = books().journal.ended(str(check_in))
    if ended is None:
        raise NotFound
    before = run_of(form, check_in)
    into = Run(before.form, new_id(g.form), {}, before.source)
    match ended.kind:
        case JournalKind.CHECK_IN_UNDONE:
            into = Run(before.form, str(ended.body["into"]), {}, before.source)
        case JournalKind.CHECK_IN_COMPLETED if is_within(UNDO, ended.written, now()):
            write_all(_undone(before, into))
        case _:
            return redirect(url_for("check_in.thanks", late=1), 303)
    return redirect(into.address("review", undone=1), 303)


def _undone(before: Run, into: Run) -> list[Row]:
    answers = [into.answer(link_id, answer) for link_id, answer in before.answers.items()]
    who = into.answer(WHO, {"valueCode": before.source.value})
    taken_back = {"check_in": before.id, "into": into.id}
    return [(JournalKind.CHECK_IN_UNDONE, taken_back), *answers, who]
