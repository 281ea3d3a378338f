"""How far something that the patient said has come."""

from collections.abc import Mapping
from datetime import datetime

from hub.clock import Moment, written_at
from hub.records import Entry, Step
from hub.web import wording
from hub.web.language import gettext, marked, short_when
from hub.web.parts import books, now
from hub.web.showing import StepShown

Reached = Mapping[Step, datetime]

DONE = {
    Step.SEEN: marked("Sett av sykepleier %(when)s."),
    Step.RECEIVED: marked("Mottatt %(when)s."),
    Step.SENT: marked("Sendt %(when)s."),
}
SAVED = marked("Lagret her %(when)s.")
WAITS_FOR = {
    "online": marked("Sendes nå."),
    "refused": marked("Sendes når forbindelsen er i orden."),
}
WAITS_FOR_LINE = marked("Sendes når internett er tilbake.")


def bundle_of(entry: Entry) -> str | None:
    outcome = books().ledger.outcome(entry.number)
    bundle = outcome.data.get("bundle") if outcome else None
    return str(bundle) if bundle else None


def reached(written: Moment, bundle: str | None) -> Reached:
    """Saved is true as soon as the row is in the journal; the rest is known by its bundle."""
    found = (books().ledger.steps_of(bundle) if bundle else None) or {}
    return {**found, Step.SAVED: written_at(written, now())}


def shown(steps: Reached) -> tuple[StepShown, ...]:
    wall = now().wall
    return tuple(
        StepShown(step.value, wording.step(step), short_when(at, wall) if at else None)
        for step, at in ((step, steps.get(step)) for step in Step)
    )


def steps_of(entry: Entry) -> tuple[StepShown, ...]:
    return shown(reached(entry.written, bundle_of(entry)))


def in_words(steps: Reached) -> str:
    """ "Saved here 09:12. Will be sent when the internet is back." """
    for step, text in DONE.items():
        if (at := steps.get(step)) is not None:
            return _at(text, at)
    return f"{saved_at(steps[Step.SAVED])} {waits_for()}"


def saved_at(at: datetime) -> str:
    return _at(SAVED, at)


def _at(text: str, at: datetime) -> str:
    """A date may end with a full stop of its own."""
    return (gettext(text) % {"when": short_when(at, now().wall)}).replace("..", ".")


def waits_for() -> str:
    """What has to happen before anything is sent."""
    connection = books().ledger.state("connection")
    state = connection.get("state") if isinstance(connection, dict) else None
    return gettext(WAITS_FOR.get(str(state), WAITS_FOR_LINE))
