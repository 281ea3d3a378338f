"""The service is paused (a holiday, the hospital): nothing is asked for until then."""

from dataclasses import dataclass

from hub.clock import Moment
from hub.pause import config_of
from hub.web.books import Documents
from hub.web.language import day_and_month, gettext, zone


@dataclass(frozen=True, slots=True)
class Paused:
    """`reason` is as the central service wrote it; it may be empty."""

    words: str
    reason: str


def paused(documents: Documents, moment: Moment) -> Paused | None:
    today = moment.wall.astimezone(zone()).date()
    found = config_of(documents.get("config")).pause_on(today)
    if found is None:
        return None
    if found.last is None:
        return Paused(gettext("Oppfølgingen er på pause."), found.reason)
    until = day_and_month(found.last, today)
    words = gettext("Oppfølgingen er på pause til og med %(day)s.") % {"day": until}
    return Paused(words, found.reason)
