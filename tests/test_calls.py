""" "Call me" by the button: an alert like that of the screen, and not one for each press."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hub.books import Books
from hub.bundles import Bundles
from hub.calls import Calls
from hub.clock import Moment
from tests.books import KEY
from tests.store.made import BOOT, moment
from tests.test_takeover import SETTINGS

MINUTE = 60.0


class Home:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.moment = moment()
        self.beeps = 0
        bundles = Bundles(SETTINGS, books.ledger, lambda _: None, self.now, lambda: None)
        self.calls = Calls(books, bundles, self.now, self._beep)

    def now(self) -> Moment:
        return self.moment

    async def press(self, at: Moment) -> int:
        """→ how many calls have been put."""
        self.moment = at
        await self.calls.press()
        return len(self.books.ledger.outbox.due(10, urgent=True))

    def _beep(self) -> None:
        self.beeps += 1


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with Books(tmp_path, KEY, lambda _: None) as books:
        yield Home(books)


async def test_a_press_is_an_alert_that_the_pages_can_follow(home: Home) -> None:
    assert await home.press(moment(1)) == 1
    [row] = home.books.ledger.outbox.due(10)
    alert = msgspec.json.decode(row.body or b"")
    assert alert["code"]["coding"][0]["code"] == "help-requested"
    assert (alert["code"]["text"], alert["severity"]) == ("Pasienten ber om å bli ringt", "high")
    assert home.books.ledger.notes.state("call") == {
        "at": moment(1).wall.isoformat(),
        "mono_ms": 1000,
        "boot_id": BOOT,
        "bundle": row.id,
        "by": "button",
    }


async def test_presses_within_ten_minutes_are_one_call(home: Home) -> None:
    assert await home.press(moment(0)) == 1
    assert await home.press(moment(5)) == 1
    assert await home.press(moment(10 * MINUTE - 1)) == 1
    assert await home.press(moment(10 * MINUTE)) == 2
    assert home.beeps == 4  # each is heard


async def test_a_call_that_a_nurse_has_seen_is_over(home: Home) -> None:
    await home.press(moment(0))
    outbox = home.books.ledger.outbox
    [row] = outbox.due(10)
    outbox.acknowledge([row.id or ""], moment(30).wall)
    assert await home.press(moment(60)) == 0
    outbox.seen(row.id or "", moment(70).wall)
    assert await home.press(moment(90)) == 1


async def test_after_a_power_cut_a_press_is_a_new_call(home: Home) -> None:
    await home.press(moment(0))
    assert await home.press(moment(60, boot="another")) == 2


async def test_a_press_after_a_wish_on_the_screen_is_the_same_call(home: Home) -> None:
    ledger = home.books.ledger
    ledger.transact(lambda: home.calls.ask("journal 7", moment(0), "screen"))
    ledger.transact(lambda: home.calls.ask("journal 8", moment(20), "screen"))
    assert await home.press(moment(60)) == 2
    note = ledger.notes.state("call")
    assert (note["by"], note["at"]) == (
        "screen",
        (moment().wall + timedelta(seconds=20)).isoformat(),
    )
