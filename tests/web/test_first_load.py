"""What a page costs before anything is cached, and that nobody else is asked for it."""

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Response

from tests.web.furnished import furnish, speak
from tests.web.house import House

COMPRESSED_BYTES = 60 * 1024
COMPRESSES_NO_MORE = "font/"  # woff2 is compressed already


def octets(response: Response) -> int:
    body = response.body()
    if (response.header_value("content-type") or "").startswith(COMPRESSES_NO_MORE):
        return len(body)
    return len(gzip.compress(body))


def first_load(browser: Browser, address: str) -> list[Response]:
    """With nothing cached; the fonts that the page needs included."""
    context = browser.new_context()
    page = context.new_page()
    found: list[Response] = []
    page.on("response", lambda response: found.append(response))
    page.goto(address)
    page.evaluate("document.fonts.ready")
    for response in found:
        response.finished()
    return found


@pytest.mark.parametrize("language", ["nb", "se"])
def test_the_first_load_of_every_page_is_small_and_from_here(
    house: House, browser: Browser, address: str, language: str
) -> None:
    paths = furnish(house)
    speak(house, language)
    for path in paths:
        found = first_load(browser, address + path)
        assert {urlsplit(one.url).netloc for one in found} == {urlsplit(address).netloc}
        sizes = {one.url: octets(one) for one in found if one.status == 200}
        assert sum(sizes.values()) <= COMPRESSED_BYTES, (path, sizes)
        assert any(".woff2" in url for url in sizes)
        found[0].frame.page.context.close()
