"""A real Chromium on a house's pages, and what is measured there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

SMALL, WIDER, LARGE = (800, 480), (853, 480), (1280, 720)
"""The oldest Raspberry Pi display, a 7" panel, and a screen on the wall."""
PATIENT_PX, TEXT_PX, APART_PX = 84, 24, 16
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]
AXE = """
options => axe.run(document, options).then(found => found.violations.map(
  one => [one.id, ...one.nodes.map(node => node.html)]))
"""
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}
SETTLED = "() => Promise.all(document.body.getAnimations().map(one => one.finished)).then(() => {})"
TARGETS = """
least => [...document.querySelectorAll('a, button, label, input:not([type=hidden])')]
  .filter(e => e.tagName === 'LABEL' || !e.closest('label'))
  .map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)
"""
SMALL_TEXT = """
least => [...document.querySelectorAll('body *')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .filter(e => !e.closest('.ds-sr-only, svg, noscript, .fingerprint'))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < (e.closest('.square') ? 20 : least))
  .map(e => e.textContent.trim())
"""
"""The words below the pictures on the two small buttons of every page may be 20 px."""
CLOSE = """
least => {
  const top = document.querySelector('dialog:modal') || document;
  const all = [...top.querySelectorAll('a, button, label')]
    .map(e => [e, e.getBoundingClientRect()]);
  const apart = (a, b) => Math.max(
    b.left - a.right, a.left - b.right, b.top - a.bottom, a.top - b.bottom);
  return all.flatMap(([one, a], i) => all.slice(i + 1)
    .filter(([, b]) => apart(a, b) < least - 0.5)
    .map(([other, b]) => `${one.textContent.trim()} ${other.textContent.trim()} ${apart(a, b)}`));
}
"""


def arguments() -> list[str]:
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments())
        yield browser
        browser.close()


@contextmanager
def large_text(browser: Browser) -> Iterator[Browser]:
    """Chromium with its text size set to 200 %."""
    larger = [*arguments(), "--blink-settings=defaultFontSize=32"]
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=larger)
    yield other
    other.close()


def smallest(browser: Browser, address: str, **more: Any) -> Page:
    """A page on the smallest screen, in a context of its own."""
    width, height = SMALL
    return browser.new_page(viewport={"width": width, "height": height}, base_url=address, **more)


def tap(page: Page, name: str) -> None:
    """Once the page has settled: before that it takes no taps."""
    target = page.get_by_role("button", name=name, exact=True)
    target = target.or_(page.get_by_role("link", name=name, exact=True)).first
    target.evaluate(SETTLED)
    target.click()


def faults(
    page: Page, *sizes: tuple[int, int], axe: bool = True, may_scroll_down: bool = False
) -> list[str]:
    """What is wrong with a patient's page on screens of these sizes, or on the smallest."""
    found = []
    for width, height in sizes or [SMALL]:
        page.set_viewport_size({"width": width, "height": height})
        wider, higher = overflow(page)
        wrong = [f"{wider} px too wide"] if wider > 0 else []
        wrong += [f"{higher} px too high"] if higher > 0 and not may_scroll_down else []
        wrong += [f"target {it}" for it in too_small(page, PATIENT_PX)]
        wrong += [f"text {it!r}" for it in small_texts(page, TEXT_PX)]
        wrong += [f"close {it}" for it in page.evaluate(CLOSE, APART_PX)]
        wrong += [f"axe {it}" for it in (violations(page) if axe else [])]
        found += [f"{width}×{height}: {it}" for it in wrong]
    return found


def faults_at(page: Page, path: str) -> list[str]:
    """Of the page there; nothing is left open that would renew itself."""
    page.goto(path)
    found = [f"{path} {it}" for it in faults(page)]
    page.goto("about:blank")
    return found


def too_small(page: Page, least: int) -> list[str]:
    """Names and sizes of the targets that are less than `least` CSS px high or wide."""
    found: list[str] = page.evaluate(TARGETS, least)
    return found


def small_texts(page: Page, least: int) -> list[str]:
    found: list[str] = page.evaluate(SMALL_TEXT, least)
    return found


def overflow(page: Page) -> tuple[int, int]:
    """How far the page is wider and higher than the window."""
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth,"
        " document.documentElement.scrollHeight - innerHeight]"
    )
    return width, height


def violations(page: Page) -> list[Any]:
    """Of each rule that is broken its name, and where."""
    page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(AXE, RULES)
    return found
