"""What the patient tapped or typed, as a FHIR value."""

import re
from datetime import date
from decimal import Decimal
from typing import Literal

from .flow import Question
from .form import Answer, Json

NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?")  # nine digits fit FHIR's 32-bit integer
TEXT_LIMIT = 4000

Reason = Literal[
    "required",
    "not_a_boolean",
    "not_an_option",
    "not_a_number",
    "not_an_integer",
    "too_small",
    "too_large",
    "too_long",
    "not_a_date",
]


class BadAnswer(ValueError):
    """The answer cannot be taken as it stands; the page says why and asks again.

    limit  the smallest or largest number, or the longest text, that can be taken
    """

    def __init__(self, link_id: str, reason: Reason, limit: Decimal | int | None = None) -> None:
        super().__init__(f"{link_id}: {reason}" + ("" if limit is None else f" ({limit})"))
        self.link_id = link_id
        self.reason: Reason = reason
        self.limit = limit


def parse_answer(question: Question, form_value: str | list[str]) -> Answer:
    """The answer in FHIR's words; None when nothing was given and nothing is required.

    form_value  "true"/"false", the key of a `Choice` (a list of keys where several may be
                chosen), a number with comma or point, a date as YYYY-MM-DD, or text
    """
    given = form_value if isinstance(form_value, list) else [form_value]
    given = [value.strip() for value in given if value.strip()]
    if not given:
        if question.required:
            raise BadAnswer(question.link_id, "required")
        return None
    if question.repeats:
        return [chosen(question, key) for key in dict.fromkeys(given)]
    return single(question, given[0])


def single(question: Question, given: str) -> Json | None:
    match question.type:
        case "boolean":
            return {"valueBoolean": truth(question, given)}
        case "choice":
            return chosen(question, given)
        case "integer":
            return {"valueInteger": integer(question, given)}
        case "decimal":
            return {"valueDecimal": number(question, given)}
        case "date":
            return {"valueDate": day(question, given)}
        case "string" | "text":
            return {"valueString": words(question, given)}
        case "display" | "group":
            return None


def truth(question: Question, given: str) -> bool:
    if given not in ("true", "false"):
        raise BadAnswer(question.link_id, "not_a_boolean")
    return given == "true"


def chosen(question: Question, key: str) -> Json:
    for option in question.options:
        if option.key == key:
            return option.value
    raise BadAnswer(question.link_id, "not_an_option")


def number(question: Question, given: str) -> Decimal:
    """Decimals are kept as typed. Norwegian writes a comma and may write a real minus sign."""
    plain = given.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if not NUMBER.fullmatch(plain):
        raise BadAnswer(question.link_id, "not_a_number")
    value = Decimal(plain)
    if question.minimum is not None and value < question.minimum:
        raise BadAnswer(question.link_id, "too_small", question.minimum)
    if question.maximum is not None and value > question.maximum:
        raise BadAnswer(question.link_id, "too_large", question.maximum)
    return value


def integer(question: Question, given: str) -> int:
    value = number(question, given)
    if value != value.to_integral_value():
        raise BadAnswer(question.link_id, "not_an_integer")
    return int(value)


def day(question: Question, given: str) -> str:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise BadAnswer(question.link_id, "not_a_date") from error


def words(question: Question, given: str) -> str:
    limit = question.max_length or TEXT_LIMIT
    if len(given) > limit:
        raise BadAnswer(question.link_id, "too_long", limit)
    return given
