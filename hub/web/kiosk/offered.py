"""What a question offers to tap, and which template asks it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hub.questionnaire import Answer, Question
from hub.web.language import gettext, number

SCALE_LIMIT = 11


@dataclass(frozen=True, slots=True)
class Button:
    """An answer that is sent by one tap."""

    value: str
    text: str
    chosen: bool


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


def scale(question: Question) -> list[int]:
    """The numbers to choose from, where they are few; a slider is buttons too."""
    low, high = question.minimum, question.maximum
    if question.type != "integer" or low is None or high is None:
        return []
    numbers = list(range(int(low), int(high) + 1))
    return numbers if len(numbers) <= SCALE_LIMIT else []


def buttons(question: Question, ticked: list[str] | None = None) -> list[Button]:
    """`ticked`: what is marked on the page and not kept yet; else what was answered."""
    if question.type == "boolean":
        pairs = [("true", gettext("Ja")), ("false", gettext("Nei"))]
    elif question.type == "integer":
        pairs = [(str(value), number(Decimal(value))) for value in scale(question)]
    else:
        pairs = [(option.key, option.text) for option in question.options]
    chosen = posted(question, marked_now(question)) if ticked is None else ticked
    return [Button(value, text, value in chosen) for value, text in pairs]


def marked_now(question: Question) -> Answer:
    """The answer that was given; before that the one that the questionnaire proposes."""
    return question.answer if question.reached else question.initial


def posted(question: Question, given: Answer) -> list[str]:
    """The answer as the page would post it."""
    values = given if isinstance(given, list) else [given] if given else []
    keys = {_identity(option.value): option.key for option in question.options}
    return [keys.get(_identity(value)) or plain(value) for value in values]


def _identity(value: dict[str, Any]) -> str:
    """A coding is its system and code, whatever it is called in the patient's language."""
    ((name, content),) = value.items()
    if name == "valueCoding":
        content = [content.get("system"), content.get("code") or content.get("display")]
    return json.dumps([name, content], default=str)


def plain(value: dict[str, Any]) -> str:
    (content,) = value.values()
    if isinstance(content, bool):
        return "true" if content else "false"
    return str(content)
