"""A guided measurement: how far it is, told by the ledger and by when it was begun.

It has no session. The begin stands in the address and what arrived since is in the ledger, so it
outlives a restart of the pages. After a power cut it begins anew, and the readings are there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.clock import CLOCK_UNREADABLE_TOLERANCE, Moment
from hub.web.books import Books, Reading
from hub.web.language import gettext, zone
from hub.web.ownership import is_asked, said_not_me
from hub.web.plan import Task
from hub.web.showing import is_shown, taken_at, when_taken

NOTHING_AFTER_S = 120
LOOKED_AT = (10, 200)  # few as a rule; a device may tell all that it remembers at once
MINUTE_S = 60


class Phase(StrEnum):
    REST = "rest"
    WAIT = "wait"
    NOTHING = "nothing"  # waited for so long that help is shown; a reading still counts
    ASK = "ask"  # the device does not know whose it was
    PAUSE = "pause"  # before another one
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Standing:
    """
    taken   the readings so far, oldest first
    ask     one of which nobody has said yet whose it is
    left_s  of the rest or the pause; 0 in any other phase
    """

    phase: Phase
    taken: tuple[Reading, ...]
    ask: Reading | None = None
    left_s: int = 0


@dataclass(frozen=True, slots=True)
class Begun:
    """What the patient said by tapping, and when, on the clock that does not jump.

    went_on_ms  that a rest, a pause or some help was enough
    missed_ms   that nothing comes
    """

    began_ms: int
    went_on_ms: int | None = None
    missed_ms: int | None = None


def standing(books: Books, task: Task, begun: Begun, moment: Moment) -> Standing:
    found = since(books, task, begun.began_ms, moment)
    ask = next((one for one in found if is_asked(books, one.kept.id)), None)
    if ask is not None:
        return Standing(Phase.ASK, (), ask)
    taken = tuple(one for one in found if not said_not_me(books, one.kept))
    if len(taken) >= task.readings:
        return Standing(Phase.DONE, taken)
    from_ms, pause_s = begun.began_ms, task.rest_s or 0
    if taken:
        from_ms = max(one.kept.reception.received.mono_ms for one in taken)
        pause_s = task.apart_s
    until_ms = from_ms + pause_s * 1000
    if begun.went_on_ms is not None and (begun.went_on_ms > from_ms or not taken):
        until_ms = begun.went_on_ms
    left_ms = until_ms - moment.mono_ms
    if left_ms > 0:
        return Standing(Phase.PAUSE if taken else Phase.REST, taken, left_s=-(-left_ms // 1000))
    missed = begun.missed_ms is not None and begun.missed_ms >= until_ms
    missed = missed or -left_ms >= NOTHING_AFTER_S * 1000
    return Standing(Phase.NOTHING if missed else Phase.WAIT, taken)


def since(books: Books, task: Task, began_ms: int, moment: Moment) -> list[Reading]:
    """What arrived since the begin and was taken for it, oldest first."""
    arrived: list[Reading] = []
    for limit in LOOKED_AT:
        newest = books.ledger.readings(limit, kind=task.kind)
        arrived = [one for one in newest if _came_since(one, began_ms, moment)]
        if len(arrived) < limit:
            break
    arrived = [one for one in arrived if is_shown(one.kept.measurement)]
    dated = [(one, taken_at(one.kept, zone())) for one in arrived]
    new = [one for one, at in dated if at and at >= _begin_by(one, began_ms)]
    undated = [one for one, at in dated if at is None]
    new += [one for one in undated if one.kept.reception.live]
    new += newest_of_each_session(one for one in undated if not one.kept.reception.live)
    return sorted(new, key=lambda one: (when_taken(one), one.kept.number))


def _came_since(reading: Reading, began_ms: int, moment: Moment) -> bool:
    received = reading.kept.reception.received
    return received.boot_id == moment.boot_id and received.mono_ms >= began_ms


def _begin_by(reading: Reading, began_ms: int) -> datetime:
    """The begin, by the wall clock as it was when this came; devices' clocks are a little off."""
    received = reading.kept.reception.received
    ago = timedelta(milliseconds=received.mono_ms - began_ms)
    return received.wall - ago - CLOCK_UNREADABLE_TOLERANCE


def newest_of_each_session(readings: Iterable[Reading]) -> list[Reading]:
    """Nobody knows when these were taken: of a device's memory, the last is what woke it."""
    found: dict[str, Reading] = {}
    for one in sorted(readings, key=_place_in_memory):
        found[one.kept.reception.session] = one
    return list(found.values())


def _place_in_memory(reading: Reading) -> tuple[int, str, int]:
    measurement = reading.kept.measurement
    stamp = measurement.device_time
    sequence = -1 if measurement.sequence is None else measurement.sequence
    return sequence, stamp.isoformat() if stamp else "", reading.kept.number


def left_in_words(left_s: int) -> str:
    """Minutes; in the last one seconds, which count down on the page."""
    if left_s > MINUTE_S:
        minutes = -(-left_s // MINUTE_S)
        return gettext("%(minutes)s minutter igjen") % {"minutes": minutes}
    return gettext("%(seconds)s sekunder igjen") % {"seconds": left_s}
