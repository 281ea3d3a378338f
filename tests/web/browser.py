"""A real Chromium on a house's pages, and what is measured there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}
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


def arguments() -> list[str]:
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments())
        yield browser
        browser.close()


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
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
