"""The outbox against a model of it: whatever happens in whatever order, nothing is lost."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from hub.records import OutboxKind, OutboxState
from tests.books import ledger_at
from tests.store.made import blood_pressure, moment, reception

SESSIONS = ("a", "b")
MEMORY = Path("/dev/shm")  # noqa: S108 - the model is about order, not about power: spare the disk


class OutboxModel(RuleBasedStateMachine):
    """state: seq → the state it must have; pruned ones are gone. bodies: the bytes once sealed."""

    seqs: Bundle[int] = Bundle("seqs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self.folder.name) / "ledger.db"
        self.ledger = ledger_at(self.path)
        self.records = self.answers = 0
        self.state: dict[int, OutboxState] = {}
        self.bodies: dict[int, bytes] = {}
        self.members: dict[int, int] = {}

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @rule(target=seqs, session=st.sampled_from(SESSIONS))
    def append(self, session: str) -> int:
        self.records += 1
        kept = self.ledger.append(blood_pressure(self.records), reception(session))
        assert kept is not None
        seq: int = self.ledger._database.value(
            "SELECT seq FROM measurement WHERE number = ?", (kept.number,)
        )
        assert seq not in self.bodies, "a measurement joined a sealed row"
        self.state.setdefault(seq, OutboxState.DUE)
        self.members[seq] = self.members.get(seq, 0) + 1
        return seq

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def append_again(self, data: Any) -> None:
        record = data.draw(st.integers(1, self.records))
        assert self.ledger.append(blood_pressure(record), reception("later")) is None

    @rule(target=seqs, urgent=st.booleans())
    def put(self, urgent: bool) -> int:
        self.answers += 1
        body = f"answer {self.answers}".encode()
        seq = self.ledger.outbox.put(
            OutboxKind.ALERT, body.decode(), body, urgent=urgent, created=moment()
        )
        assert seq not in self.state
        self.state[seq], self.bodies[seq] = OutboxState.DUE, body
        return seq

    @rule(seq=seqs)
    def seal(self, seq: int) -> None:
        body = f"bundle {seq}".encode()
        members = len(self.ledger.measurements_of(seq))
        sealed = self.ledger.outbox.seal(seq, f"id {seq}", body, members=members)
        assert sealed == (seq in self.state and seq not in self.bodies)
        if sealed:
            self.bodies[seq] = body

    @rule(seq=seqs)
    def sent(self, seq: int) -> None:
        self.ledger.outbox.sent([seq], moment().wall)

    @rule(seq=seqs, received=st.booleans())
    def receipt(self, seq: int, received: bool) -> None:
        id = self.id_of(seq)
        known = self.ledger.outbox.acknowledge([id], moment().wall, received=received)
        assert known == ({id} if seq in self.state and seq in self.bodies else set())
        if known:
            self.state[seq] = OutboxState.ACKNOWLEDGED

    @rule(seq=seqs)
    def defer(self, seq: int) -> None:
        self.ledger.outbox.defer(seq)
        if self.state.get(seq) is OutboxState.DUE:
            self.state[seq] = OutboxState.DEFERRED

    @rule()
    def undefer(self) -> None:
        deferred = [seq for seq, state in self.state.items() if state is OutboxState.DEFERRED]
        assert self.ledger.outbox.undefer() == len(deferred)
        self.state |= dict.fromkeys(deferred, OutboxState.DUE)

    @rule(seq=seqs)
    def park(self, seq: int) -> None:
        self.ledger.outbox.park(seq, "why")
        if self.state.get(seq, OutboxState.ACKNOWLEDGED) is not OutboxState.ACKNOWLEDGED:
            self.state[seq] = OutboxState.PARKED

    @rule(seq=seqs)
    def send_again(self, seq: int) -> None:
        was_parked = self.state.get(seq) is OutboxState.PARKED
        assert self.ledger.outbox.send_again(seq) == was_parked
        if was_parked:
            self.state[seq] = OutboxState.DUE

    @rule()
    def crash(self) -> None:
        """Another connection on the file as it is: what was not committed is gone."""
        left = self.ledger
        self.ledger = ledger_at(self.path)
        left.close()

    @rule(days=st.sampled_from([0, 1, 400]))
    def prune(self, days: int) -> None:
        pruned = self.ledger.prune(moment(2 * 86400), days)
        gone = set(self.state) - {
            row["seq"] for row in self.ledger._database.rows("SELECT seq FROM outbox")
        }
        assert len(gone) == pruned
        assert {self.state.pop(seq) for seq in gone} <= {OutboxState.ACKNOWLEDGED}

    @invariant()
    def every_unfinished_row_is_where_it_belongs(self) -> None:
        due = {row.seq: row for row in self.ledger.outbox.due(1000)}
        assert set(due) == self.in_state(OutboxState.DUE)
        assert {row.seq for row in self.ledger.outbox.parked()} == self.in_state(OutboxState.PARKED)
        for seq, row in due.items():
            assert row.body == self.bodies.get(seq)
            assert len(self.ledger.measurements_of(seq)) == self.members.get(seq, 0)
        waiting = len(due) + len(self.in_state(OutboxState.DEFERRED))
        assert self.ledger.outbox.counts().waiting == waiting

    def in_state(self, state: OutboxState) -> set[int]:
        return {seq for seq, now in self.state.items() if now is state}

    def id_of(self, seq: int) -> str:
        body = self.bodies.get(seq, b"")
        return body.decode() if body.startswith(b"answer") else f"id {seq}"


TestOutboxModel = OutboxModel.TestCase
TestOutboxModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
