""" "Call me": the wish is kept at once; sent and received are said when they are so.

It counts the same whether it was asked for here or with the button beside the screen.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from hub.clock import ClockState, Moment, is_within
from hub.records import JournalKind, Step
from hub.web import opening_hours, questionnaires
from hub.web.kiosk.progress import Reached, bundle_of, in_words, reached, shown
from hub.web.kiosk.version import current
from hub.web.language import gettext, time_of_day, when, zone
from hub.web.parts import books, now, parts, write

pages = Blueprint("nurse", __name__)

OPEN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Call:
    """The newest wish. `bundle` is what leaves for it, once that is known."""

    written: Moment
    bundle: str | None

    @property
    def steps(self) -> Reached:
        return reached(self.written, self.bundle)

    @property
    def is_open(self) -> bool:
        """It was just now, and no nurse has seen it."""
        return is_within(OPEN, self.written, now()) and Step.SEEN not in self.steps

    @property
    def waits(self) -> bool:
        """It is still here: another one would only wait beside it."""
        return Step.SENT not in self.steps and not self.is_stuck

    @property
    def is_stuck(self) -> bool:
        """It cannot be sent, and a technician sees why."""
        parked = (row.id for row in books().ledger.parked())
        return self.bundle is not None and self.bundle in parked


def open_call() -> Call | None:
    call = latest_call()
    return call if call and call.is_open else None


def latest_call() -> Call | None:
    """On the screen or with the button; the hub's note of the same wish knows more."""
    said = books().journal.last(JournalKind.HELP_REQUESTED)
    here = Call(said.written, bundle_of(said)) if said else None
    noted = _noted(books().ledger.state("call"))
    if here is None or noted is None:
        return here or noted
    return here if _is_later(here.written, noted.written) else noted


def _noted(note: Any) -> Call | None:
    """A note of another boot is placed by the time of the day, as well as it was known."""
    if not isinstance(note, dict):
        return None
    at = datetime.fromisoformat(note["at"]).astimezone(UTC)
    written = Moment(at, int(note["mono_ms"]), str(note["boot_id"]), ClockState.NTP)
    return Call(written, note.get("bundle"))


def _is_later(one: Moment, other: Moment) -> bool:
    if one.boot_id == other.boot_id:
        return one.mono_ms > other.mono_ms
    boot = now().boot_id
    if boot in (one.boot_id, other.boot_id):
        return one.boot_id == boot
    return one.wall > other.wall


def what_happens_next() -> str:
    """Whether the nurses answer now, by the plan, else when; empty where it does not say."""
    plan = questionnaires.readable_plan(books().documents)
    found = opening_hours.hours(plan, now(), zone())
    if found is None:
        return ""
    return opening_hours.at_this_time(found, now()) or opening_hours.regularly(found)


@pages.get("/call-me")
def ask() -> str | Response:
    call = latest_call()
    if call is not None and (call.is_open or call.waits):
        return redirect(url_for("nurse.status"), 303)
    return render_template("kiosk/call_me.html", next=what_happens_next())


@pages.post("/call-me")
def asked() -> Response:
    """A wish that is open already stays one, unless the patient asks once more on purpose."""
    if "again" in request.form or open_call() is None:
        write(JournalKind.HELP_REQUESTED)
    return redirect(url_for("nurse.status"), 303)


@pages.get("/call-me/asked")
def status() -> str | Response:
    call = latest_call()
    if call is None:
        return redirect(url_for("nurse.ask"), 303)
    steps = call.steps
    return render_template(
        "kiosk/call_me_asked.html",
        steps=shown(steps),
        received=Step.RECEIVED in steps,
        stuck=call.is_stuck,
        phone=parts().settings.web.support_phone,
        asked=asked_at(steps[Step.SAVED]),
        line=in_words(steps),
        next=what_happens_next(),
        version=current(),
    )


def asked_at(at: datetime) -> str:
    wall = now().wall
    if at.astimezone(zone()).date() == wall.astimezone(zone()).date():
        return gettext("Du har bedt om det kl. %(time)s.") % {"time": time_of_day(at)}
    return gettext("Du har bedt om det %(when)s.") % {"when": when(at, wall)}
