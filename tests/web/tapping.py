"""A check-in by taps, without a browser."""

import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from tests.web.house import Browser, token


def begin(kiosk: Browser) -> TestResponse:
    """The first question."""
    return follow(kiosk, kiosk.get("/check-in"), "Begynn")


def follow(kiosk: Browser, page: TestResponse, words: str) -> TestResponse:
    """The link with these words."""
    link = re.search(
        rf'href="([^"]+)">(?:<svg(?:(?!</svg>).)*</svg>)?\s*{words}', page.text, re.DOTALL
    )
    assert link, page.text
    return kiosk.follow(kiosk.get(unescape(link[1])))


def answer(kiosk: Browser, page: TestResponse, **fields: Any) -> TestResponse:
    return kiosk.follow(kiosk.post(page.request.full_path, page, **fields))


def at(kiosk: Browser, page: TestResponse, link_id: str) -> TestResponse:
    return kiosk.get(f"{page.request.path.rpartition('/')[0]}/{link_id}")


def typed(page: TestResponse) -> str:
    found = re.search(r'name="answer" value="([^"]*)"', page.text)
    assert found
    return found[1]


def press(kiosk: Browser, page: TestResponse, *keys: str) -> TestResponse:
    for key in keys:
        page = kiosk.post(page.request.path, page, key=key, typed=typed(page))
    return page


def choose(kiosk: Browser, page: TestResponse, *values: str, **more: str) -> TestResponse:
    """Ticks several answers and presses "done", or another button."""
    form = {"form": token(page), "answer": list(values), **more}
    headers = {"Sec-Fetch-Site": "same-origin"}
    path = page.request.full_path
    return kiosk.follow(kiosk.client.post(path, data=form, headers=headers, base_url=kiosk.base))


def send(kiosk: Browser, review: TestResponse) -> TestResponse:
    while "Se flere svar" in review.text:
        review = follow(kiosk, review, "Se flere svar")
    return submit(kiosk, review, "send")


def submit(kiosk: Browser, page: TestResponse, name: str, **fields: Any) -> TestResponse:
    """The form whose address ends in this name."""
    action = re.search(rf'action="([^"]+/{name})"', page.text)
    assert action, page.text
    return kiosk.follow(kiosk.post(unescape(action[1]), page, **fields))
