"""What the pages are made of, as `hub.serve` or a test hands it over."""

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, g

from hub.clock import Moment, Now
from hub.records import JournalKind
from hub.settings import Settings
from hub.web.books import Books, Rows
from hub.web.gate import Gate

LOOPBACK_HOSTS = ["127.0.0.1", "localhost"]


@dataclass(frozen=True, slots=True)
class Parts:
    """`hosts`: names and addresses under which the setup pages may be asked for just now."""

    settings: Settings
    books: Books
    gate: Gate
    now: Now
    key: bytes
    hosts: list[str] = field(default_factory=lambda: list(LOOPBACK_HOSTS))


def parts() -> Parts:
    found: Parts = current_app.config["PARTS"]
    return found


def books() -> Books:
    return parts().books


def now() -> Moment:
    return parts().now()


def write(kind: JournalKind, body: dict[str, Any] | None = None, *, part: str = "") -> int:
    """One row for the form that is being handled, durable on return; its number.

    `part` tells the rows of one form apart.
    """
    return books().journal.append(kind, body or {}, form=g.form + part, moment=now())


def write_all(rows: Rows) -> int:
    """Several rows for one form, all of them or none; the number of the first."""
    return books().journal.append_all(rows, form=g.form, moment=now())
