"""The one line that says how things stand. "Sent" and "received" only where it is so."""

from datetime import datetime

from hub.records import Step
from hub.web.books import Books, Reading
from hub.web.language import gettext, when


def line(books: Books, now: datetime, phone: str) -> str:
    ledger = books.ledger
    if ledger.absent() is not None:
        return gettext("Boksen starter. Det du svarer, blir lagret her.")
    receiving = ledger.state("receiving")
    if receiving:
        return gettext("Tar imot fra %(device)s …") % {"device": receiving["device"]}
    counts = ledger.counts()
    if counts.waiting:
        return _waiting(ledger.state("connection"))
    if counts.parked:
        return _stuck(phone)
    newest = next(iter(ledger.readings(1)), None)
    return _everything_is_away(newest, now)


def _stuck(phone: str) -> str:
    if not phone:
        return gettext("Lagret her. Noe kunne ikke sendes.")
    return gettext("Lagret her. Noe kunne ikke sendes. Ring %(phone)s.") % {"phone": phone}


def _waiting(connection: object) -> str:
    state = connection.get("state") if isinstance(connection, dict) else None
    if state == "online":
        return gettext("Lagret her. Blir sendt nå.")
    if state == "refused":
        return gettext("Lagret her. Sendes når forbindelsen er i orden. Du trenger ikke gjøre noe.")
    return gettext("Lagret her. Sendes når internett er tilbake. Du trenger ikke gjøre noe.")


def _everything_is_away(newest: Reading | None, now: datetime) -> str:
    if newest is None:
        return gettext("Alt er klart. Du trenger ikke gjøre noe.")
    seen, received = newest.steps.get(Step.SEEN), newest.steps.get(Step.RECEIVED)
    sent = newest.steps.get(Step.SENT)
    if seen is not None:
        return gettext("Siste måling er sett av sykepleier %(when)s.") % {"when": when(seen, now)}
    if received is not None:
        return gettext("Siste måling er mottatt %(when)s.") % {"when": when(received, now)}
    if sent is not None:
        return gettext("Siste måling er sendt %(when)s.") % {"when": when(sent, now)}
    return gettext("Siste måling er lagret her.")
