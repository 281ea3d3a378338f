"""Every letter of every language comes from the font that is here; no other is taken for it."""

import unicodedata
from pathlib import Path

import pytest
from babel import Locale
from playwright.sync_api import CDPSession, Page

from hub import web
from hub.web import catalogues, language
from tests.web.furnished import furnish, speak
from tests.web.house import House

SÁMI = "áčđŋšŧž ÁČĐŊŠŦŽ"
OTHERS_SÁMI = "åäöæøâïÅÄÖÆØÂÏ"  # what a name or a nurse's text may hold


def letters() -> list[str]:
    """What the pages can show: sources, translations, names of months and days, and quotes."""
    found = set(SÁMI + OTHERS_SÁMI + "0123456789,.−–·«»“”°²/%")
    for name in language.NAMES:
        found |= set(language.NAMES[name])
        babel = Locale.parse(language.LOCALES[name])
        for words in (babel.months["format"]["wide"], babel.days["format"]["wide"]):
            found |= set("".join(words.values()))
        if name == language.SOURCE:
            continue
        for message in catalogues.read(name):
            if message.id:
                for texts in (message.id, message.string):
                    found |= set(texts if isinstance(texts, str) else "".join(texts or ()))
    return sorted(sign for sign in found if not unicodedata.category(sign).startswith(("Z", "C")))


def fonts(page: Page, selector: str) -> dict[str, set[str]]:
    """Of each element with a text of its own: the fonts that its signs were drawn with."""
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    asked = {"nodeId": root, "selector": selector}
    drawn: dict[str, set[str]] = {}
    for node in session.send("DOM.querySelectorAll", asked)["nodeIds"]:
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        for font in used:
            where = "ours" if font["isCustomFont"] else font["familyName"]
            html = session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"]
            drawn.setdefault(where, set()).add(html)
    return drawn


def test_every_letter_of_every_language_is_in_the_font(page: Page) -> None:
    page.goto("/language")
    signs = letters()
    assert set("áčđŋšŧž") <= set(signs)
    page.evaluate(
        """signs => {
          document.body.textContent = ''
          for (const sign of signs)
            document.body.append(Object.assign(document.createElement('i'), {textContent: sign}))
          return document.fonts.ready.then(() => true)
        }""",
        signs,
    )
    drawn = fonts(page, "body > i")
    assert len(drawn.pop("ours")) == len(signs)
    assert drawn == {}


@pytest.mark.parametrize("name", ["nb", "nn", "se", "en"])
def test_no_page_falls_back_on_another_font(page: Page, house: House, name: str) -> None:
    furnish(house)
    speak(house, name)
    for path in ("/language", "/", "/readings", "/call-me", "/how/000000000000"):
        page.goto(path)
        page.evaluate("document.fonts.ready.then(() => true)")
        drawn = fonts(
            page, "body :is(h1, h2, h3, p, li, a, b, small, span, button, footer, td, th)"
        )
        assert drawn.pop("ours")
        assert drawn == {}, path


def test_the_font_that_is_not_there_would_be_seen(page: Page) -> None:
    page.goto("/language")
    page.evaluate("document.querySelector('h1').textContent = '健'")
    assert set(fonts(page, "h1")) != {"ours"}


def test_the_ranges_of_the_style_sheet_hold_every_letter() -> None:
    """A sign outside them would not be asked of the font, though the font had it."""
    theme = (Path(web.__file__).parent / "static" / "theme.css").read_text("utf-8")
    ranges = []
    for part in theme.split("unicode-range:")[1:]:
        for one in part.split(";")[0].split(","):
            first, _, last = one.strip().removeprefix("U+").partition("-")
            ranges.append(range(int(first, 16), int(last or first, 16) + 1))
    missing = [sign for sign in letters() if not any(ord(sign) in held for held in ranges)]
    assert missing == []
