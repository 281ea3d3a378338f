""" "This was not me" while it is news, and the way back; hidden numbers are nowhere."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from drivers.measurement import Kind, Quantity, Unit, Value
from hub.clock import ClockState, Moment
from hub.records import JournalKind
from hub.schedule import HIDDEN
from hub.web.hiding import hidden_kinds
from tests.web.documents import MDC, Json, activity
from tests.web.house import BLOOD_PRESSURE, WEIGHT, Browser, House

OFFER = "Dette var ikke meg"
UNDO = "Det var meg likevel"
TEN = timedelta(minutes=10)


def test_it_is_offered_for_ten_minutes(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(0))
    page = kiosk.get(f"/reading/{kept.id}").text
    assert OFFER in page
    house.clock.pass_(TEN)
    assert OFFER in kiosk.get(f"/reading/{kept.id}").text
    house.clock.pass_(timedelta(seconds=1))
    assert OFFER not in kiosk.get(f"/reading/{kept.id}").text
    [shown] = re.findall(r'data-version="([^"]*)"', page)
    assert kiosk.get(f"/version/reading/{kept.id}").text != shown


def test_a_jump_of_the_wall_clock_does_not_end_it(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(0))
    house.clock.wall += timedelta(days=2)
    assert OFFER in kiosk.get(f"/reading/{kept.id}").text


@pytest.mark.parametrize(("minutes", "offered"), [(9, True), (11, False)])
def test_after_a_power_cut_the_wall_clock_counts(
    house: House, kiosk: Browser, minutes: int, offered: bool
) -> None:
    wall = house.clock.wall - timedelta(minutes=minutes)
    received = Moment(wall, 99_000_000, "the boot before", ClockState.NTP)
    kept = house.keep(Kind.BLOOD_PRESSURE, BLOOD_PRESSURE, received)
    assert (OFFER in kiosk.get(f"/reading/{kept.id}").text) is offered


def test_it_can_be_taken_back_in_the_same_time(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(0))
    page = kiosk.follow(kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get(f"/reading/{kept.id}")))
    assert UNDO in page.text
    kiosk.post(f"/reading/{kept.id}/this-was-me", page)
    assert house.rows(JournalKind.THIS_WAS_ME) == [{"measurement": kept.id}]
    assert OFFER in kiosk.get(f"/reading/{kept.id}").text


def test_after_that_it_stays_as_it_was_said(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(0))
    house.clock.pass_(timedelta(minutes=9))
    page = kiosk.follow(kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get(f"/reading/{kept.id}")))
    house.clock.pass_(timedelta(minutes=11))
    assert UNDO not in kiosk.get(f"/reading/{kept.id}").text
    late = kiosk.follow(kiosk.post(f"/reading/{kept.id}/this-was-me", page))
    assert "Det kan ikke endres her lenger. Ring 22 00 00 00." in late.text
    assert house.rows(JournalKind.THIS_WAS_ME) == []


def test_a_tap_that_comes_too_late_is_answered(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(0))
    page = kiosk.get(f"/reading/{kept.id}")
    house.clock.pass_(timedelta(minutes=11))
    answer = kiosk.follow(kiosk.post(f"/reading/{kept.id}/not-me", page))
    assert "Det kan ikke endres her lenger." in answer.text
    assert house.rows(JournalKind.NOT_ME) == []


def test_what_was_asked_about_hours_later_can_be_taken_back_for_ten_minutes(
    house: House, kiosk: Browser
) -> None:
    kept = house.measure(ago=timedelta(hours=5))
    house.ledger.notes.put_state("ask_who", [kept.id])
    page = kiosk.follow(kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get("/")))
    house.ledger.notes.put_state("ask_who", [])
    assert UNDO in kiosk.get(f"/reading/{kept.id}").text
    house.clock.pass_(timedelta(minutes=11))
    assert UNDO not in kiosk.get(f"/reading/{kept.id}").text
    assert "Du har sagt at denne ikke er din." in page.text


def test_the_answer_about_another_reading_opens_nothing(house: House, kiosk: Browser) -> None:
    old = house.measure(ago=timedelta(hours=5))
    new = house.measure(ago=timedelta(0))
    kiosk.post(f"/reading/{new.id}/not-me", kiosk.get("/"))
    assert OFFER not in kiosk.get(f"/reading/{old.id}").text


@pytest.mark.parametrize(
    ("onward", "leads"), [("/plan", "/plan"), ("//evil.example", "/"), ("https://x.example", "/")]
)
def test_it_leads_on_to_a_page_of_ours_only(
    house: House, kiosk: Browser, onward: str, leads: str
) -> None:
    kept = house.measure(ago=timedelta(0))
    answer = kiosk.post(f"/reading/{kept.id}/this-was-me", kiosk.get("/"), next=onward)
    assert answer.headers["Location"] == leads


# Hidden numbers


def hiding(*codes: str, whole: bool = False) -> Json:
    hidden = {"url": HIDDEN, "valueBoolean": True}
    care: Json = {
        "resourceType": "CarePlan",
        "activity": [
            activity("Mål", [], code={"coding": [{"system": MDC, "code": code}]})
            | {"extension": [hidden]}
            for code in codes
        ],
    }
    if whole:
        care["extension"] = [hidden]
    return {"resourceType": "Bundle", "entry": [{"resource": care}]}


@pytest.mark.parametrize(
    ("plan", "kinds"),
    [
        (None, set()),
        ({"entry": 7}, set()),
        (hiding(), set()),
        (hiding("188736"), {Kind.BODY_WEIGHT}),
        (hiding("150020", "150456"), {Kind.BLOOD_PRESSURE, Kind.PULSE_OXIMETRY}),
        (hiding("0"), set()),
        (hiding(whole=True), set(Kind)),
    ],
)
def test_which_kinds_the_plan_hides(plan: Json | None, kinds: set[Kind]) -> None:
    assert hidden_kinds(plan) == kinds


def test_a_hidden_number_is_on_no_page(house: House, kiosk: Browser) -> None:
    house.plan(hiding("188736"))
    kept = house.measure(Kind.BODY_WEIGHT, WEIGHT)
    paths = ("/", f"/reading/{kept.id}", "/readings", "/readings/body_weight/table")
    for path in paths:
        page = kiosk.get(path).text
        assert "Mottatt. Takk." in page, path
        assert "81,2" not in page, path
    page = kiosk.get("/readings/body_weight/30").text
    assert "1 måling. Sykepleieren får tallene." in page
    assert "81,2" not in page
    assert 'class="trend"' not in page


def test_what_is_not_hidden_is_shown(house: House, kiosk: Browser) -> None:
    house.plan(hiding("188736"))
    kept = house.measure(values=BLOOD_PRESSURE)
    assert "128/82" in kiosk.get(f"/reading/{kept.id}").text


def test_the_fat_tells_of_the_weight(house: House, kiosk: Browser) -> None:
    fat = {Quantity.BODY_FAT: Value(Decimal("31.0"), Unit.PERCENT)}
    kept = house.measure(Kind.BODY_COMPOSITION, WEIGHT | fat)
    assert "81,2" in kiosk.get(f"/reading/{kept.id}").text
    house.plan(hiding("188736"))
    page = kiosk.get(f"/reading/{kept.id}").text
    assert "81,2" not in page
    assert "31,0" not in page
