"""May the hub show this questionnaire? What it cannot show exactly, it refuses as a whole."""

from collections.abc import Iterator

from .form import (
    ASKS_FOR_CALL,
    ITEM_CONTROL,
    MAX_VALUE,
    MIN_VALUE,
    SAME_AS_LAST,
    TRANSLATION,
    Condition,
    Extension,
    Form,
    Item,
    Json,
    Option,
    Unsupported,
    Valued,
    choices,
    members,
    read,
)
from .sheet import VALUE_OF, expected

ASKED = ("boolean", "choice", "integer", "decimal", "string", "text", "date")
FEATURES = (
    *("group", "display", *ASKED, "enableWhen", "required", "initial", "translation"),
    *("samme-som-sist", "ber-om-oppringning"),
)
CONTROLS = ("radio-button", "slider")
ORDERED = ("integer", "decimal", "date")
ANSWER_OF = {
    "boolean": ("answer_boolean",),
    "choice": ("answer_coding", "answer_string", "answer_integer", "answer_date"),
    "integer": ("answer_integer",),
    "decimal": ("answer_decimal", "answer_integer"),
    "string": ("answer_string",),
    "text": ("answer_string",),
    "date": ("answer_date",),
}

Fault = tuple[str, str]
Depends = dict[str, list[str]]


def check(questionnaire: Json) -> None:
    """Raises `Unsupported` with the first thing that the hub would have to guess at."""
    form = read(questionnaire)
    for path, reason in faults(form):
        raise Unsupported(path, reason)


def faults(form: Form) -> Iterator[Fault]:
    if form.modifiers or form.implicit_rules:
        yield "$", "modifier extensions and implicit rules are not understood"
    yield from unknown(form.extension, "$", (TRANSLATION, SAME_AS_LAST))
    for extension in form.extension:
        if extension.url == SAME_AS_LAST and extension.value_boolean is None:
            yield "$.extension", f"{SAME_AS_LAST} needs a boolean"
    if not form.item:
        yield "$.item", "no items"
    placed = list(placed_items(form.item, "$.item"))
    by_id: dict[str, Item] = {}
    for path, item, _ in placed:
        if not item.link_id:
            yield f"{path}.linkId", "empty"
        if item.link_id in by_id:
            yield f"{path}.linkId", f"{item.link_id!r} is used twice"
        by_id[item.link_id] = item
    for path, item, parent in placed:
        yield from item_faults(path, item, parent)
        yield from condition_faults(path, item, by_id)
    yield from circles(placed)


def placed_items(
    items: list[Item], path: str, parent: Item | None = None
) -> Iterator[tuple[str, Item, Item | None]]:
    for number, item in enumerate(items):
        here = f"{path}[{number}]"
        yield here, item, parent
        yield from placed_items(item.item, f"{here}.item", item)


def unknown(extensions: list[Extension], path: str, known: tuple[str, ...]) -> Iterator[Fault]:
    for extension in extensions:
        if extension.url not in known:
            yield f"{path}.extension", f"{extension.url} is not understood"


def item_faults(path: str, item: Item, parent: Item | None) -> Iterator[Fault]:
    yield from unknown(item.extension, path, (MIN_VALUE, MAX_VALUE, ITEM_CONTROL, ASKS_FOR_CALL))
    if item.text_more:
        yield from unknown(item.text_more.extension, f"{path}._text", (TRANSLATION,))
    if item.read_only:
        yield f"{path}.readOnly", "items that cannot be answered are not asked"
    if item.type == "group":
        yield from group_faults(path, item)
    elif not item.text:
        yield f"{path}.text", "nothing to show"
    if item.type == "display" and (item.item or item.required or item.repeats):
        yield path, "a display item has no items, is not required and does not repeat"
    if parent is not None and parent.repeats and item.type != "display":
        yield path, "nested in a question with several answers"
    yield from answer_faults(path, item)
    yield from limit_faults(path, item)
    yield from call_faults(path, item)


def call_faults(path: str, item: Item) -> Iterator[Fault]:
    for extension in item.extension:
        fits = item.type == "boolean" and extension.value_boolean is not None
        if extension.url == ASKS_FOR_CALL and not fits:
            yield f"{path}.extension", f"{ASKS_FOR_CALL} is a boolean of a boolean question"


def group_faults(path: str, item: Item) -> Iterator[Fault]:
    if not item.item:
        yield f"{path}.item", "an empty group"
    if item.required or item.repeats:
        yield path, "groups that are required or repeat are not understood"


def answer_faults(path: str, item: Item) -> Iterator[Fault]:
    if item.type == "choice":
        yield from option_faults(path, item)
    elif item.answer_option:
        yield f"{path}.answerOption", f"not for {item.type}"
    if item.repeats and item.type != "choice":
        yield f"{path}.repeats", f"not for {item.type}"
    for value in item.initial:
        if item.type == "choice" or list(members(value)) != [VALUE_OF.get(item.type)]:
            yield f"{path}.initial", f"not a single value of type {item.type}"
    if len(item.initial) > 1:
        yield f"{path}.initial", "several values for one answer"


def option_faults(path: str, item: Item) -> Iterator[Fault]:
    here = f"{path}.answerOption"
    if not item.answer_option:
        yield here, "nothing to choose from"
    if any(not is_choosable(option) for option in item.answer_option):
        yield here, "each needs one Coding (code or display), string, integer or date"
        return
    keys = [choice.key for choice in choices(item)]
    if len(set(keys)) < len(keys):
        yield here, "the same answer twice"
    if sum(option.initial_selected for option in item.answer_option) > 1 and not item.repeats:
        yield here, "several values for one answer"


def is_choosable(option: Option) -> bool:
    coding = option.value_coding
    named = coding is None or bool(coding.code or coding.display)
    return named and is_single(option, "valueCoding", "valueString", "valueInteger", "valueDate")


def is_single(valued: Valued, *allowed: str) -> bool:
    names = list(members(valued))
    return len(names) == 1 and names[0] in allowed


def limit_faults(path: str, item: Item) -> Iterator[Fault]:
    urls = [extension.url for extension in item.extension]
    least, most = item.limit(MIN_VALUE), item.limit(MAX_VALUE)
    if (MIN_VALUE in urls or MAX_VALUE in urls) and item.type not in ("integer", "decimal"):
        yield f"{path}.extension", f"minValue and maxValue are not for {item.type}"
    if (least is None) != (MIN_VALUE not in urls) or (most is None) != (MAX_VALUE not in urls):
        yield f"{path}.extension", "minValue and maxValue need an integer or a decimal"
    if least is not None and most is not None and least > most:
        yield f"{path}.extension", "minValue is above maxValue"
    if item.max_length is not None and (item.type not in ("string", "text") or item.max_length < 1):
        yield f"{path}.maxLength", f"not for {item.type}"
    if ITEM_CONTROL in urls:
        yield from control_faults(path, item)


def control_faults(path: str, item: Item) -> Iterator[Fault]:
    here = f"{path}.extension"
    controls = item.controls()
    if len(controls) != 1 or controls[0] not in CONTROLS:
        yield here, f"of the item controls only {' and '.join(CONTROLS)} are understood"
    elif item.type == "choice":
        return
    elif controls[0] == "radio-button" or item.type != "integer":
        yield here, f"{controls[0]} is not for {item.type}"
    elif item.limit(MIN_VALUE) is None or item.limit(MAX_VALUE) is None:
        yield here, "a slider needs minValue and maxValue"


def condition_faults(path: str, item: Item, by_id: dict[str, Item]) -> Iterator[Fault]:
    if len(item.enable_when) > 1 and item.enable_behavior is None:
        yield f"{path}.enableBehavior", "several conditions: all of them, or any?"
    for number, condition in enumerate(item.enable_when):
        here = f"{path}.enableWhen[{number}]"
        asked = by_id.get(condition.question)
        if asked is None or asked.type not in ASKED:
            yield here, f"there is no question {condition.question!r}"
        elif reason := condition_fault(condition, asked):
            yield here, reason


def condition_fault(condition: Condition, asked: Item) -> str | None:
    if len(expected(condition)) != 1:
        return "exactly one answer is needed"
    if condition.operator == "exists":
        return "exists needs a boolean" if condition.answer_boolean is None else None
    if all(getattr(condition, name) is None for name in ANSWER_OF[asked.type]):
        return f"the answer does not fit the question {asked.link_id!r} of type {asked.type}"
    if condition.operator not in ("=", "!=") and asked.type not in ORDERED:
        return f"answers of type {asked.type} have no order"
    return None


def circles(placed: list[tuple[str, Item, Item | None]]) -> Iterator[Fault]:
    """An item must not wait for itself, be it through its parent or through other conditions."""
    waits_for: Depends = {
        item.link_id: [condition.question for condition in item.enable_when]
        + ([parent.link_id] if parent else [])
        for _, item, parent in placed
    }
    settled: set[str] = set()
    while ready := [
        link_id
        for link_id, needed in waits_for.items()
        if link_id not in settled and settled.issuperset(needed)
    ]:
        settled.update(ready)
    for path, item, _ in placed:
        if item.link_id not in settled:
            yield f"{path}.enableWhen", "waits for itself"
