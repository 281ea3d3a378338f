""" "Was this you?" and "not me". Nothing is deleted; the hub takes it out of what is sent."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response

from hub.records import JournalKind, Kept
from hub.web import addresses
from hub.web.kiosk.version import current
from hub.web.ownership import may_be_said, said_not_me
from hub.web.parts import books, now, parts, write
from hub.web.showing import is_shown, show

pages = Blueprint("whose", __name__)


@pages.get("/reading/<id>")
def reading(id: str) -> str:
    found = books().ledger.reading(id)
    if found is None or not is_shown(found.kept.measurement):
        abort(404)
    return render_template(
        "kiosk/reading.html",
        reading=show(found, now().wall),
        not_mine=said_not_me(books(), found.kept),
        open=may_be_said(books(), found.kept, now()),
        late="late" in request.args,
        phone=parts().settings.web.support_phone,
        version=version(found.kept),
    )


@pages.get("/version/reading/<id>")
def version_of(id: str) -> Response:
    found = books().ledger.reading(id)
    return Response(version(found.kept) if found else "", mimetype="text/plain")


def version(kept: Kept) -> str:
    """Also another one when "not me" can be said no more."""
    return f"{current()} {may_be_said(books(), kept, now())}"


@pages.post("/reading/<id>/not-me")
def not_me(id: str) -> Response:
    return said(JournalKind.NOT_ME, id)


@pages.post("/reading/<id>/this-was-me")
def this_was_me(id: str) -> Response:
    return said(JournalKind.THIS_WAS_ME, id)


def taken_along(kept: Kept) -> list[str]:
    """What the device said with it and the patient never sees (an impedance beside a weight) is
    waiting for the same answer, and nobody could be asked about it."""
    waiting = (books().ledger.reading(id) for id in books().ledger.state("ask_who") or [])
    return [
        one.kept.id
        for one in waiting
        if one is not None
        and not is_shown(one.kept.measurement)
        and one.kept.reception.session == kept.reception.session
        and one.kept.measurement.device_time == kept.measurement.device_time
    ]


def said(kind: JournalKind, id: str) -> Response:
    """Too late, a nurse has perhaps acted on it: then somebody has to be told."""
    found = books().ledger.reading(id)
    if found is None:
        abort(404)
    if not may_be_said(books(), found.kept, now()):
        return redirect(url_for("whose.reading", id=id, late=1), 303)
    write(kind, {"measurement": id})
    for other in taken_along(found.kept):
        write(kind, {"measurement": other}, part=other)
    if (onward := addresses.own(request.form.get("next"))) is not None:
        return redirect(onward, 303)
    if kind is JournalKind.THIS_WAS_ME:
        return redirect(url_for("home.front"), 303)
    return redirect(url_for("whose.reading", id=id), 303)
