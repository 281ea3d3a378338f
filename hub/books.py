"""The hub's books behind one thread, so that the event loop never waits for the disk.

Whoever awaits here gets control back only after COMMIT.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

from drivers.measurement import Measurement, Rejected
from hub.records import Kept, Reception, Whose
from hub.store.documents import Documents
from hub.store.errors import DiskFault, DiskFull, StoreError, Unreadable
from hub.store.hold import Hold
from hub.store.jsonfile import Damage
from hub.store.key import Key
from hub.store.ledger import Ledger
from hub.store.salvage import Damaged
from hub.store.space import Ballast, allow_probing

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


class Books:
    """Ledger and documents of this hub.

    kept    called on the loop for each new measurement that may be the patient's
    failed  called on the books' thread when the disk has failed: the process must end
    damage  what was found damaged since the start, in words for the technician
    """

    def __init__(
        self,
        state_dir: Path,
        key: Key,
        kept: Callable[[Kept], None],
        failed: Callable[[StoreError], None] = lambda fault: None,
    ) -> None:
        self._thread = ThreadPoolExecutor(1, "books")
        self._state_dir = state_dir
        self._key = key
        self._kept = kept
        self._failed = failed
        self._fault: StoreError | None = None
        self.damage: list[str] = []
        self._hold: Hold
        self.ledger: Ledger
        self.documents: Documents

    async def __aenter__(self) -> Self:
        try:
            await self.call(self._open)
        except StoreError:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def call(self, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `action` on the books' thread, after everything that was asked before it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._do(action, *args, **kwargs))

    async def transact(self, work: Callable[[], T]) -> T:
        """The same, in one transaction of the ledger."""
        return await self.call(lambda: self.ledger.transact(work))

    def soon(self, action: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """The same for a note that nobody waits for."""
        future = self._thread.submit(lambda: self._do(action, *args, **kwargs))
        future.add_done_callback(_tell_failure)

    async def keep(
        self, measurement: Measurement, reception: Reception, whose: Whose = Whose.PATIENT
    ) -> bool:
        kept = await self.call(self.ledger.append, measurement, reception, whose)
        if kept is not None and whose is not Whose.ANOTHER:
            self._kept(kept)
        return kept is not None

    async def reject(self, rejected: Rejected, reception: Reception) -> None:
        log.warning("%s sent what cannot be read: %s", reception.device_key, rejected.source)
        await self.call(self.ledger.reject, rejected, reception)

    def _do(self, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """After a fault of the disk nothing is tried again on the same handle, by anybody."""
        if self._fault is not None:
            raise self._fault
        try:
            return action(*args, **kwargs)
        except (DiskFault, Unreadable) as fault:
            self._fault = fault
            self._failed(fault)
            raise

    def _open(self) -> None:
        self._state_dir.mkdir(parents=True, exist_ok=True)
        self._hold = Hold(self._state_dir)
        allow_probing(self._state_dir)
        try:
            self._open_books()
        except StoreError:
            self._hold.release()
            raise

    def _open_books(self) -> None:
        try:
            self.ledger = Ledger(self._state_dir / "ledger.db", self._key)
        except DiskFull:
            # SQLite makes its -shm anew after a power cut, and needs room for that.
            if not Ballast(self._state_dir).release():
                raise
            self.ledger = Ledger(self._state_dir / "ledger.db", self._key)
        if self.ledger.damaged:
            self._tell_damage(self.ledger.damaged)
        self.documents = Documents(
            self._state_dir / "documents",
            self._key,
            writable=True,
            report=self._tell_damage,
        )

    def _close(self) -> None:
        self.ledger.close()
        self._hold.release()

    def _tell_damage(self, damage: Damage | Damaged) -> None:
        text = f"{damage.path.name} was damaged ({damage.reason}) and is kept as {damage.moved_to}"
        log.error("%s", text)
        self.damage.append(text)


def _tell_failure(future: Future[Any]) -> None:
    if error := future.exception():
        log.error("a note could not be written: %s", error)
