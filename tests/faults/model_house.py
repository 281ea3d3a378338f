"""The hub of the model among its surroundings: what people, broker and power can do to it."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Literal

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from hub.clock import ClockState, Moment
from hub.records import JournalKind, Reception, Whose
from hub.store.errors import DiskFull
from hub.store.identity import identity
from hub.uplink import identifiers, receipts
from hub.uplink.endings import SILENT, Ending
from hub.uplink.envelope import Publication
from hub.uplink.patience import NOT_THE_ROWS_FAULT, PERHAPS_THE_ROWS_FAULT, Pace
from tests.books import KEY, journal_at
from tests.faults.model_hub import Life, VirtualLoop
from tests.faults.model_world import Wire, World
from tests.test_takeover import SETTINGS

MEMORY = Path("/dev/shm")  # noqa: S108 - the model is about order, not about power: spare the disk
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LATEST = datetime(2080, 1, 1, tzinfo=UTC)
NO_END_OF_IT = 1 << 30
QUESTIONNAIRE = "https://hub.example/fhir/Questionnaire/demo|1.0.0"


@dataclass
class Clock:
    """The hub's: wall time that jumps, monotonic time that does not, and the boot."""

    loop: VirtualLoop
    ahead: timedelta = timedelta()
    boot: int = 1
    booted_at_s: float = 0.0
    trusted: bool = True

    def now(self) -> Moment:
        at_s = self.loop.time()
        return Moment(
            wall=min(START + timedelta(seconds=at_s) + self.ahead, LATEST),
            mono_ms=round((at_s - self.booted_at_s) * 1000),
            boot_id=f"boot {self.boot}",
            state=ClockState.NTP if self.trusted else ClockState.RESTORED,
        )


@dataclass
class Facts:
    """What people did, and what they were told.

    taken         every measurement by its number: its session, and when; saved or not
    saved         measurement → its id, since the device was told that it is kept
    never_theirs  ids of what was somebody else's, at some time
    written       every journal row of which a page was told
    answers       journal row → the bundle that it must become
    """

    taken: list[tuple[str, Moment]] = field(default_factory=list)
    saved: dict[int, str] = field(default_factory=dict)
    never_theirs: set[str] = field(default_factory=set)
    written: dict[int, JournalKind] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)


SLOWEST_S = 5.0  # until a slow disk has answered all that was asked


class House:
    def __init__(self, receipts: Literal["central", "broker"], pace: Pace) -> None:
        self.receipts_by: Literal["central", "broker"] = receipts
        self.pace = pace
        self.loop = VirtualLoop()
        self.clock = Clock(self.loop)
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.world = World()
        self.facts = Facts()
        self.sent_again: set[int] = set()  # a technician's wish, which outlives a crash
        self.wire: Wire | None = None
        self.is_full = self.is_away = False
        self.journal_path = self.folder / "web" / "journal.db"
        self.journal = journal_at(self.journal_path)
        (self.folder / "hub-1").mkdir()
        self._begin(self.folder / "hub-1")

    def close(self) -> None:
        self.life.end()
        self.journal.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    # The hub's side

    def keep(self, number: int, whose: Whose) -> None:
        session, at = self.facts.taken[number]
        kilograms = Value(Decimal(weight(number)), Unit.KILOGRAM)
        measurement = Measurement(
            Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: kilograms}, raw=(b"w",), sequence=number
        )
        reception = Reception("F0F1F2A10002", "gatt-weight-scale", session, at, None, live=True)
        asked = self.life.finish(self.life.books.keep(measurement, reception, whose))
        if asked is None or self._was_refused(asked.exception()):
            return
        asked.result()
        self.facts.saved[number] = KEY.keyed(identity(measurement, reception))
        self.life.wake()

    def write(self, kind: JournalKind, form: str | None = None, /, **body: Any) -> int:
        written = self.journal.append(kind, body, form=form, moment=self.clock.now())
        self.facts.written[written.number] = kind
        return written.number

    def answer(self, kind: JournalKind) -> None:
        """What must become a bundle of its own."""
        check_in = f"check-in {len(self.facts.written)}"
        item = [{"linkId": "1", "answer": [{"valueBoolean": True}]}]
        number = self.write(
            kind, check_in, check_in=check_in, questionnaire=QUESTIONNAIRE, item=item
        )
        again = self.write(
            kind, check_in, check_in=check_in, questionnaire=QUESTIONNAIRE, item=item
        )
        assert number == again, "a double tap is one entry"
        name = identifiers.urn("alert", SETTINGS.hub.id, "help-requested", f"journal {number}")
        if kind is JournalKind.CHECK_IN_COMPLETED:
            name = identifiers.urn(identifiers.urn("check-in", check_in))
        self.facts.answers[number] = name

    def ask(self, work: Callable[[], object]) -> None:
        """On the books' thread."""
        asked = self.life.finish(self.life.books.call(work))
        if asked is not None and not self._was_refused(asked.exception()):
            asked.result()

    def connect(self, *, session_kept: bool) -> None:
        self.hang_up(SILENT)
        self.is_away, self.world.knows_the_session = False, True
        if not session_kept:
            self.world.receipts.clear()
        self.wire = Wire(self.loop, self._passes)
        self._newest_of_lane: dict[str, int] = {}
        self.life.connect(self.wire, session_present=session_kept)

    def hang_up(self, ending: Ending) -> None:
        if self.wire is not None:
            self.wire.end(ending)
            self.wire = None
            self.life.disconnect(ending)

    def puback(self, pick: int, code: int) -> None:
        if self.wire is None or not self.wire.sent:
            return
        one = self.wire.sent.pop(pick % len(self.wire.sent))
        id = one.publication.id.urn
        if code < 0x80:
            self.world.take(one)
            self.world.puback_ok.add(id)
        elif code in NOT_THE_ROWS_FAULT | PERHAPS_THE_ROWS_FAULT:
            self.kinds_paused.add(one.publication.topic)
        one.answer.set_result(code)

    def puback_all(self) -> None:
        for _ in range(len(self.wire.sent) if self.wire else 0):
            self.puback(0, 0)

    def hear_receipt(self) -> None:
        if self.wire is None or not self.world.receipts:
            return
        receipt = self.world.receipts.popleft()
        if receipt.is_stored:
            self.world.told.add(receipt.bundle)
        verdict = receipts.read(receipt.payload)
        self.life.now_do(lambda: self.life.sender.receive(verdict))

    def let_through(self, first: str = "accepted") -> None:
        """Nobody loses or forgets anything for a while. `first`: said of one bundle."""
        self.pass_time(0.05)
        self.puback_all()
        for outcome in chain([first], repeat("accepted")):
            if not self.world.uploads:
                break
            self.world.store(self.world.uploads.popleft(), outcome)
        while self.wire and self.world.receipts:
            self.hear_receipt()
        self.pass_time(0.05)

    def crash(self, *, torn: bool = False, reboot: bool = False) -> None:
        if self.wire is not None:
            self.wire.end(SILENT)
            self.wire = None
        folder = self.life.end()
        if torn:  # what was being written, and never committed
            with (folder / "ledger.db-wal").open("ab") as log:
                log.write(bytes(range(256)) * 7)
        if reboot:
            self.clock.boot += 1
            self.clock.booted_at_s, self.clock.trusted = self.loop.time(), False
        self._begin(folder)

    def pass_time(self, seconds: float) -> None:
        """The hub calls again by itself, unless nobody is there."""
        if self.wire is None and not self.is_away:
            self.connect(session_kept=self.world.knows_the_session)
        self.life.run(seconds)
        self.tend()

    def tend(self) -> None:
        """What systemd and the supervisor do."""
        if self.life.is_over:
            self.crash()
        elif self.life.has_failed():
            assert self.is_full, "an error of the books for no reason"
            self.wire = None

    def take_over(self, seconds: float) -> None:
        self.life.take_over(seconds)

    def prune(self, days: int) -> None:
        """As if it were long after everything: only what is done may go."""
        late = replace(self.clock.now(), wall=LATEST)
        if self.clock.trusted:
            self.ask(lambda: self.life.books.ledger.prune(late, days))

    def checkpoint(self) -> None:
        self.ask(lambda: self.life.books.ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)"))

    def restart_the_pages(self) -> None:
        self.journal.close()
        self.journal = journal_at(self.journal_path)

    def know_the_time(self) -> None:
        self.clock.trusted = True
        now = self.clock.now()
        self.ask(lambda: self.life.books.ledger.restamp(now))
        self.life.wake()

    def allow(self, pages: int) -> None:
        if self.is_full:
            self.life.run(SLOWEST_S)  # what was refused before is told only when the disk answers
        self.tend()
        self.is_full = pages < NO_END_OF_IT
        self.life.allow(pages)

    def _begin(self, folder: Path) -> None:
        self.is_full = False
        self.kinds_paused: set[str] = set()
        self.life = Life(
            self.loop, folder, self.journal_path, self.clock.now, self.receipts_by, self.pace
        )
        assert self.life.books.ledger.damaged is None

    def _was_refused(self, error: BaseException | None) -> bool:
        if isinstance(error, DiskFull):
            assert self.is_full, "refused for no reason"
            return True
        return False

    # What must hold

    def _passes(self, publication: Publication) -> None:
        """Of each publication: its bytes, and its place in its lane."""
        id = publication.id.urn
        known = self.world.bytes_of.setdefault(id, publication.payload)
        assert known == publication.payload, "sealed bytes have changed"
        seq = self.life.reader.value("SELECT seq FROM bundle WHERE id = ?", (id,))
        assert seq is not None, "sent before it was sealed for good"
        first = seq not in self.life.published
        self.life.published.add(seq)
        if publication.topic in self.kinds_paused:
            self.life.excused.add(seq)
        if first and seq not in self.life.excused | self.sent_again:
            fresh = seq > self.life.sender._stock._mark
            lane = "urgent" if publication.urgent else "fresh" if fresh else "backlog"
            assert seq > self._newest_of_lane.get(lane, 0), "overtaken in its own lane"
            self._newest_of_lane[lane] = seq


def weight(number: int) -> str:
    """Of the `number`-th measurement, in kg: no other has the same."""
    return f"{20 + number // 10}.{number % 10}"
