"""A real mosquitto for all, and for each test a hub of its own with real books."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from hub.demo.broker import Broker

from .central import Central
from .hub import Hub

TENANT = "1804"
_numbers = count(1)


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """For tests that stop, kill or change it."""
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def hub_id() -> str:
    return f"02000000{next(_numbers):08X}"


@pytest.fixture
async def central(shared_broker: Broker, hub_id: str) -> AsyncIterator[Central]:
    async with Central(shared_broker.port, TENANT, hub_id) as central:
        yield central


@pytest.fixture
async def hub(shared_broker: Broker, hub_id: str, tmp_path: Path) -> AsyncIterator[Hub]:
    async with Hub(tmp_path / "hub", shared_broker.port, TENANT, hub_id) as hub:
        yield hub
