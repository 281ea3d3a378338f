"""The page of one question: which buttons it has, what was typed, and what was wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import render_template, request

from hub.questionnaire import Answer, BadAnswer, Question
from hub.web.language import full_date, gettext, marked, number, zone
from hub.web.parts import now

if TYPE_CHECKING:
    from hub.web.kiosk.check_in import Run

CELLS = 6
ANSWERS_PER_PAGE = 3
SCALE_LIMIT = 11
DIGITS_LIMIT = 9

WRONG = {
    "required": marked("Velg et svar for å gå videre."),
    "not_a_number": marked("Skriv et tall."),
    "not_an_integer": marked("Skriv et helt tall, uten komma."),
    "too_small": marked("Tallet er for lite. Det minste er %(limit)s."),
    "too_large": marked("Tallet er for stort. Det største er %(limit)s."),
    "not_a_date": marked("Datoen finnes ikke. Velg en annen."),
}
ANOTHER = marked("Svaret kan ikke brukes. Velg et annet.")


@dataclass(frozen=True, slots=True)
class Button:
    """An answer that is sent by one tap."""

    value: str
    text: str
    chosen: bool


def page(run: "Run", question: Question, *, typed: str, wrong: str = "") -> str:
    asked = run.questions
    place = next(i for i, one in enumerate(asked) if one.link_id == question.link_id)
    part, rest = paged(question, request.args.get("part", 0, int))
    return render_template(
        "kiosk/question.html",
        run=run,
        question=question,
        control=control(question),
        buttons=part,
        more=rest,
        place=place + 1,
        total=len(asked),
        before=asked[place - 1].link_id if place else None,
        typed=typed,
        typed_words=in_patients_words(question, typed),
        wrong=wrong,
    )


def control(question: Question) -> str:
    """The template that asks it."""
    match question.type:
        case "display":
            return "display"
        case "choice" | "boolean":
            return "many" if question.repeats else "choices"
        case "integer" | "decimal":
            return "scale" if scale(question) else "keypad"
        case "date":
            return "date"
        case _:
            return "words"


def paged(question: Question, part: int) -> tuple[list[Button], int | None]:
    """The buttons that fit without scrolling, and the number of the page with more of them.

    "Skip" and "more answers" need a cell each.
    """
    buttons = choices(question)
    room = CELLS - (not question.required)
    if control(question) != "choices" or len(buttons) <= room:
        return buttons, None
    room -= 1
    more = part + 1 if len(buttons) > (part + 1) * room else 0
    return buttons[part * room : (part + 1) * room], more


def scale(question: Question) -> list[int]:
    """The numbers to choose from, where they are few; a slider is buttons too."""
    low, high = question.minimum, question.maximum
    if question.type != "integer" or low is None or high is None:
        return []
    numbers = list(range(int(low), int(high) + 1))
    return numbers if len(numbers) <= SCALE_LIMIT else []


def choices(question: Question) -> list[Button]:
    if question.type == "boolean":
        pairs = [("true", gettext("Ja")), ("false", gettext("Nei"))]
    elif question.type == "integer":
        pairs = [(str(value), str(value)) for value in scale(question)]
    else:
        pairs = [(option.key, option.text) for option in question.options]
    marked_now = posted(question, question.answer or question.initial)
    return [Button(value, text, value in marked_now) for value, text in pairs]


def posted(question: Question, given: Answer) -> list[str]:
    """The answer as the page would post it."""
    values = given if isinstance(given, list) else [given] if given else []
    keys = {json.dumps(option.value, default=str): option.key for option in question.options}
    return [keys.get(json.dumps(value, default=str)) or plain(value) for value in values]


def plain(value: dict[str, Any]) -> str:
    (content,) = value.values()
    if isinstance(content, bool):
        return "true" if content else "false"
    return str(content)


def beforehand(question: Question) -> str:
    values = posted(question, question.answer or question.initial)
    if question.type == "date" and not values:
        return now().wall.astimezone(zone()).date().isoformat()
    return values[0] if values else ""


def typed(question: Question, form: Mapping[str, str]) -> str:
    """What stands in the field after one more key of the keypad or the calendar."""
    so_far, key = form.get("typed", ""), form["key"]
    if question.type == "date":
        return moved(so_far, key)
    if key == "back":
        return so_far[:-1]
    if key == "sign":
        return so_far.removeprefix("-") if so_far.startswith("-") else f"-{so_far}"
    if key == "," and ("," in so_far or not so_far.lstrip("-")):
        return so_far
    if len(so_far) >= DIGITS_LIMIT or key not in {*"0123456789", ","}:
        return so_far
    return so_far + key


def moved(so_far: str, key: str) -> str:
    try:
        on = date.fromisoformat(so_far)
    except ValueError:
        on = now().wall.astimezone(zone()).date()
    match key:
        case "day+":
            on += timedelta(days=1)
        case "day-":
            on -= timedelta(days=1)
        case "month+" | "month-" | "year+" | "year-":
            on = by_months(on, (1 if key[:-1] == "month" else 12) * (1 if key[-1] == "+" else -1))
        case "today":
            on = now().wall.astimezone(zone()).date()
    return on.isoformat()


def by_months(on: date, months: int) -> date:
    """The same day of another month, or its last day where it is shorter."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    if not date.min.year < year < date.max.year:
        return on
    for day in range(on.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(on.day, 28))


def in_patients_words(question: Question, text: str) -> str:
    if question.type != "date":
        return text.replace(".", ",")
    try:
        return full_date(date.fromisoformat(text))
    except ValueError:
        return text


def in_words(error: BadAnswer) -> str:
    text = gettext(WRONG.get(error.reason, ANOTHER))
    if error.limit is None or "%(limit)s" not in text:
        return text
    return text % {"limit": number(Decimal(error.limit))}


def review(run: "Run", page: int) -> str:
    asked = [question for question in run.questions if question.type != "display"]
    rows = asked[page * ANSWERS_PER_PAGE : (page + 1) * ANSWERS_PER_PAGE]
    return render_template(
        "kiosk/review.html",
        run=run,
        rows=[(question, answer_in_words(question)) for question in rows],
        page=page,
        more=len(asked) > (page + 1) * ANSWERS_PER_PAGE,
    )


def answer_in_words(question: Question) -> str:
    given = question.answer
    values = given if isinstance(given, list) else [given] if given else []
    return ", ".join(value_in_words(value) for value in values) or gettext("Ikke svart")


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
