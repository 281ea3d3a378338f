"""A disk that fills up is told of while that is possible, once; and once that it is over."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.books import Books
from hub.bundles import Bundles
from hub.clock import now
from hub.room import Room
from tests.books import KEY
from tests.test_takeover import SETTINGS

Usage = dict[str, float]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """The share of the disk that is free, as the test says."""
    said = {"free": 0.5}
    real = shutil.disk_usage

    def usage(path: Path) -> Any:
        found = real(path)
        return found._replace(total=10**9, free=int(said["free"] * 10**9))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return said


class House:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.refreshed = 0
        self.start()

    def start(self) -> None:
        settings = msgspec.structs.replace(SETTINGS)
        bundles = Bundles(
            settings, self.books.ledger, lambda key: None, lambda: now("always"), lambda: None
        )
        self.room = Room(self.books, bundles, lambda: now("always"), self._refresh)

    def _refresh(self) -> None:
        self.refreshed += 1

    def alerts(self) -> list[tuple[str, str]]:
        """(severity, status) of each that waits, in order."""
        bodies = [
            msgspec.json.decode(row.body) for row in self.books.ledger.outbox.due(10) if row.body
        ]
        return [(body["severity"], body["status"]) for body in bodies]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        yield House(books)


async def test_with_room_nothing_is_told(house: House, free: Usage) -> None:
    await house.room.look()
    assert (house.alerts(), house.refreshed) == ([], 0)


async def test_each_level_is_told_once_and_cleared_once(house: House, free: Usage) -> None:
    for share in (0.09, 0.09, 0.04, 0.04, 0.06, 0.08, 0.11, 0.3, 0.3):
        free["free"] = share
        await house.room.look()
    assert house.alerts() == [
        ("moderate", "preliminary"),
        ("high", "preliminary"),
        ("high", "final"),
        ("moderate", "final"),
    ]
    assert house.refreshed == 4


async def test_a_hub_started_anew_clears_what_the_one_before_told(
    house: House, free: Usage
) -> None:
    free["free"] = 0.09
    await house.room.look()
    house.start()
    await house.room.look()
    free["free"] = 0.3
    await house.room.look()
    assert house.alerts() == [("moderate", "preliminary"), ("moderate", "final")]
    [first, last] = house.books.ledger.outbox.due(10)
    names = [msgspec.json.decode(row.body or b"")["identifier"] for row in (first, last)]
    assert names[0] == names[1]
    assert first.id != last.id
