"""The tasks of today as they are shown: words, where a tap leads, and which of them come first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from flask import url_for

from hub.clock import Moment
from hub.web.agenda import ToDo
from hub.web.guidance import SHAPES
from hub.web.language import gettext, ngettext, time_of_day
from hub.web.plan import Task
from hub.web.questionnaires import CheckIn
from hub.web.wording import LARGE

ROWS = 2  # beside the next task, each as high as a target
NOTES_IN_A_ROW = 2
SOON = timedelta(hours=1)  # what comes then may be done now
NOTES = 5  # where nothing else is left


@dataclass(frozen=True, slots=True)
class Card:
    """
    mark     "done", "ringing", "open" or "past": what its shape says; the words say it, too
    address  None: there is nothing to be done with it here
    is_now   its time has come, or it has none
    """

    text: str
    language: str
    words: str
    mark: str
    icon: str
    address: str | None
    is_next: bool = False
    is_now: bool = True


@dataclass(frozen=True, slots=True)
class Postponing:
    """What a tap on "later" is about."""

    task: str
    at: str


@dataclass(frozen=True, slots=True)
class Front:
    """
    cards       what fits, in the order of the clock
    more        how many do not
    postponing  the hub reminds of the next one
    all_done    nothing is asked for any more today
    """

    cards: tuple[Card, ...]
    more: int
    postponing: Postponing | None
    all_done: bool

    @property
    def others(self) -> int:
        """How many there are beside the next one."""
        return self.more + sum(not card.is_next for card in self.cards)

    @property
    def groups(self) -> list[tuple[bool, list[Card]]]:
        """(are they targets, those that follow on each other)"""
        grouped = groupby(self.cards, key=lambda card: card.address is not None or card.is_next)
        return [(tall, list(cards)) for tall, cards in grouped]


def front(to_do: Sequence[ToDo], moment: Moment) -> Front:
    """What matters now: the next one, what comes after it, and what was done last."""
    following = _next(to_do)
    others = [one for one in to_do if one is not following]
    asked = [one for one in others if one.is_asked]
    notes = [one for one in others if not one.is_asked and not one.cannot_be_answered]
    rings = following.rings if following and following.is_ringing else None
    rows = ROWS - (rings is not None)
    tall = asked[: max(1, rows - bool(notes))]
    room = NOTES_IN_A_ROW * (rows - len(tall)) if following else NOTES
    chosen = [following, *tall, *(notes[-room:] if room else [])]
    return Front(
        cards=tuple(
            card(one, is_next=one is following, is_now=is_now(one, moment), brief=True)
            for one in to_do
            if one in chosen
        ),
        more=len(to_do) - sum(one in chosen for one in to_do),
        postponing=Postponing(following.task.id, rings) if following and rings else None,
        all_done=following is None,
    )


def _next(to_do: Sequence[ToDo]) -> ToDo | None:
    """The first that is not done; what the patient has put off comes after that."""
    asked = [one for one in to_do if one.is_asked]
    return min(asked, key=lambda one: one.postponed_to is not None, default=None)


def is_now(todo: ToDo, moment: Moment) -> bool:
    """Not put off, and not for later in the day."""
    return todo.postponed_to is None and (todo.at is None or todo.at - SOON <= moment.wall)


def listed(todo: ToDo) -> Card:
    """On the page of all of them, where a tap on what is done shows what came of it."""
    shown = card(todo)
    return shown if todo.done_at is None else replace(shown, address=_outcome(todo))


def _outcome(todo: ToDo) -> str | None:
    if todo.check_in is not None:
        return url_for("check_in.thanks")
    return url_for("readings.table", kind=todo.task.kind) if todo.task.kind in LARGE else None


def card(todo: ToDo, *, is_next: bool = False, is_now: bool = True, brief: bool = False) -> Card:
    return Card(
        text=todo.task.text,
        language=todo.language,
        words=_settled(todo, brief=brief) or _waiting(todo, is_next=is_next),
        mark=_mark(todo),
        icon=_icon(todo.task),
        address=_address(todo) if todo.is_asked else None,
        is_next=is_next,
        is_now=is_now,
    )


def _icon(task: Task) -> str:
    if task.questionnaire:
        return "list"
    return SHAPES[task.kind].value if task.kind in SHAPES else "day"


def _mark(todo: ToDo) -> str:
    if todo.done_at is not None:
        return "done"
    if not todo.is_asked:
        return "past"
    return "ringing" if todo.is_ringing else "open"


def _settled(todo: ToDo, *, brief: bool) -> str | None:
    """None while it is asked for. Not recorded is all that the hub knows; it may have been done."""
    at = {"time": todo.task.time}
    if todo.done_at is not None:
        return gettext("Gjort kl. %(time)s") % {"time": time_of_day(todo.done_at)}
    if todo.is_skipped:
        return gettext("Hoppet over")
    if todo.cannot_be_answered:
        return gettext("Kan ikke besvares her")
    if todo.is_over and todo.cannot_be_known:
        return gettext("Kl. %(time)s") % at
    if todo.is_over:
        return (
            gettext("Ikke registrert") if brief else gettext("Kl. %(time)s, ikke registrert") % at
        )
    return None


def _waiting(todo: ToDo, *, is_next: bool) -> str:
    if todo.check_in is not None and todo.check_in.is_begun:
        return size(todo.check_in)
    if todo.check_in is None or todo.rings or not is_next:
        return _when(todo, is_next=is_next)
    return f"{_when(todo, is_next=is_next)} · {size(todo.check_in)}"


def _when(todo: ToDo, *, is_next: bool) -> str:
    """One thing at a time: what else rings has the bell, and its time."""
    if todo.postponed_to is not None:
        return gettext("Påminnes kl. %(time)s") % {"time": time_of_day(todo.postponed_to)}
    if todo.rings and is_next:
        return gettext("Påminnelse kl. %(time)s") % {"time": todo.task.time}
    if todo.task.time:
        return gettext("Kl. %(time)s") % {"time": todo.task.time}
    return gettext("Når det passer")


def size(check_in: CheckIn) -> str:
    """How many questions, or how far one is."""
    if check_in.is_begun:
        words = gettext("%(answered)s av %(total)s besvart")
        return words % {"answered": check_in.answered, "total": check_in.total}
    total = check_in.total
    return ngettext("%(number)s spørsmål", "%(number)s spørsmål", total) % {"number": total}


def _address(todo: ToDo) -> str | None:
    if todo.check_in is not None:
        return _address_of_check_in(todo.check_in, is_first=todo.is_first)
    return url_for("measure.begin", task=todo.task.id) if todo.task.kind is not None else None


def _address_of_check_in(check_in: CheckIn, *, is_first: bool) -> str:
    """The first that waits is begun, or asked about; another one is chosen."""
    if is_first and check_in.completed_at is None:
        return url_for("check_in.begin")
    if check_in.draft and check_in.is_begun:
        return url_for("check_in.go_on", form=check_in.form.key, check_in=check_in.draft)
    return url_for("check_in.anew", form=check_in.form.key)
