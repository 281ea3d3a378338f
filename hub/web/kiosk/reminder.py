"""What the plan asked for at a time that has come: the patient may want to be reminded later."""

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.parts import books, write

pages = Blueprint("reminder", __name__)

MINUTES = (30, 60)


@pages.post("/reminder/later")
def later() -> Response:
    """The hub reminds again then; the first page is silent about it at once."""
    task, at = request.form.get("task", ""), request.form.get("at", "")
    minutes = request.form.get("minutes", type=int)
    if minutes not in MINUTES:
        abort(400)
    if _is_due(task, at):  # else it was done meanwhile, and nobody needs to be reminded
        write(JournalKind.REMINDER_POSTPONED, {"task": task, "at": at, "minutes": minutes})
    return redirect(url_for("home.front"), 303)


def _is_due(task: str, at: str) -> bool:
    due = (books().ledger.state("reminders") or {}).get("due") or []
    return any((one["task"], one["at"]) == (task, at) for one in due)
