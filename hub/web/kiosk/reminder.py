"""What the plan asked for at a time that has come, until it is done."""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.clock import Moment
from hub.web import questionnaires
from hub.web.books import Books
from hub.web.language import gettext
from hub.web.plan import Task

EARLY = timedelta(hours=1)  # who measures a little before the time has done it


def line(books: Books, moment: Moment) -> str | None:
    """The newest that is not done, in the words of the plan."""
    due = (books.ledger.state("reminders") or {}).get("due")
    plan = questionnaires.readable_plan(books.documents) if due else None
    for one in reversed(due or []):
        task = plan.named(one["task"]) if plan else None
        since = _before(moment, datetime.fromisoformat(one["at"]) - EARLY)
        if task is not None and not _is_done(books, task, since):
            return gettext("Kl. %(time)s: %(text)s") % {"time": one["time"], "text": task.text}
    return None


def _before(moment: Moment, wall: datetime) -> Moment:
    ago = moment.wall - wall
    return replace(moment, wall=wall, mono_ms=moment.mono_ms - ago // timedelta(milliseconds=1))


def _is_done(books: Books, task: Task, since: Moment) -> bool:
    if task.questionnaire is not None:
        form = questionnaires.form_of(books.documents, task.questionnaire)
        return form is None or books.journal.completed(form.canonical, since) is not None
    if task.kind is None:
        return False
    found = books.ledger.readings(20, since=since.wall, kind=task.kind)
    return any(not reading.kept.disowned for reading in found)
