"""The devices of this patient: what they are called, and how each is doing."""

import re
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from drivers import catalogue
from hub.records import Device, JournalKind, Task
from hub.web import instructions, tasks
from hub.web.books import DeviceStatus
from hub.web.language import gettext, marked, when
from hub.web.parts import books, now, write

pages = Blueprint("devices", __name__)

NAME_LIMIT = 60
NUMBER = re.compile(r"[0-9]{1,3}")
CODE = re.compile(r"[0-9]{1,4}")
CLOCK_TOLERANCE_S = 60
LOW_BATTERY_PERCENT = 20

STATES = {
    "paired": marked("I orden"),
    "unreachable": marked("Svarer ikke. Er den slått på og i nærheten?"),
    "auth-failed": marked("Vil ikke snakke med boksen. Fjern den og legg den til på nytt."),
    "unsupported": marked("Kan ikke leses av boksen."),
}
HELP = marked("Trenger hjelp")


@dataclass(frozen=True, slots=True)
class Card:
    """
    facts          what there is to know, in words; only what is known
    task           what somebody has to do, in words
    wants_consent  it asks for the patient's user number and code
    """

    device: Device
    good: bool
    state: str
    problem: str | None
    facts: tuple[str, ...]
    task: str | None = None
    wants_consent: bool = False

    @property
    def can_be_replaced(self) -> bool:
        return self.device.transport == "ble"


@pages.get("/")
def all_of_them() -> str:
    statuses = books().ledger.device_statuses()
    cards = [card(device, statuses.get(device.key)) for device in books().documents.devices()]
    return render_template("setup/devices.html", cards=cards)


@pages.get("/device/<key>")
def one(key: str) -> str:
    device = named(key)
    status = books().ledger.device_statuses().get(key)
    shape, model = instructions.shape_of(device), catalogue.by_id(device.model)
    return render_template(
        "setup/device.html",
        card=card(device, status),
        recording=books().ledger.state(f"recording {device.key}"),
        picture=instructions.picture(shape, model) if shape else None,
        pairing=instructions.pairing(shape, model) if shape else [],
        measuring=instructions.measuring(shape, model) if shape else [],
    )


@pages.post("/device/<key>/rename")
def rename(key: str) -> Response:
    name = " ".join(request.form.get("name", "").split())[:NAME_LIMIT]
    if not name or not name.isprintable():
        return redirect(url_for("devices.one", key=key), 303)
    number = write(JournalKind.RENAME_DEVICE, {"device_key": named(key).key, "name": name})
    return redirect(url_for("outcome.of", number=number), 303)


@pages.post("/device/<key>/replace")
def replace(key: str) -> Response:
    """The hub opens the join window for one of its kind, and the page of that shows the rest."""
    write(JournalKind.REPLACE_DEVICE, {"device_key": named(key).key})
    return redirect(url_for("joining.window"), 303)


@pages.post("/device/<key>/consent")
def consent(key: str) -> Response:
    slot, code = request.form.get("user_index", ""), request.form.get("consent", "")
    if not (NUMBER.fullmatch(slot) and CODE.fullmatch(code)):
        return redirect(url_for("devices.one", key=key), 303)
    body = {"device_key": named(key).key, "user_index": int(slot), "consent": code}
    return redirect(url_for("outcome.of", number=write(JournalKind.CONSENT, body)), 303)


@pages.post("/device/<key>/record")
def record(key: str) -> Response:
    """What the next session says, for a bug report."""
    number = write(JournalKind.RECORD_SESSION, {"device_key": named(key).key})
    return redirect(url_for("outcome.of", number=number), 303)


@pages.get("/device/<key>/recording")
def recording(key: str) -> Response:
    trace = (books().ledger.state(f"recording {named(key).key}") or {}).get("trace")
    if trace is None:
        raise NotFound
    answer = Response(trace, mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"hjemmehub-{key}.json")
    return answer


@pages.get("/device/<key>/remove")
def ask_to_remove(key: str) -> str:
    return render_template("setup/remove.html", device=named(key))


@pages.post("/device/<key>/remove")
def remove(key: str) -> Response:
    number = write(JournalKind.REMOVE_DEVICE, {"device_key": named(key).key})
    return redirect(url_for("outcome.of", number=number), 303)


def named(key: str) -> Device:
    for device in books().documents.devices():
        if device.key == key:
            return device
    raise NotFound


def card(device: Device, status: DeviceStatus | None) -> Card:
    if status is None:
        state = gettext("Lagt til. Har ikke sendt noe ennå.")
        return Card(device, True, state, None, tuple(about(device)))
    good = status.state == "paired" and status.problem is None and status.task is None
    needs_help = status.state == "paired" and status.task is not None
    words = HELP if needs_help else STATES.get(status.state, STATES["unsupported"])
    return Card(
        device,
        good,
        gettext(words),
        status.problem,
        (*seen(status), *about(device)),
        task=tasks.for_technician(status.task),
        wants_consent=status.task == Task.CONSENT_NEEDED,
    )


def about(device: Device) -> list[str]:
    model = " ".join(filter(None, (device.info.manufacturer, device.info.model)))
    return [text for text in (model, device.address) if text]


def seen(status: DeviceStatus) -> list[str]:
    wall = now().wall
    facts = []
    if status.last_seen is not None:
        facts.append(gettext("Sist sett %(when)s") % {"when": when(status.last_seen, wall)})
    if status.last_measurement is not None:
        at = {"when": when(status.last_measurement, wall)}
        facts.append(gettext("Siste måling %(when)s") % at)
    if status.battery_percent is not None:
        low = status.battery_percent <= LOW_BATTERY_PERCENT
        text = (
            gettext("Batteri %(percent)s %%, bytt snart")
            if low
            else gettext("Batteri %(percent)s %%")
        )
        facts.append(text % {"percent": status.battery_percent})
    if status.clock_offset_s is not None and abs(status.clock_offset_s) >= CLOCK_TOLERANCE_S:
        minutes = {"minutes": round(abs(status.clock_offset_s) / 60)}
        slow = status.clock_offset_s > 0
        text = (
            gettext("Klokken går %(minutes)s min for sent")
            if slow
            else gettext("Klokken går %(minutes)s min for fort")
        )
        facts.append(text % minutes)
    return facts
