"""The contract as it stands in docs/, and whether a payload is what it says."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

Json = Any

DOCS = Path(__file__).parents[1] / "docs"
WORDS = (DOCS / "contract.md").read_text("utf-8")
ASYNCAPI = (DOCS / "asyncapi.yaml").read_text("utf-8")
SCHEMAS: dict[str, Json] = json.loads(ASYNCAPI.partition("\n  schemas: ")[2])
EXAMPLES = sorted((DOCS / "examples").glob("*.json"))

SCHEMA_OF_EXAMPLE = {
    "alert": "alert",
    "command-ack": "commandAck",
    "command-message": "command",
    "desired-config": "config",
    "desired-devices": "devices",
    "device-status": "deviceStatus",
    "hub-status": "hubStatus",
    "observation": "observationBundle",
    "questionnaire-response": "questionnaireResponseBundle",
    "receipt": "receipt",
    "reported": "reported",
}
"""By how the file's name begins."""

TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}
FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: datetime.fromisoformat(text).tzinfo is not None,
    "uuid": lambda text: bool(UUID(text)),
}
HOLDS: dict[str, Callable[[Json, Json], bool]] = {
    "additionalProperties": lambda *_: True,  # looked at beside the properties
    "const": lambda value, wanted: bool(value == wanted and type(value) is type(wanted)),
    "description": lambda *_: True,
    "enum": lambda value, allowed: value in allowed,
    "format": lambda value, name: not isinstance(value, str) or _is_in_form(value, name),
    "maxItems": lambda value, most: not isinstance(value, list) or len(value) <= most,
    "maxLength": lambda value, most: not isinstance(value, str) or len(value) <= most,
    "maximum": lambda value, most: not _is(value, "number") or value <= most,
    "minItems": lambda value, least: not isinstance(value, list) or len(value) >= least,
    "minLength": lambda value, least: not isinstance(value, str) or len(value) >= least,
    "minimum": lambda value, least: not _is(value, "number") or value >= least,
    "pattern": lambda value, form: not isinstance(value, str) or bool(re.search(form, value)),
    "type": lambda value, names: any(_is(value, name) for name in _listed(names)),
}


def example(name: str) -> bytes:
    return (DOCS / "examples" / f"{name}.json").read_bytes()


def wrong(payload: bytes, schema: str) -> list[str]:
    return list(faults(json.loads(payload), SCHEMAS[schema]))


def faults(value: Json, schema: Json, at: str = "$") -> Iterator[str]:
    """JSON Schema as far as the document uses it, and stricter: a member must be named there.

    KeyError for a keyword that is not understood, so that nothing passes unchecked.
    """
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                yield from faults(value, SCHEMAS[wanted.rpartition("/")[2]], at)
            case "oneOf":
                found = [list(faults(value, each, at)) for each in wanted]
                if found.count([]) != 1:
                    yield from min(found, key=len) or [f"{at}: several of oneOf"]
            case "required" if isinstance(value, dict):
                yield from (f"{at}: no {each}" for each in wanted if each not in value)
            case "properties" if isinstance(value, dict):
                yield from _members(value, wanted, schema.get("additionalProperties", False), at)
            case "items" if isinstance(value, list):
                for number, each in enumerate(value):
                    yield from faults(each, wanted, f"{at}[{number}]")
            case "required" | "properties" | "items":
                pass
            case _ if not HOLDS[keyword](value, wanted):
                yield f"{at}: {value!r} against {keyword} {wanted!r}"


def _members(value: dict[str, Json], named: Json, others: bool, at: str) -> Iterator[str]:
    for name, member in value.items():
        if name in named:
            yield from faults(member, named[name], f"{at}.{name}")
        elif not others:
            yield f"{at}.{name} is not in the document"


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _is(value: Json, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _is_in_form(text: str, name: str) -> bool:
    try:
        return FORMATS[name](text)
    except ValueError:
        return False
