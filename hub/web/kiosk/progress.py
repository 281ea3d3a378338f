"""How far something that the patient said has come."""

from hub.records import Entry, Step
from hub.web import wording
from hub.web.language import short_when
from hub.web.parts import books, now
from hub.web.showing import StepShown


def steps_of(entry: Entry) -> tuple[StepShown, ...]:
    """Saved is true as soon as the row is in the journal; the rest is known by its bundle."""
    ledger, wall = books().ledger, now().wall
    outcome = ledger.outcome(entry.number)
    bundle = outcome.data.get("bundle") if outcome else None
    reached = dict((ledger.steps_of(str(bundle)) if bundle else None) or {})
    reached[Step.SAVED] = entry.written.wall
    return tuple(
        StepShown(step.value, wording.step(step), short_when(at, wall) if at else None)
        for step, at in ((step, reached.get(step)) for step in Step)
    )
