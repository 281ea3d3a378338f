"""What leaves, in which order, and what happens when it is refused, lost or never answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub import clock
from hub.records import Due, OutboxKind
from hub.uplink.anomalies import Anomalies
from hub.uplink.bookkeeper import Bookkeeper
from hub.uplink.endings import STOPPED, ConnectionEnded, Ending, EndingKind, TooLarge
from hub.uplink.envelope import Publication
from hub.uplink.patience import Pace
from hub.uplink.receipts import Fate, Verdict
from hub.uplink.rows import Sealed, Unsealable
from hub.uplink.sender import Sender
from hub.uplink.topics import Topics

from .hub import Hub, bare

TOPICS = Topics("1804", "0200000000000001")
ALERT, OBSERVATION = OutboxKind.ALERT, OutboxKind.OBSERVATION


@dataclass
class Wire:
    """A connection in the test's hands: `sent` in order, `answer` gives a PUBACK."""

    in_flight_limit: int = 10
    limit_bytes: int = 1_000_000
    sent: list[str] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    _open: dict[str, asyncio.Future[int]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def publish(self, publication: Publication) -> asyncio.Future[int]:
        if len(publication.payload) > self.limit_bytes:
            raise TooLarge(len(publication.payload), self.limit_bytes)
        id = str(publication.id)
        self.sent.append(id)
        self.publications.append(publication)
        self._open[id] = asyncio.get_running_loop().create_future()
        self._telling = asyncio.ensure_future(self._tell())
        return self._open[id]

    def answer(self, id: str, code: int = 0) -> None:
        self._open.pop(id).set_result(code)

    def hang_up(self, ending: Ending) -> None:
        for promise in self._open.values():
            promise.set_exception(ConnectionEnded(ending))
            promise.exception()

    async def count(self, number: int) -> list[str]:
        """Wait until that many were sent."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.sent) >= number)
        return self.sent

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class Bench:
    """The sender between a real outbox and a wire."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.wire = Wire()
        self.anomalies = Anomalies()
        self.parked: list[str] = []
        self.seal: Callable[[Due], Sealed | None] = lambda due: None
        self.books = Bookkeeper(hub.ledger.outbox, hub.transact, self.anomalies)
        self._tasks = [asyncio.create_task(self.books.run())]

    def sender(self, **settings: Any) -> Sender:
        pace = settings.pop("pace", Pace(backlog_per_s=0))
        self._sender = Sender(
            self.hub.ledger.outbox,
            self.hub.transact,
            lambda due: self.seal(due),
            TOPICS,
            self.books,
            pace=pace,
            on_parked=lambda seq, kind, reason: self.parked.append(reason),
            **settings,
        )
        return self._sender

    async def connect(self, *, session_present: bool = True) -> Wire:
        self._draining = asyncio.create_task(
            self._sender.drain(self.wire, session_present=session_present)
        )
        self._tasks.append(self._draining)
        return self.wire

    async def reconnect(self, ending: Ending, *, session_present: bool = True) -> Wire:
        self.wire.hang_up(ending)
        self._draining.cancel()
        await asyncio.wait([self._draining])
        self._sender.interrupted(ending)
        self.wire = Wire()
        return await self.connect(session_present=session_present)

    async def put(self, body: bytes = b"{}", **more: Any) -> str:
        id = await self.hub.put(body, wake=False, **more)
        if hasattr(self, "_sender"):
            self._sender.wake()
        return id

    async def open_row(self) -> int:
        at = clock.now("always")
        return await self.hub.call(lambda: self.hub.ledger.outbox.open_row(OBSERVATION, at))

    def receipt(self, id: str, fate: Fate = Fate.STORED, **more: Any) -> None:
        self._sender.receive(Verdict(UUID(id), fate, **more))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        failures = [t.exception() for t in self._tasks if not t.cancelled()]
        assert failures == []


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Hub(tmp_path, 0, "1804", "0200000000000001") as hub:
        bench = Bench(hub)
        yield bench
        await bench.close()


async def test_alerts_go_before_fresh_rows_and_those_before_the_backlog(bench: Bench) -> None:
    old = [await bench.put(b"{}") for _ in range(3)]
    bench.wire.in_flight_limit = 1
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    fresh = await bench.put(b"{}")
    alert = await bench.put(b"{}", kind=ALERT, urgent=True)
    for number in range(5):
        wire.answer((await wire.count(number + 1))[number])
    assert wire.sent == [old[0], alert, fresh, old[1], old[2]]


async def test_a_publication_carries_the_rows_own_bytes_and_time(bench: Bench) -> None:
    id = await bench.put(b'{"v":1.50}', kind=ALERT, urgent=True)
    bench.sender()
    await (await bench.connect()).count(1)
    (sent,) = bench.wire.publications
    assert (str(sent.id), sent.payload, sent.encoding) == (id, b'{"v":1.50}', "identity")
    assert sent.topic == "dho/v1/1804/0200000000000001/up/fhir/alert"
    assert sent.response_topic == "dho/v1/1804/0200000000000001/dn/receipt"
    assert sent.urgent
    assert not sent.retain
    assert sent.expires_s is None


async def test_no_more_in_flight_than_agreed(bench: Bench) -> None:
    for _ in range(25):
        await bench.put()
    bench.sender()
    wire = await bench.connect()
    first = list(await wire.count(10))
    wire.answer(first[3])
    await wire.count(11)
    assert len(wire.sent) == 11


async def test_a_dead_central_service_does_not_fill_the_broker(bench: Bench) -> None:
    for _ in range(8):
        await bench.put()
    bench.sender(pace=Pace(backlog_per_s=0, window=5))
    wire = await bench.connect()
    for id in list(await wire.count(5)):
        wire.answer(id)
    alert = await bench.put(kind=ALERT, urgent=True)
    assert (await wire.count(6))[5] == alert
    wire.answer(alert)
    bench.receipt(wire.sent[0])
    bench.receipt(wire.sent[1])
    await wire.count(7)
    assert len(wire.sent) == 7


async def test_the_backlog_keeps_its_pace_and_fresh_rows_do_not_wait_for_it(bench: Bench) -> None:
    backlog = [await bench.put() for _ in range(2)]
    bench.sender(pace=Pace(backlog_per_s=0.001))
    wire = await bench.connect()
    await wire.count(1)
    fresh = [await bench.put() for _ in range(3)]
    await wire.count(4)
    assert wire.sent == [backlog[0], *fresh]


async def test_the_backlog_goes_on_when_its_time_has_come(bench: Bench) -> None:
    ids = [await bench.put() for _ in range(3)]
    bench.sender(pace=Pace(backlog_per_s=200))
    assert await (await bench.connect()).count(3) == ids


async def test_puback_is_sent_and_only_the_receipt_is_received(bench: Bench) -> None:
    id = await bench.put()
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    await bench.hub.until(lambda: bench.hub.times("sent_at"))
    assert (await bench.hub.counts()).waiting == 1
    bench.receipt(id)
    await bench.hub.emptied()
    assert await bench.hub.call(lambda: bench.hub.times("received_at"))


async def test_a_receipt_may_overtake_its_puback(bench: Bench) -> None:
    id = await bench.put()
    bench.sender(pace=Pace(backlog_per_s=0, receipt_gap_s=0.01))
    wire = await bench.connect()
    await wire.count(1)
    bench.receipt(id)
    wire.answer(id)
    await bench.hub.emptied()
    other = await bench.put()
    assert await wire.count(2) == [id, other]


async def test_without_a_receipt_the_same_bytes_go_again(bench: Bench) -> None:
    id = await bench.put(b'{"n":1}' * 1000)
    bench.sender(pace=Pace(backlog_per_s=0, receipt_gap_s=0.02))
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    await wire.count(2)
    assert wire.publications[0] == wire.publications[1]
    assert wire.sent == [id, id]


async def test_with_broker_receipts_puback_is_the_end(bench: Bench) -> None:
    id = await bench.put()
    bench.sender(receipts="broker")
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    await bench.hub.emptied()
    assert not await bench.hub.call(lambda: bench.hub.times("received_at"))


async def test_what_was_in_flight_goes_again_on_the_next_connection(bench: Bench) -> None:
    ids = [await bench.put() for _ in range(3)]
    bench.sender()
    wire = await bench.connect()
    await wire.count(3)
    wire.answer(ids[0])
    await bench.hub.until(lambda: bench.hub.times("sent_at"))
    wire = await bench.reconnect(STOPPED)
    assert await wire.count(2) == ids[1:]


async def test_a_broker_that_lost_our_session_gets_everything_again(bench: Bench) -> None:
    ids = [await bench.put() for _ in range(2)]
    bench.sender()
    wire = await bench.connect()
    await wire.count(2)
    for id in ids:
        wire.answer(id)
    await bench.hub.until(lambda: bench.hub.times("sent_at"))
    wire = await bench.reconnect(STOPPED, session_present=False)
    assert await wire.count(2) == ids


async def test_a_poisonous_row_is_parked_after_three_refusals(bench: Bench) -> None:
    poison = await bench.put()
    bench.sender(pace=Pace(backlog_per_s=0, refusal_wait_s=0.01))
    wire = await bench.connect()
    for number in range(3):
        wire.answer((await wire.count(number + 1))[number], 0x99)
    (parked,) = await bench.hub.until(bench.hub.ledger.outbox.parked)
    assert bare(parked.id or "") == poison
    assert parked.reason == "refused 3 times: the broker says that the message is malformed"
    assert bench.parked == [parked.reason]
    other = await bench.put()
    assert (await wire.count(4))[3] == other


@pytest.mark.parametrize("code", [0x87, 0x97])
async def test_a_broker_that_refuses_everything_parks_nothing(bench: Bench, code: int) -> None:
    for _ in range(2):
        await bench.put()
    sender = bench.sender(
        pace=Pace(backlog_per_s=0, refusal_wait_s=0.01, refusal_wait_max_s=0.01, window=2)
    )
    wire = await bench.connect()
    for number in range(8):
        wire.answer((await wire.count(number + 1))[number], code)
    assert "observation" in (sender.problem or "")
    assert await bench.hub.parked_rows() == []
    assert bench.parked == []
    await wire.count(10)
    for id in set(wire.sent[8:]):
        wire.answer(id)
    bench.receipt(wire.sent[8])
    bench.receipt(wire.sent[9])
    await bench.hub.emptied()
    assert sender.problem is None


async def test_a_forbidden_topic_does_not_hold_up_the_others(bench: Bench) -> None:
    alert = await bench.put(kind=ALERT, urgent=True)
    bench.sender(pace=Pace(backlog_per_s=0, refusal_wait_s=600))
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(alert, 0x87)
    reading = await bench.put()
    await bench.put(kind=ALERT, urgent=True)
    other = await bench.put()
    assert await wire.count(3) == [alert, reading, other]


async def test_a_row_that_the_broker_would_not_take_is_parked(bench: Bench) -> None:
    bench.wire.limit_bytes = 10
    await bench.put(b'{"too":"large"}')
    small = await bench.put(b"{}")
    bench.sender()
    assert await (await bench.connect()).count(1) == [small]
    (parked,) = await bench.hub.until(bench.hub.ledger.outbox.parked)
    assert parked.reason == "15 bytes, and the broker takes at most 10"


async def test_of_what_was_in_flight_at_a_fatal_hang_up_only_the_guilty_is_parked(
    bench: Bench,
) -> None:
    ids = [await bench.put() for _ in range(4)]
    guilty = ids[2]
    bench.sender(pace=Pace(backlog_per_s=0, refusal_wait_s=0.01))
    wire = await bench.connect()
    await wire.count(4)
    fatal = Ending(EndingKind.LOST, "malformed", 0x95)
    for _ in range(3):
        wire = await bench.reconnect(fatal)
        for number in range(4):
            sent = await wire.count(number + 1)
            assert len(sent) == number + 1  # one at a time
            if sent[number] == guilty:
                break
            wire.answer(sent[number])
            bench.receipt(sent[number])
    await bench.reconnect(fatal)
    (parked,) = await bench.hub.until(bench.hub.ledger.outbox.parked)
    assert bare(parked.id or "") == guilty
    assert parked.reason == "refused 3 times: malformed"
    await bench.hub.emptied()


async def test_rows_that_a_receipt_has_cleared_are_no_longer_suspect(bench: Bench) -> None:
    ids = [await bench.put() for _ in range(2)]
    bench.sender(pace=Pace(backlog_per_s=0))
    wire = await bench.connect()
    await wire.count(2)
    ending = Ending(EndingKind.LOST, "malformed", 0x95)
    wire = await bench.reconnect(ending)
    await wire.count(1)
    for id in ids:
        bench.receipt(id)
    fresh = [await bench.put() for _ in range(3)]
    assert await wire.count(4) == [ids[0], *fresh]


async def test_a_rejected_bundle_is_parked_with_the_services_words(bench: Bench) -> None:
    id = await bench.put()
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    bench.receipt(id, Fate.DEAD, reason="422 unknown code")
    (parked,) = await bench.hub.until(bench.hub.ledger.outbox.parked)
    assert parked.reason == "422 unknown code"
    assert bench.parked == ["422 unknown code"]


async def test_a_service_that_asks_for_time_gets_it(bench: Bench) -> None:
    id = await bench.put()
    await bench.put()
    bench.wire.in_flight_limit = 1
    bench.sender(pace=Pace(backlog_per_s=0))
    wire = await bench.connect()
    await wire.count(1)
    bench.receipt(id, Fate.LATER, after_s=600)
    wire.answer(id)
    fresh = await bench.put()
    assert await wire.count(2) == [id, fresh]
    assert await bench.hub.parked_rows() == []


async def test_what_was_put_off_goes_again_when_the_time_is_over(bench: Bench) -> None:
    id = await bench.put()
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    bench.receipt(id, Fate.LATER, after_s=0)
    assert await wire.count(2) == [id, id]


async def test_seen_by_a_nurse_is_written_down(bench: Bench) -> None:
    id = await bench.put()
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    wire.answer(id)
    bench.receipt(id)
    await bench.hub.emptied()
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    bench.receipt(id, seen_at=at)
    await bench.hub.until(lambda: bench.hub.times("seen_at"))
    assert bench.anomalies.counts() == {}


async def test_a_receipt_for_somebody_elses_bundle_is_counted(bench: Bench) -> None:
    bench.sender()
    await bench.connect()
    bench.receipt("00000000-0000-5000-8000-000000000000")
    bench.receipt("00000000-0000-5000-8000-000000000000", Fate.DEAD, reason="no")
    await bench.books.flush()
    assert bench.anomalies.counts() == {"unknown_bundle": 1}


async def test_a_receipt_for_a_row_of_an_earlier_life_ends_it(bench: Bench) -> None:
    id = await bench.put(b"{}")
    bench.sender()
    bench.receipt(id)
    await bench.hub.emptied()


async def test_a_row_is_sealed_when_it_leaves(bench: Bench) -> None:
    seq = await bench.open_row()
    id = "00000000-0000-5000-8000-00000000000a"
    bench.seal = lambda due: Sealed(UUID(id).urn, b'{"sealed":%d}' % due.seq)
    bench.sender()
    wire = await bench.connect()
    await wire.count(1)
    assert wire.publications[0].payload == b'{"sealed":%d}' % seq
    assert await bench.hub.call(lambda: bench.hub.ledger.outbox.seq_of(UUID(id).urn)) == seq


async def test_a_row_that_cannot_be_sealed_yet_blocks_nobody(bench: Bench) -> None:
    for _ in range(5):
        await bench.open_row()
    ready = await bench.put()
    sender = bench.sender(pace=Pace(backlog_per_s=0, fetch=2))
    wire = await bench.connect()
    assert await wire.count(1) == [ready]
    id = UUID("00000000-0000-5000-8000-00000000000b")
    bench.seal = lambda due: Sealed(id.urn, b"{}") if due.seq == 5 else None
    sender.wake()
    assert (await wire.count(2))[1] == str(id)


async def test_a_row_that_can_never_be_sealed_is_parked(bench: Bench) -> None:
    await bench.open_row()

    def refuse(due: Due) -> Sealed | None:
        raise Unsealable("its time is not known")

    bench.seal = refuse
    bench.sender()
    await bench.connect()
    (parked,) = await bench.hub.until(bench.hub.ledger.outbox.parked)
    assert parked.reason == "its time is not known"
    assert bench.parked == ["its time is not known"]


async def test_a_measurement_that_joins_while_composing_means_composing_again(
    bench: Bench,
) -> None:
    await bench.open_row()
    members = iter([7, 0])  # the outbox counts none, so the first try is out of date
    bench.seal = lambda due: Sealed(
        "urn:uuid:00000000-0000-5000-8000-00000000000c", b"{}", members=next(members)
    )
    bench.sender()
    await (await bench.connect()).count(1)
