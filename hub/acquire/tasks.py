"""What somebody has to do, by what became of a connection."""

from drivers.errors import ConsentNeeded, DriverError, LinkRefused
from hub.acquire.refusals import KeyRefused, SeenButRefuses
from hub.acquire.session import Report
from hub.records import Task


def before(error: DriverError, *, unanswered: bool) -> Task | None:
    """It did not let the hub in. unanswered: nobody typed its passkey in."""
    if unanswered:
        return Task.PASSKEY_NEEDED
    if isinstance(error, SeenButRefuses):
        return Task.HELD_BY_PHONE
    return Task.BOND_LOST if isinstance(error, KeyRefused) or _at_pairing(error) else None


def after(report: Report, *, unanswered: bool) -> Task | None:
    """It talked to the hub, so whatever kept it from that is over."""
    if isinstance(report.problem, ConsentNeeded):
        return Task.CONSENT_NEEDED
    if report.problem is not None and unanswered:
        return Task.PASSKEY_NEEDED
    if _at_pairing(report.problem):  # it refused to bond, and then to talk without
        return Task.BOND_LOST
    return Task.CLOCK_LOST if report.clock_is_lost else None


def _at_pairing(error: DriverError | None) -> bool:
    return isinstance(error, LinkRefused) and error.step == "pair"
