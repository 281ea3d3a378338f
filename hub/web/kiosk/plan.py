"""The self-treatment plan: what matters to the patient, then green, yellow, red; and today.

The patient opens a zone. The hub never does, and shows what is written in it as it is written.
"""

from dataclasses import dataclass
from textwrap import wrap

from flask import Blueprint, abort, render_template

from hub.web import agenda, opening_hours, questionnaires
from hub.web.kiosk.paused import paused
from hub.web.kiosk.today import Card, listed
from hub.web.language import day_and_month, gettext, marked, zone
from hub.web.paging import paged
from hub.web.parts import books, now, parts
from hub.web.plan import Plan, PlanUnreadable, Zone

pages = Blueprint("plan", __name__)

NAMES = {"green": marked("Grønn"), "yellow": marked("Gul"), "red": marked("Rød")}
ACROSS = 38  # letters of the large text
GOAL_LINES, GOALS_LINES, ZONE_LINES = 3, 9, 5
PAGE_PX, GAP_PX = 434, 16  # with the gap after the last
TARGET_PX, NOTE_PX, LINE_PX, FRAME_PX = 84, 52, 27, 10


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


@pages.get("/plan")
def whole() -> str:
    try:
        plan = questionnaires.plan_of(books().documents)
    except PlanUnreadable:
        return render_template("kiosk/plan_none.html", unreadable=True, phone=phone())
    if plan is None:
        return render_template("kiosk/plan_none.html", unreadable=False, phone=phone())
    goals = paged(plan.goals, lines=GOAL_LINES, across=ACROSS)
    return render_template(
        "kiosk/plan.html",
        plan=plan,
        goals=goals[0] if goals else (),
        more=len(goals) > 1,
        names=zone_names(),
        contact=contact(plan),
        written=written(plan),
    )


@pages.get("/plan/goals")
@pages.get("/plan/goals/<int:page>")
def goals(page: int = 0) -> str:
    plan = readable() or abort(404)
    found = paged(plan.goals, lines=GOALS_LINES, across=ACROSS)
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
    found = paged(zone_named(plan, name).texts, lines=ZONE_LINES, across=ACROSS)
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
        contact=contact(plan),
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


def on_pages(cards: list[Card]) -> list[list[Card]]:
    found: list[list[Card]] = []
    left = 0
    for one in cards:
        if height(one) > left:
            found.append([])
            left = PAGE_PX
        found[-1].append(one)
        left -= height(one)
    return found


def height(card: Card) -> int:
    """What can be tapped is higher than what is only told; the whole text is shown, and the words
    below it."""
    least = NOTE_PX if card.address is None else TARGET_PX
    lines = len(wrap(card.text, ACROSS)) + 1
    return max(least, lines * LINE_PX + FRAME_PX) + GAP_PX


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
