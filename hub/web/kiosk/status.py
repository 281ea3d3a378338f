"""The one line that says how things stand. "Sent" and "received" only where it is so."""

from datetime import datetime, timedelta
from typing import Any

from hub.clock import Moment
from hub.records import Step
from hub.web import tasks
from hub.web.books import Books, Reading
from hub.web.language import gettext, marked, when

PULL_THE_PLUG = "pull-the-plug"  # what only losing its power brings the radio back from
UNPLUG = marked("Trekk ut strømmen til boksen. Vent ti sekunder, og sett den i igjen.")
STARTS = marked("Boksen starter. Det du svarer, blir lagret her.")
TAKES_NONE = marked("Boksen tar ikke imot målinger nå.")
TAKES_NONE_YET = marked("Boksen tar ikke imot målinger akkurat nå. Vent litt.")
BEATS = timedelta(minutes=3)  # the hub notes every minute, at least, that it is there


def line(books: Books, moment: Moment, phone: str, *, is_asked: bool = False) -> str:
    """`is_asked`: the plan asks for something, so nobody is told that there is nothing to do."""
    ledger, now = books.ledger, moment.wall
    if (words := obstacle(books, moment, phone)) is not None:
        return words
    if (words := receiving(books)) is not None:
        return words
    if (task := tasks.for_patient(books)) is not None:
        return with_phone(task.words, phone) if task.call else task.words
    counts = ledger.counts()
    if counts.waiting:
        return _waiting(ledger.state("connection"))
    if counts.parked:
        return _stuck(phone)
    newest = next(iter(ledger.readings(1)), None)
    return _everything_is_away(newest, now, is_asked=is_asked)


def obstacle(books: Books, moment: Moment, phone: str) -> str | None:
    """Why no reading can come now, and what helps."""
    ledger = books.ledger
    if (words := cannot_save(books, phone)) is not None:
        return words
    if ledger.has_hub() is False:
        return _without_hub(ledger.state("alive"), moment, phone)
    if ledger.absent() is not None or _is_of_another_boot(ledger.state("alive"), moment):
        return gettext(STARTS)
    if _is_silent(ledger.state("alive"), moment):
        return with_phone(gettext(TAKES_NONE), phone)
    radio = ledger.state("radio") or {}
    if receiving(books) is not None or not radio:
        return None
    if radio.get("code") == PULL_THE_PLUG:
        return gettext(UNPLUG)
    if radio.get("problem"):
        return with_phone(gettext("Boksen hører ikke måleapparatene nå."), phone)
    return None


def receiving(books: Books) -> str | None:
    """Which device is being read at this moment."""
    note = books.ledger.state("receiving")
    return gettext("Tar imot fra %(device)s …") % {"device": note["device"]} if note else None


def cannot_save(books: Books, phone: str) -> str | None:
    """Said on every page: nobody should measure for nothing."""
    if books.obstacle() is None:
        return None
    return with_phone(gettext("Boksen kan ikke lagre nå."), phone)


def _without_hub(alive: Any, moment: Moment, phone: str) -> str:
    """It is started again by itself, a few times; after that somebody must come."""
    in_this_boot = isinstance(alive, dict) and alive.get("boot_id") == moment.boot_id
    since_ms = moment.mono_ms - (int(alive["mono_ms"]) if in_this_boot else 0)
    if timedelta(milliseconds=since_ms) > BEATS:
        return with_phone(gettext(TAKES_NONE), phone)
    return gettext(TAKES_NONE_YET) if in_this_boot else gettext(STARTS)


def _stuck(phone: str) -> str:
    return with_phone(gettext("Lagret her. Noe kunne ikke sendes."), phone)


def with_phone(words: str, phone: str) -> str:
    """Whom to call, where the hub has been told."""
    return f"{words} " + gettext("Ring %(phone)s.") % {"phone": phone} if phone else words


def _is_of_another_boot(alive: Any, moment: Moment) -> bool:
    return isinstance(alive, dict) and alive.get("boot_id") != moment.boot_id


def _is_silent(alive: Any, moment: Moment) -> bool:
    if not isinstance(alive, dict):
        return False
    return timedelta(milliseconds=moment.mono_ms - int(alive["mono_ms"])) > BEATS


def _waiting(connection: object) -> str:
    state = connection.get("state") if isinstance(connection, dict) else None
    if state == "online":
        return gettext("Lagret her. Blir sendt nå.")
    if state == "refused":
        return gettext("Lagret her. Sendes når forbindelsen er i orden. Du trenger ikke gjøre noe.")
    return gettext("Lagret her. Sendes når internett er tilbake. Du trenger ikke gjøre noe.")


def _everything_is_away(newest: Reading | None, now: datetime, *, is_asked: bool) -> str:
    if newest is None and is_asked:
        return gettext("Alt er klart.")
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
