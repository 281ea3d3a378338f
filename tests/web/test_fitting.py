"""How much fits on the smallest screen: texts are broken as a browser breaks them, none is lost."""

from itertools import repeat

import pytest

from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import BODY, HEADING, LETTER, Cells, Type
from tests.web.hard import LONG, LONGER

TEN = Type(10, 12)  # a small letter is about 6 px wide


def test_lines_are_broken_between_words() -> None:
    assert TEN.lines("en to tre fire", 40) == ["en to", "tre fire"]
    assert TEN.lines("en\n\nto", 45) == ["en", "", "to"]
    assert TEN.lines("", 45) == [""]


def test_a_word_wider_than_the_line_is_cut() -> None:
    lines = TEN.lines("blodtrykksmåleren", 45)
    assert "".join(lines) == "blodtrykksmåleren"
    assert all(TEN.width(line) <= 45 for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        LONGER,
        "Oppfølgingssenteret " * 9,
        "a" * 300,
        "a" * 120 + ". Ta  to drag.  Sett deg ned. " * 3,
    ],
)
@pytest.mark.parametrize("height", [45, 130, 330])
def test_parts_are_no_higher_than_their_page_and_lose_nothing(text: str, height: float) -> None:
    parts = LETTER.divided(text, 300, repeat(height))
    assert all(LETTER.height(part, 300) <= height for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_paragraphs_stay_apart_and_parts_end_with_a_sentence() -> None:
    text = "Hei!\n\nDu har fått en ny inhalator. Den gamle kan du levere.\nHilsen Kari"
    first, *rest = BODY.divided(text, 220, repeat(5 * BODY.line))
    assert first == "Hei!\n\nDu har fått en ny inhalator."
    assert " ".join(rest) == "Den gamle kan du levere.\nHilsen Kari"


def test_what_stands_between_paragraphs_takes_room() -> None:
    apart = Type(10, 12, apart=6)
    assert apart.height("en\nto\ntre", 40) == 3 * 12 + 2 * 6
    assert apart.divided("en\nto\ntre", 40, repeat(2 * 12 + 6)) == ["en\nto", "tre"]
    assert apart.divided("en\nto\ntre", 40, repeat(2 * 12 + 5)) == ["en", "to", "tre"]


def test_a_page_of_no_height_still_gets_a_line() -> None:
    assert LETTER.divided("en to", 40, repeat(0)) == ["en", "to"]


def test_what_is_shortened_says_so() -> None:
    assert HEADING.shortened("Sov du godt?", 584, 1) == "Sov du godt?"
    short = HEADING.shortened(LONG, 584, 2)
    assert short.endswith(" …")
    assert LONG.startswith(short.removesuffix(" …"))
    assert len(HEADING.lines(short, 584)) == 2


def test_cells_are_as_high_as_the_highest_in_their_row() -> None:
    assert Cells(1).height(["Ja", "Nei"]) == 84 + 16 + 84
    assert Cells(2).height(["Ja", "Nei"]) == 84
    assert Cells(2).height(["Ja", "Nei", "Hopp over"]) == 84 + 16 + 84
    long = "I hendene, håndleddene eller fingrene"
    assert Cells(2).height(["Ja", long]) > 84


def test_a_long_emergency_line_takes_room_from_the_page() -> None:
    assert fitting.room("Ring 113.") == 418
    assert fitting.room("Ring 113 når det haster, ellers legevakten på 116 117. " * 2) == 388
