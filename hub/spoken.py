"""A text as a voice should say it: what is written short on the screen, in whole words."""

import re
from collections.abc import Callable
from functools import cache

from babel import Locale

Change = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

NORWEGIAN = {
    "kl.": "klokka",
    "Kl.": "Klokka",
    "mmHg": "millimeter kvikksølv",
    "mmol/L": "millimol per liter",
    "L/min": "liter per minutt",
    "slag/min": "slag per minutt",
    "kg/m²": "kilo per kvadratmeter",
    "kg": "kilo",
    "°C": "grader",
    "%": "prosent",
}
WORDS = {
    "nb": NORWEGIAN,
    "nn": NORWEGIAN,
    "en": {
        "mmHg": "millimetres of mercury",
        "mmol/L": "millimoles per litre",
        "L/min": "litres per minute",
        "beats/min": "beats per minute",
        "kg/m²": "kilos per square metre",
        "kg": "kilos",
        "°C": "degrees",
        "%": "percent",
    },
}
TO = {"nb": "til", "nn": "til", "en": "to"}
LOCALES = {"nb": "nb", "nn": "nn", "en": "en_GB"}
SHORT_NUMBER = re.compile(r"\b((?:ring|call) )(\d{3}(?: \d{3})?)\b", re.IGNORECASE)


def spoken(text: str, language: str) -> str:
    for found, instead in _changes(language):
        text = found.sub(instead, text)
    return text


@cache
def _changes(language: str) -> tuple[Change, ...]:
    return (
        (SHORT_NUMBER, _digit_by_digit),
        (re.compile(r"\b0?(\d{1,2}):00\b"), r"\1"),
        (re.compile(r"\b0?(\d{1,2}):(\d\d)\b"), r"\1 \2"),
        (re.compile(r"(?<=\d)/(?=\d)"), " over "),
        (re.compile(r"(?<=\d) ?– ?(?=\d)"), f" {TO.get(language, '-')} "),
        *_months(language),
        *((_alone(short), word) for short, word in WORDS.get(language, {}).items()),
        (re.compile(r"\s*·\s*"), ", "),
    )


def _alone(short: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_]){re.escape(short)}(?![^\W\d_])")


def _digit_by_digit(found: re.Match[str]) -> str:
    """113 is three digits, not a hundred and thirteen."""
    return found[1] + ", ".join(" ".join(group) for group in found[2].split())


def _months(language: str) -> list[Change]:
    """The month after a day of the month."""
    if language not in LOCALES:
        return []
    months = Locale.parse(LOCALES[language]).months["format"]
    short, long = months["abbreviated"], months["wide"]
    return [
        (re.compile(rf"(?<=\d)(\.?) {re.escape(short[number])}(?!\w)"), rf"\1 {long[number]}")
        for number in range(1, 13)
        if short[number] != long[number]
    ]
