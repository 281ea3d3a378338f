"""The pages of a check-in, and the items of its QuestionnaireResponse."""

from dataclasses import dataclass
from decimal import Decimal

from .form import (
    MAX_VALUE,
    MIN_VALUE,
    SAME_AS_LAST,
    Answer,
    Answers,
    Choice,
    Item,
    Json,
    Type,
    choices,
    members,
    read,
)
from .sheet import Node, Sheet, sheet


@dataclass(frozen=True, slots=True)
class Question:
    """One page of a check-in.

    type      "display" is a page that only tells; its answer is None when it has been read
    groups    headings of the groups around it, outermost first
    notes     help texts that belong to it
    control   "slider" or "radio-button" when the questionnaire asks for one
    initial   what is marked beforehand; still to be confirmed
    answer    what was answered so far; None also when it was passed over
    reached   whether it was answered or passed over
    """

    link_id: str
    type: Type
    text: str
    groups: tuple[str, ...]
    notes: tuple[str, ...]
    required: bool
    repeats: bool
    options: tuple[Choice, ...]
    control: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    max_length: int | None
    initial: Answer
    answer: Answer
    reached: bool

    @property
    def waits(self) -> bool:
        return not self.reached or (self.required and self.answer is None)


def canonical(questionnaire: Json) -> str:
    """How a QuestionnaireResponse names the questionnaire: `url|version`."""
    form = read(questionnaire)
    return f"{form.url}|{form.version}"


def offers_same_as_last(questionnaire: Json) -> bool:
    """Whether the patient may take over the answers of the last time, to look at and send."""
    extensions = read(questionnaire).extension
    return any(one.url == SAME_AS_LAST and one.value_boolean is True for one in extensions)


def asks_for_call(questionnaire: Json, answers: Answers) -> bool:
    """Whether a question that means it was answered with yes."""
    filled = sheet(questionnaire, answers)
    return any(
        node.item.asks_for_call and {"valueBoolean": True} in filled.values(node.item)
        for node in filled.nodes.values()
    )


def questions(questionnaire: Json, answers: Answers) -> list[Question]:
    """The pages of the check-in as the answers so far make them."""
    filled = sheet(questionnaire, answers)
    return [
        question(filled, node)
        for link_id, node in filled.nodes.items()
        if is_page(node) and filled.enabled(link_id)
    ]


def next_question(questionnaire: Json, answers: Answers) -> Question | None:
    """The first page that still waits for the patient; None when the check-in is complete."""
    pages = questions(questionnaire, answers)
    return next((page for page in pages if page.waits), None)


def is_page(node: Node) -> bool:
    if node.item.type == "display":
        return node.parent is None or node.parent.item.type == "group"
    return node.item.type != "group"


def question(filled: Sheet, node: Node) -> Question:
    item = node.item
    values = filled.values(item)
    controls = item.controls()
    return Question(
        link_id=item.link_id,
        type=item.type,
        text=item.text or "",
        groups=headings(node),
        notes=tuple(
            child.text or ""
            for child in item.item
            if child.type == "display" and filled.enabled(child.link_id)
        ),
        required=item.required,
        repeats=item.repeats,
        options=tuple(choices(item)),
        control=controls[0] if controls else None,
        minimum=item.limit(MIN_VALUE),
        maximum=item.limit(MAX_VALUE),
        max_length=item.max_length,
        initial=answer_of(item, initial_values(item)),
        answer=answer_of(item, values),
        reached=item.link_id in filled.answers,
    )


def headings(node: Node) -> tuple[str, ...]:
    if node.parent is None:
        return ()
    around = node.parent.item
    own = (around.text,) if around.type == "group" and around.text else ()
    return headings(node.parent) + own


def initial_values(item: Item) -> list[Json]:
    options = [option for option in item.answer_option if option.initial_selected]
    return [members(value) for value in (*item.initial, *options)]


def answer_of(item: Item, values: list[Json]) -> Answer:
    if item.repeats:
        return values or None
    return values[0] if values else None


def answered_items(questionnaire: Json, answers: Answers) -> list[Json]:
    """The items of the QuestionnaireResponse: what was asked, in the words that were shown.

    Answers to questions that have since been hidden, and groups without an answer, are left out.
    """
    filled = sheet(questionnaire, answers)
    return response_items(filled, read(questionnaire).item)


def response_items(filled: Sheet, items: list[Item]) -> list[Json]:
    built = (response_item(filled, item) for item in items if filled.enabled(item.link_id))
    return [item for item in built if item]


def response_item(filled: Sheet, item: Item) -> Json | None:
    inner = response_items(filled, item.item)
    head = {"linkId": item.link_id, **({"text": item.text} if item.text else {})}
    if item.type == "group":
        return {**head, "item": inner} if inner else None
    values = filled.values(item)
    if not values:
        return None
    nested = {"item": inner} if inner else {}
    return {**head, "answer": [{**value, **nested} for value in values]}
