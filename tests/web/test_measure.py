"""A guided measurement: it knows what arrived since it was begun, and needs nothing else."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from hub.clock import ClockState, Moment
from hub.records import JournalKind, Kept, Reception, Whose
from hub.records import Task as DeviceTask
from hub.schedule import APART, HIDDEN, READINGS, REST, Activity, Detail
from tests.web.documents import MDC, PLAN, URL, Json, activity
from tests.web.house import BOOT, CUFF, WEIGHT, Browser, House

PRESSURE = {"coding": [{"system": MDC, "code": "150020"}]}
TASK = Activity(id="bp").task
AT = f"/measure/{TASK}"
WAITS = "Trykk START på måleren. Jeg venter."
SECOND = {
    Quantity.SYSTOLIC: Value(Decimal(124), Unit.MM_HG),
    Quantity.DIASTOLIC: Value(Decimal(79), Unit.MM_HG),
}


def planned(*times: str, hidden: bool = False, **numbers: int) -> Json:
    """A plan that asks for the blood pressure; rest, readings and apart as the nurse sets them."""
    urls = {"rest": REST, "readings": READINGS, "apart": APART}
    task = activity("Mål blodtrykket", list(times or ["08:00:00"]), code=PRESSURE)
    extension: list[Json] = [
        {"url": urls[name], "valueInteger": number} for name, number in numbers.items()
    ]
    extension += [{"url": HIDDEN, "valueBoolean": True}] if hidden else []
    care = {"resourceType": "CarePlan", "activity": [task | {"id": "bp", "extension": extension}]}
    return {"resourceType": "Bundle", "entry": [{"resource": care}]}


@pytest.fixture
def home(house: House) -> House:
    """With a cuff, and a plan that asks for one reading without a rest."""
    house.device(model="and-ua-651ble")
    house.plan(planned())
    return house


def begin(kiosk: Browser, path: str = AT) -> tuple[str, str]:
    """The address of one that begins now, and its page."""
    address = kiosk.get(path).headers["Location"]
    return address, kiosk.get(address).text


def title(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert found, page
    return found[1]


def numbers(page: str) -> list[str]:
    return re.findall(r'<p class="reading">([^<]*)<', page)


def link(page: str, words: str) -> str:
    """Where the button with these words leads."""
    found = re.search(rf'href="([^"]*)"[^>]*>(?:<svg.*?</svg>)?\s*{words}', page, re.DOTALL)
    assert found, page
    return unescape(found[1])


def version(kiosk: Browser, page: str) -> tuple[str, str]:
    """What the page shows, and what there is to show now."""
    watched, shown = re.findall(r'data-(?:watch|version)="([^"]*)"', page)
    return shown, kiosk.get(unescape(watched)).text


def test_beginning_writes_nothing_and_says_what_to_press(home: House, kiosk: Browser) -> None:
    _, page = begin(kiosk)
    assert title(page) == WAITS
    assert 'aria-label="Blodtrykksmåler"' in page
    assert ">START</text>" in page
    assert "Sett mansjetten på bar overarm." in page
    assert home.journal_rows() == 0


def test_the_reading_moves_the_page_on_and_stands_there_large(home: House, kiosk: Browser) -> None:
    address, page = begin(kiosk)
    shown, now = version(kiosk, page)
    assert shown == now
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    shown, now = version(kiosk, page)
    assert shown != now
    page = kiosk.get(address).text
    assert numbers(page) == ["128/82"]
    assert "Puls 67" in page
    assert "Mottatt fra blodtrykksmåleren 10:41" in page
    assert page.count('<li class="reached">') == 1
    assert page.count('<li class="waiting">') == 3
    assert 'href="/">Ferdig' in page


def test_without_scripts_the_page_looks_every_two_seconds(home: House, kiosk: Browser) -> None:
    _, page = begin(kiosk)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page


def test_what_arrived_before_is_not_the_answer(home: House, kiosk: Browser) -> None:
    home.measure(ago=timedelta(seconds=1))
    address, page = begin(kiosk)
    assert title(page) == WAITS
    assert numbers(kiosk.get(address).text) == []


def test_another_kind_is_not_the_answer(home: House, kiosk: Browser) -> None:
    address, _ = begin(kiosk)
    home.measure(Kind.BODY_WEIGHT, WEIGHT, ago=timedelta(0))
    assert title(kiosk.get(address).text) == WAITS


def from_memory(
    house: House,
    stamp: datetime | None,
    systolic: int,
    *,
    whose: Whose = Whose.PATIENT,
    received: Moment | None = None,
    offset_s: float | None = 0.0,
) -> Kept:
    """A record that the device had kept; all are told in one session."""
    measurement = Measurement(
        kind=Kind.BLOOD_PRESSURE,
        values={Quantity.SYSTOLIC: Value(Decimal(systolic), Unit.MM_HG)},
        raw=(bytes([systolic]),),
        device_time=stamp,
        sequence=systolic,
    )
    received = received or house.clock.now()
    reception = Reception(CUFF, "gatt-blood-pressure", "dump", received, offset_s, live=False)
    kept = house.ledger.append(measurement, reception, whose)
    assert kept is not None
    return kept


def test_what_the_device_remembered_from_before_is_not_the_answer(
    home: House, kiosk: Browser
) -> None:
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(minutes=1))
    yesterday = datetime(2026, 11, 21, 8, 0)  # noqa: DTZ001 - a device's clock has no zone
    from_memory(home, yesterday, 150)
    assert title(kiosk.get(address).text) == WAITS
    just_now = datetime(2026, 11, 22, 10, 41, 30)  # noqa: DTZ001
    from_memory(home, just_now, 131)
    assert numbers(kiosk.get(address).text) == ["131/uten tall"]


def test_where_nobody_knows_the_time_the_last_in_the_memory_is_the_answer(
    home: House, kiosk: Browser
) -> None:
    """A hub that had no internet since the power came back."""
    home.plan(planned(readings=2, apart=0))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(minutes=1))
    untrusted = Moment(home.clock.wall, home.clock.mono_ms, BOOT, ClockState.RESTORED)
    for number in (1, 3, 2):
        from_memory(home, None, 130 + number, received=untrusted, offset_s=None)
    page = kiosk.get(address).text
    assert "Måling 1: <b>133/uten tall mmHg</b>" in page
    assert "132" not in page


def test_the_newest_is_found_before_all_that_a_device_remembers(
    home: House, kiosk: Browser
) -> None:
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(minutes=1))
    stamp = datetime(2026, 11, 22, 10, 41, 30)  # noqa: DTZ001 - a device's clock has no zone
    for number in range(30):
        from_memory(home, stamp - timedelta(days=number), 130 + number)
    assert numbers(kiosk.get(address).text) == ["130/uten tall"]


# Rest


def test_a_rest_is_counted_down_in_minutes_then_in_seconds(home: House, kiosk: Browser) -> None:
    home.plan(planned(rest=300))
    address, page = begin(kiosk)
    assert title(page) == "Sitt rolig."
    assert "5 minutter igjen" in page
    assert "data-seconds" not in page.partition("<main")[2]
    home.clock.pass_(timedelta(seconds=59))
    assert version(kiosk, page)[0] == version(kiosk, page)[1]
    home.clock.pass_(timedelta(seconds=2))
    assert version(kiosk, page)[0] != version(kiosk, page)[1]
    assert "4 minutter igjen" in kiosk.get(address).text
    home.clock.pass_(timedelta(seconds=200))
    page = kiosk.get(address).text
    assert 'data-seconds="39">39 sekunder igjen' in page
    home.clock.pass_(timedelta(seconds=38))
    assert version(kiosk, page)[0] == version(kiosk, page)[1]
    home.clock.pass_(timedelta(seconds=1))
    assert title(kiosk.get(address).text) == WAITS


def test_who_has_rested_goes_on_and_is_not_told_to_rest(home: House, kiosk: Browser) -> None:
    assert "Sitt rolig i fem minutter." in begin(kiosk)[1]
    home.plan(planned(rest=300))
    _, page = begin(kiosk)
    page = kiosk.follow(kiosk.get(link(page, "Jeg har hvilt"))).text
    assert title(page) == WAITS
    assert "Sitt rolig i fem minutter." not in page


def test_a_reading_during_the_rest_counts(home: House, kiosk: Browser) -> None:
    home.plan(planned(rest=300))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=30))
    home.measure(ago=timedelta(0))
    assert numbers(kiosk.get(address).text) == ["128/82"]


# Once more


def test_a_second_reading_after_a_pause(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=60))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    page = kiosk.get(address).text
    assert title(page) == "Vent ett minutt. Så måler du en gang til."
    assert 'data-seconds="60">60 sekunder igjen' in page
    assert numbers(page) == ["128/82"]
    home.clock.pass_(timedelta(seconds=60))
    page = kiosk.get(address).text
    assert title(page) == "Mål en gang til. Jeg venter."
    assert "Måling 1: <b>128/82 mmHg</b>" in page
    home.clock.pass_(timedelta(seconds=40))
    home.measure(values=SECOND, ago=timedelta(0))
    page = kiosk.get(address).text
    assert numbers(page) == ["128/82", "124/79"]
    assert "Dette var ikke meg" in page


def test_a_longer_pause_is_told_in_minutes_and_can_be_cut_short(
    home: House, kiosk: Browser
) -> None:
    home.plan(planned(readings=2, apart=120))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    page = kiosk.get(address).text
    assert title(page) == "Vent 2 minutter. Så måler du en gang til."
    home.clock.pass_(timedelta(seconds=5))
    page = kiosk.follow(kiosk.get(link(page, "Mål nå"))).text
    assert title(page) == "Mål en gang til. Jeg venter."


def test_two_readings_have_come_as_far_as_the_slower_one(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=0))
    address, _ = begin(kiosk)
    for values in (None, SECOND):
        home.clock.pass_(timedelta(seconds=40))
        kept = home.measure(values=values, ago=timedelta(0))
        seq, bundle = home.seal(kept)
        home.ledger.outbox.sent([seq], home.clock.wall)
    home.ledger.outbox.acknowledge([bundle], home.clock.wall)
    assert kiosk.get(address).text.count('<li class="reached">') == 2


def test_which_of_two_was_not_me(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=0))
    address, _ = begin(kiosk)
    for values in (None, SECOND):
        home.clock.pass_(timedelta(seconds=40))
        kept = home.measure(values=values, ago=timedelta(0))
    which = kiosk.get(link(kiosk.get(address).text, "Dette var ikke meg"))
    assert "128/82 mmHg" in which.text
    kiosk.post(f"/reading/{kept.id}/not-me", which)
    page = kiosk.get(address).text
    assert title(page) == "Mål en gang til. Jeg venter."
    assert "128/82" in page
    assert "124/79" not in page


# What stays, and what begins anew


def test_the_pages_may_restart_in_the_middle(home: House, kiosk: Browser) -> None:
    home.plan(planned(rest=300))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=61))
    home.start_pages_again()
    assert "4 minutter igjen" in home.kiosk().get(address).text


def test_a_jump_of_the_wall_clock_changes_nothing(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=60))
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    home.clock.wall += timedelta(days=40)
    page = kiosk.get(address).text
    assert numbers(page) == ["128/82"]
    assert "60 sekunder igjen" in page


def test_after_a_power_cut_it_begins_anew_and_says_so(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=60))
    address, page = begin(kiosk)
    home.clock.pass_(timedelta(seconds=40))
    kept = home.measure(ago=timedelta(0))
    old = address.replace(BOOT, "0b5f0d4e-9a52-4f9e-8d0c-1d2e3f4a5b6c")
    home.clock.pass_(timedelta(seconds=10))
    page = kiosk.follow(kiosk.get(old)).text
    assert title(page) == WAITS
    assert "Vi begynner på nytt. Tidligere målinger er lagret." in page
    assert "begynner på nytt" not in begin(kiosk)[1]
    assert kiosk.get(f"/reading/{kept.id}").status_code == 200
    assert version(kiosk, page.replace(BOOT, "another"))[1] == ""


@pytest.mark.parametrize("since", ["", "x", "-5.B", "99999999999.B", "1e3.B", "²."])
def test_an_address_that_means_nothing_begins_now(home: House, kiosk: Browser, since: str) -> None:
    answer = kiosk.get(f"{AT}?since={since.replace('B', BOOT)}")
    assert answer.status_code == 303
    assert f"since={home.clock.mono_ms}.{BOOT}" in answer.headers["Location"]


def test_nobody_sits_there_for_hours(home: House, kiosk: Browser) -> None:
    address, page = begin(kiosk)
    home.clock.pass_(timedelta(hours=2, seconds=1))
    assert kiosk.get(address).headers["Location"] == "/"
    assert version(kiosk, page)[1] == ""


# Whose it was


def test_of_several_people_the_device_does_not_know_which(home: House, kiosk: Browser) -> None:
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(minutes=1))
    stamp = datetime(2026, 11, 22, 10, 41, 30)  # noqa: DTZ001 - a device's clock has no zone
    kept = from_memory(home, stamp, 131, whose=Whose.UNKNOWN)
    asked = kiosk.get(address)
    assert title(asked.text) == "Var dette deg?"
    answer = kiosk.post(f"/reading/{kept.id}/this-was-me", asked, next=address)
    assert answer.headers["Location"] == address
    assert numbers(kiosk.get(address).text) == ["131/uten tall"]
    kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get("/call-me"), next=address)
    assert title(kiosk.get(address).text) == WAITS


def test_what_was_not_me_is_waited_for_again(home: House, kiosk: Browser) -> None:
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(seconds=40))
    kept = home.measure(ago=timedelta(0))
    kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get(address))
    assert title(kiosk.get(address).text) == WAITS


# Skipping


@pytest.mark.parametrize("reason", ["unwell", "device", "later", "other"])
def test_it_is_skipped_by_one_tap_with_a_reason(home: House, kiosk: Browser, reason: str) -> None:
    _, page = begin(kiosk)
    why = kiosk.get(link(page, "Hopp over"))
    answer = kiosk.post(f"{AT}/skip", why, reason=reason)
    assert answer.headers["Location"] == "/"
    assert home.rows(JournalKind.MEASUREMENT_SKIPPED) == [
        {"task": TASK, "day": "2026-11-22", "time": "08:00", "reason": reason}
    ]


def test_the_same_form_skips_once(home: House, kiosk: Browser) -> None:
    why = kiosk.get(f"{AT}/skip")
    for _ in range(2):
        kiosk.post(f"{AT}/skip", why, reason="later")
    assert len(home.rows(JournalKind.MEASUREMENT_SKIPPED)) == 1


def test_no_reason_is_no_skip(home: House, kiosk: Browser) -> None:
    why = kiosk.get(f"{AT}/skip")
    assert kiosk.post(f"{AT}/skip", why, reason="tired").status_code == 400
    assert home.journal_rows() == 0


@pytest.mark.parametrize(
    ("times", "time"),
    [
        (("08:00:00", "20:00:00"), "08:00"),
        (("11:30:00", "20:00:00"), "11:30"),  # an hour early is not too early
        (("12:00:00", "20:00:00"), "12:00"),  # none has come: the first
        (("07:00:00", "10:00:00", "20:00:00"), "10:00"),
    ],
)
def test_skipped_is_the_last_that_has_come(
    home: House, kiosk: Browser, times: tuple[str, ...], time: str
) -> None:
    home.plan(planned(*times))
    kiosk.post(f"{AT}/skip", kiosk.get(f"{AT}/skip"), reason="other")
    assert home.rows(JournalKind.MEASUREMENT_SKIPPED)[0]["time"] == time


def test_what_nobody_planned_is_left_without_a_row(home: House, kiosk: Browser) -> None:
    _, page = begin(kiosk, "/measure/kind/blood_pressure?next=/messages")
    assert link(page, "Hopp over") == "/messages"
    assert kiosk.get("/measure/kind/blood_pressure/skip").status_code == 404


def test_it_leads_back_to_where_it_came_from(home: House, kiosk: Browser) -> None:
    address, page = begin(kiosk, f"{AT}?next=/plan/today")
    assert kiosk.post(link(page, "Hopp over"), kiosk.get(link(page, "Hopp over")), reason="later")
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    assert 'href="/plan/today">Neste' in kiosk.get(address).text


@pytest.mark.parametrize(
    "onward", ["//evil.example/", "https://evil.example/", "/nowhere", "javascript:1", "\\\\x", ""]
)
def test_it_leads_to_no_page_but_ours(home: House, kiosk: Browser, onward: str) -> None:
    why = kiosk.get(f"{AT}/skip")
    page = kiosk.client.post(
        f"{AT}/skip",
        query_string={"next": onward},
        data={"form": re.findall(r'name="form" value="([^"]+)"', why.text)[0], "reason": "later"},
        headers={"Sec-Fetch-Site": "same-origin"},
        base_url=kiosk.base,
    )
    assert page.headers["Location"] == "/"


# Nothing comes


def test_help_comes_by_a_tap_and_by_itself_after_two_minutes(home: House, kiosk: Browser) -> None:
    address, page = begin(kiosk)
    tapped = kiosk.follow(kiosk.get(link(page, "Det kommer ingenting"))).text
    home.clock.pass_(timedelta(seconds=119))
    assert title(kiosk.get(address).text) == WAITS
    home.clock.pass_(timedelta(seconds=1))
    by_itself = kiosk.get(address).text
    for found in (tapped, by_itself):
        assert title(found) == "Kommer det ingenting?"
        steps = re.search(r'<ol class="helps">(.*?)</ol>', found, re.DOTALL)
        assert steps
        assert steps[1].count("<li>") == steps[1].count("<svg") == 4
        assert "Hjelper det ikke, ring 22 00 00 00." in steps[1]
    again = kiosk.follow(kiosk.get(link(by_itself, "Prøv igjen"))).text
    assert title(again) == WAITS


def test_a_reading_comes_in_time_also_while_help_is_shown(home: House, kiosk: Browser) -> None:
    home.plan(planned(readings=2, apart=0))
    _, page = begin(kiosk)
    help_at = kiosk.get(link(page, "Det kommer ingenting")).headers["Location"]
    home.clock.pass_(timedelta(seconds=200))
    home.measure(ago=timedelta(0))
    assert title(kiosk.get(help_at).text) == "Mål en gang til. Jeg venter."


def test_while_the_device_is_read_no_help_is_needed(home: House, kiosk: Browser) -> None:
    address, _ = begin(kiosk)
    home.clock.pass_(timedelta(minutes=5))
    home.ledger.notes.put_state("receiving", {"device": "Blodtrykksmåler"})
    assert title(kiosk.get(address).text) == "Tar imot fra Blodtrykksmåler …"


def test_what_the_hub_knows_is_said_at_once(home: House, kiosk: Browser) -> None:
    address, page = begin(kiosk)
    assert 'class="notice"' not in page
    home.ledger.notes.device_status(CUFF, task=DeviceTask.BOND_LOST)
    words = "Blodtrykksmåleren må kobles til på nytt. Ring 22 00 00 00."
    assert words in kiosk.get(address).text
    home.ledger.notes.put_state("radio", {"problem": "no adapter"})
    assert "Boksen hører ikke måleapparatene nå." in kiosk.get(address).text
    assert version(kiosk, page)[0] != version(kiosk, page)[1]


def test_a_device_that_asks_for_its_number_is_told_at_once(home: House, kiosk: Browser) -> None:
    _, page = begin(kiosk)
    now = home.clock.now()
    asked = {"address": "C0:26", "name": "x", "model": "silvercrest-sbm69", "until": ""}
    until = {"until_mono_ms": now.mono_ms + 30_000, "boot_id": now.boot_id}
    home.ledger.notes.put_state("passkey_wanted", asked | until)
    assert version(kiosk, page)[0] != version(kiosk, page)[1]
    assert "Et apparat venter på et tall. Trykk Hjem." in begin(kiosk)[1]


def test_without_a_hub_it_says_that_it_is_starting(home: House, kiosk: Browser) -> None:
    home.stop_hub_and_forget()
    assert "Boksen starter." in begin(kiosk)[1]
    home.start_hub()


def test_a_task_of_another_device_does_not_disturb(home: House, kiosk: Browser) -> None:
    home.device(key="scale", model="beurer-bf720")
    home.ledger.notes.device_status("scale", task=DeviceTask.HELD_BY_PHONE)
    assert "er opptatt" not in begin(kiosk)[1]


# The device

STEP_ON, UNKNOWN = "Gå på vekten. Jeg venter.", "Boksen kjenner ikke vekten ennå."


def test_without_such_a_device_somebody_can_be_called(home: House, kiosk: Browser) -> None:
    _, page = begin(kiosk, "/measure/kind/body_weight")
    assert title(page) == UNKNOWN
    assert "Ring 22 00 00 00, så hjelper de deg." in page


@pytest.mark.parametrize(
    ("lent", "told"),
    [
        ({"model": "UC-352BLE"}, STEP_ON),
        ({"model": "UC-352BLE", "serial": "1", "name": "Vekt"}, STEP_ON),
        ({"model": "No such", "address": "F0:01"}, STEP_ON),  # it may be one
        (
            {"model": "No such", "address": "F0:F1:F2:F3:F4:F5"},
            "Boksen kjenner ikke vekten ennå.",
        ),  # the cuff
        ({"model": "UA-651BLE", "address": "F0:01"}, "Boksen kjenner ikke vekten ennå."),
    ],
)
def test_a_device_that_is_lent_and_has_not_joined_is_waited_for(
    home: House, kiosk: Browser, lent: dict[str, str], told: str
) -> None:
    home.documents.put("kit", {"devices": [lent]}, version="1")
    _, page = begin(kiosk, "/measure/kind/body_weight")
    assert title(page) == told


def test_of_two_devices_one_is_chosen_and_either_counts(home: House, kiosk: Browser) -> None:
    home.device(key="wrist", name="Håndledd", model="omron-rs7-intelli-it")
    address, page = begin(kiosk)
    assert title(page) == "Hvilket apparat bruker du?"
    [chosen] = re.findall(r'href="([^"]*device=wrist[^"]*)"', page)
    assert "Fest måleren på håndleddet" in kiosk.get(unescape(chosen)).text
    home.clock.pass_(timedelta(seconds=40))
    home.measure(ago=timedelta(0))
    assert numbers(kiosk.get(address).text) == ["128/82"]


def test_a_device_of_no_known_looks_may_be_it(house: House, kiosk: Browser) -> None:
    house.device(driver="taidoc-meter", name="Apparat")
    for kind, words in (("glucose", "Mål blodsukkeret nå."), ("body_weight", "Gå på vekten.")):
        assert words in title(begin(kiosk, f"/measure/kind/{kind}")[1])


@pytest.mark.parametrize(
    "path",
    [
        "/measure/none",
        "/measure/kind/none",
        "/measure/kind/cuff_pressure",
        "/measure/none/skip",
        "/measure/none/version",
    ],
)
def test_what_nobody_asks_for_is_not_there(home: House, kiosk: Browser, path: str) -> None:
    assert kiosk.get(path).status_code == 404


def test_questions_are_not_measured(home: House, kiosk: Browser) -> None:
    home.plan(PLAN)
    questions = Activity(detail=Detail(instantiates_canonical=[URL + "daglig|1"]))
    assert kiosk.get(f"/measure/{questions.task}").status_code == 404


# Hidden numbers


def test_hidden_numbers_are_in_no_page_of_it(home: House, kiosk: Browser) -> None:
    home.plan(planned(hidden=True, readings=2, apart=60))
    address, _ = begin(kiosk)
    seen = []
    for values in (None, SECOND):
        home.clock.pass_(timedelta(seconds=40))
        home.measure(values=values, ago=timedelta(0))
        seen.append(kiosk.get(address).text)
        home.clock.pass_(timedelta(seconds=60))
        seen.append(kiosk.get(address).text)
    seen.append(kiosk.get(link(seen[-1], "Dette var ikke meg")).text)
    for page in seen:
        assert "Mottatt. Takk." in page
        for number in ("128", "82 ", "67", "124", "79"):
            assert number not in re.sub(r"<svg.*?</svg>|\"[^\"]*\"", "", page, flags=re.DOTALL)
