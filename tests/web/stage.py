"""A scene on the screens of a home, and what is wrong with it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, Page

from hub import web
from hub.listening import LOOPBACK, Listening
from tests.web.browser import CHROMIUM, arguments, overflow, small_texts, too_small, violations
from tests.web.furnished import speak
from tests.web.house import House
from tests.web.scenes import Scene

PATIENT_PX, TEXT_PX = 84, 20


@dataclass(frozen=True, slots=True)
class Screen:
    """`is_large`: Chromium's text size is 200 %; pages may scroll down then."""

    name: str
    width: int
    height: int
    is_large: bool = False

    def faults(self, page: Page, *, axe: bool = True) -> list[str]:
        wide, high = overflow(page)
        found = [f"{wide} px too wide"] if wide > 0 else []
        found += [f"{high} px too high"] if high > 0 and not self.is_large else []
        found += [f"target {it}" for it in too_small(page, PATIENT_PX)]
        found += [f"text {it!r}" for it in small_texts(page, TEXT_PX)]
        return found + [f"axe {it}" for it in (violations(page) if axe else [])]


SCREENS = (
    Screen("800×480", 800, 480),
    Screen("1280×720", 1280, 720),
    Screen("200 % text", 800, 480, is_large=True),
)


@contextmanager
def large_text(browser: Browser) -> Iterator[Browser]:
    """Chromium with its text size set to 200 %."""
    other = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments(), "--blink-settings=defaultFontSize=32"]
    )
    yield other
    other.close()


class Stage:
    """A home of its own for the scene, in one language."""

    def __init__(self, folder: Path, scene: Scene, language: str) -> None:
        self._house = House(folder)
        self._house.start_hub()
        self._scene = scene
        self._listening = Listening(web.kiosk(self._house.parts), LOOPBACK, 0)
        self._path = scene.arrange(self._house)  # whose taps are in Bokmål
        speak(self._house, language)

    def __enter__(self) -> Self:
        self._listening.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.stop()
        self._house.close()

    def shown(self, browser: Browser, screen: Screen) -> Page:
        """The caller closes its context."""
        context = browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            base_url=f"http://{LOOPBACK}:{self._listening.port}",
        )
        page = context.new_page()
        if self._scene.act is not None:
            page.clock.install()
        page.goto(self._path)
        if self._scene.act is not None:
            self._scene.act(page)
        return page
