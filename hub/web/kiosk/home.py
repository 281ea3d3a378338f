"""The first page: what is for today, the newest reading when it just came, and how things stand."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from drivers.measurement import Kind
from hub.clock import Moment, is_within
from hub.web import agenda, passkey, questionnaires
from hub.web.books import Books, Reading
from hub.web.kiosk import status, today
from hub.web.kiosk.paused import Paused, paused
from hub.web.kiosk.today import Front
from hub.web.language import day, gettext, ngettext, time_of_day
from hub.web.ownership import said_not_me
from hub.web.parts import books, now, parts
from hub.web.showing import Shown, is_shown, show, when_taken

pages = Blueprint("home", __name__)

FRESH = timedelta(minutes=5)
LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Home:
    """All that the page shows; when its text changes, the page is loaded anew.

    paused  the service is, so nothing is asked for
    today   the tasks of the plan; None on a day without any
    """

    day: str
    time: str
    status: str
    fresh: Shown | None
    ask: Shown | None
    paused: Paused | None
    today: Front | None
    check_in: str
    check_in_done: bool
    messages: str
    unread: int
    passkey: str | None
    passkey_wanted: str

    @property
    def version(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@pages.get("/")
def front() -> str | Response:
    """A device that waits for a number waits half a minute, so that comes first."""
    if passkey.wanted(books(), now()):
        return redirect(url_for("passkey.page"), 303)
    return render_template("kiosk/home.html", home=current())


def current() -> Home:
    return view(books(), now(), parts().settings.web.support_phone)


def view(books: Books, moment: Moment, phone: str) -> Home:
    wall = moment.wall
    pause = paused(books.documents, moment)
    to_do = [] if pause else agenda.today(books, moment)
    check_in, done = ("", True) if pause or to_do else _check_in(books, moment)
    front = today.front(to_do, moment) if to_do else None
    is_asked = front is not None and not front.all_done
    unread = _unread(books)
    return Home(
        day=day(wall),
        time=time_of_day(wall),
        status=status.line(books, moment, phone, is_asked=is_asked),
        fresh=_fresh(books, moment),
        ask=_asked_about(books, wall),
        paused=pause,
        today=front,
        check_in=check_in,
        check_in_done=done,
        messages=ngettext("%(number)s ny", "%(number)s nye", unread) % {"number": unread}
        if unread
        else gettext("Ingen nye"),
        unread=unread,
        passkey=passkey.shown(books),
        passkey_wanted=passkey.version(books, moment),
    )


def _fresh(books: Books, moment: Moment) -> Shown | None:
    """The newest reading while it is news, unless the patient said that it is not theirs."""
    found = [
        reading
        for reading in books.ledger.readings(LOOKED_AT)
        if is_shown(reading.kept.measurement)
    ]
    if not found or not is_within(FRESH, found[0].kept.reception.received, moment):
        return None
    newest = _weight_of(found) or max(_alike(found), key=when_taken)
    return None if said_not_me(books, newest.kept) else show(newest, moment.wall)


def _alike(found: list[Reading]) -> list[Reading]:
    """Of the kind and the session of the one that came last."""
    last = found[0].kept
    return [
        reading
        for reading in found
        if reading.kept.reception.session == last.reception.session
        and reading.kept.measurement.kind is last.measurement.kind
    ]


def _weight_of(found: list[Reading]) -> Reading | None:
    """Who steps on a scale looks for the weight, also when the scale says the fat after it."""
    newest = found[0].kept
    if newest.measurement.kind is not Kind.BODY_COMPOSITION:
        return None
    for reading in found:
        kept = reading.kept
        if kept.reception.session != newest.reception.session:
            continue
        if kept.measurement.kind is Kind.BODY_WEIGHT:
            return reading
    return None


def _asked_about(books: Books, wall: datetime) -> Shown | None:
    """The first reading of which the hub cannot know whose it is; one after the other."""
    answered = books.journal.whose(after=books.ledger.taken())
    for measurement in books.ledger.state("ask_who") or []:
        reading = None if measurement in answered else books.ledger.reading(measurement)
        if reading is not None and is_shown(reading.kept.measurement):
            return show(reading, wall)
    return None


def _check_in(books: Books, moment: Moment) -> tuple[str, bool]:
    """What stands on the button, and whether all is done."""
    found = questionnaires.today(books, moment)
    if not found:
        return gettext("Ingen i dag"), True
    state = next((state for state in found if state.completed_at is None), None)
    if state is None:
        last = max(state.completed_at for state in found if state.completed_at)
        return gettext("Ferdig kl. %(time)s") % {"time": time_of_day(last)}, True
    return today.size(state), False


def _unread(books: Books) -> int:
    read = books.journal.messages_read()
    return sum(
        "read_at" not in message and message.get("id") not in read
        for message in books.documents.messages()
    )
