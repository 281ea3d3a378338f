"""When the screen rests, and what keeps it lit although nobody touches it."""

from dataclasses import dataclass
from datetime import datetime, time

from drivers.measurement import Kind
from hub.clock import Moment
from hub.pause import config_of
from hub.web import passkey
from hub.web.books import Books
from hub.web.language import zone

READING_S = 60
LOOKED_AT = 5  # of the newest
REMINDER_S = 300
BY_ITSELF = {Kind.CONTINUOUS_GLUCOSE, Kind.HEART_RATE}  # also of a patient who sleeps


@dataclass(frozen=True, slots=True)
class Night:
    """Seconds since midnight where the patient lives; `lit_s` from now."""

    now_s: int
    from_s: int
    to_s: int
    lit_s: int

    @property
    def is_now(self) -> bool:
        if self.from_s <= self.to_s:
            return self.from_s <= self.now_s < self.to_s
        return not self.to_s <= self.now_s < self.from_s


def night(books: Books, moment: Moment) -> Night:
    quiet = config_of(books.documents.get("config")).quiet()
    begin, end = (_seconds(time.fromisoformat(text)) for text in (quiet.begin, quiet.end))
    plain = Night(_seconds(moment.wall.astimezone(zone()).time()), begin, end, 0)
    lit = [_by_reading(books, moment), _by_passkey(books, moment)]
    if not plain.is_now:
        lit.append(_by_reminder(books, moment))
    return Night(plain.now_s, plain.from_s, plain.to_s, max(lit))


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _by_reading(books: Books, moment: Moment) -> int:
    """The patient has just measured."""
    received = (
        reading.kept.reception.received.wall
        for reading in books.ledger.readings(LOOKED_AT)
        if reading.kept.measurement.kind not in BY_ITSELF
    )
    return max((_left(at, moment.wall, READING_S) for at in received), default=0)


def _by_passkey(books: Books, moment: Moment) -> int:
    wanted = passkey.wanted(books, moment)
    return wanted.left_s if wanted else 0


def _by_reminder(books: Books, moment: Moment) -> int:
    due = (books.ledger.state("reminders") or {}).get("due") or []
    times = [datetime.fromisoformat(one["at"]) for one in due]
    return max((_left(at, moment.wall, REMINDER_S) for at in times), default=0)


def _left(since: datetime, now: datetime, seconds: int) -> int:
    """0 also for what lies ahead: a clock was set back."""
    gone = (now - since).total_seconds()
    return round(seconds - gone) if 0 <= gone < seconds else 0
