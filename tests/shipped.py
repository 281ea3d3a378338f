"""Working examples in config/: questionnaires, kits and plans, one of each for a condition."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

CONFIG = Path(__file__).parents[1] / "config"
LANGUAGES = ("nb", "nn", "se", "en")
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
CONDITIONS = (
    "aktivitet",
    "diabetes",
    "ernaering",
    "hjertesvikt",
    "kols",
    "kreft",
    "psykisk-helse",
)


def files(folder: str) -> dict[str, Path]:
    """By the name of the file, which is the condition's."""
    return {path.stem: path for path in sorted((CONFIG / folder).glob("*.json"))}


def read(folder: str) -> dict[str, Json]:
    return {name: json.loads(path.read_bytes()) for name, path in files(folder).items()}


QUESTIONNAIRES = read("questionnaires")
PLANS = read("plans")


def items(parent: Json) -> Iterator[Json]:
    """All of them, also what is nested."""
    for item in parent.get("item", []):
        yield item
        yield from items(item)


def texts(questionnaire: Json) -> Iterator[tuple[Json, str]]:
    """Each text that the patient reads: what it belongs to, and the name of its member."""
    yield questionnaire, "title"
    for item in items(questionnaire):
        yield item, "text"
        for option in item.get("answerOption", []):
            yield option["valueCoding"], "display"


def worded(owner: Json, name: str) -> dict[str, str]:
    """A text in each language that it has."""
    found = {"nb": owner[name]}
    for extension in owner.get(f"_{name}", {}).get("extension", []):
        if extension["url"] == TRANSLATION:
            lang, content = extension["extension"]
            found[lang["valueCode"]] = content["valueString"]
    return found
