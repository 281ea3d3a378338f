"""What stands in the field after one more key of the keypad or the calendar."""

from collections.abc import Mapping
from datetime import date, timedelta

from hub.questionnaire import Question
from hub.web.kiosk.offered import marked_now, posted
from hub.web.language import decimal_comma, full_date, zone
from hub.web.parts import now

DIGITS_LIMIT = 9


def today() -> date:
    return now().wall.astimezone(zone()).date()


def beforehand(question: Question) -> str:
    """What is typed already when the page comes."""
    values = posted(question, marked_now(question))
    if question.type == "date":
        return values[0] if values else today().isoformat()
    return values[0].replace(".", ",") if values else ""


def typed(question: Question, form: Mapping[str, str]) -> str:
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
        on = today()
    match key:
        case "day+":
            on += timedelta(days=1)
        case "day-":
            on -= timedelta(days=1)
        case "month+" | "month-" | "year+" | "year-":
            on = by_months(on, (1 if key[:-1] == "month" else 12) * (1 if key[-1] == "+" else -1))
        case "today":
            on = today()
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
        return text.replace(",", decimal_comma())
    try:
        return full_date(date.fromisoformat(text))
    except ValueError:
        return text
