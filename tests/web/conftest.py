from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.web.browser import CHROMIUM, chromium, large_text, smallest
from tests.web.house import Browser, House
from tests.web.stage import Stage, kiosk_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.start_hub()
    yield house
    house.close()


@pytest.fixture
def kiosk(house: House) -> Browser:
    return house.kiosk()


@pytest.fixture(scope="module")  # while it is open, no test can run an event loop of its own
def browser() -> Iterator[Chromium]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt install chromium)")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def larger(browser: Chromium) -> Iterator[Chromium]:
    with large_text(browser) as other:
        yield other


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Of the house's kiosk."""
    with kiosk_of(house) as address:
        yield address


@pytest.fixture
def stage(house: House, address: str, browser: Chromium, larger: Chromium) -> Iterator[Stage]:
    stage = Stage(house, address, browser, larger)
    yield stage
    stage.close()


@pytest.fixture
def page(browser: Chromium, address: str) -> Iterator[Page]:
    """On the smallest screen; whatever is told to its console is a fault."""
    page = smallest(browser, address, has_touch=True)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    yield page
    page.close()
    assert told == []  # such as what the content security policy refused


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def either(browser: Chromium, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page with scripts, and one without."""
    page = smallest(browser, address, java_script_enabled=request.param)
    yield page
    page.close()
