"""Long texts on pages: nothing is lost, and a page ends with a sentence where it can."""

from textwrap import wrap

import pytest

from hub.web.paging import paged


def test_what_fits_is_one_page_and_nothing_is_none() -> None:
    assert paged(["En.", "To."], lines=3, across=10) == [("En.", "To.")]
    assert paged([], lines=3, across=10) == []
    assert paged(["  \n "], lines=3, across=10) == []


def test_lines_are_paragraphs() -> None:
    assert paged(["En.\n\nTo."], lines=3, across=10) == [("En.", "To.")]


def test_a_page_ends_with_a_sentence() -> None:
    assert paged(["En to tre. Fire fem. Seks."], lines=2, across=10) == [
        ("En to tre. Fire fem.",),
        ("Seks.",),
    ]


def test_a_sentence_of_more_than_a_page_is_divided_between_words() -> None:
    assert paged(["en to tre fire fem seks sju"], lines=1, across=8) == [
        ("en to",),
        ("tre fire",),
        ("fem seks",),
        ("sju",),
    ]


@pytest.mark.parametrize("lines", [1, 2, 5])
@pytest.mark.parametrize("across", [7, 38])
def test_no_page_is_too_high_and_no_letter_is_lost(lines: int, across: int) -> None:
    texts = [
        "Ta to drag. " * 9,
        "Donaudampfschiffahrtsgesellschaft",
        "Sett deg ned, og pust rolig.",
    ]
    pages = paged(texts, lines=lines, across=across)
    letters = "".join("".join(page) for page in pages).replace(" ", "")
    assert letters == "".join(texts).replace(" ", "")
    for page in pages:
        assert sum(len(wrap(text, across)) for text in page) + len(page) - 1 <= lines
