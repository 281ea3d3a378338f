"""When the follow-up service answers, by the plan: in words, and never more than is known."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, g

from hub.clock import ClockState, Moment
from hub.web import opening_hours
from hub.web.opening_hours import Opening, hours
from hub.web.plan import Plan
from tests.web.house import BOOT, OSLO, Browser, House

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def open_(start: str, end: str, days: list[str] | None = None) -> dict[str, Any]:
    times = {"availableStartTime": start, "availableEndTime": end}
    return times if days is None else times | {"daysOfWeek": days}


OFFICE = open_("08:00:00", "15:30:00", WEEKDAYS)


def plan(*available: dict[str, Any], **more: Any) -> dict[str, Any]:
    service = {
        "resourceType": "HealthcareService",
        "name": "Oppfølgingssenteret",
        "telecom": [
            {"system": "email", "value": "x@y.example"},
            {"system": "phone", "value": "22 11 22 33"},
        ],
        "availableTime": list(available),
        **more,
    }
    care = {"resourceType": "CarePlan", "activity": []}
    entries = [{"resource": care}, {"resource": service}]
    return {"resourceType": "Bundle", "entry": entries}


def moment(text: str) -> Moment:
    """By the clock in Oslo."""
    wall = datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)
    return Moment(wall, 0, BOOT, ClockState.NTP)


def at(text: str, *available: dict[str, Any], **more: Any) -> Opening:
    found = hours(Plan(plan(*available, **more)), moment(text), OSLO)
    assert found is not None
    return found


@pytest.fixture
def norwegian() -> Iterator[None]:
    app = Flask("x")
    app.config["ZONE"] = OSLO
    with app.app_context():
        g.language = "nb"
        yield


def said(text: str, *available: dict[str, Any], **more: Any) -> str:
    return opening_hours.at_this_time(at(text, *available, **more), moment(text))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-20 07:59", "Stengt nå. Åpner i dag kl. 08:00."),
        ("2026-11-20 08:00", "Åpent nå, til kl. 15:30."),
        ("2026-11-20 15:29", "Åpent nå, til kl. 15:30."),
        ("2026-11-20 15:30", "Stengt nå. Åpner mandag kl. 08:00."),
        ("2026-11-22 23:59", "Stengt nå. Åpner mandag kl. 08:00."),
    ],
)
def test_it_is_open_from_the_first_minute_to_the_last(
    norwegian: None, now: str, words: str
) -> None:
    assert said(now, OFFICE) == words


@pytest.mark.parametrize(
    ("available", "words"),
    [
        ([OFFICE], "Oppfølgingssenteret svarer mandag–fredag 08:00–15:30."),
        (
            [OFFICE, open_("10:00:00", "14:00:00", ["sat"])],
            "Oppfølgingssenteret svarer mandag–fredag 08:00–15:30, lørdag 10:00–14:00.",
        ),
        (
            [open_("13:00:00", "15:30:00", ["mon"]), open_("08:00:00", "12:00:00", ["mon"])],
            "Oppfølgingssenteret svarer mandag 08:00–12:00 og 13:00–15:30.",
        ),
        ([open_("08:00:00", "22:00:00")], "Oppfølgingssenteret svarer hver dag 08:00–22:00."),
        ([{"allDay": True}], "Oppfølgingssenteret svarer hver dag hele døgnet."),
        (
            [{"allDay": True, "daysOfWeek": ["sat", "sun"]}],
            "Oppfølgingssenteret svarer lørdag–søndag hele døgnet.",
        ),
        ([], ""),
        ([open_("08:00:00", "noon")], ""),
        ([open_("08:00:00", "15:30:00", ["someday"])], ""),
    ],
)
def test_the_regular_hours_in_words(
    norwegian: None, available: list[dict[str, Any]], words: str
) -> None:
    assert opening_hours.regularly(at("2026-11-20 12:00", *available)) == words


def test_who_never_closes_is_just_open(norwegian: None) -> None:
    assert said("2026-11-20 12:00", {"allDay": True}) == "Åpent nå."
    assert said("2026-11-20 23:00", open_("00:00:00", "00:00:00")) == "Åpent nå."


def test_hours_over_midnight_end_on_the_next_day(norwegian: None) -> None:
    night = open_("22:00:00", "06:00:00", ["fri"])
    assert said("2026-11-20 23:00", night) == "Åpent nå."
    assert said("2026-11-21 05:59", night) == "Åpent nå, til kl. 06:00."
    assert said("2026-11-21 06:00", night) == "Stengt nå. Åpner fredag kl. 22:00."


@pytest.mark.parametrize(
    ("now", "during", "words"),
    [
        (
            "2026-12-24 10:00",
            {"start": "2026-12-24", "end": "2026-12-26"},
            "Stengt nå. Åpner mandag kl. 08:00.",
        ),
        (
            "2026-12-22 10:00",
            {"start": "2026-12-22", "end": "2026-12-22"},
            "Stengt nå. Åpner onsdag kl. 08:00.",
        ),
        (
            "2026-12-23 16:00",
            {"start": "2026-12-24", "end": "2027-01-03"},
            "Stengt nå. Åpner mandag 4. januar kl. 08:00.",
        ),
        (
            "2026-12-22 10:00",
            {"start": "2026-12-22T12:00:00+01:00", "end": "2026-12-22T13:00:00+01:00"},
            "Åpent nå, til kl. 12:00.",
        ),
        (
            "2026-12-22 12:30",
            {"start": "2026-12-22T12:00:00+01:00", "end": "2026-12-22T13:00:00+01:00"},
            "Stengt nå. Åpner i dag kl. 13:00.",
        ),
        ("2026-12-22 10:00", {"start": "2026-12-01"}, "Stengt nå."),
        ("2026-12-22 10:00", {"end": "2026-12-21"}, "Åpent nå, til kl. 15:30."),
        ("2026-12-22 10:00", {"start": "2026-12"}, ""),
        ("2026-12-22 10:00", {"start": "0001-01-01"}, ""),
        ("2026-12-22 10:00", None, "Åpent nå, til kl. 15:30."),
    ],
)
def test_when_it_is_not_available_it_is_closed(
    norwegian: None, now: str, during: dict[str, str] | None, words: str
) -> None:
    """A day alone is all of it; what cannot be read leaves nobody knowing."""
    assert said(now, OFFICE, notAvailable=[{"description": "Jul", "during": during}]) == words


def test_nobody_is_told_a_date_that_is_too_far_away(norwegian: None) -> None:
    closed = [{"during": {"start": "2026-12-01", "end": "2027-06-01"}}]
    assert said("2026-12-02 10:00", OFFICE, notAvailable=closed) == "Stengt nå."


def test_the_hours_are_those_of_the_clock_on_the_wall_when_the_clocks_change(
    norwegian: None,
) -> None:
    """Sunday 28 March 2027 has no 02:30; 25 October 2026 has it twice."""
    early = open_("02:30:00", "08:00:00", ["sun"])
    before = at("2027-03-28 01:00", early)
    assert before.opens_at == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert said("2027-03-28 01:00", early) == "Stengt nå. Åpner i dag kl. 03:00."
    autumn = at("2026-10-25 01:00", early)
    assert autumn.opens_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at("2026-10-25 07:59", early).closes_at == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_without_a_clock_to_be_trusted_nobody_says_open_or_closed() -> None:
    lost = replace(moment("2026-11-20 12:00"), state=ClockState.RESTORED)
    found = hours(Plan(plan(OFFICE)), lost, OSLO)
    assert found is not None
    assert found.is_open is None
    assert any(found.week)


def test_without_a_service_there_are_no_hours() -> None:
    assert hours(None, moment("2026-11-20 12:00"), OSLO) is None
    assert hours(Plan({"entry": []}), moment("2026-11-20 12:00"), OSLO) is None


def test_of_several_services_the_first_counts() -> None:
    two = plan(OFFICE)["entry"] + plan(OFFICE, name="En annen")["entry"][1:]
    found = hours(Plan({"entry": two}), moment("2026-11-20 12:00"), OSLO)
    assert found is not None
    assert (found.name, found.phone) == ("Oppfølgingssenteret", "22 11 22 33")


def test_the_plan_and_its_zones_say_whom_to_call_and_when(house: House, kiosk: Browser) -> None:
    house.plan(plan(OFFICE))
    zone = {
        "extension": [
            {
                "url": "https://hub.example/fhir/StructureDefinition/egenbehandling-sone",
                "valueCode": "yellow",
            }
        ],
        "detail": {"description": "Ta det med ro."},
    }
    document = plan(OFFICE)
    document["entry"][0]["resource"]["activity"].append(zone)
    house.plan(document)
    page = kiosk.get("/plan").text
    assert '<span class="unbroken">08:00–15:30.</span>' in page
    assert "Stengt nå. Åpner mandag kl. 08:00." in page
    page = kiosk.get("/plan/zone/yellow").text
    assert "<b>Ring Oppfølgingssenteret: 22 11 22 33</b>" in page
    assert "Stengt nå. Åpner mandag kl. 08:00. Haster det, ring 113 nå." in page
    house.clock.pass_(timedelta(days=1))
    page = kiosk.get("/plan/zone/yellow").text
    assert "Åpent nå, til kl. 15:30." in page
    assert "Haster det" not in page
