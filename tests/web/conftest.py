from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium

from hub import web
from hub.listening import LOOPBACK, Listening
from tests.web.browser import CHROMIUM, chromium
from tests.web.house import Browser, House


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


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Of the house's kiosk."""
    listening = Listening(web.kiosk(house.parts), LOOPBACK, 0)
    listening.start()
    yield f"http://{LOOPBACK}:{listening.port}"
    listening.stop()
