"""A guided measurement, alone or out of a check-in: rest, what to press, the number, once more.

The page moves on by itself when a reading has arrived; nothing has to be tapped for that.
"""

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from drivers.measurement import Kind
from hub.records import JournalKind, SkipReason
from hub.web import guidance, questionnaires
from hub.web.kiosk.guided import view
from hub.web.kiosk.run import opened
from hub.web.kiosk.today import SOON
from hub.web.language import gettext, marked, zone
from hub.web.parts import books, now, write
from hub.web.plan import Task

pages = Blueprint("measure", __name__, url_prefix="/measure")

REASONS = {
    SkipReason.UNWELL: marked("Jeg er ikke i form"),
    SkipReason.DEVICE: marked("Apparatet virker ikke"),
    SkipReason.LATER: marked("Jeg gjør det senere"),
    SkipReason.OTHER: marked("Noe annet"),
}


@pages.get("/<task>")
def begin(task: str) -> str | Redirect:
    return guided(*planned(task))


@pages.get("/kind/<kind>")
def of_kind(kind: str) -> str | Redirect:
    return guided(*asked_for(kind))


def guided(task: Task, kind: Kind) -> str | Redirect:
    run = opened(task, kind)
    if run.over:
        return redirect("/", 303)
    if not run.settled:
        return redirect(run.here, 303)
    found = view(run)
    return render_template(f"kiosk/measure/{found.page}.html", run=run, view=found)


@pages.get("/<task>/version")
@pages.get("/kind/<kind>/version")
def version(task: str = "", kind: str = "") -> Response:
    """Another text when the page should be loaded anew, also because its address has aged."""
    run = opened(*(planned(task) if task else asked_for(kind)))
    text = view(run).version if run.settled and not run.over else ""
    return Response(text, mimetype="text/plain")


@pages.get("/<task>/whose")
@pages.get("/kind/<kind>/whose")
def whose(task: str = "", kind: str = "") -> str:
    """Which of several readings was somebody else's."""
    run = opened(*(planned(task) if task else asked_for(kind)))
    return render_template("kiosk/measure/whose.html", run=run, view=view(run))


@pages.get("/<task>/skip")
def skip(task: str) -> str:
    reasons = {reason.value: gettext(words) for reason, words in REASONS.items()}
    return render_template("kiosk/measure/skip.html", run=opened(*planned(task)), reasons=reasons)


@pages.post("/<task>/skip")
def skipped(task: str) -> Redirect:
    run = opened(*planned(task))
    reason = request.form.get("reason", "")
    if reason not in set(SkipReason):
        abort(400)
    day, time = occasion(run.task)
    body = {"task": task, "day": day, "time": time, "reason": reason}
    write(JournalKind.MEASUREMENT_SKIPPED, body)
    return redirect(run.goal, 303)


def planned(task: str) -> tuple[Task, Kind]:
    """One of the plan's that is done with a device."""
    plan = questionnaires.readable_plan(books().documents)
    found = plan.named(task) if plan else None
    if found is None or found.kind is None or found.kind not in guidance.SHAPES:
        abort(404)
    return found, found.kind


def asked_for(kind: str) -> tuple[Task, Kind]:
    """By a nurse, or by the patient: once, and without a rest."""
    if kind not in set(guidance.SHAPES):
        abort(404)
    return Task(text="", time=None, kind=Kind(kind), questionnaire=None), Kind(kind)


def occasion(task: Task) -> tuple[str, str]:
    """Day and time of the plan's that this is: the last that has come, else the first to come."""
    local = now().wall.astimezone(zone())
    plan = questionnaires.readable_plan(books().documents)
    today = plan.today(local.date()) if plan else []
    times = [one.time for one in today if one.id == task.id and one.time]
    come = [time for time in times if time <= f"{local + SOON:%H:%M}"]
    return local.date().isoformat(), [*times[:1], *come][-1] if times else ""
