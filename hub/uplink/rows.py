"""What the uplink needs of the books: the outbox, the thread that owns it, and sealing."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol, TypeVar
from uuid import UUID

from hub.records import Due, OutboxKind
from hub.uplink.envelope import Encoding, Pack, compressed

T = TypeVar("T")

SEAL_ATTEMPTS = 3  # a measurement may join the row while it is being composed


class Outbox(Protocol):
    """As in `hub.store.outbox`; every call is made on the ledger's thread."""

    def due(
        self,
        limit: int,
        *,
        urgent: bool | None = None,
        after_seq: int = 0,
        upto_seq: int = ...,
        excluding: Collection[int] = ...,
    ) -> list[Due]: ...
    def newest(self) -> int: ...
    def seal(self, seq: int, id: str, body: bytes, *, members: int | None = None) -> bool: ...
    def sent(self, seqs: Iterable[int], at: datetime) -> None: ...
    def acknowledge(
        self, ids: Iterable[str], at: datetime, *, received: bool = True
    ) -> set[str]: ...
    def seen(self, id: str, at: datetime) -> bool: ...
    def park(self, seq: int, reason: str) -> None: ...


class OnLedger(Protocol):
    """Runs `work` on the ledger's thread, in one transaction; its result or error comes back."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes of a row. `members`: how many measurements they were composed from."""

    id: str
    body: bytes
    members: int | None = None


class Unsealable(Exception):
    """A row whose bytes cannot be made; it is parked with `reason` and blocks nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Seal = Callable[[Due], Sealed | None]
"""Compose a row's bytes, on the ledger's thread. None: nothing to send yet; Unsealable: never."""


class Lane(IntEnum):
    """What goes first (design §7)."""

    URGENT = 0
    FRESH = 1  # put into the outbox since the connection came up
    BACKLOG = 2


@dataclass(frozen=True, slots=True)
class Row:
    """A sealed row. `id` as in the outbox: `uuid` as `urn:uuid:…`."""

    seq: int
    kind: OutboxKind
    id: str
    uuid: UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """A row about to leave, with its bytes as they travel."""

    row: Row
    lane: Lane
    payload: bytes
    encoding: Encoding
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """`parcels` in the order in which they go; `unready` have nothing to send yet.

    more  there may be others
    """

    parcels: deque[Parcel]
    unready: frozenset[int]
    parked: tuple[tuple[Due, str], ...]
    more: bool


def fetch(
    outbox: Outbox,
    seal: Seal,
    *,
    limit: int,
    mark: int,
    excluding: Collection[int],
    pack: Pack = compressed,
) -> Fetched:
    """The next rows of all lanes, sealed. Runs on the ledger's thread.

    mark  rows up to here were in the outbox before the connection came up
    """
    parcels: deque[Parcel] = deque()
    unready: set[int] = set()
    parked: list[tuple[Due, str]] = []
    found = 0
    for lane in Lane:
        for due in _due(outbox, lane, limit - found, mark, excluding):
            found += 1
            try:
                sealed = _sealed(outbox, seal, due)
            except Unsealable as error:
                outbox.park(due.seq, error.reason)
                parked.append((due, error.reason))
                continue
            if sealed is None:
                unready.add(due.seq)
            else:
                parcels.append(_packed(due, lane, sealed, pack))
    return Fetched(parcels, frozenset(unready), tuple(parked), found == limit)


def _packed(due: Due, lane: Lane, sealed: Sealed, pack: Pack) -> Parcel:
    """Compressed here, beside the event loop: zlib lets it run meanwhile."""
    row = Row(due.seq, due.kind, sealed.id, UUID(sealed.id.removeprefix("urn:uuid:")))
    payload, encoding = pack(sealed.body)
    return Parcel(row, lane, payload, encoding, due.created.wall)


def _due(
    outbox: Outbox, lane: Lane, limit: int, mark: int, excluding: Collection[int]
) -> list[Due]:
    if limit <= 0:
        return []
    match lane:
        case Lane.URGENT:
            return outbox.due(limit, urgent=True, excluding=excluding)
        case Lane.FRESH:
            return outbox.due(limit, urgent=False, after_seq=mark, excluding=excluding)
        case Lane.BACKLOG:
            return outbox.due(limit, urgent=False, upto_seq=mark, excluding=excluding)


def _sealed(outbox: Outbox, seal: Seal, due: Due) -> Sealed | None:
    if due.id is not None and due.body is not None:
        return Sealed(due.id, due.body)
    for _ in range(SEAL_ATTEMPTS):
        made = seal(due)
        if made is None:
            return None
        if outbox.seal(due.seq, made.id, made.body, members=made.members):
            return made
    return None
