"""How the hub itself is: storage, clock, versions, and what it could not understand."""

import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from hub import VERSION
from hub.records import JournalKind, Obstacle
from hub.web.kiosk.status import PULL_THE_PLUG, UNPLUG
from hub.web.language import day, gettext, marked, time_of_day, when, zone
from hub.web.parts import books, now, parts, write

pages = Blueprint("health", __name__)

REJECTED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    good: bool
    detail: str


@pages.get("/health")
def state() -> str:
    ledger, wall = books().ledger, now().wall
    return render_template(
        "setup/health.html",
        facts=facts(),
        doubted=doubted(wall),
        versions=versions(),
        rejected=[
            (when(row.received_at, wall), row.device_key, row.source, row.reason)
            for row in ledger.rejected(REJECTED_SHOWN)
        ],
        anomalies=sorted((ledger.state("anomalies") or {}).items()),
    )


OBSTACLES = {
    Obstacle.FAULT: marked("Disken kan ikke skrives på. Bytt minnekortet."),
    Obstacle.FULL: marked("Disken er full. Nye målinger blir ikke tatt imot."),
}


def doubted(wall: datetime) -> str | None:
    """The time that is not believed, for the technician to compare with a watch."""
    clock = books().ledger.state("clock") or {}
    if not clock.get("doubt"):
        return None
    return f"{day(wall)} {wall.astimezone(zone()).year}, {time_of_day(wall)}"


def facts() -> list[Fact]:
    return [*obstacles(), *told()]


def obstacles() -> list[Fact]:
    """What the hub cannot write down itself."""
    found = []
    if (obstacle := books().obstacle()) is not None:
        found.append(Fact(gettext("Lagring"), False, gettext(OBSTACLES[obstacle])))
    if books().ledger.has_hub() is False:
        words = gettext("Programmet går ikke. Se «journalctl -u hub»")
        found.append(Fact(gettext("Boksen"), False, words))
    return found


def told() -> list[Fact]:
    """By the hub, in its book."""
    ledger = books().ledger
    if (reason := ledger.absent()) is not None:
        return [
            Fact(gettext("Boksen"), False, gettext("Svarer ikke: %(reason)s") % {"reason": reason})
        ]
    found = [clock(ledger.state("clock") or {})]
    radio = ledger.state("radio")
    if isinstance(radio, dict):
        problem = radio.get("problem")
        words = str(problem) if problem else gettext("Hører apparatene")
        if radio.get("code") == PULL_THE_PLUG:
            words = f"{gettext(UNPLUG)} ({words})"
        found.append(Fact(gettext("Radio"), problem is None, words))
    for fact in (ledger.state("health") or {}).get("facts", []):
        found.append(Fact(str(fact["name"]), bool(fact["ok"]), str(fact.get("detail") or "")))
    return found


def clock(state: dict[str, Any]) -> Fact:
    if state.get("synchronised"):
        return Fact(gettext("Klokken"), True, gettext("Stilt over internett"))
    if state.get("doubt"):
        words = gettext("Stilt til en tid som ikke kan stemme. Målingene venter på riktig tid.")
        return Fact(gettext("Klokken"), False, words)
    return Fact(gettext("Klokken"), False, gettext("Ikke stilt ennå"))


@pages.post("/health/clock")
def trust_clock() -> Response:
    number = write(JournalKind.TRUST_CLOCK)
    return redirect(url_for("outcome.of", number=number), 303)


def versions() -> dict[str, str]:
    return {
        "Hjemmehub": VERSION,
        "Hub-id": parts().settings.hub.id,
        "Python": platform.python_version(),
    }
