"""The pages of a home on its screens, and what is wrong with them there."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from hub import web
from hub.listening import LOOPBACK, Listening
from hub.web.language import SOURCE, offered
from tests.web.browser import LARGE, WIDER, faults, smallest
from tests.web.furnished import speak
from tests.web.house import House

STILL = "fetch = () => new Promise(() => {})"
"""No page finds out that it is old, and renews itself while it is looked at."""

Act = Callable[[Page], None]


@contextmanager
def kiosk_of(house: House) -> Iterator[str]:
    """Its pages are served at this address."""
    listening = Listening(web.kiosk(house.parts), LOOPBACK, 0)
    listening.start()
    yield f"http://{LOOPBACK}:{listening.port}"
    listening.stop()


class Stage:
    """Two browsers in one home; the larger is the one with large text."""

    def __init__(self, house: House, address: str, browser: Browser, larger: Browser) -> None:
        self._house = house
        self._page, self._larger = (smallest(one, address) for one in (browser, larger))
        for page in (self._page, self._larger):
            page.add_init_script(STILL)

    def close(self) -> None:
        self._page.close()
        self._larger.close()

    def shown(self, path: str, language: str, act: Act | None = None) -> Page:
        return self._show(self._page, path, language, act)

    def faults(
        self,
        path: str,
        act: Act | None = None,
        *,
        everywhere: Collection[str] = (SOURCE,),
        thorough: bool = False,
    ) -> list[str]:
        """In every language on the smallest screen, in some on all screens and with large text.

        Axe looks at the page once, or at all that is looked at.
        """
        found = []
        for name in offered():
            page = self.shown(path, name, act)
            wrong = faults(page, axe=thorough or name == SOURCE)
            if name in everywhere:
                wrong += faults(page, WIDER, axe=False) + faults(page, LARGE, axe=thorough)
                page = self._show(self._larger, path, name, act)
                large = faults(page, axe=thorough, may_scroll_down=True)
                wrong += [f"200 % text {it}" for it in large]
            found += [f"{path} {name} {it}" for it in wrong]
        return found

    def _show(self, page: Page, path: str, language: str, act: Act | None) -> Page:
        speak(self._house, language)
        if act is not None:
            page.clock.install()
        page.goto(path)
        if act is not None:
            act(page)
        return page
