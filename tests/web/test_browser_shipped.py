"""The questionnaires of config/ in a real browser: in every language they fit the oldest screen."""

from typing import Any

import pytest
from playwright.sync_api import Page

from hub.web.language import SOURCE
from tests.shipped import LANGUAGES, QUESTIONNAIRES
from tests.web.browser import faults
from tests.web.house import Browser, House
from tests.web.test_shipped_questionnaires import ask, begin, furnish, give, opening


def letters(item: dict[str, Any]) -> int:
    """Of all that stands on its page."""
    shown = [item["text"], *(note["text"] for note in item.get("item", []))]
    shown += [option["valueCoding"]["display"] for option in item.get("answerOption", [])]
    return sum(map(len, shown))


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_its_longest_question_fits_in_every_language(
    house: House, kiosk: Browser, page: Page, name: str
) -> None:
    furnish(house, name, SOURCE)
    begun = begin(kiosk)
    for language in LANGUAGES:
        item = max(furnish(house, name, language).values(), key=letters)
        for condition in item.get("enableWhen", []):
            give(kiosk, ask(kiosk, begun, condition["question"]), opening(condition))
        page.goto(ask(kiosk, begun, item["linkId"]).request.path)
        assert page.locator("h1").inner_text() == item["text"]
        assert faults(page, axe=False) == [], item["text"]
