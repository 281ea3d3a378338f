"""One life of the hub process for the model: the real books, sealing, uplink and take-over.

There is no thread and no waiting: virtual time passes when nothing else can happen, and the disk
answers after as long as the model wants. A crash is a copy of the files as they are at that moment.
"""

import asyncio
import selectors
import shutil
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from hub.acquire.pairing import Pairing
from hub.books import Books
from hub.bundles import Bundles
from hub.calls import Calls
from hub.clock import Moment
from hub.diary import Diary
from hub.home import Home
from hub.messages import Messages
from hub.records import Due, Entry, OutboxKind, Outcome
from hub.requests import Requests
from hub.store.database import open_reader
from hub.store.errors import DiskFull
from hub.takeover import Takeover
from hub.uplink.anomalies import Anomalies
from hub.uplink.bookkeeper import Bookkeeper
from hub.uplink.endings import STOPPED, Ending
from hub.uplink.patience import Pace
from hub.uplink.rows import Sealed
from hub.uplink.sender import Line, Sender
from hub.uplink.topics import Topics
from tests.books import documents_at, journal_reader_at, key_at, ledger_at
from tests.test_takeover import SETTINGS

P = ParamSpec("P")
T = TypeVar("T")

TOPICS = Topics("1804", SETTINGS.hub.id)
ANSWERS_WITHIN_S = 5.0


class Eager(selectors.DefaultSelector):
    """Time passes only when nothing else can happen, and then at once."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        events: list[Any] = super().select(0)
        self.now_s += 0 if events else max(timeout or 0, 0)
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = Eager()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now_s


class Crash(BaseException):
    """The process ends in the middle of a statement's transaction."""


class Disk(Executor):
    """The books' thread: one job after the other, each `delay_s` after it was asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.delay_s = 0.0
        self.is_dead = False
        self._jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, job: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.append((future, partial(job, *args, **kwargs)))
        self._loop.call_later(self.delay_s, self._run_one)
        return future

    def _run_one(self) -> None:
        future, job = self._jobs.popleft()
        if self.is_dead or not future.set_running_or_notify_cancel():
            return
        try:
            result = job()
        except Crash:
            self.is_dead = True  # nobody is there any more to be told
        except BaseException as error:  # noqa: BLE001 - as an executor: whoever asked gets it
            future.set_exception(error)
        else:
            future.set_result(result)


class VirtualBooks(Books):
    def __init__(self, folder: Path, disk: Disk) -> None:
        super().__init__(folder, key_at(folder), lambda _: None)
        self._thread = disk  # type: ignore[assignment] # all that is asked of it is `submit`
        self.ledger = ledger_at(folder / "ledger.db")
        self.documents = documents_at(folder / "documents", writable=True)


class Life:
    """From one start of the hub process to its end.

    excused  rows that had a reason to leave out of their order
    """

    def __init__(
        self,
        loop: VirtualLoop,
        folder: Path,
        journal: Path,
        now: Callable[[], Moment],
        receipts: Literal["central", "broker"],
        pace: Pace,
    ) -> None:
        self.loop, self.folder, self.now = loop, folder, now
        self.disk = Disk(loop)
        self.books = VirtualBooks(folder, self.disk)
        self.reader = open_reader(folder / "ledger.db", key_at(folder))
        self.left_to_crash = 0
        self.crashed_into: Path | None = None
        self.excused: set[int] = set()
        self.published: set[int] = set()
        outbox = self.books.ledger.outbox
        self._watch_statements()
        pairing = Pairing(window_s=120)
        home = Home(self.books, pairing, now, lambda _: None, lambda: None)
        self.bundles = Bundles(SETTINGS, self.books.ledger, home.device, now, self.wake)
        self.keeper = Bookkeeper(outbox, self.books.transact, Anomalies())
        self.sender = Sender(
            outbox,
            self.books.transact,
            self._seal,
            TOPICS,
            self.keeper,
            receipts=receipts,
            pace=pace,
            on_parked=self._parked,
        )
        requests = Requests(
            self.books,
            home,
            self.bundles,
            Messages(self.books, lambda *_, ends: asyncio.sleep(0)),
            Calls(self.books, self.bundles, now),
            Diary(self.books.ledger, ZoneInfo(SETTINGS.hub.timezone), now),
            choose=pairing.choose,
            forget=lambda _: asyncio.sleep(0),
            test_connection=_no_test,
            confirm_time=_never,
            wake=self.wake,
        )
        counted = {kind: self._counted(do) for kind, do in requests.in_ledger.items()}
        self._journal = journal_reader_at(journal)
        self.takeover = Takeover(self.books, self._journal, counted, requests.live, now)
        self._draining: asyncio.Task[Any] | None = None
        self._keeping = loop.create_task(self.keeper.run())

    @property
    def is_over(self) -> bool:
        return self.disk.is_dead

    def wake(self) -> None:
        self.sender.wake()

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def now_do(self, act: Callable[[], object]) -> None:
        """On the event loop, as everything that comes over the line."""

        async def do() -> None:
            act()

        self.loop.run_until_complete(do())

    def finish(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T] | None:
        """Wait for it; None when the process ended first."""
        task = self.loop.create_task(work)
        self.loop.run_until_complete(asyncio.wait([task], timeout=ANSWERS_WITHIN_S))
        if task.done():
            return task
        assert self.is_over, "the books do not answer"
        self._end(task)
        return None

    def take_over(self, seconds: float) -> None:
        task = self.loop.create_task(self.takeover.run())
        self.loop.run_until_complete(asyncio.wait([task], timeout=seconds))
        self._end(task)

    def connect(self, line: Line, *, session_present: bool) -> None:
        drain = self.sender.drain(line, session_present=session_present)
        self._draining = self.loop.create_task(drain)

    def disconnect(self, ending: Ending) -> None:
        if self._draining is not None:
            self._end(self._draining)
            self._draining = None
            self.now_do(lambda: self.sender.interrupted(ending))

    def has_failed(self) -> bool:
        """The uplink met an error of the books; it is started again, as the supervisor would."""
        failed = [task for task in (self._draining, self._keeping) if task and task.done()]
        if not failed or self.is_over:
            return False
        assert all(isinstance(task.exception(), DiskFull) for task in failed), failed
        self.disconnect(STOPPED)
        self._end(self._keeping)
        self._keeping = self.loop.create_task(self.keeper.run())
        return True

    def allow(self, pages: int) -> None:
        """So many pages are left on the disk."""
        now = self.reader.value("PRAGMA page_count")
        self.books.ledger._database._connection.execute(f"PRAGMA max_page_count = {now + pages}")

    def crash_at(self, statement: int, *, after: bool) -> None:
        self.left_to_crash, self._crash_after = statement, after

    def end(self) -> Path:
        """kill -9 → the folder with the files as they were."""
        copy = self.crashed_into or self._copy()
        self.disk.is_dead = True
        for task in asyncio.all_tasks(self.loop):
            self._end(task)
        self.reader.close()
        self._journal.close()
        self.books.ledger._database.close()
        shutil.rmtree(self.folder)
        return copy

    def _copy(self) -> Path:
        name, _, number = self.folder.name.partition("-")
        copy = self.folder.with_name(f"{name}-{int(number) + 1}")
        copy.mkdir()
        for path in self.folder.glob("ledger.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        shutil.copytree(self.folder / "documents", copy / "documents")
        return copy

    def _watch_statements(self) -> None:
        database: Any = self.books.ledger._database
        real = database._run

        def run(sql: str, params: Any = ()) -> Any:
            self.left_to_crash -= 1
            if self.left_to_crash == 0 and not self._crash_after:
                self.crashed_into = self._copy()
            result = None if self.crashed_into else real(sql, params)
            if self.left_to_crash == 0 and self._crash_after:
                self.crashed_into = self._copy()
            if self.crashed_into:
                raise Crash  # also of the ROLLBACK: there is nobody to do it
            return result

        database._run = run

    def _seal(self, due: Due) -> Sealed | None:
        sealed = self.bundles.seal(due)
        if sealed is None:
            self.excused.add(due.seq)
        return sealed

    def _parked(self, seq: int, kind: OutboxKind, reason: str) -> None:
        """As `hub.app`."""
        self.excused.add(seq)
        if kind is not OutboxKind.ALERT:
            self.books.soon(self.bundles.tell_parked, seq, reason)

    def _counted(
        self, effect: Callable[[Entry], Outcome | None]
    ) -> Callable[[Entry], Outcome | None]:
        def run(entry: Entry) -> Outcome | None:
            self.books.ledger.notes.count(f"effect {entry.number}", 1)
            return effect(entry)

        return run

    def _end(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError, DiskFull):
            self.loop.run_until_complete(task)


async def _no_test() -> Outcome:
    return Outcome(ok=False)


async def _never() -> bool:
    return False
