"""What the plan asked for at a time that has come: the patient may want to be reminded later."""

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web import agenda
from hub.web.parts import books, now, write

pages = Blueprint("reminder", __name__)

MINUTES = (30, 60)


@pages.post("/reminder/later")
def later() -> Response:
    """The hub reminds again then; the first page is silent about it at once.

    Who wants to hear later of one thing is not asked about the next: all that rings is put off.
    """
    minutes = request.form.get("minutes", type=int)
    if minutes not in MINUTES:
        abort(400)
    ringing = [(one.task.id, one.rings) for one in agenda.today(books(), now()) if one.is_ringing]
    tapped = (request.form.get("task"), request.form.get("at"))
    if tapped in ringing:  # else it was done meanwhile, and nobody needs to be reminded
        for number, (task, at) in enumerate(ringing):
            body = {"task": task, "at": at, "minutes": minutes}
            write(JournalKind.REMINDER_POSTPONED, body, part=f".{number}")
    return redirect(url_for("home.front"), 303)
