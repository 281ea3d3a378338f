"""What the faults share: one zygote, one broker that nobody kills, one certificate."""

from collections.abc import Iterator

import pytest

from hub.demo.broker import Broker
from hub.web.certificate import certificate
from tests.faults.zygote import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


@pytest.fixture(scope="session")
def lasting_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker"), dies_with_us=True) as broker:
        yield broker


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Of the setup page; no fault here is about it."""
    return certificate(tmp_path_factory.mktemp("web"), "hub-0001.local").path.read_bytes()
