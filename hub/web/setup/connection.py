"""The way to the central service: is it open, what waits, and what could not be sent."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from hub.records import JournalKind, OutboxKind
from hub.web.language import gettext, marked, when
from hub.web.parts import books, now, parts, write

pages = Blueprint("connection", __name__)

STATES = {
    "online": marked("Tilkoblet"),
    "offline": marked("Ikke tilkoblet"),
    "refused": marked("Avvist av tjenesten"),
}
WHAT = {
    OutboxKind.OBSERVATION: marked("Måling"),
    OutboxKind.QUESTIONNAIRE_RESPONSE: marked("Svar på spørsmål"),
    OutboxKind.ALERT: marked("Varsel"),
}


@pages.get("/connection")
def state() -> str:
    ledger = books().ledger
    counts = ledger.counts()
    found = ledger.state("connection") or {}
    return render_template(
        "setup/connection.html",
        good=found.get("state") == "online",
        state=gettext(STATES.get(found.get("state", ""), STATES["offline"])),
        since=since(found),
        reason=found.get("reason"),
        server=found.get("server") or f"{parts().settings.mqtt.host}:{parts().settings.mqtt.port}",
        counts=counts,
        oldest=when(counts.oldest_at, now().wall) if counts.oldest_at else None,
        parked=[
            (
                row.seq,
                gettext(WHAT[row.kind]),
                when(row.created_at, now().wall) if row.created_at else "",
                row.reason,
            )
            for row in ledger.parked()
        ],
        absent=ledger.absent(),
    )


def since(found: dict[str, Any]) -> str | None:
    text = found.get("since")
    return when(datetime.fromisoformat(text), now().wall) if text else None


@pages.post("/connection/test")
def test() -> Response:
    number = write(JournalKind.TEST_CONNECTION)
    return redirect(url_for("outcome.of", number=number), 303)


@pages.post("/connection/again/<int:seq>")
def send_again(seq: int) -> Response:
    number = write(JournalKind.SEND_AGAIN, {"seq": seq})
    return redirect(url_for("outcome.of", number=number), 303)
