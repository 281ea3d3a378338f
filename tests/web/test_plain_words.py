"""What the patient reads is short and plain: words in a sentence, and readability (LIX)."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from hub import web
from hub.web import language
from tests.web.test_language import KEYWORDS, METHODS, OPTIONS

PAGES = Path(web.__file__).parent
WORDS_IN_A_SENTENCE = 12
LIX = 30
FOR_TECHNICIANS = ("setup/", "templates/setup/", "catalogues.py")
FORBIDDEN = re.compile(r"bluetooth|\bBLE\b|MQTT|FHIR|server|database|\bfeilkode", re.IGNORECASE)


@pytest.fixture(scope="module")
def patients() -> list[str]:
    found = extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS)
    return sorted(
        {
            one
            for file, _, text, _, _ in found
            if not file.startswith(FOR_TECHNICIANS)
            for one in ([text] if isinstance(text, str) else text)
        }
    )


def sentences(text: str) -> list[list[str]]:
    plain = re.sub(r"%\(\w+\)s", "x", text.replace("%%", "%"))
    found = [re.findall(r"[\w/-]+", part) for part in re.split(r"[.!?:…](?:\s|$)", plain)]
    return [words for words in found if words]


def in_language(name: str, text: str) -> str:
    return language.translations(name).gettext(text)


@pytest.mark.parametrize("name", ["nb", "nn", "se", "en"])
def test_a_sentence_is_short(name: str, patients: list[str]) -> None:
    too_long = [
        text
        for text in patients
        if any(len(words) > WORDS_IN_A_SENTENCE for words in sentences(in_language(name, text)))
    ]
    assert too_long == []


@pytest.mark.parametrize("name", ["nb", "nn"])
def test_the_texts_are_easy_to_read(name: str, patients: list[str]) -> None:
    """LIX: words in a sentence, and how many of a hundred have more than six letters."""
    whole = [text for text in patients if text.endswith((".", "?"))]
    read = [words for text in whole for words in sentences(in_language(name, text))]
    words = [word for sentence in read for word in sentence]
    long = sum(len(word) > 6 for word in words)
    assert len(words) / len(read) + 100 * long / len(words) <= LIX


@pytest.mark.parametrize("name", ["nb", "nn", "se", "en"])
def test_no_text_speaks_of_the_machinery(name: str, patients: list[str]) -> None:
    texts = [in_language(name, text) for text in patients]
    assert [text for text in texts if FORBIDDEN.search(text)] == []
