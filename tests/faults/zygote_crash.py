"""Where a child of the zygote ends itself: `os._exit`, so nothing is flushed, closed or told.

A point is a call, and the moment before it begins or after it has returned; often only the first
such call after another one (`since`), as the COMMIT of an append.
"""

import os
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, NoReturn

from hub.store.documents import SEALED

STATUS = 9
LATER = timedelta(days=100)  # more than hub.toml keeps what was received

When = Callable[..., bool]
Scene = Literal[
    "reading",
    "prune",
    "document",
    "plain document",
    "journal",
    "form",
    "first start",
    "first page",
    "salvage",
    "old",
]


def always(*_: object, **__: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Call:
    """`where`: as pkgutil.resolve_name; `when`: asked with the arguments of the call."""

    where: str
    when: When = always


def wrap(where: str, before: Callable[..., None], after: Callable[..., None]) -> None:
    module, _, dotted = where.partition(":")
    holder, _, name = dotted.rpartition(".")
    owner = pkgutil.resolve_name(f"{module}:{holder}" if holder else module)
    replaced = getattr(owner, name)

    def called(*args: Any, **kwargs: Any) -> Any:
        before(*args, **kwargs)
        result = replaced(*args, **kwargs)
        after(*args, **kwargs)
        return result

    setattr(owner, name, called)


def nothing(*_: object, **__: object) -> None:
    pass


def end() -> NoReturn:
    os._exit(STATUS)


@dataclass(frozen=True, slots=True)
class Point:
    """`also`: what else must be different in the child, so that it comes there at all."""

    scene: Scene
    side: Literal["before", "after"]
    at: Call
    since: Call | None = None
    also: Callable[[], None] = nothing

    def set(self) -> None:
        """In the child, before the hub starts."""
        is_armed = self.since is None

        def arm(*args: Any, **kwargs: Any) -> None:
            nonlocal is_armed
            assert self.since is not None
            is_armed = is_armed or self.since.when(*args, **kwargs)

        def end_here(*args: Any, **kwargs: Any) -> None:
            if is_armed and self.at.when(*args, **kwargs):
                end()

        if self.side == "before":
            wrap(self.at.where, end_here, nothing)
        else:
            wrap(self.at.where, nothing, end_here)
        if self.since is not None:
            wrap(self.since.where, arm, nothing)
        self.also()


def commit(book: str) -> Call:
    def is_it(database: Any, sql: str, *_: object) -> bool:
        return sql == "COMMIT" and database.path.name == book

    return Call("hub.store.database:Database.change", is_it)


def renaming(file: str) -> Call:
    return Call("pathlib:Path.replace", lambda path, _: path.name == file)


def linking(file: str) -> Call:
    return Call("pathlib:Path.hardlink_to", lambda path, _: path.name == file)


def removing(file: str) -> Call:
    return Call("pathlib:Path.unlink", lambda path, **_: path.name == file)


def writing(file: str) -> Call:
    return Call("hub.store.jsonfile:JsonFile.write", lambda json, _: json._path.name == file)


def step(number: int) -> Call:
    def is_it(database: Any, sql: str, *_: object) -> bool:
        return sql == f"PRAGMA user_version = {number}" and database.path.name == "ledger.db"

    return Call("hub.store.database:Database.change", is_it)


def as_if_later() -> None:
    """Everything that was received is so long ago that it may be let go."""
    from hub.store.ledger import Ledger

    prune = Ledger.prune

    def prune_later(ledger: Ledger, now: Any, days: int) -> int:
        return prune(ledger, replace(now, wall=now.wall + LATER), days)

    setattr(Ledger, "prune", prune_later)  # noqa: B010 - a method


LEDGER, JOURNAL = commit("ledger.db"), commit("journal.db")
APPEND = Call("hub.store.ledger:Ledger.append")
SEAL = Call("hub.store.outbox:Outbox.seal")
PUBLISH = Call("hub.uplink.mqtt:Network.publish", lambda _, given: "/up/fhir/" in given.topic)
PUBACK = Call("hub.uplink.sender:Sender._answered")
RECEIPT = Call("hub.uplink.sender:Sender.receive")
BATCH = Call("hub.uplink.bookkeeper:_Batch.write", lambda batch, _: bool(batch.received))
PRUNE = Call("hub.store.ledger:Ledger.prune")
SETTLE = Call("hub.takeover:Takeover._settle")
KIT = writing(f"kit{SEALED}")
SYNC = Call("os:fsync")
ANSWER = Call("hub.store.journal:Journal.append_all")
EVIDENCE = Call("hub.store.salvage:_keep_evidence")


def both(
    name: str, scene: Scene, at: Call, since: Call | None = None, **more: Any
) -> dict[str, Point]:
    return {
        f"before {name}": Point(scene, "before", at, since, **more),
        f"after {name}": Point(scene, "after", at, since, **more),
    }


POINTS: dict[str, Point] = {
    **both("the COMMIT of a reading", "reading", LEDGER, APPEND),
    **both("the COMMIT of the sealed bytes", "reading", LEDGER, SEAL),
    **both("PUBLISH", "reading", PUBLISH),
    **both("PUBACK is dealt with", "reading", PUBACK),
    **both("a receipt is dealt with", "reading", RECEIPT),
    **both("the COMMIT of receipts", "reading", LEDGER, BATCH),
    **both("the COMMIT of a prune", "prune", LEDGER, PRUNE, also=as_if_later),
    **both("the sync of a document", "document", SYNC, KIT),
    **both("the rename of its previous generation", "document", renaming(f"kit{SEALED}.old"), KIT),
    **both("the rename of a document", "document", renaming(f"kit{SEALED}.new"), KIT),
    **both("a plain document is removed", "plain document", removing("kit.json")),
    **both("a row of the journal is settled", "journal", SETTLE),
    **both("the COMMIT of the take-over", "journal", LEDGER, SETTLE),
    **both("the COMMIT of an answer", "form", JOURNAL, ANSWER),
    **both("the key has its name", "first start", linking("data.key")),
    **both("a new ledger has its name", "first start", renaming("ledger.db.new")),
    **both("a new journal has its name", "first page", renaming("journal.db.new")),
    **both("the key of the forms has its name", "first page", renaming("form.key.new")),
    "after the evidence is kept": Point("salvage", "after", EVIDENCE),
    **both("a salvaged book is whole", "salvage", renaming("ledger.db.fresh")),
    **both("a salvaged book is in its place", "salvage", renaming("ledger.db.salvaged")),
    **both("the COMMIT of the second step of a book", "old", LEDGER, step(2)),
    **both("the COMMIT of the third step of a book", "old", LEDGER, step(3)),
}
