"""A questionnaire with its answers: which items are enabled, and which answers count."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from .form import Answers, Condition, Item, Json, choices, read

VALUE_OF: dict[str, str] = {
    "boolean": "valueBoolean",
    "integer": "valueInteger",
    "decimal": "valueDecimal",
    "string": "valueString",
    "text": "valueString",
    "date": "valueDate",
}

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Node:
    item: Item
    parent: "Node | None"


@dataclass(slots=True)
class Sheet:
    """A questionnaire with its answers. An answer counts only while its question is enabled."""

    nodes: dict[str, Node]
    answers: Answers
    known: dict[str, bool] = field(default_factory=dict)

    def enabled(self, link_id: str) -> bool:
        if link_id not in self.known:
            self.known[link_id] = False
            self.known[link_id] = self._enabled(self.nodes[link_id])
        return self.known[link_id]

    def _enabled(self, node: Node) -> bool:
        return self._has_place(node) and self._conditions(node.item)

    def _has_place(self, node: Node) -> bool:
        """What is nested in a question belongs to its answer, help texts apart."""
        parent = node.parent
        if parent is None:
            return True
        if not self.enabled(parent.item.link_id):
            return False
        return (
            "group" in (parent.item.type,)
            or node.item.type == "display"
            or bool(self.values(parent.item))
        )

    def _conditions(self, item: Item) -> bool:
        if not item.enable_when:
            return True
        met = (self._met(condition) for condition in item.enable_when)
        return any(met) if item.enable_behavior == "any" else all(met)

    def _met(self, condition: Condition) -> bool:
        asked = self.nodes[condition.question].item
        values = [comparable(value) for value in self.values(asked)]
        if condition.operator == "exists":
            return bool(values) is condition.answer_boolean
        (wanted,) = expected(condition)
        if condition.operator == "!=":
            return wanted not in values
        return any(COMPARE[condition.operator](value, wanted) for value in values)

    def values(self, item: Item) -> list[Json]:
        """The answer's values that this version of the questionnaire offers."""
        if not self.enabled(item.link_id):
            return []
        answer = self.answers.get(item.link_id)
        given = answer if isinstance(answer, list) else [answer] if answer else []
        if item.type == "choice":
            offered = [comparable(choice.value) for choice in choices(item)]
            return [value for value in given if comparable(value) in offered]
        return [exact(value) for value in given if VALUE_OF.get(item.type) in value]


def comparable(value: Json) -> object:
    """A value[x] for equality and order; a coding is its system and code, not its wording."""
    ((name, content),) = value.items()
    if name == "valueCoding":
        return content.get("system"), content.get("code") or content.get("display")
    if name in ("valueInteger", "valueDecimal"):
        return Decimal(str(content))
    return date.fromisoformat(content) if name == "valueDate" else content


def exact(value: Json) -> Json:
    """JSON readers make a float or a text of a decimal; here it is a `Decimal` again."""
    if "valueDecimal" not in value:
        return value
    return {"valueDecimal": Decimal(str(value["valueDecimal"]))}


def expected(condition: Condition) -> list[object]:
    coding = condition.answer_coding
    if coding is not None:
        return [(coding.system, coding.code or coding.display)]
    number = condition.answer_integer
    plain = (
        condition.answer_boolean,
        None if number is None else Decimal(number),
        condition.answer_decimal,
        condition.answer_date,
        condition.answer_string,
    )
    return [value for value in plain if value is not None]


def nodes(items: list[Item], parent: Node | None = None) -> Iterator[Node]:
    for item in items:
        node = Node(item, parent)
        yield node
        yield from nodes(item.item, node)


def sheet(questionnaire: Json, answers: Answers) -> Sheet:
    tree = nodes(read(questionnaire).item)
    return Sheet({node.item.link_id: node for node in tree}, answers)
