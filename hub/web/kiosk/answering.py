"""The page of one question: which part of it, what was typed, and what was wrong with it."""

from decimal import Decimal
from typing import TYPE_CHECKING

from flask import render_template, request, url_for

from hub.questionnaire import BadAnswer, Question
from hub.web.kiosk import keys
from hub.web.kiosk.dividing import Head, Part, parts, sign_apart
from hub.web.kiosk.frame import emergency_line, notice
from hub.web.kiosk.offered import Button, buttons
from hub.web.language import decimal_comma, gettext, marked, number

if TYPE_CHECKING:
    from hub.web.kiosk.underway import Run

WRONG = {
    "required": marked("Velg et svar for å gå videre."),
    "not_a_number": marked("Skriv et tall."),
    "not_an_integer": marked("Skriv et helt tall, uten komma."),
    "too_small": marked("Tallet er for lite. Det minste er %(limit)s."),
    "too_large": marked("Tallet er for stort. Det største er %(limit)s."),
    "not_a_date": marked("Datoen finnes ikke. Velg en annen."),
}
ANOTHER = marked("Svaret kan ikke brukes. Velg et annet.")


def page(run: "Run", question: Question) -> str:
    """As it comes."""
    wanted = request.args.get("part", 0, int)
    return _page(run, question, typed=keys.beforehand(question), wanted=wanted)


def after_key(run: "Run", question: Question) -> str:
    """After one more key of the keypad or the calendar, without scripts."""
    return _page(run, question, typed=keys.typed(question, request.form))


def after_more(run: "Run", question: Question) -> str:
    """With more of several answers; what is ticked stays so."""
    wanted = request.form.get("more", 0, int)
    ticked = request.form.getlist("answer")
    return _page(run, question, typed="", ticked=ticked, wanted=wanted)


def refused(run: "Run", question: Question, error: BadAnswer) -> str:
    return _page(
        run,
        question,
        typed=request.form.get("answer", ""),
        ticked=request.form.getlist("answer"),
        wrong=in_words(error),
    )


def _page(
    run: "Run",
    question: Question,
    *,
    typed: str,
    ticked: list[str] | None = None,
    wrong: str = "",
    wanted: int | None = None,
) -> str:
    """`wanted`: which of its pages; None: the first one with answers."""
    head = Head(
        question.text, " · ".join(question.groups), question.notes, notice() or "", wrong=wrong
    )
    offered = buttons(question, ticked)
    divided = parts(question, head, offered, emergency_line())
    first = next(place for place, part in enumerate(divided) if part.asks)
    place = min(max(first if wanted is None else wanted, 0), len(divided) - 1)
    part = divided[place]
    more = _more(divided, place, first)
    links = [one.link_id for one in run.questions]
    at = links.index(question.link_id)
    return render_template(
        "kiosk/question.html",
        run=run,
        question=question,
        part=part,
        place=at + 1,
        total=len(links),
        back=_back(run, links[at], links[at - 1] if at else None, place if place <= first else 0),
        more=more,
        from_start=more == first,
        review=request.args.get("review", type=int),
        elsewhere=_elsewhere(question, part, offered),
        typed=typed,
        typed_words=keys.in_patients_words(question, typed),
        last_of_text=place + 1 == first and question.type != "display",
        comma=decimal_comma(),
        sign_apart=sign_apart(question),
    )


def _back(run: "Run", here: str, before: str | None, place: int) -> str:
    """The page before this one: of this question, of all answers, of the question before."""
    review = request.args.get("review", type=int)
    if place:
        return run.question(here, part=place - 1, review=review)
    if review is not None:
        return run.address("review", page=review)
    return run.question(before) if before else url_for("check_in.begin")


def _more(divided: list[Part], place: int, first: int) -> int | None:
    """The next page of this question; after the last answers come the first ones again."""
    if place + 1 < len(divided):
        return place + 1
    return first if place > first else None


def _elsewhere(question: Question, part: Part, offered: list[Button]) -> list[str]:
    """What is ticked on other pages of this question."""
    if not question.repeats:
        return []
    here = {button.value for button in part.buttons}
    return [one.value for one in offered if one.chosen and one.value not in here]


def in_words(error: BadAnswer) -> str:
    text = gettext(WRONG.get(error.reason, ANOTHER))
    if error.limit is None or "%(limit)s" not in text:
        return text
    return text % {"limit": number(Decimal(error.limit))}
