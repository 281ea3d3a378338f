"""`hub voices`: a clip of every text that the pages always have, made once, at installation.

From the catalogues, the pages of the patient and the questionnaires that are shipped, in every
language that has a voice. What has a place for a number is said when it is asked for.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from babel.messages.extract import extract_from_dir

from hub import web
from hub.questionnaire.translation import TRANSLATED, in_language
from hub.speech import MADE, RECORDED, Synthesizer, clip
from hub.web.language import NAMES, SOURCE, offered, translations

PAGES = Path(web.__file__).parent
PATIENTS = [("*.py", "python"), ("kiosk/**.py", "python"), ("templates/kiosk/**.html", "jinja2")]
OPTIONS = {"templates/kiosk/**.html": {"newstyle_gettext": "true"}}
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "marked": None}
PLACE = "%("


@dataclass(frozen=True, slots=True)
class Wish:
    """`languages`: empty for all. `names_only`: for a person who is going to record them."""

    languages: Sequence[str]
    folder: Path
    questionnaires: Path | None
    names_only: bool


def run(wish: Wish, synthesizer: Synthesizer | None, out: TextIO) -> int:
    for language in offered():
        if wish.languages and language not in wish.languages:
            continue
        found = sorted({*page_texts(language), *questionnaire_texts(wish.questionnaires, language)})
        if wish.names_only:
            for text in found:
                name = clip(wish.folder / RECORDED, language, text)
                out.write(f"{name}\t{text}\n")
        else:
            out.write(f"{NAMES[language]}: {_made(found, language, wish.folder, synthesizer)}\n")
            out.flush()
    return 0


def page_texts(language: str) -> Iterator[str]:
    for _, _, text, _, _ in extract_from_dir(PAGES, PATIENTS, OPTIONS, KEYWORDS):
        for one in [text] if isinstance(text, str) else text:
            said = translations(language).gettext(one)
            if PLACE not in said and (said != one or language == SOURCE):
                yield said


def questionnaire_texts(folder: Path | None, language: str) -> Iterator[str]:
    """Those that are in this language, translated or from the start."""
    for path in sorted(folder.glob("*.json")) if folder else []:
        questionnaire = json.loads(path.read_text("utf-8"))
        translated = in_language(questionnaire, language)
        if translated != questionnaire or questionnaire.get("language") == language:
            yield from _shown(translated)


def _shown(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for part in content:
            yield from _shown(part)
    elif isinstance(content, dict):
        for name, part in content.items():
            if name in TRANSLATED and isinstance(part, str):
                yield part
            elif not name.startswith("_"):
                yield from _shown(part)


def _made(
    texts: Iterable[str], language: str, folder: Path, synthesizer: Synthesizer | None
) -> str:
    """In words, what has been done."""
    places = {text: clip(folder / MADE, language, text) for text in texts}
    missing = {text: path for text, path in places.items() if not path.exists()}
    if missing and (synthesizer is None or not synthesizer.speaks(language)):
        return f"{len(places)} texts, {len(missing)} without a clip, and no voice to make them"
    made = 0
    if missing and synthesizer is not None:
        (folder / MADE / language).mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = pool.map(lambda text: synthesizer.say(language, text), missing)
            for path, sound in zip(missing.values(), said, strict=True):
                if sound is not None:
                    _write(path, sound)
                    made += 1
    size = sum(path.stat().st_size for path in places.values() if path.exists())
    return f"{len(places)} texts, {made} new, {size / 1e6:.1f} MB"


def _write(path: Path, sound: bytes) -> None:
    """Whole or not at all: the next run skips what is there."""
    part = path.with_suffix(".part")
    part.write_bytes(sound)
    part.replace(path)
