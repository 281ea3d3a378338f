"""Which rows must wait, and until when: for a receipt, after a refusal, because central asked.

All times are on the event loop's monotonic clock, so a jump of the wall clock moves nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hub.records import OutboxKind
from hub.uplink.endings import words
from hub.uplink.rows import Lane, Row

# The broker is busy, or its rules forbid the topic: no row is at fault, so none is ever parked.
NOT_THE_ROWS_FAULT = frozenset({0x87, 0x89, 0x96, 0x97})
# It may be the row, or the broker that is in trouble: a row is at fault if others of its kind pass.
PERHAPS_THE_ROWS_FAULT = frozenset({0x80, 0x83, 0x91})
POISON_AFTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """window: rows that wait for something; a bound, so that a dead central service does not fill
    the broker's queue. Fresh rows and alerts may exceed it a little."""

    backlog_per_s: float = 5.0  # 0: no limit
    receipt_gap_s: float = 60.0
    receipt_gap_max_s: float = 1800.0
    refusal_wait_s: float = 5.0
    refusal_wait_max_s: float = 300.0
    window: int = 100
    fetch: int = 50
    board_pause_s: float = 1.0  # between two rounds of retained documents

    def window_of(self, lane: Lane) -> int:
        return self.window + {Lane.URGENT: 20, Lane.FRESH: 10, Lane.BACKLOG: 0}[lane]


class Patience:
    """The rows that wait (`seqs`), and how long each waited before.

    problems  kinds that the broker takes none of, and why; `told` is called when they change
    """

    def __init__(self, pace: Pace, told: Callable[[], None]) -> None:
        self._pace = pace
        self._told = told
        self._until: dict[int, float] = {}
        self._gaps: dict[int, float] = {}
        self._refusals: Counter[int] = Counter()
        self._paused: dict[OutboxKind, tuple[float, float]] = {}  # until, how long
        self._refused_since: dict[OutboxKind, set[int]] = {}  # the last row of the kind was taken
        self.problems: dict[OutboxKind, str] = {}

    def __len__(self) -> int:
        return len(self._until)

    @property
    def seqs(self) -> set[int]:
        return set(self._until)

    @property
    def earliest(self) -> float | None:
        return min(self._until.values(), default=None)

    def put_off(self, seq: int, until: float) -> None:
        self._until[seq] = until

    def await_receipt(self, seq: int, now: float) -> None:
        """60 s, doubling to 30 min (contract §5.4)."""
        gap = self._gaps.get(seq, self._pace.receipt_gap_s)
        self._gaps[seq] = min(2 * gap, self._pace.receipt_gap_max_s)
        self._until[seq] = now + gap

    def recall(self, now: float) -> bool:
        """Let go of those whose time has come. True when there were any."""
        over = [seq for seq, until in self._until.items() if until <= now]
        for seq in over:
            del self._until[seq]
        return bool(over)

    def reconnected(self, now: float, *, session_present: bool) -> None:
        if session_present:
            # Their receipts wait at the broker, and only time with a connection counts.
            for seq in self._until.keys() & self._gaps.keys():
                self._until[seq] = max(self._until[seq], now + self._pace.receipt_gap_s)
        else:
            self._until.clear()  # the broker forgot us, and our receipts with us
            self._paused.clear()

    def forget(self, seq: int) -> None:
        self._until.pop(seq, None)
        self._gaps.pop(seq, None)
        del self._refusals[seq]

    def taken(self, row: Row) -> None:
        """The broker took it, so it takes this kind."""
        del self._refusals[row.seq]
        self._paused.pop(row.kind, None)
        self._refused_since.pop(row.kind, None)
        if self.problems.pop(row.kind, None) is not None:
            self._told()

    def refused(self, row: Row, code: int, now: float) -> str | None:
        """The broker said no → the reason when the row is poison and must be parked."""
        is_the_brokers = code in PERHAPS_THE_ROWS_FAULT and self._none_passed(row)
        if code in NOT_THE_ROWS_FAULT or is_the_brokers:
            if self.problems.get(row.kind) != words(code):
                self.problems[row.kind] = words(code)
                self._told()
            self.put_off(row.seq, self._pause(row.kind, now))
            return None
        return self.blamed(row, words(code), now)

    def blamed(self, row: Row, reason: str, now: float) -> str | None:
        """Something is wrong with this very row; the third time is enough."""
        self._refusals[row.seq] += 1
        count = self._refusals[row.seq]
        if count >= POISON_AFTER:
            return f"refused {count} times: {reason}"
        self.put_off(row.seq, now + self._pace.refusal_wait_s * 2 ** (count - 1))
        return None

    def _none_passed(self, row: Row) -> bool:
        """Since this row was refused the last time."""
        refused = self._refused_since.setdefault(row.kind, set())
        if row.seq in refused:
            return True
        refused.add(row.seq)
        return False

    def paused_until(self, kind: OutboxKind, now: float) -> float | None:
        until, _ = self._paused.get(kind, (0.0, 0.0))
        return until if until > now else None

    def _pause(self, kind: OutboxKind, now: float) -> float:
        """All that was in flight is refused together, which is one refusal and not ten."""
        until, length = self._paused.get(kind, (0.0, 0.0))
        if until <= now:
            length = min(2 * length or self._pace.refusal_wait_s, self._pace.refusal_wait_max_s)
            until = now + length
            self._paused[kind] = (until, length)
        return until
