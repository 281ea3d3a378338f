"""What the plan asks for today, in the order of the clock, and how far each thing has come.

What counts as done is for `hub.doing`, so that the pages and the hub say the same.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hub import doing
from hub.clock import Moment, written_at
from hub.doing import DAY, EARLY, Span
from hub.records import JournalKind, Kept, SkipReason
from hub.schedule import Occasion, Schedule, instant
from hub.web import questionnaires
from hub.web.books import Books
from hub.web.language import gettext, zone
from hub.web.plan import Plan, Task
from hub.web.questionnaires import CheckIn, Form

KNOWN = timedelta(hours=1)  # how long something is asked for of which no book tells
POSTPONED = timedelta(hours=2)  # longer ago than any that still holds
LOOKED_AT = 200
NOT_ME = JournalKind.NOT_ME


@dataclass(frozen=True, slots=True)
class ToDo:
    """
    language      of the text
    check_in      its questions; None also where they cannot be answered here
    is_first      of the check-ins that wait
    at            its time; None: any time of the day
    is_over       not done, and no more to be asked for
    rings         the `at` of the hub's reminder, while it reminds of this
    postponed_to  the patient wants to be reminded then
    """

    task: Task
    language: str
    check_in: CheckIn | None = None
    is_first: bool = False
    at: datetime | None = None
    done_at: datetime | None = None
    is_skipped: bool = False
    is_over: bool = False
    rings: str | None = None
    postponed_to: datetime | None = None

    @property
    def is_asked(self) -> bool:
        settled = self.done_at is not None or self.is_skipped or self.is_over
        return not settled and not self.cannot_be_answered

    @property
    def is_ringing(self) -> bool:
        return self.is_asked and self.rings is not None and self.postponed_to is None

    @property
    def cannot_be_answered(self) -> bool:
        """The uplink has told the central service why."""
        return self.task.questionnaire is not None and self.check_in is None

    @property
    def cannot_be_known(self) -> bool:
        """A medicine, a walk: no book tells whether it was done."""
        return self.task.kind is None and self.task.questionnaire is None


def today(books: Books, moment: Moment) -> list[ToDo]:
    plan = questionnaires.readable_plan(books.documents)
    return _Agenda(books, moment, plan).to_do() if plan else []


class _Agenda:
    """The books, looked at once."""

    def __init__(self, books: Books, moment: Moment, plan: Plan) -> None:
        self._books, self._moment, self._plan = books, moment, plan
        self._schedule = Schedule(books.documents.get("plan"), zone())
        self._forms = questionnaires.forms(books.documents)
        self._day = moment.wall.astimezone(zone()).date()
        midnight = questionnaires.since_midnight(moment)
        since = ago(moment, moment.wall - midnight.wall + EARLY)  # for what is left of yesterday
        entries = books.journal.entries
        self._completed = entries(JournalKind.CHECK_IN_COMPLETED, since)
        undone = entries(JournalKind.CHECK_IN_UNDONE, since)
        self._undone = {one.body.get("check_in") for one in undone}
        self._skipped = entries(JournalKind.MEASUREMENT_SKIPPED, since)
        self._postponed = entries(JournalKind.REMINDER_POSTPONED, ago(moment, POSTPONED))
        self._due = (books.ledger.state("reminders") or {}).get("due") or []
        self._said = books.journal.whose(after=books.ledger.taken())

    def to_do(self) -> list[ToDo]:
        tasks = self._plan.today(self._day)
        if not tasks:
            return self._of_yesterday()
        timed = [self._one(task, self._day) for task in tasks]
        return self._with_first([*self._of_yesterday(), *timed, *self._unscheduled()])

    def _with_first(self, found: list[ToDo]) -> list[ToDo]:
        """The questions are asked in the order of the plan's forms."""
        waiting = {one.check_in.form.canonical for one in found if one.check_in and one.is_asked}
        first = next((form for form in self._forms if form.canonical in waiting), None)
        return [
            replace(one, is_first=one.check_in is not None and one.check_in.form is first)
            for one in found
        ]

    def _of_yesterday(self) -> list[ToDo]:
        """What the hub still reminds of, just after midnight."""
        found = []
        for due in self._due:
            day, task = str(due.get("day")), self._plan.named(str(due["task"]))
            if task is not None and day == (self._day - DAY).isoformat():
                task = replace(task, time=str(due["time"]))
                found.append(self._one(task, self._day - DAY))
        return found

    def _unscheduled(self) -> list[ToDo]:
        """Questions of every day, where the plan schedules none."""
        states = [] if self._plan.questionnaires else map(self._state, self._forms)
        return [
            ToDo(
                Task(state.form.title or gettext("Dagens sjekk"), None, None, state.form.canonical),
                state.form.language,
                state,
                done_at=state.completed_at,
            )
            for state in states
        ]

    def _state(self, form: Form) -> CheckIn:
        return questionnaires.state(self._books, form, self._moment)

    def _asked_in(self, task: Task) -> CheckIn | None:
        for form in self._forms:
            if task.questionnaire in (form.canonical, form.address):
                return self._state(form)
        return None

    def _one(self, task: Task, day: date) -> ToDo:
        occasion = _occasion(task, day)
        at, span = occasion.at if occasion else None, self._span(occasion)
        found = ToDo(task, self._plan.language, self._asked_in(task), at=at)
        done_at = self._done_at(found, span)
        if done_at is not None:
            return replace(found, done_at=done_at)
        until = at + KNOWN if at and found.cannot_be_known else span.until
        return replace(
            found,
            is_skipped=any(_is_of(one.body, task, day) for one in self._skipped),
            is_over=until <= self._moment.wall and day == self._day,
            rings=self._rings(found),
            postponed_to=self._postponed_to(found),
        )

    def _done_at(self, todo: ToDo, span: Span) -> datetime | None:
        if todo.check_in is not None:
            times = self._answered(todo.check_in.form)
        elif todo.task.kind is not None:
            times = self._measured(todo.task, span)
        else:
            return None
        times = sorted(at for at in times if span.holds(at))
        return times[todo.task.readings - 1] if len(times) >= todo.task.readings else None

    def _answered(self, form: Form) -> list[datetime]:
        return [
            written_at(one.written, self._moment)
            for one in self._completed
            if one.body.get("questionnaire") == form.canonical
            and one.body.get("check_in") not in self._undone
        ]

    def _measured(self, task: Task, span: Span) -> list[datetime]:
        """One of unknown time may be it: nobody is asked twice because a clock was wrong."""
        found = self._books.ledger.readings(LOOKED_AT, since=span.since, kind=task.kind)
        return [
            doing.taken_at(one.kept, zone()) or one.kept.reception.received.wall
            for one in found
            if self._counts(one.kept)
        ]

    def _counts(self, kept: Kept) -> bool:
        """By the last word on this screen, where the hub has not taken it over yet."""
        said = self._said.get(kept.id)
        return doing.counts(kept if said is None else replace(kept, disowned=said is NOT_ME))

    def _span(self, occasion: Occasion | None) -> Span:
        if occasion is not None:
            return doing.span_of(self._schedule, occasion, zone())
        midnights = (instant(day, time(), zone()) for day in (self._day, self._day + DAY))
        return Span(*midnights)

    def _rings(self, todo: ToDo) -> str | None:
        found = (str(one["at"]) for one in self._due if one.get("task") == todo.task.id)
        return next((at for at in found if _instant(at) == todo.at), None)

    def _postponed_to(self, todo: ToDo) -> datetime | None:
        """Also before the hub has taken it over, and while there is no hub."""
        for one in reversed(self._postponed):
            if one.body.get("task") == todo.task.id and _instant(one.body.get("at")) == todo.at:
                later = timedelta(minutes=int(one.body.get("minutes", 0)))
                until = written_at(one.written, self._moment) + later
                return until if until > self._moment.wall else None
        return None


def _occasion(task: Task, day: date) -> Occasion | None:
    """None at any time of the day, and where what is written is no time."""
    try:
        at = time.fromisoformat(task.time or "")
    except ValueError:
        return None
    return Occasion(task.id, day, at, instant(day, at, zone()))


def _is_of(body: dict[str, Any], task: Task, day: date) -> bool:
    """ "Later" is no word about today."""
    said = (body.get("task"), body.get("day"), body.get("time") or None)
    return said == (task.id, day.isoformat(), task.time) and body.get("reason") != SkipReason.LATER


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def ago(moment: Moment, time: timedelta) -> Moment:
    """On both clocks, so that what was written before the time was set counts where it belongs."""
    ms = time // timedelta(milliseconds=1)
    return replace(moment, wall=moment.wall - time, mono_ms=moment.mono_ms - ms)
