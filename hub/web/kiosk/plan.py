"""The self-treatment plan: what matters to the patient, then green, yellow, red; and today."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from hub.web import questionnaires
from hub.web.language import time_of_day, zone
from hub.web.parts import books, now, parts
from hub.web.plan import Plan, Task
from hub.web.showing import taken_at

pages = Blueprint("plan", __name__)

LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class ToDo:
    """`done_at`: HH:MM of the last time today; None = not yet."""

    task: Task
    done_at: str | None


@pages.get("/plan")
def whole() -> str:
    return render_template("kiosk/plan.html", plan=readable(), phone=phone())


@pages.get("/plan/today")
def today() -> str:
    plan = readable()
    on = now().wall.astimezone(zone()).date()
    tasks = plan.today(on) if plan else []
    return render_template("kiosk/plan_today.html", tasks=[to_do(task) for task in tasks])


def readable() -> Plan | None:
    return questionnaires.readable_plan(books().documents)


def phone() -> str:
    return parts().settings.web.support_phone


def to_do(task: Task) -> ToDo:
    midnight = questionnaires.since_midnight(now())
    if task.questionnaire is not None:
        form = questionnaires.form_of(books().documents, task.questionnaire)
        done = books().journal.completed(form.canonical, midnight) if form else None
        return ToDo(task, time_of_day(done) if done else None)
    if task.kind is None:
        return ToDo(task, None)
    taken = [
        at
        for reading in books().ledger.readings(LOOKED_AT, since=midnight.wall, kind=task.kind)
        if not reading.kept.disowned
        and (at := taken_at(reading.kept, zone()))
        and at >= midnight.wall
    ]
    return ToDo(task, time_of_day(max(taken)) if taken else None)
