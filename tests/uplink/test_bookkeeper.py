"""What came of the rows is written in batches, and a failed batch is only forgotten."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from hub.uplink.anomalies import Anomalies
from hub.uplink.bookkeeper import Bookkeeper

T = TypeVar("T")


class Outbox:
    """Writes down what it is asked to write down."""

    def __init__(self, known: Collection[str] = ("a", "b")) -> None:
        self.known = set(known)
        self.calls: list[tuple[Any, ...]] = []

    def sent(self, seqs: Iterable[int], at: datetime) -> None:
        self.calls.append(("sent", set(seqs)))

    def acknowledge(self, ids: Iterable[str], at: datetime, *, received: bool = True) -> set[str]:
        self.calls.append(("acknowledge", set(ids), received))
        return set(ids) & self.known

    def seen(self, id: str, at: datetime) -> bool:
        self.calls.append(("seen", id, at))
        return id in self.known

    def park(self, seq: int, reason: str) -> None:
        self.calls.append(("park", seq, reason))


class Broken(Exception):
    pass


def books(outbox: Outbox, fails: bool = False) -> tuple[Bookkeeper, Anomalies]:
    async def on_ledger(work: Callable[[], T]) -> T:
        if fails:
            raise Broken
        return work()

    anomalies = Anomalies()
    return Bookkeeper(outbox, on_ledger, anomalies), anomalies  # type: ignore[arg-type] # enough of it


async def test_a_receipt_that_followed_its_puback_makes_one_change() -> None:
    outbox = Outbox()
    keeper, _ = books(outbox)
    keeper.sent(1)
    keeper.sent(2)
    keeper.done(1, "a")
    await keeper.flush()
    assert outbox.calls == [("sent", {2}), ("acknowledge", {"a"}, True)]


async def test_the_brokers_word_is_not_called_received() -> None:
    outbox = Outbox()
    keeper, _ = books(outbox)
    keeper.done(1, "a", received=False)
    await keeper.flush()
    assert outbox.calls == [("acknowledge", {"a"}, False)]


async def test_rows_settle_until_they_are_written() -> None:
    keeper, _ = books(Outbox())
    keeper.done(1, "a")
    keeper.change(2, lambda outbox: outbox.park(2, "no"))
    keeper.sent(3)
    assert keeper.settling == {1, 2}
    await keeper.flush()
    assert keeper.settling == set()


async def test_a_batch_that_cannot_be_written_does_not_hold_its_rows_for_ever() -> None:
    keeper, _ = books(Outbox(), fails=True)
    keeper.done(1, "a")
    with pytest.raises(Broken):
        await keeper.flush()
    assert keeper.settling == set()


async def test_unknown_bundles_are_counted() -> None:
    keeper, anomalies = books(Outbox())
    keeper.done(None, "a")
    keeper.done(None, "x")
    keeper.seen("y", datetime(2026, 11, 22, tzinfo=UTC))
    await keeper.flush()
    assert anomalies.counts() == {"unknown_bundle": 2}
