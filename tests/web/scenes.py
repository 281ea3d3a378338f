"""Every patient page in a state worth looking at: measured in four languages, and pictured.

A scene brings a home that nobody has used into its state, by taps where the patient taps, and says
where that is seen.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from werkzeug.test import TestResponse

from drivers.measurement import Kind, Quantity, Unit, Value
from hub.records import OutboxKind
from hub.schedule import HIDDEN
from hub.web.plan import Plan
from tests.web.documents import EVERY_TYPE, MESSAGE
from tests.web.house import WEIGHT, House
from tests.web.tapping import answer, begin, choose, send, submit
from tests.web.test_today import remind

ROOT = Path(__file__).parents[2]
DAILY = json.loads((ROOT / "config/questionnaires/dagens-helsesjekk.json").read_text("utf-8"))
PLAN = json.loads((ROOT / "hub/demo/plan.json").read_text("utf-8"))
MODELS = {
    "gatt-blood-pressure": ("and-ua-651ble", "Blodtrykksmåler"),
    "gatt-weight-scale": ("and-uc-352ble", "Vekt"),
    "nonin-3230": ("nonin-3230", "Oksymeter"),
}
IDLE_MS = 181_000


@dataclass(frozen=True, slots=True)
class Scene:
    """`arrange` → the address; `act`: what else happens in the browser."""

    name: str
    arrange: Callable[[House], str]
    act: Callable[[Page], None] | None = None


def furnished(house: House) -> None:
    """The demo's plan, three devices, two weeks of readings, two messages."""
    entries = [*PLAN["entry"], {"resource": DAILY}]
    house.plan(PLAN | {"entry": entries})
    for number, (driver, (model, name)) in enumerate(MODELS.items()):
        house.device(key=f"{number:012}", driver=driver, model=model, name=name)
    for day in range(14, 0, -1):
        if day == 6:
            continue  # nobody measured
        ago = timedelta(days=day, minutes=35)
        weight = Value(Decimal("81.2") + Decimal(day % 5) / 10, Unit.KILOGRAM)
        house.measure(Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: weight}, ago=ago)
        house.measure(values=_pressure(124 + day % 4 * 3, 78 + day % 3), ago=ago)
        saturation = Value(Decimal(92 + day % 3), Unit.PERCENT)
        house.measure(Kind.PULSE_OXIMETRY, {Quantity.OXYGEN_SATURATION: saturation}, ago=ago)
    _all_received(house)
    house.documents.put_message(MESSAGE | {"id": "old", "read_at": "2026-11-21T10:00:00+01:00"})
    house.documents.put_message(
        MESSAGE
        | {
            "id": "new",
            "title": "Timen på fredag",
            "text": "Passer det at vi ringer deg på fredag klokka ti?",
            "replies": ["Ja, det passer", "Nei, finn en annen tid"],
        }
    )


def at(path: str, house: House) -> str:
    furnished(house)
    return path


def ticked(house: House) -> str:
    furnished(house)
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))
    for minutes in (38, 36):
        house.measure(ago=timedelta(minutes=minutes))
    return "/"


def just_measured(house: House) -> str:
    furnished(house)
    kept = house.measure(ago=timedelta(seconds=20))
    bundle = house.seal(kept)[1]
    house.ledger.outbox.sent([house.ledger.outbox.seq_of(bundle) or 0], house.clock.wall)
    return "/"


def asked_about(house: House) -> str:
    furnished(house)
    kept = house.measure(ago=timedelta(seconds=20))
    house.ledger.notes.put_state("ask_who", [kept.id])
    return "/"


def offline(house: House) -> str:
    furnished(house)
    _everything_done(house)
    house.ledger.notes.put_state("connection", {"state": "offline"})
    return "/"


def reminded(house: House) -> str:
    furnished(house)
    remind(house)
    return "/"


def paused(house: House) -> str:
    furnished(house)
    pause = {"from": "2026-11-20", "to": "2026-12-03", "reason": "Du er på ferie."}
    house.documents.put("config", {"servicePaused": pause}, version="2")
    return "/"


def first_question(house: House) -> str:
    furnished(house)
    return _path(begin(house.kiosk()))


def question(link_id: str, house: House) -> str:
    """Of each type."""
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    return f"{_path(begin(house.kiosk())).rpartition('/')[0]}/{link_id}"


def reviewed(house: House) -> str:
    return _path(_answered(house))


def thanked(house: House) -> str:
    _thanked(house)
    return "/check-in/thanks"


def finished(house: House) -> str:
    _thanked(house)
    return "/check-in"


def undone(house: House) -> str:
    return _path(submit(house.kiosk(), _thanked(house), "undo"))


def who_answers(house: House) -> str:
    furnished(house)
    return f"{_path(begin(house.kiosk())).partition('/question')[0]}/who"


def measuring(more: str, house: House) -> str:
    """The blood pressure of the plan, which wants a rest and two readings."""
    furnished(house)
    begun = house.kiosk().get(f"/measure/{_task(house, 'Mål blodtrykket')}").headers["Location"]
    return begun.replace("?", "/skip?") if more == "skip" else begun + more


def between_readings(house: House) -> str:
    begun = measuring("&on=now", house)
    house.clock.pass_(timedelta(seconds=50))
    house.measure(ago=timedelta(seconds=4))
    return begun


def measured(house: House) -> str:
    begun = between_readings(house)
    house.clock.pass_(timedelta(seconds=70))
    house.measure(values=_pressure(124, 79), ago=timedelta(seconds=2))
    return begun


def reading(house: House) -> str:
    furnished(house)
    return f"/reading/{house.measure(ago=timedelta(minutes=3)).id}"


def hidden_reading(house: House) -> str:
    furnished(house)
    plan = json.loads(json.dumps(house.documents.get("plan"), default=str))
    care = next(e["resource"] for e in plan["entry"] if "activity" in e["resource"])
    care["extension"] = [{"url": HIDDEN, "valueBoolean": True}]
    house.plan(plan)
    return f"/reading/{house.measure(ago=timedelta(minutes=3)).id}"


def replied(house: House) -> str:
    furnished(house)
    kiosk = house.kiosk()
    submit(kiosk, kiosk.get("/message/new"), "reply", reply="Ja, det passer")
    return "/message/new"


def call_asked(house: House) -> str:
    furnished(house)
    kiosk = house.kiosk()
    kiosk.post("/call-me", kiosk.get("/call-me"))
    return "/call-me/asked"


def setup_is_open(house: House) -> str:
    furnished(house)
    house.gate.open()
    return "/setup"


def nobody_there(page: Page) -> None:
    page.clock.fast_forward(IDLE_MS)
    page.get_by_role("dialog").wait_for()


SCENES = (
    Scene("home", partial(at, "/")),
    Scene("home-ticked", ticked),
    Scene("home-reminded", reminded),
    Scene("home-just-measured", just_measured),
    Scene("home-was-this-you", asked_about),
    Scene("home-offline", offline),
    Scene("home-paused", paused),
    Scene("check-in", partial(at, "/check-in")),
    Scene("check-in-who", who_answers),
    Scene("question", first_question),
    *(
        Scene(f"question-{kind}", partial(question, kind))
        for kind in ("d", "i", "n", "s", "t", "m", "many")
    ),
    Scene("review", reviewed),
    Scene("thanks", thanked),
    Scene("finished", finished),
    Scene("undone", undone),
    Scene("measure-rest", partial(measuring, "")),
    Scene("measure-wait", partial(measuring, "&on=now")),
    Scene("measure-nothing", partial(measuring, "&on=now&missed=now")),
    Scene("measure-skip", partial(measuring, "skip")),
    Scene("measure-again", between_readings),
    Scene("measure-done", measured),
    Scene("reading", reading),
    Scene("reading-hidden", hidden_reading),
    Scene("readings", partial(at, "/readings")),
    Scene("course-weight", partial(at, "/readings/body_weight/30")),
    Scene("course-pressure", partial(at, "/readings/blood_pressure/7")),
    Scene("course-oxygen", partial(at, "/readings/pulse_oximetry/30")),
    Scene("table", partial(at, "/readings/blood_pressure/table")),
    Scene("plan", partial(at, "/plan")),
    Scene("plan-goals", partial(at, "/plan/goals")),
    *(
        Scene(f"zone-{zone}", partial(at, f"/plan/zone/{zone}"))
        for zone in ("green", "yellow", "red")
    ),
    Scene("today", partial(at, "/plan/today")),
    Scene("messages", partial(at, "/messages")),
    Scene("message", partial(at, "/message/old")),
    Scene("message-with-answers", partial(at, "/message/new")),
    Scene("message-answered", replied),
    Scene("call-me", partial(at, "/call-me")),
    Scene("call-me-asked", call_asked),
    Scene("how", partial(at, "/how")),
    Scene("how-cuff", partial(at, "/how/000000000000")),
    Scene("languages", partial(at, "/language")),
    Scene("setup-closed", partial(at, "/setup")),
    Scene("setup-open", setup_is_open),
    Scene("not-found", partial(at, "/no-such-page")),
    Scene("still-there", partial(at, "/messages"), nobody_there),
)


def _pressure(systolic: int, diastolic: int) -> dict[Quantity, Value]:
    return {
        Quantity.SYSTOLIC: Value(Decimal(systolic), Unit.MM_HG),
        Quantity.DIASTOLIC: Value(Decimal(diastolic), Unit.MM_HG),
        Quantity.PULSE_RATE: Value(Decimal(68), Unit.PER_MINUTE),
    }


def _all_received(house: House) -> None:
    outbox = house.ledger.outbox
    for due in outbox.due(1000):
        if due.kind is OutboxKind.OBSERVATION:
            outbox.seal(due.seq, f"urn:uuid:{due.seq}", b"{}")
            outbox.acknowledge([f"urn:uuid:{due.seq}"], house.clock.wall)


def _everything_done(house: House) -> None:
    for minutes in (38, 36):
        house.measure(ago=timedelta(minutes=minutes))
    house.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(minutes=41))


def _answered(house: House) -> TestResponse:
    """Up to the page on which the answers stand once more."""
    furnished(house)
    kiosk = house.kiosk()
    page = begin(kiosk)
    for item in DAILY["item"]:
        if "/question/" not in page.request.path:
            break
        page = _give(house, page, item)
    while "/question/" in page.request.path:
        page = choose(kiosk, page)
    return page


def _give(house: House, page: TestResponse, item: dict[str, Any]) -> TestResponse:
    match item["type"]:
        case "choice":
            coding = item["answerOption"][1]["valueCoding"]
            return answer(house.kiosk(), page, answer=f"{coding['system']}|{coding['code']}")
        case "boolean":
            return answer(house.kiosk(), page, answer="false")
        case _:
            return answer(house.kiosk(), page, answer="3")


def _thanked(house: House) -> TestResponse:
    return send(house.kiosk(), _answered(house))


def _task(house: House, text: str) -> str:
    plan = Plan(house.documents.get("plan") or {})
    return next(one.id for one in plan.today(house.clock.wall.date()) if one.text == text)


def _path(page: TestResponse) -> str:
    return page.request.full_path.rstrip("?")
