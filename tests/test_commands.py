"""What the central service commands, done over real books."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from hub import clock
from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.commands import CommandHandlers
from hub.home import Home
from hub.messages import Messages
from hub.records import Device
from hub.uplink.commands import Refused
from hub.uplink.orders import Denied, Order, order
from tests.books import KEY

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CUFF = Device(
    key="F0F1F2FFFEA10001",
    address="F0:F1:F2:A1:00:01",
    transport="ble",
    driver="gatt-blood-pressure",
    name="Blodtrykksmåler",
    joined_at=NOW,
)


def now() -> clock.Moment:
    return clock.now("always")


class House:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.pairing = Pairing(120)
        self.home = Home(books, self.pairing, now, changed=lambda _: None, stirred=lambda: None)
        self.forgotten: list[str] = []
        self.identified = 0
        self.between: list[tuple[datetime, datetime]] = []
        handlers = CommandHandlers(
            Messages(books, self._complete),
            self.home,
            now,
            forget=self._forget,
            identify=self._identify,
            told=self._told,
        )
        self.handlers = handlers.handlers

    async def command(self, type: str, **args: Any) -> Any:
        """As it comes from the wire."""
        document = {
            "schema": "dho.command/1.0",
            "id": str(uuid4()),
            "type": type,
            "issued": NOW.isoformat(),
            "expires": (NOW + timedelta(hours=1)).isoformat(),
            "args": args,
        }
        parsed: Order = order(msgspec.json.encode(document), NOW)
        return await self.handlers[type](parsed)

    async def _forget(self, address: str) -> None:
        self.forgotten.append(address)

    async def _complete(self, command: str, detail: object, /, *, ends: bool) -> None: ...

    async def _told(self, earliest: datetime, latest: datetime) -> None:
        self.between.append((earliest, latest))

    def _identify(self) -> None:
        self.identified += 1


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        yield House(books)


async def test_a_message_is_kept_for_the_patient(house: House) -> None:
    assert await house.command("message.show", title="Hei", text="Husk blodtrykket.") == {}
    [message] = house.books.documents.messages()
    assert (message["title"], message["text"]) == ("Hei", "Husk blodtrykket.")
    assert message["issued"] == NOW.isoformat()


async def test_a_message_that_must_be_read_ends_later(house: House) -> None:
    assert await house.command("message.show", text="Les dette.", requireRead=True) is None
    [message] = house.books.documents.messages()
    assert message["tell_when_read"]


async def test_a_message_with_replies_ends_later(house: House) -> None:
    replies = ["Ja", "Nei", "Ring meg"]
    assert await house.command("message.show", text="Kan vi ringe?", replies=replies) is None
    [message] = house.books.documents.messages()
    assert (message["replies"], message["tell_when_read"]) == (replies, True)


@pytest.mark.parametrize("replies", [["x" * 41], [""], list("abcde"), "Ja", [1]])
async def test_replies_that_do_not_fit_on_buttons_are_refused(house: House, replies: Any) -> None:
    with pytest.raises(Denied, match="replies"):
        await house.command("message.show", text="Kan vi ringe?", replies=replies)


async def test_a_message_is_taken_back(house: House) -> None:
    await house.command("message.show", text="Feil melding.")
    id = house.books.documents.messages()[0]["id"]
    assert await house.command("message.clear", id=id) == {"removed": True}
    assert await house.command("message.clear", id=id) == {"removed": False}


async def test_the_patient_is_asked_to_measure_and_to_answer(house: House) -> None:
    await house.command("measure.request", kind="blood_pressure", text="Mål nå, er du snill.")
    await house.command("questionnaire.request", questionnaire="https://hub.example/q")
    measure, answer = house.books.documents.messages()
    assert (measure["measure"], measure["text"]) == ("blood_pressure", "Mål nå, er du snill.")
    assert answer["questionnaire"] == "https://hub.example/q"


async def test_the_join_window_opens_for_as_long_as_asked(house: House) -> None:
    before = now().mono_ms
    assert await house.command("device.pair", window=30) == {"windowS": 30}
    until = house.pairing.open_until(before)
    assert until is not None and 30_000 <= until - before < 60_000


async def test_a_device_is_removed_with_its_bond(house: House) -> None:
    await house.home.joined(CUFF)
    assert await house.command("device.unpair", deviceKey=CUFF.key) == {}
    assert house.forgotten == [CUFF.address]
    assert house.books.documents.devices() == []
    with pytest.raises(Refused, match="no such device"):
        await house.command("device.unpair", deviceKey=CUFF.key)


async def test_the_hub_tells_its_time_and_where_it_is(house: House) -> None:
    assert (await house.command("time.sync"))["synced"] is True
    assert house.between == [(NOW, NOW + timedelta(hours=1))]
    await house.command("hub.identify")
    assert house.identified == 1
    with pytest.raises(Refused):
        await house.command("config.reload")
