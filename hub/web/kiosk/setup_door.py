"""The quiet corner: a technician opens the setup pages here, and sees their address and code."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from hub.records import JournalKind
from hub.web.kiosk.qr import qr
from hub.web.kiosk.version import current
from hub.web.parts import parts, write

pages = Blueprint("setup_door", __name__)

BY_PROGRAMS = frozenset({"setup_door.open_by_command", "setup_door.close_by_command"})


@pages.get("/setup")
def door() -> str:
    gate = parts().gate
    if not gate.is_open:
        minutes = round(parts().settings.web.setup_open_s / 60)
        return render_template("kiosk/setup_closed.html", minutes=minutes)
    minutes = max(1, round(gate.left_s / 60))
    return render_template(
        "kiosk/setup_open.html",
        gate=gate,
        code=gate.code(),
        minutes=minutes,
        qr=qr(gate.address),
        version=current(),
    )


@pages.post("/setup/open")
def open_it() -> Response:
    write(JournalKind.SETUP_OPENED, {"by": "kiosk"})
    parts().gate.open()
    return redirect(url_for("setup_door.door"), 303)


@pages.post("/setup-door/open")
def open_by_command() -> Response:
    """`hub setup open`, typed by somebody who is already on this machine."""
    gate = parts().gate
    write(JournalKind.SETUP_OPENED, {"by": "command"})
    gate.open()
    code = gate.code() or "(a technician is in)"
    text = f"{gate.address}\ncode {code}\nSHA-256 {gate.fingerprint}\n"
    return Response(text, mimetype="text/plain")


@pages.post("/setup-door/close")
def close_by_command() -> Response:
    parts().gate.close()
    return Response("closed\n", mimetype="text/plain")


@pages.post("/setup/close")
def close_it() -> Response:
    parts().gate.close()
    return redirect(url_for("home.front"), 303)
