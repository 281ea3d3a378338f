"""The self-treatment plan: what matters to the patient, then green, yellow, red; and today.

The patient opens a zone. The hub never does, and shows what is written in it as it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from flask import Blueprint, abort, render_template

from hub.web import agenda, opening_hours, questionnaires
from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import BUTTON, GAP, HEADING, SMALL, WIDTH, Type
from hub.web.kiosk.frame import emergency_line
from hub.web.kiosk.paused import paused
from hub.web.kiosk.today import Card, listed
from hub.web.language import day_and_month, gettext, marked, zone
from hub.web.parts import books, now, parts
from hub.web.plan import Plan, PlanUnreadable, Zone

pages = Blueprint("plan", __name__)

NAMES = {"green": marked("Grønn"), "yellow": marked("Gul"), "red": marked("Rød")}
TEXT = Type(28, 35, apart=GAP)  # as plan.css has it
TITLE, HEADING_LINE = 35.2, 28.8
BAR, PADDING = 21, 16  # beside a goal, around a zone
MARK = 48
ZONES = HEADING_LINE + 8 + BUTTON + GAP
TASK, TASK_FRAME, TASK_BESIDE, NOTE = Type(24, 26.4), 10, 80, 52


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, in words; each may be empty.

    call       name and number
    regularly  when somebody answers
    now        whether it is open
    """

    call: str
    regularly: str = ""
    now: str = ""
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Whom:
    """At the foot of a zone; each may be empty."""

    urgent: str
    call: str
    whether: str

    @property
    def height(self) -> float:
        lines = ((HEADING, self.urgent), (TEXT, self.call), (SMALL, self.whether))
        return sum(type.height(text, WIDTH) for type, text in lines if text) + GAP


@pages.get("/plan")
def whole() -> str:
    try:
        plan = questionnaires.plan_of(books().documents)
    except PlanUnreadable:
        return render_template("kiosk/plan_none.html", unreadable=True, phone=phone())
    if plan is None:
        return render_template("kiosk/plan_none.html", unreadable=False, phone=phone())
    whom, by = contact(plan), written(plan)
    foot = [text for text in (f"{whom.regularly} {whom.now}".strip(), by) if text]
    below = sum(SMALL.height(text, WIDTH) for text in foot) + (ZONES if plan.zones else 0) + GAP
    goals = divided(plan.goals, WIDTH - BAR, HEADING_LINE + below)
    return render_template(
        "kiosk/plan.html",
        plan=plan,
        goals=goals[0] if goals else (),
        more=len(goals) > 1,
        names=zone_names(),
        contact=whom,
        written=by,
    )


@pages.get("/plan/goals")
@pages.get("/plan/goals/<int:page>")
def goals(page: int = 0) -> str:
    plan = readable() or abort(404)
    found = divided(plan.goals, WIDTH, TITLE + GAP)
    if page >= len(found):
        abort(404)
    more = page + 1 < len(found)
    return render_template(
        "kiosk/plan_goals.html", plan=plan, texts=found[page], page=page, more=more
    )


@pages.get("/plan/zone/<name>")
@pages.get("/plan/zone/<name>/<int:page>")
def of_zone(name: str, page: int = 0) -> str:
    plan = readable() or abort(404)
    whom = whom_to_call(plan, name)
    around = PADDING + MARK + GAP + whom.height
    found = divided(zone_named(plan, name).texts, WIDTH - 2 * PADDING, around)
    if page >= len(found):
        abort(404)
    return render_template(
        "kiosk/plan_zone.html",
        plan=plan,
        name=name,
        title=gettext(NAMES[name]),
        texts=found[page],
        page=page,
        more=page + 1 < len(found),
        whom=whom,
    )


@pages.get("/plan/today")
@pages.get("/plan/today/<int:page>")
def today(page: int = 0) -> str:
    pause = paused(books().documents, now())
    to_do = [] if pause else agenda.today(books(), now())
    found = on_pages([listed(one) for one in to_do]) or [[]]
    if page >= len(found):
        abort(404)
    more = page + 1 < len(found)
    return render_template(
        "kiosk/plan_today.html", cards=found[page], page=page, more=more, paused=pause
    )


def divided(texts: Sequence[str], width: float, around: float) -> list[list[str]]:
    """Pages of paragraphs, where `around` px of each are taken."""
    lines = (line.strip() for text in texts for line in text.splitlines())
    heights = repeat(fitting.room(emergency_line()) - around)
    pages = TEXT.divided("\n".join(filter(None, lines)), width, heights)
    return [page.split("\n") for page in pages]


def whom_to_call(plan: Plan, zone: str) -> Whom:
    service = contact(plan)
    if zone == "red":
        return Whom(urgently(), service.call, service.now)
    closed = service.is_open is False
    return Whom("", service.call, f"{service.now} {urgently()}" if closed else service.now)


def urgently() -> str:
    number = parts().settings.web.emergency_text
    return gettext("Haster det, ring %(number)s nå.") % {"number": number}


def on_pages(cards: list[Card]) -> list[list[Card]]:
    found: list[list[Card]] = []
    left = 0.0
    for one in cards:
        if height(one) > left:
            found.append([])
            left = fitting.room(emergency_line())
        found[-1].append(one)
        left -= height(one) + GAP
    return found


def height(card: Card) -> float:
    """What can be tapped is higher than what is only told; the whole text is shown, and the words
    below it."""
    least = NOTE if card.address is None else BUTTON
    words = TASK.height(card.text, WIDTH - TASK_BESIDE) + TASK.line
    return max(least, words + TASK_FRAME)


def readable() -> Plan | None:
    return questionnaires.readable_plan(books().documents)


def zone_named(plan: Plan, name: str) -> Zone:
    return next((one for one in plan.zones if one.name == name), None) or abort(404)


def zone_names() -> dict[str, str]:
    return {name: gettext(words) for name, words in NAMES.items()}


def phone() -> str:
    return parts().settings.web.support_phone


def contact(plan: Plan) -> Contact:
    """The service of the plan; else whoever helps with the hub."""
    found = opening_hours.hours(plan, now(), zone())
    support = gettext("Ring %(phone)s.") % {"phone": phone()} if phone() else ""
    if found is None:
        return Contact(support)
    named = {"service": opening_hours.named(found), "phone": found.phone}
    return Contact(
        gettext("Ring %(service)s: %(phone)s") % named if found.phone else support,
        opening_hours.regularly(found),
        opening_hours.at_this_time(found, now()),
        found.is_open,
    )


def written(plan: Plan) -> str:
    """Version 7, 20 November, by the follow-up centre."""
    today = now().wall.astimezone(zone()).date()
    return ", ".join(
        [
            *([gettext("Versjon %(number)s") % {"number": plan.version}] if plan.version else []),
            *([day_and_month(plan.dated, today)] if plan.dated else []),
            *([gettext("av %(author)s") % {"author": plan.author}] if plan.author else []),
        ]
    )
