"""What of a page is read aloud: its words, in the order in which they stand.

Taken from the page as it was sent, so that every page is read without saying anything about it.
Read is what stands in <main>; not what is for the eye alone (a drawing, the keys of a keypad),
nor what the ear has just heard (a button's name for screen readers).
"""

from dataclasses import dataclass
from html.parser import HTMLParser

WITHIN_A_SENTENCE = {"span", "strong", "em"}
NOT_READ = {"svg", "script", "style", "noscript", "template", "code", "audio"}
EMPTY = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
PRESSED = {"a", "button"}
KEY, FOR_SCREEN_READERS = "key", "ds-sr-only"  # classes


@dataclass(frozen=True, slots=True)
class Passage:
    """`parts`: the same words as the templates put them together."""

    language: str
    text: str
    parts: tuple[str, ...]


def passages(page: str, language: str) -> list[Passage]:
    _, begin, rest = page.partition("<main")
    reader = _Reader(language)
    reader.feed(begin + rest.rpartition("</main>")[0])
    reader.close()
    reader.rest()
    return reader.found


@dataclass(frozen=True, slots=True)
class _Element:
    tag: str
    language: str
    is_read: bool = True
    is_pressed: bool = False

    def within(self, tag: str, given: dict[str, str | None]) -> "_Element":
        return _Element(
            tag,
            given.get("lang") or self.language,
            self.is_read and not self._is_silent(tag, given),
            self.is_pressed or tag in PRESSED,
        )

    def _is_silent(self, tag: str, given: dict[str, str | None]) -> bool:
        classes = (given.get("class") or "").split()
        return (
            tag in NOT_READ
            or "hidden" in given
            or given.get("aria-hidden") == "true"
            or given.get("role") == "timer"
            or KEY in classes
            or (self.is_pressed and FOR_SCREEN_READERS in classes)
        )


class _Reader(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.found: list[Passage] = []
        self._parts: list[str] = []
        self._language = language
        self._open = [_Element("", language)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in WITHIN_A_SENTENCE:
            self.rest()
        if tag not in EMPTY:
            self._open.append(self._open[-1].within(tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """<path/>: a part of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        if all(element.tag != tag for element in self._open):
            return
        if tag not in WITHIN_A_SENTENCE:
            self.rest()
        while self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        here, words = self._open[-1], " ".join(data.split())
        if not here.is_read or not words:
            return
        if here.language != self._language:
            self.rest()
            self._language = here.language
        self._parts.append(words)

    def rest(self) -> None:
        """The passage ends here."""
        text = " ".join(self._parts)
        if any(map(str.isalnum, text)):
            self.found.append(Passage(self._language, text, tuple(self._parts)))
        self._parts = []
