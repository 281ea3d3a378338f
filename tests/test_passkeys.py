"""The number on a device's display: asked for, typed in, remembered where it never changes."""

import asyncio

import pytest

from hub import clock, passkeys
from hub.passkeys import PATIENCE_S, WANTED, Passkeys

CUFF = "F0:F1:F2:A1:00:01"
NOW = clock.now("always")


class Desk:
    """Passkeys, and what the pages and the home see of them."""

    def __init__(self) -> None:
        self.notes: list[object] = []
        self.remembered: str | None = None
        self.unanswered: list[str] = []
        self.asked = asyncio.Event()
        self.passkeys = Passkeys(
            lambda: NOW,
            self._note,
            lambda address: {"name": "Cuff", "model": "silvercrest-sbm69"},
            lambda address: self.remembered,
            self.unanswered.append,
        )

    async def ask(self, typed: str) -> int | None:
        asking = asyncio.ensure_future(self.passkeys.ask(CUFF))
        await self.asked.wait()
        assert self.passkeys.answer(CUFF, typed)
        return await asking

    def _note(self, key: str, value: object) -> None:
        assert key == WANTED
        self.notes.append(value)
        if value is not None:
            self.asked.set()


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_what_is_typed_reaches_the_device(desk: Desk) -> None:
    assert await desk.ask("012 345") == 12345
    shown, withdrawn = desk.notes
    assert shown == {
        "address": CUFF,
        "name": "Cuff",
        "model": "silvercrest-sbm69",
        "until": shown["until"],  # type: ignore[index]
        "until_mono_ms": NOW.mono_ms + PATIENCE_S * 1000,
        "boot_id": NOW.boot_id,
    }
    assert withdrawn is None


@pytest.mark.parametrize("typed", ["", "1234567", "12345a", "١٢٣٤٥٦"])
async def test_what_cannot_be_a_passkey_is_refused_and_asked_for_again(
    desk: Desk, typed: str
) -> None:
    asking = asyncio.ensure_future(desk.passkeys.ask(CUFF))
    await desk.asked.wait()
    assert not desk.passkeys.answer(CUFF, typed)
    assert not desk.passkeys.answer("F0:F1:F2:A1:00:02", "123456")
    assert desk.passkeys.answer(CUFF, "123456")
    assert not desk.passkeys.answer(CUFF, "654321")
    assert await asking == 123456


async def test_nobody_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "PATIENCE_S", 0.01)
    assert await desk.passkeys.ask(CUFF) is None
    assert desk.unanswered == [CUFF]
    assert desk.notes[-1] is None
    assert not desk.passkeys.answer(CUFF, "123456")


async def test_the_question_is_withdrawn_when_the_device_gives_up(desk: Desk) -> None:
    asking = asyncio.ensure_future(desk.passkeys.ask(CUFF))
    await desk.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert desk.notes[-1] is None
    assert not desk.unanswered


async def test_the_one_that_never_changes_is_not_asked_for_again(desk: Desk) -> None:
    await desk.ask("123456")
    assert desk.passkeys.let_in(CUFF) == "123456"
    desk.remembered = "123456"
    desk.notes.clear()
    assert await desk.passkeys.ask(CUFF) == 123456
    assert not desk.notes
    assert desk.passkeys.let_in(CUFF) == "123456"


async def test_a_remembered_one_that_did_not_help_is_not_tried_twice(desk: Desk) -> None:
    desk.remembered = "123456"
    assert await desk.passkeys.ask(CUFF) == 123456
    assert await desk.ask("654321") == 654321
    assert desk.passkeys.let_in(CUFF) == "654321"
    assert desk.passkeys.let_in(CUFF) is None
