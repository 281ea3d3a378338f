"""What nurses write, on pages of a small screen: nothing is cut off, and nothing scrolls.

A page ends with a sentence where it can. The letters are counted, not measured, so that the server
can tell; the counts are for wide words.
"""

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

SENTENCES = re.compile(r"(?<=[.!?:])\s+")


def paged(texts: Sequence[str], *, lines: int, across: int) -> list[tuple[str, ...]]:
    """Each page is some paragraphs: at most `lines` of `across` letters, a blank one between."""
    pages: list[list[str]] = [[]]
    for begins, sentence in _sentences(texts, lines, across):
        now = pages[-1]
        longer = [*now, sentence] if begins or not now else [*now[:-1], f"{now[-1]} {sentence}"]
        if now and _height(longer, across) > lines:
            pages.append([sentence])
        else:
            pages[-1] = longer
    return [tuple(page) for page in pages if page]


def _sentences(texts: Sequence[str], lines: int, across: int) -> Iterator[tuple[bool, str]]:
    """(does it begin a paragraph, a sentence); one that fills more than a page in several."""
    for paragraph in (line for text in texts for line in text.splitlines() if line.strip()):
        begins = True
        for sentence in SENTENCES.split(paragraph.strip()):
            rows = wrap(sentence, across)
            for first in range(0, len(rows), lines):
                yield begins, " ".join(rows[first : first + lines])
                begins = False


def _height(paragraphs: Sequence[str], across: int) -> int:
    return sum(len(wrap(one, across)) for one in paragraphs) + len(paragraphs) - 1
