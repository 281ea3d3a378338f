"""The check-in: one question a page, every answer kept before the next page is shown.

A check-in has no session and no time limit. Its answers are rows of the journal, so it goes on
at the same question after a power cut, also while the hub is down.
"""

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug import Response

from hub.questionnaire import BadAnswer, Question, answered_items, asks_for_call, parse_answer
from hub.records import JournalKind, Source
from hub.web import questionnaires
from hub.web.kiosk import answering, copying, reviewing
from hub.web.kiosk.fitting import HEADING, WIDTH
from hub.web.kiosk.nurse import open_call
from hub.web.kiosk.progress import steps_of
from hub.web.kiosk.underway import WHO, Row, Run, going_on, new_id, run_of
from hub.web.kiosk.version import current
from hub.web.parts import books, now, write, write_all
from hub.web.questionnaires import CheckIn

pages = Blueprint("check_in", __name__, url_prefix="/check-in")


@pages.get("")
def begin() -> str:
    """Goes on with a check-in that was begun today, else begins the next one."""
    today = questionnaires.today(books(), now())
    waiting = [state for state in today if state.completed_at is None]
    begun = next((state for state in (*waiting, *today) if state.draft and state.answered), None)
    if begun is not None:
        return render_template("kiosk/check_in_resume.html", state=begun)
    if waiting:
        return _offered(waiting[0])
    if today:
        undo = copying.undoable()
        return render_template("kiosk/check_in_finished.html", states=today, undo=undo)
    return render_template("kiosk/check_in_none.html")


def _offered(state: CheckIn) -> str:
    run = run_of(state.form.key, state.draft or uuid4())
    return render_template(
        "kiosk/check_in_begin.html",
        run=run,
        title=HEADING.shortened(state.form.title, WIDTH, 1),
        state=state,
        last=copying.offered(state.form),
        who=reviewing.ANSWERS[run.source] if run.source is not Source.PATIENT else None,
    )


@pages.get("/<form>/<uuid:check_in>")
def go_on(form: str, check_in: UUID) -> Response:
    return onward(going_on(form, check_in))


def onward(run: Run) -> Response:
    waiting = run.waiting
    to = run.address("review") if waiting is None else run.question(waiting.link_id)
    return redirect(to, 303)


@pages.get("/<form>/new")
def anew(form: str) -> Response:
    """Once more today, although it was answered before."""
    return redirect(url_for("check_in.go_on", form=form, check_in=uuid4()), 303)


@pages.post("/<form>/<uuid:check_in>/again")
def again(form: str, check_in: UUID) -> Response:
    """The patient rather begins anew: the one before is stopped, not forgotten."""
    run = run_of(form, check_in)
    write(JournalKind.CHECK_IN_STOPPED, {"check_in": run.id})
    if questionnaires.state(books(), run.form, now()).completed_at is not None:
        return redirect(url_for("check_in.begin"), 303)
    return redirect(url_for("check_in.go_on", form=form, check_in=new_id(g.form)), 303)


@pages.get("/<form>/<uuid:check_in>/who")
def who(form: str, check_in: UUID) -> str:
    run = going_on(form, check_in)
    page = request.args.get("review", type=int)
    back = url_for("check_in.begin") if page is None else run.address("review", page=page)
    return render_template("kiosk/who.html", run=run, names=reviewing.WHO, back=back)


@pages.post("/<form>/<uuid:check_in>/who")
def who_said(form: str, check_in: UUID) -> Response:
    """Kept as an answer to nobody's question, so that it outlives a power cut."""
    run = going_on(form, check_in)
    source = request.form.get("source", "")
    if source not in set(Source):
        abort(400)
    write(*run.answer(WHO, {"valueCode": source}))
    return onward(run)


@pages.get("/<form>/<uuid:check_in>/question/<place>")
def ask(form: str, check_in: UUID, place: str) -> str:
    run = going_on(form, check_in)
    return answering.page(run, run.asked(place))


@pages.post("/<form>/<uuid:check_in>/question/<place>")
def answer(form: str, check_in: UUID, place: str) -> str | Response:
    run = going_on(form, check_in)
    question = run.asked(place)
    if "key" in request.form:
        return answering.after_key(run, question)
    if "more" in request.form:
        return answering.after_more(run, question)
    try:
        given = parse_answer(question, request.form.getlist("answer"))
    except BadAnswer as error:
        return answering.refused(run, question, error)
    keep(run, question, given)
    return after(run_of(form, check_in), question)


def keep(run: Run, question: Question, given: Any) -> None:
    write(*run.answer(question.link_id, given))
    if "call" in request.form and open_call() is None:
        write(JournalKind.HELP_REQUESTED, part=".call")


def after(run: Run, question: Question) -> Response:
    """Who came from the page with all answers goes back to it, when nothing else is asked now."""
    if "review" in request.args and run.waiting is None:
        return redirect(run.address("review", page=reviewing.page_of(run, question)), 303)
    return onward(run)


@pages.get("/<form>/<uuid:check_in>/review")
@pages.get("/<form>/<uuid:check_in>/review/<int:page>")
def review(form: str, check_in: UUID, page: int = 0) -> str | Response:
    run = going_on(form, check_in)
    return onward(run) if run.waiting else reviewing.page(run, page)


@pages.post("/<form>/<uuid:check_in>/send")
def send(form: str, check_in: UUID) -> Response:
    run = going_on(form, check_in)
    if run.waiting:
        return onward(run)
    completed = {
        "check_in": run.id,
        "questionnaire": run.form.canonical,
        "item": answered_items(run.form.questionnaire, run.answers),
        "source": run.source.value,
    }
    rows: list[Row] = [(JournalKind.CHECK_IN_COMPLETED, completed)]
    if asks_for_call(run.form.questionnaire, run.answers) and open_call() is None:
        rows.append((JournalKind.HELP_REQUESTED, {}))
    write_all(rows)
    return redirect(url_for("check_in.thanks"), 303)


@pages.get("/thanks")
def thanks() -> str | Response:
    entry = books().journal.last(JournalKind.CHECK_IN_COMPLETED)
    if entry is None:
        return redirect(url_for("home.front"), 303)
    today = questionnaires.today(books(), now())
    return render_template(
        "kiosk/thanks.html",
        steps=steps_of(entry),
        undo=copying.undoable(),
        call=open_call() is not None,
        too_late="late" in request.args,
        next=any(state.completed_at is None for state in today),
        version=current(),
    )
