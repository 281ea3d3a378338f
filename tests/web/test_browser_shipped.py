"""The questionnaires of config/ in a real browser: in every language they fit the oldest screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from hub.web.language import SOURCE
from tests.shipped import LANGUAGES, QUESTIONNAIRES
from tests.web.browser import CHROMIUM, overflow, small_texts, too_small
from tests.web.house import Browser, House
from tests.web.test_shipped_questionnaires import ask, begin, furnish, give, opening

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt install chromium)"
)


@pytest.fixture(scope="module")
def screen(browser: Chromium) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 480})
    yield page
    page.close()


def letters(item: dict[str, Any]) -> int:
    """Of all that stands on its page."""
    shown = [item["text"], *(note["text"] for note in item.get("item", []))]
    shown += [option["valueCoding"]["display"] for option in item.get("answerOption", [])]
    return sum(map(len, shown))


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_its_longest_question_fits_in_every_language(
    house: House, kiosk: Browser, address: str, screen: Page, name: str
) -> None:
    furnish(house, name, SOURCE)
    begun = begin(kiosk)
    for language in LANGUAGES:
        item = max(furnish(house, name, language).values(), key=letters)
        for condition in item.get("enableWhen", []):
            give(kiosk, ask(kiosk, begun, condition["question"]), opening(condition))
        screen.goto(address + ask(kiosk, begun, item["linkId"]).request.path)
        assert screen.locator("h1").inner_text() == item["text"]
        assert overflow(screen) == (0, 0), item["text"]
        assert too_small(screen, 84) == [], item["text"]
        assert small_texts(screen, 24) == [], item["text"]
