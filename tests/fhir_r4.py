"""Whether a resource is FHIR R4: members, types, codes, and the rules of Questionnaire.

Members, types and cardinalities are those of fhir.resources. It holds R4B, which changed nothing in
Bundle, CarePlan, Goal, HealthcareService and Questionnaire. It knows which codes are required, but
does not look at them, nor at the rules (https://hl7.org/fhir/R4/questionnaire.html#invs).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

Json = dict[str, Any]

SIMPLE = ("boolean", "decimal", "integer", "string", "text", "url")
CHOICES = ("choice", "open-choice")
ANSWERED = (*CHOICES, "decimal", "integer", "date", "dateTime", "time", "string", "quantity")
NAME = re.compile(r"[A-Z]([A-Za-z0-9_]){0,254}")


def faults(resource: Json) -> list[str]:
    """What is wrong with it, in the words of whoever found it."""
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    try:
        read = model.model_validate(resource)
    except ValueError as error:  # pydantic's own is one
        return [str(error)]
    found = [*unknown_codes(read, kind), *bad_extensions(resource, kind)]
    if kind == "Questionnaire":
        found += questionnaire_faults(resource)
    for entry in resource.get("entry", []):
        found += faults(entry["resource"])
    return found


def unknown_codes(element: Any, path: str) -> Iterator[str]:
    """A list of codes that ends with "+" is cut short, so it cannot be looked at."""
    for name, field in type(element).model_fields.items():
        value = getattr(element, name, None)
        allowed = (field.json_schema_extra or {}).get("enum_values", ["+"])
        for one in value if isinstance(value, list) else [value]:
            if hasattr(type(one), "model_fields"):
                yield from unknown_codes(one, f"{path}.{name}")
            elif one is not None and "+" not in allowed and str(one) not in allowed:
                yield f"{path}.{name}: {one} is none of {allowed}"


def bad_extensions(content: Any, path: str) -> Iterator[str]:
    """ext-1: either a value or further extensions; ele-1: nothing is empty."""
    if content in ([], {}, ""):
        yield f"ele-1 {path}"
    if isinstance(content, list):
        for number, part in enumerate(content):
            yield from bad_extensions(part, f"{path}[{number}]")
    elif isinstance(content, dict):
        for name, part in content.items():
            yield from bad_extensions(part, f"{path}.{name}")
        for extension in content.get("extension", []):
            values = [name for name in extension if name.startswith("value")]
            if len(values) != (0 if "extension" in extension else 1):
                yield f"ext-1 {path}"


def questionnaire_faults(resource: Json) -> Iterator[str]:
    if not NAME.fullmatch(resource.get("name", "X")):
        yield "que-0"
    placed = list(all_items(resource))
    for link_id, times in Counter(item["linkId"] for item in placed).items():
        if times > 1:
            yield f"que-2 {link_id}"
    for item in placed:
        for rule, broken in RULES.items():
            if broken(item):
                yield f"{rule} {item['linkId']}"


def all_items(parent: Json) -> Iterator[Json]:
    for item in parent.get("item", []):
        yield item
        yield from all_items(item)


def wants_no_boolean(condition: Json) -> bool:
    return condition["operator"] == "exists" and "answerBoolean" not in condition


RULES: dict[str, Callable[[Json], bool]] = {
    "que-1": lambda item: (
        (item["type"] == "group" and not item.get("item"))
        or (item["type"] == "display" and bool(item.get("item")))
    ),
    "que-3": lambda item: item["type"] == "display" and bool(item.get("code")),
    "que-4": lambda item: "answerOption" in item and "answerValueSet" in item,
    "que-5": lambda item: (
        ("answerOption" in item and item["type"] not in ANSWERED)
        or ("answerValueSet" in item and item["type"] not in CHOICES)
    ),
    "que-6": lambda item: item["type"] == "display" and ("required" in item or "repeats" in item),
    "que-7": lambda item: any(wants_no_boolean(each) for each in item.get("enableWhen", [])),
    "que-8": lambda item: "initial" in item and item["type"] in ("group", "display"),
    "que-9": lambda item: "readOnly" in item and item["type"] == "display",
    "que-10": lambda item: "maxLength" in item and item["type"] not in (*SIMPLE, *CHOICES),
    "que-11": lambda item: "answerOption" in item and "initial" in item,
    "que-12": lambda item: len(item.get("enableWhen", [])) > 1 and "enableBehavior" not in item,
    "que-13": lambda item: len(item.get("initial", [])) > 1 and not item.get("repeats"),
}
