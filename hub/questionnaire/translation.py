"""The questionnaire in the patient's language, as far as it has been translated."""

from typing import Any

from .form import TRANSLATION, Json

TRANSLATED = ("title", "text", "display")


def translated(questionnaire: Json, language: str) -> Json:
    """A copy with the texts of `language` ("nb", "nn", "se", "en"); others stay as they are."""
    copy: Json = in_language(questionnaire, language)
    return copy


def in_language(content: Any, language: str) -> Any:
    if isinstance(content, list):
        return [in_language(part, language) for part in content]
    if not isinstance(content, dict):
        return content
    copy = {name: in_language(part, language) for name, part in content.items()}
    for name in TRANSLATED:
        wording = translation(content.get(f"_{name}"), language)
        if wording:
            copy[name] = wording
    return copy


def translation(sibling: object, language: str) -> str | None:
    """The text beside a text (https://hl7.org/fhir/R4/extension-translation.html)."""
    for extension in parts(sibling):
        if extension.get("url") == TRANSLATION:
            inner = {part.get("url"): part for part in parts(extension)}
            lang = str(inner.get("lang", {}).get("valueCode"))
            content = inner.get("content", {})
            wording = content.get("valueString") or content.get("valueMarkdown")
            if lang == language or lang.startswith(f"{language}-"):
                return str(wording) if wording else None
    return None


def parts(element: object) -> list[Json]:
    extensions = element.get("extension") if isinstance(element, dict) else None
    listed = extensions if isinstance(extensions, list) else []
    return [extension for extension in listed if isinstance(extension, dict)]
