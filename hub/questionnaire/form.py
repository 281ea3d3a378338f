"""The shape of a questionnaire that the hub can show. What it does not name is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec

Json = dict[str, Any]

Answer = Json | list[Json] | None
"""`{"valueBoolean": true}`; a list of such where several may be chosen; None = passed over."""

Answers = Mapping[str, Answer]

Type = Literal[
    "group", "display", "boolean", "choice", "integer", "decimal", "string", "text", "date"
]
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]

EXTENSIONS = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION = EXTENSIONS + "translation"
MIN_VALUE = EXTENSIONS + "minValue"
MAX_VALUE = EXTENSIONS + "maxValue"
ITEM_CONTROL = EXTENSIONS + "questionnaire-itemControl"
OURS = "https://hub.example/fhir/StructureDefinition/"
SAME_AS_LAST = OURS + "samme-som-sist"
ASKS_FOR_CALL = OURS + "ber-om-oppringning"


class Unsupported(ValueError):
    """The questionnaire asks for something that the hub would have to guess at.

    path    where, as in `$.item[2].answerValueSet`
    reason  in English, for the central service's technician
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Coding(msgspec.Struct, omit_defaults=True):
    """Not closed: a code may carry more (a score, a translation) than is shown or sent back."""

    system: str | None = None
    version: str | None = None
    code: str | None = None
    display: str | None = None


class Valued(msgspec.Struct, omit_defaults=True, rename="camel"):
    """A FHIR value[x]; a well-formed one has exactly one member."""

    value_boolean: bool | None = None
    value_integer: int | None = None
    value_decimal: Decimal | None = None
    value_date: date | None = None
    value_string: str | None = None
    value_coding: Coding | None = None


class Option(Valued, omit_defaults=True, rename="camel", forbid_unknown_fields=True):
    id: str | None = None
    initial_selected: bool = False


class Initial(Valued, omit_defaults=True, rename="camel", forbid_unknown_fields=True):
    id: str | None = None


class Condition(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    question: str
    operator: Operator
    id: str | None = None
    answer_boolean: bool | None = None
    answer_integer: int | None = None
    answer_decimal: Decimal | None = None
    answer_date: date | None = None
    answer_string: str | None = None
    answer_coding: Coding | None = None


class ItemControl(msgspec.Struct):
    coding: list[Coding] = []


class Extension(msgspec.Struct, rename="camel"):
    url: str
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_decimal: Decimal | None = None
    value_codeable_concept: ItemControl | None = None


class Translations(msgspec.Struct, forbid_unknown_fields=True):
    """The sibling of a text (`_text`), where FHIR keeps its translations."""

    extension: list[Extension] = []
    id: str | None = None


ITEM_NAMES = {
    "link_id": "linkId",
    "text_more": "_text",
    "max_length": "maxLength",
    "enable_when": "enableWhen",
    "enable_behavior": "enableBehavior",
    "answer_option": "answerOption",
    "read_only": "readOnly",
}


class Item(msgspec.Struct, rename=ITEM_NAMES, forbid_unknown_fields=True):
    link_id: str
    type: Type
    id: str | None = None
    definition: str | None = None
    code: list[Coding] = []
    text: str | None = None
    text_more: Translations | None = None
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    max_length: int | None = None
    enable_when: list[Condition] = []
    enable_behavior: Literal["all", "any"] | None = None
    answer_option: list[Option] = []
    initial: list[Initial] = []
    item: list["Item"] = []
    extension: list[Extension] = []

    def limit(self, url: str) -> Decimal | None:
        """`minValue` or `maxValue`."""
        for extension in self.extension:
            if extension.url == url:
                integer, exact = extension.value_integer, extension.value_decimal
                return exact if integer is None else Decimal(integer)
        return None

    @property
    def asks_for_call(self) -> bool:
        return any(one.url == ASKS_FOR_CALL and one.value_boolean for one in self.extension)

    def controls(self) -> list[str | None]:
        return [
            coding.code
            for extension in self.extension
            if extension.url == ITEM_CONTROL and extension.value_codeable_concept
            for coding in extension.value_codeable_concept.coding
        ]


class Form(
    msgspec.Struct,
    rename={
        "resource_type": "resourceType",
        "modifiers": "modifierExtension",
        "implicit_rules": "implicitRules",
    },
):
    """The resource itself: its publication details are of no concern, so it is not closed."""

    resource_type: Literal["Questionnaire"]
    url: str
    version: str
    item: list[Item] = []
    extension: list[Extension] = []
    modifiers: list[Any] = []
    implicit_rules: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to choose from. `key` is what the page posts."""

    key: str
    text: str
    value: Json


def read(questionnaire: Json) -> Form:
    try:
        return msgspec.convert(questionnaire, Form)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise Unsupported(path.rstrip("`") or "$", reason) from error
    except RecursionError as error:
        raise Unsupported("$", "nested too deep") from error


def members(valued: Valued) -> Json:
    """The value[x] as JSON, without what the struct carries beside it."""
    built: Json = msgspec.to_builtins(valued, builtin_types=(Decimal,))
    return {name: value for name, value in built.items() if name.startswith("value")}


def choices(item: Item) -> list[Choice]:
    return [choice(option) for option in item.answer_option]


def choice(option: Option) -> Choice:
    coding = option.value_coding
    if coding is not None:
        key = f"{coding.system or ''}|{coding.code or coding.display or ''}"
        return Choice(key, coding.display or coding.code or "", members(option))
    (value,) = members(option).values()
    return Choice(str(value), str(value), members(option))
