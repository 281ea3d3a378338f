"""What of a page is read aloud, and in which order."""

import pytest

from hub.web.passages import Passage, passages


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<h1>Vekt</h1>\n<p>Du kan\n vente.</p>", ["Vekt", "Du kan vente."]),
        ("<p>128/82<span> mmHg</span></p>", ["128/82 mmHg"]),
        ("<a><b>Dagens sjekk</b><small>3 spørsmål</small></a>", ["Dagens sjekk", "3 spørsmål"]),
        ("<p>Gå hit:<br>Dit</p>", ["Gå hit:", "Dit"]),
        ("<button><svg><path d='M1'/><text>1</text></svg>Ja</button>", ["Ja"]),
        ("<p>Se <strong>her</strong> nå</p>", ["Se her nå"]),
        ("<p hidden>Nei</p><p aria-hidden='true'>Nei</p><p>Ja</p>", ["Ja"]),
        ("<button class='ds-button key'>7</button><b>94 %</b>", ["94 %"]),
        ("<h1 class='ds-sr-only'>Min plan</h1>", ["Min plan"]),
        ("<a>Endre<span class='ds-sr-only'> Hvordan er pusten?</span></a>", ["Endre"]),
        ("<li>Sendt<span class='ds-sr-only'> ikke ennå</span></li>", ["Sendt ikke ennå"]),
        ("<p>&lt;b&gt; &amp; c</p>", ["<b> & c"]),
        ("<p>Aldri lukket<p>Neste</b></p>", ["Aldri lukket", "Neste"]),
        ("<output>&nbsp;</output><p>…</p>", []),
        ("<noscript><p>Nei</p></noscript><code>0123</code><p role='timer'>3</p>", []),
    ],
)
def test_words_are_read_in_their_order(html: str, texts: list[str]) -> None:
    page = f"<head><title>T</title></head><nav>Hjem</nav><main>{html}</main><footer>113</footer>"
    assert [passage.text for passage in passages(page, "nb")] == texts


def test_a_part_in_another_language_is_said_so() -> None:
    page = "<main><h1 lang='en'>How are you?</h1><p>Jeg er <span lang='nn'>heime</span> nå</p>"
    assert passages(page + "</main>", "nb") == [
        Passage("en", "How are you?", ("How are you?",)),
        Passage("nb", "Jeg er", ("Jeg er",)),
        Passage("nn", "heime", ("heime",)),
        Passage("nb", "nå", ("nå",)),
    ]


def test_a_passage_knows_the_parts_that_it_was_put_together_from() -> None:
    (passage,) = passages("<main><li>Lagret her<span> 10:41</span></li></main>", "nb")
    assert passage.parts == ("Lagret her", "10:41")


def test_a_page_without_words_is_none() -> None:
    assert passages("<html></html>", "nb") == []
