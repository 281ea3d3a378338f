"""What a page costs before anything is cached, and that nobody else is asked for it."""

import gzip
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

from tests.web.furnished import furnish, speak
from tests.web.house import House

COMPRESSED_BYTES = 60 * 1024
COMPRESSES_NO_MORE = "font/"  # woff2 is compressed already


def octets(response: Response) -> int:
    body = response.body()
    if (response.header_value("content-type") or "").startswith(COMPRESSES_NO_MORE):
        return len(body)
    return len(gzip.compress(body))


def test_the_first_load_of_every_page_is_small_and_from_here(
    house: House, page: Page, address: str
) -> None:
    paths = [("nb", path) for path in furnish(house)]
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    found: list[Response] = []
    page.on("response", lambda response: found.append(response))
    for language, path in [*paths, ("se", "/")]:
        page.goto("about:blank")  # which does not renew itself meanwhile
        speak(house, language)
        found.clear()
        page.goto(path)
        page.evaluate("document.fonts.ready")
        assert {urlsplit(one.url).netloc for one in found} == {urlsplit(address).netloc}
        sizes = {one.url: octets(one) for one in found if one.status == 200}
        assert sum(sizes.values()) <= COMPRESSED_BYTES, (language, path, sizes)
        assert any(".woff2" in url for url in sizes)
