"""All answers, to look at before they are sent; as many on a page as it holds."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import render_template, request

from hub.questionnaire import Question
from hub.records import Source
from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import BUTTON, GAP, SMALL, WIDTH, Type
from hub.web.kiosk.frame import emergency_line, notice
from hub.web.kiosk.offered import posted
from hub.web.kiosk.underway import Run
from hub.web.language import full_date, gettext, marked, number

TITLE = marked("Stemmer svarene?")
TITLE_TYPE = Type(26, 26)
BELOW_TITLE = 8
CHANGE = 132 + GAP  # the button at the end of a row
QUESTION_LINES = 2
ANSWER_LINES = 6

WHO = {
    Source.PATIENT: marked("Pasienten selv"),
    Source.KIN: marked("Pårørende"),
    Source.NURSE: marked("Helsepersonell i hjemmet"),
}
ANSWERS = {
    Source.PATIENT: marked("Du svarer selv."),
    Source.KIN: marked("Pårørende svarer."),
    Source.NURSE: marked("Helsepersonell svarer."),
}


@dataclass(frozen=True, slots=True)
class Row:
    question: Question
    text: str
    answer: str

    @property
    def height(self) -> float:
        width = WIDTH - CHANGE
        return max(BUTTON, SMALL.height(self.text, width) + SMALL.height(self.answer, width))


def page(run: Run, wanted: int) -> str:
    pages = rows(run)
    place = min(wanted, len(pages) - 1)
    return render_template(
        "kiosk/review.html",
        run=run,
        rows=pages[place],
        page=place,
        last=place == len(pages) - 1,
        back=_back(run, place),
        title=gettext(TITLE),
        who=gettext(ANSWERS[run.source]),
        undone=1 if is_undone() else None,
    )


def _back(run: Run, place: int) -> str:
    """The page before, or the last question."""
    if place:
        return run.address("review", page=place - 1, undone=1 if is_undone() else None)
    return run.question(run.questions[-1].link_id)


def is_undone() -> bool:
    """These answers were sent before and have just been taken back."""
    return "undone" in request.args


def page_of(run: Run, question: Question) -> int:
    """The page on which its answer stands."""
    for place, page in enumerate(rows(run)):
        if any(row.question.link_id == question.link_id for row in page):
            return place
    return 0


def rows(run: Run) -> list[list[Row]]:
    room = fitting.room(emergency_line()) - _title_height(run) - BELOW_TITLE - GAP - BUTTON
    room -= fitting.told(notice()) + (SMALL.line + GAP if is_undone() else 0)
    pages: list[list[Row]] = [[]]
    left = room
    for question in run.questions:
        if question.type == "display":
            continue
        row = row_of(question)
        if pages[-1] and row.height > left:
            pages.append([])
            left = room
        pages[-1].append(row)
        left -= row.height + GAP
    return pages


def _title_height(run: Run) -> float:
    """Who answers stands beside the title, or below it where that is too long."""
    who = gettext(ANSWERS[run.source])
    beside = TITLE_TYPE.width(gettext(TITLE)) + 12 + SMALL.width(who) <= WIDTH
    return TITLE_TYPE.line * (1 if beside else 2)


def row_of(question: Question) -> Row:
    width = WIDTH - CHANGE
    text = SMALL.shortened(question.text, width, QUESTION_LINES)
    return Row(question, text, _as_fits(in_words(question), width))


def _as_fits(values: list[str], width: float) -> str:
    """All of them, or as many as fit and how many more there are."""
    if not values:
        return gettext("Ikke svart")
    for shown in range(len(values), 0, -1):
        text = ", ".join(values[:shown])
        if shown < len(values):
            text += " " + gettext("og %(number)s til") % {"number": len(values) - shown}
        if len(SMALL.lines(text, width)) <= ANSWER_LINES:
            return text
    return SMALL.shortened(text, width, ANSWER_LINES)


def in_words(question: Question) -> list[str]:
    given = question.answer
    values = given if isinstance(given, list) else [given] if given else []
    offered = {option.key: option.text for option in question.options}
    keys = posted(question, given)
    return [
        offered.get(key) or value_in_words(value) for key, value in zip(keys, values, strict=True)
    ]


def value_in_words(value: dict[str, Any]) -> str:
    (name, content), *_ = value.items()
    match name:
        case "valueBoolean":
            return gettext("Ja") if content else gettext("Nei")
        case "valueCoding":
            return str(content.get("display") or content.get("code"))
        case "valueDate":
            return full_date(date.fromisoformat(content))
        case "valueInteger" | "valueDecimal":
            return number(Decimal(str(content)))
        case _:
            return str(content)
