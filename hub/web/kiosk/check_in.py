"""The check-in: one question a page, every answer kept before the next page is shown.

A check-in has no session and no time limit. Its answers are rows of the journal, so it goes on
at the same question after a power cut, also while the hub is down.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from hub.questionnaire import (
    Answers,
    BadAnswer,
    Question,
    answered_items,
    next_question,
    parse_answer,
    questions,
)
from hub.records import JournalKind
from hub.web import questionnaires
from hub.web.kiosk import answering
from hub.web.kiosk.progress import steps_of
from hub.web.kiosk.version import current
from hub.web.language import gettext
from hub.web.parts import books, now, write
from hub.web.questionnaires import Form

pages = Blueprint("check_in", __name__, url_prefix="/check-in")


@dataclass(frozen=True, slots=True)
class Run:
    """One check-in under way."""

    form: Form
    id: str
    answers: Answers

    @property
    def questions(self) -> list[Question]:
        return questions(self.form.questionnaire, self.answers)

    def address(self, page: str, /, **more: Any) -> str:
        return url_for(f"check_in.{page}", form=self.form.key, check_in=self.id, **more)


def run_of(form: str, check_in: UUID) -> Run:
    found = questionnaires.form_named(books().documents, form)
    if found is None:
        raise NotFound
    return Run(found, str(check_in), books().journal.answers(str(check_in)))


@pages.get("")
def begin() -> str | Response:
    """Goes on with a check-in that was begun today, else begins the next one."""
    today = questionnaires.today(books(), now())
    if not today:
        return render_template("kiosk/check_in_none.html")
    state = next((state for state in today if state.completed_at is None), None)
    if state is None:
        return render_template("kiosk/check_in_finished.html", states=today)
    if state.draft and state.answered:
        return render_template("kiosk/check_in_resume.html", state=state)
    return redirect(url_for("check_in.go_on", form=state.form.key, check_in=uuid4()), 303)


@pages.get("/<form>/<uuid:check_in>")
def go_on(form: str, check_in: UUID) -> Response:
    return onward(run_of(form, check_in))


def onward(run: Run) -> Response:
    waiting = next_question(run.form.questionnaire, run.answers)
    if waiting is None:
        return redirect(run.address("review"), 303)
    return redirect(run.address("ask", link_id=waiting.link_id), 303)


@pages.get("/<form>/new")
def anew(form: str) -> Response:
    """Once more today, although it was answered before."""
    return redirect(url_for("check_in.go_on", form=form, check_in=uuid4()), 303)


@pages.post("/<form>/<uuid:check_in>/again")
def again(form: str, check_in: UUID) -> Response:
    """The patient rather begins anew: the one before is stopped, not forgotten."""
    run = run_of(form, check_in)
    write(JournalKind.CHECK_IN_STOPPED, {"check_in": run.id})
    return redirect(url_for("check_in.go_on", form=run.form.key, check_in=uuid4()), 303)


@pages.get("/<form>/<uuid:check_in>/question/<path:link_id>")
def ask(form: str, check_in: UUID, link_id: str) -> str:
    run = run_of(form, check_in)
    question = asked(run, link_id)
    return answering.page(run, question, typed=answering.beforehand(question))


@pages.post("/<form>/<uuid:check_in>/question/<path:link_id>")
def answer(form: str, check_in: UUID, link_id: str) -> str | Response:
    run = run_of(form, check_in)
    question = asked(run, link_id)
    if "key" in request.form:
        return answering.page(run, question, typed=answering.typed(question, request.form))
    try:
        given = parse_answer(question, request.form.getlist("answer"))
    except BadAnswer as error:
        typed = request.form.get("answer", "")
        return answering.page(run, question, typed=typed, wrong=answering.in_words(error))
    keep(run, question, given)
    return onward(run_of(form, check_in))


def keep(run: Run, question: Question, given: Any) -> None:
    write(
        JournalKind.ANSWER,
        {
            "check_in": run.id,
            "questionnaire": run.form.canonical,
            "link_id": question.link_id,
            "answer": given,
        },
    )
    if "call" in request.form:
        write(JournalKind.HELP_REQUESTED, part=".call")


def asked(run: Run, link_id: str) -> Question:
    for question in run.questions:
        if question.link_id == link_id:
            return question
    raise NotFound


@pages.get("/<form>/<uuid:check_in>/review")
@pages.get("/<form>/<uuid:check_in>/review/<int:page>")
def review(form: str, check_in: UUID, page: int = 0) -> str | Response:
    run = run_of(form, check_in)
    if next_question(run.form.questionnaire, run.answers) is not None:
        return onward(run)
    return answering.review(run, page)


@pages.post("/<form>/<uuid:check_in>/send")
def send(form: str, check_in: UUID) -> Response:
    run = run_of(form, check_in)
    if next_question(run.form.questionnaire, run.answers) is not None:
        return onward(run)
    write(
        JournalKind.CHECK_IN_COMPLETED,
        {
            "check_in": run.id,
            "questionnaire": run.form.canonical,
            "item": answered_items(run.form.questionnaire, run.answers),
        },
    )
    return redirect(url_for("check_in.thanks"), 303)


@pages.get("/thanks")
def thanks() -> str | Response:
    entry = books().journal.last(JournalKind.CHECK_IN_COMPLETED)
    if entry is None:
        return redirect(url_for("home.front"), 303)
    steps = steps_of(entry)
    words = gettext("Takk. Svarene er lagret her.")
    return render_template("kiosk/thanks.html", steps=steps, words=words, version=current())
