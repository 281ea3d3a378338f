from collections.abc import Iterator
from pathlib import Path

import pytest

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
