"""Whose a reading is, by what was said on this screen, and how long that can be said.

Nothing is deleted: a reading that is not the patient's is kept, and taken out of what is sent.
"""

from datetime import timedelta

from hub.clock import Moment, is_within
from hub.records import JournalKind, Kept
from hub.web.books import Books

OFFERED = timedelta(minutes=10)


def said_not_me(books: Books, kept: Kept) -> bool:
    """By the hub's book, or by the last word on this screen that the hub has not taken yet."""
    said = books.journal.whose(after=books.ledger.taken()).get(kept.id)
    return kept.disowned if said is None else said is JournalKind.NOT_ME


def is_asked(books: Books, id: str) -> bool:
    """The device knows several people, and nobody has said yet whose this is."""
    asked = books.ledger.state("ask_who") or []
    return id in asked and id not in books.journal.whose(after=books.ledger.taken())


def may_be_said(books: Books, kept: Kept, moment: Moment) -> bool:
    """While it is news. What was asked about later can be taken back for as long after that."""
    if is_within(OFFERED, kept.reception.received, moment) or is_asked(books, kept.id):
        return True
    said = books.journal.last(JournalKind.NOT_ME)
    if said is None or not is_within(OFFERED, said.written, moment):
        return False
    about = books.ledger.reading(str(said.body.get("measurement")))
    return about is not None and about.kept.reception.session == kept.reception.session
