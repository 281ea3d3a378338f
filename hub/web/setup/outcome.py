"""A request is a row of the journal; this page waits for what the hub made of it."""

from flask import Blueprint, render_template

from hub.web.language import gettext, marked
from hub.web.parts import books

pages = Blueprint("outcome", __name__)

# What the hub says in code words; anything else is shown as it is.
DETAILS = {
    "not heard in this join window": marked("Apparatet er ikke hørt nå. Prøv en gang til."),
    "not parked": marked("Den er allerede på vei."),
    "not asked for, or not six digits": marked("Apparatet venter ikke lenger på tallet."),
    "no user number, or no code of four digits": marked(
        "Brukernummeret er 0 til 254, og PIN-koden har opptil fire sifre."
    ),
    "no such device": marked("Apparatet er ikke her lenger."),
    "not synchronised": marked("Ingen tidstjener svarer. Se etter at UDP-port 123 er åpen."),
    "too old": marked("Boksen var borte for lenge. Prøv en gang til."),
}


@pages.get("/outcome/<int:number>")
def of(number: int) -> str:
    outcome = books().ledger.outcome(number)
    if outcome is None:
        return render_template("setup/waiting.html", absent=books().ledger.absent())
    words = gettext("Det er gjort.") if outcome.ok else gettext("Det gikk ikke.")
    detail = gettext(DETAILS[outcome.detail]) if outcome.detail in DETAILS else outcome.detail
    return render_template("setup/outcome.html", ok=outcome.ok, words=words, detail=detail)
