"""How much fits on the smallest screen without scrolling: 800×480 CSS px, as kiosk.css has it.

Texts come from nurses and questionnaires, so nobody knows how long they are. What does not fit is
shared over pages. The estimate is on the careful side; larger screens show the same pages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

WIDTH = 584  # of the page, beside the rail
HEIGHT = 448  # of the page and the emergency line
GAP = 16
FOOT = (768, 30)  # width and height of a line
BUTTON = 84
ICON = "MM"  # about as wide as one with its gap

# Advance widths of Inter at its boldest here, in hundredths of the size.
WIDTHS = {
    28: " ijlI\N{NO-BREAK SPACE}",
    38: ".,:;!'|()/tŧ",
    42: "fr1",
    50: "-–",
    62: "abcdeghknopqsuvxyzåøáčšžđŋ?J7L",
    70: "23456890PRSBTZKF+",
    92: "mæwM",
    104: "WÆ%@…",
}
WIDTH_OF = {letter: width for width, letters in WIDTHS.items() for letter in letters}
OTHER = 78
SENTENCE = re.compile(r"[.?!](?=\s|$)")


@dataclass(frozen=True, slots=True)
class Type:
    """A size of letters, the height of a line, and what stands between paragraphs, in px."""

    size: float
    line: float
    apart: float = 0

    def width(self, text: str) -> float:
        return sum(WIDTH_OF.get(letter, OTHER) for letter in text) * self.size / 100

    def lines(self, text: str, width: float) -> list[str]:
        """As a browser breaks them; a word that is wider than a line is cut."""
        found: list[str] = []
        for paragraph in text.split("\n"):
            found += self._broken(paragraph, width)
        return found

    def height(self, text: str, width: float) -> float:
        return len(self.lines(text, width)) * self.line + text.count("\n") * self.apart

    def shortened(self, text: str, width: float, lines: int) -> str:
        """No more than `lines`, with an ellipsis where something is left out."""
        found = self.lines(text, width)
        if len(found) <= lines:
            return text
        words = " ".join(found[:lines]).split()
        while len(words) > 1 and len(self.lines(" ".join(words) + " …", width)) > lines:
            words.pop()
        return " ".join(words) + " …"

    def divided(self, text: str, width: float, heights: Iterator[float]) -> list[str]:
        """Parts of the text, each no higher than the next of `heights`."""
        parts: list[str] = []
        waiting = "\n".join(" ".join(one.split()) for one in text.split("\n")).strip()
        while waiting:
            end = self._end(waiting, width, max(self.line, next(heights)))
            if end < len(waiting) and (sentence := _last_sentence(waiting[:end])) > end / 2:
                end = sentence
            parts.append(waiting[:end].rstrip())
            waiting = waiting[end:].lstrip()
        return parts

    def _end(self, text: str, width: float, room: float) -> int:
        """Where the first lines end that fit into `room`."""
        end = 0
        for paragraph in text.split("\n"):
            broken = self._broken(paragraph, width)
            fits = int(room // self.line)
            if fits < 1 or (len(broken) > fits and fits < 2 and end):
                break  # not the first line of a paragraph alone at the foot
            for line in broken[:fits]:
                end = text.index(line, end) + len(line)
            if len(broken) > fits:
                break
            room -= len(broken) * self.line + self.apart
        return end

    def _broken(self, paragraph: str, width: float) -> list[str]:
        lines, line = [], ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if self.width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while self.width(word) > width:
                fits = max(1, sum(self.width(word[: n + 1]) <= width for n in range(len(word))))
                lines.append(word[:fits])
                word = word[fits:]
            line = word
        return [*lines, line]


def _last_sentence(text: str) -> int:
    """Where the last whole one ends."""
    return max((found.end() for found in SENTENCE.finditer(text)), default=0)


HEADING = Type(32, 40)
BODY = Type(24, 32.4)
SMALL = Type(24, 30)
LETTER = Type(28, 37.8)
ANSWER = Type(28, 35)
SMALL_ANSWER = Type(24, 30)
NOTICE = Type(24, 28.8)


def heights(first: float, then: float) -> Iterator[float]:
    """Of the first page, and of all that follow."""
    return chain((first,), repeat(then))


def room(emergency: str) -> float:
    """The height of a page, above the emergency line."""
    width, line = FOOT
    return HEIGHT - line * len(SMALL.lines(emergency, width))


def told(notice: str | None) -> float:
    """What a notice at the head of a page takes of it."""
    return NOTICE.height(notice, WIDTH - 29) + 8 + GAP if notice else 0


@dataclass(frozen=True, slots=True)
class Cells:
    """Buttons in columns, with `beside` px at both sides of each text."""

    columns: int
    type: Type = ANSWER
    beside: float = 38

    def height(self, texts: Sequence[str]) -> float:
        width = (WIDTH - GAP * (self.columns - 1)) / self.columns - self.beside
        cells = [max(BUTTON, 22 + self.type.height(text, width)) for text in texts]
        rows = [max(cells[i : i + self.columns]) for i in range(0, len(cells), self.columns)]
        return sum(rows) + GAP * (len(rows) - 1)

    @property
    def is_small(self) -> bool:
        return self.type is SMALL_ANSWER


ARRANGED = [Cells(columns, type) for type in (ANSWER, SMALL_ANSWER) for columns in (1, 2)]
"""From the largest letters and buttons to those of which most fit."""
