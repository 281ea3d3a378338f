"""A number that a device shows and the hub must be told, or the other way round.

The hub's notes: `passkey_wanted` while a device waits for its number, `passkey` while one stands
here to be typed into the device.
"""

import re
from dataclasses import dataclass
from typing import Any

from drivers import catalogue
from hub.clock import Moment
from hub.records import JournalKind
from hub.web import wording
from hub.web.books import Books
from hub.web.countdown import left_s
from hub.web.language import gettext
from hub.web.parts import write

DIGITS = 6
SIX_DIGITS = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`device` is with the definite article: "the blood pressure monitor"."""

    address: str
    name: str
    device: str
    left_s: int
    version: str


def wanted(books: Books, moment: Moment) -> Wanted | None:
    """None also once the number has been typed, while the hub has not taken it yet."""
    note = books.ledger.state("passkey_wanted")
    left = left_s(note, moment)
    if not left or _is_answered(books, str(note["address"])):
        return None
    return Wanted(
        address=str(note["address"]),
        name=str(note.get("name") or ""),
        device=the_device(note.get("model")),
        left_s=round(left),
        version=f"{note['address']} {note['until_mono_ms']}",
    )


def _is_answered(books: Books, address: str) -> bool:
    entry = books.journal.last(JournalKind.PASSKEY)
    if entry is None or entry.number <= books.ledger.taken():
        return False
    return entry.body.get("address") == address


def the_device(model_id: Any) -> str:
    model = catalogue.by_id(model_id)
    return wording.the_shape(model.shape) if model else gettext("apparatet")


def shown(books: Books) -> str | None:
    """The number to type into the device."""
    note = books.ledger.state("passkey")
    return str(note["passkey"]) if isinstance(note, dict) else None


def version(books: Books, moment: Moment) -> str:
    """Another text when another device asks, or none any more."""
    asked = wanted(books, moment)
    return asked.version if asked else ""


def answer(address: str, typed: str) -> int | None:
    """The number of the row; None for what cannot be a passkey."""
    digits = "".join(typed.split())
    if not SIX_DIGITS.fullmatch(digits):
        return None
    return write(JournalKind.PASSKEY, {"address": address, "passkey": digits})
