"""The first page: it never says more than is so, and the newest reading is there at once."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.measurement import Comparator, Kind, Quantity, Status, Unit, Value
from hub.records import JournalKind
from tests.web.documents import DAILY, MESSAGE
from tests.web.house import BOOT, CUFF, WEIGHT, Browser, House

WAITS = "Sendes når internett er tilbake. Du trenger ikke gjøre noe."


def test_without_a_reading_all_is_ready(kiosk: Browser) -> None:
    page = kiosk.get("/")
    assert "Alt er klart. Du trenger ikke gjøre noe." in page.text
    assert "10:41" in page.text
    assert "Søndag 22. november" in page.text


def test_a_fresh_reading_is_shown_large_with_where_it_came_from(
    house: House, kiosk: Browser
) -> None:
    house.measure()
    page = kiosk.get("/").text
    assert '<p class="reading">128/82<span class="unit"> mmHg · Puls 67</span>' in page
    assert "Mottatt fra blodtrykksmåleren 10:40" in page
    assert "Ikke meg" in page


def test_after_five_minutes_it_is_no_news_any_more(house: House, kiosk: Browser) -> None:
    house.measure(ago=timedelta(minutes=5, seconds=1))
    assert "128/82" not in kiosk.get("/").text


def test_a_jump_of_the_wall_clock_does_not_make_it_old(house: House, kiosk: Browser) -> None:
    house.measure()
    house.clock.wall += timedelta(days=400)
    assert "128/82" in kiosk.get("/").text


def reached(page: str) -> list[str]:
    """The words of the steps that are marked."""
    return re.findall(r'<li class="reached">.*?</svg>\s*<span>([^<]+)<', page, re.DOTALL)


def test_a_step_is_marked_only_when_it_was_reached(house: House, kiosk: Browser) -> None:
    kept = house.measure()
    assert reached(kiosk.get("/").text) == ["Lagret her"]
    seq, bundle = house.seal(kept)
    house.ledger.outbox.sent([seq], house.clock.wall)
    assert reached(kiosk.get("/").text) == ["Lagret her", "Sendt"]
    house.ledger.outbox.acknowledge([bundle], house.clock.wall)
    assert reached(kiosk.get("/").text) == ["Lagret her", "Sendt", "Mottatt"]
    house.ledger.outbox.seen(bundle, house.clock.wall)
    assert len(reached(kiosk.get("/").text)) == 4


@pytest.mark.parametrize("state", [None, "offline", "refused", "online"])
def test_the_status_line_says_sent_or_received_only_with_a_receipt(
    house: House, kiosk: Browser, state: str | None
) -> None:
    kept = house.measure(ago=timedelta(minutes=30))
    house.ledger.notes.put_state("connection", state and {"state": state})
    line = kiosk.get("/").text
    assert "Lagret her." in line
    assert "er sendt" not in line
    assert "er mottatt" not in line
    _, bundle = house.seal(kept)
    house.ledger.outbox.acknowledge([bundle], house.clock.wall)
    assert "Siste måling er mottatt i dag kl. 10:41." in kiosk.get("/").text


def test_without_internet_nothing_is_asked_of_the_patient(house: House, kiosk: Browser) -> None:
    house.measure(ago=timedelta(minutes=30))
    assert f"Lagret her. {WAITS}" in kiosk.get("/").text


def test_only_sent_is_called_sent(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(minutes=30))
    _, bundle = house.seal(kept)
    house.ledger.outbox.acknowledge([bundle], house.clock.wall, received=False)
    page = kiosk.get("/").text
    assert "er mottatt" not in page
    assert "Siste måling er sendt" in page


def test_what_cannot_be_sent_is_said_with_a_telephone_number(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(minutes=30))
    seq, _ = house.seal(kept)
    house.ledger.outbox.park(seq, "refused")
    text = "Lagret her. Noe kunne ikke sendes. Ring 22 00 00 00."
    assert text in kiosk.get("/").text


def test_while_a_device_is_read_the_line_says_so(house: House, kiosk: Browser) -> None:
    house.ledger.notes.put_state("receiving", {"device": "Badevekten"})
    assert "Tar imot fra Badevekten …" in kiosk.get("/").text


def test_a_new_reading_that_waits_says_that_nothing_needs_doing(
    house: House, kiosk: Browser
) -> None:
    house.ledger.notes.put_state("connection", {"state": "offline"})
    house.measure()
    page = kiosk.get("/").text
    assert 'class="reading"' in page
    assert "Sendes når internett er tilbake. Du trenger ikke gjøre noe." in page


def test_a_hub_that_fell_silent_is_told_with_whom_to_call(house: House, kiosk: Browser) -> None:
    house.ledger.notes.put_state("alive", {"mono_ms": house.clock.mono_ms, "boot_id": BOOT})
    assert "Boksen tar ikke imot" not in kiosk.get("/").text
    house.clock.pass_(timedelta(minutes=4))
    assert "Boksen tar ikke imot målinger nå. Ring 22 00 00 00." in kiosk.get("/").text


def test_a_hub_that_has_not_said_anything_since_the_power_came_back_is_starting(
    house: House, kiosk: Browser
) -> None:
    house.ledger.notes.put_state("alive", {"mono_ms": 1, "boot_id": "before the power cut"})
    assert "Boksen starter." in kiosk.get("/").text


def test_a_deaf_hub_says_so(house: House, kiosk: Browser) -> None:
    house.ledger.notes.put_state("radio", {"problem": "no adapter"})
    text = kiosk.get("/").text
    assert "Boksen hører ikke måleapparatene nå. Ring 22 00 00 00." in text
    assert "no adapter" not in text


def test_a_request_without_words_still_says_what_is_asked(house: House, kiosk: Browser) -> None:
    house.documents.put_message({"id": "m1", "text": "", "measure": "blood_pressure"})
    assert "Sykepleieren ber deg ta en måling nå." in kiosk.get("/message/m1").text


def test_without_a_hub_the_pages_work_and_say_that_it_is_starting(tmp_path: Path) -> None:
    house = House(tmp_path)
    page = house.kiosk().get("/")
    house.close()
    assert page.status_code == 200
    assert "Boksen starter. Det du svarer, blir lagret her." in page.text


def test_not_me_takes_the_reading_off_the_page_and_can_be_undone(
    house: House, kiosk: Browser
) -> None:
    kept = house.measure()
    said = kiosk.follow(kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get("/")))
    assert "Du har sagt at denne ikke er din." in said.text
    assert "128/82" not in kiosk.get("/").text
    assert house.rows(JournalKind.NOT_ME) == [{"measurement": kept.id}]
    kiosk.post(f"/reading/{kept.id}/this-was-me", said)
    assert "128/82" in kiosk.get("/").text


def test_the_hubs_word_counts_once_it_has_taken_over(house: House, kiosk: Browser) -> None:
    kept = house.measure()
    kiosk.post(f"/reading/{kept.id}/not-me", kiosk.get("/"))
    entry = house.journal.last(JournalKind.NOT_ME)
    assert entry is not None
    with house.ledger.notes.taking(entry.number):
        pass
    assert "128/82" in kiosk.get("/").text
    house.ledger.disown(kept.id)
    assert "128/82" not in kiosk.get("/").text


def test_a_reading_of_unknown_owner_is_asked_about(house: House, kiosk: Browser) -> None:
    kept = house.measure(ago=timedelta(hours=1))
    house.ledger.notes.put_state("ask_who", [kept.id])
    page = kiosk.get("/")
    assert "Var dette deg?" in page.text
    answered = kiosk.follow(kiosk.post(f"/reading/{kept.id}/this-was-me", page))
    assert "Var dette deg?" not in answered.text
    assert house.rows(JournalKind.THIS_WAS_ME) == [{"measurement": kept.id}]


def test_several_of_unknown_owner_are_asked_about_one_by_one(house: House, kiosk: Browser) -> None:
    """Also while the hub is away and has not taken the answers yet."""
    many = [house.measure(ago=timedelta(hours=hour)) for hour in (1, 2, 3)]
    house.ledger.notes.put_state("ask_who", [kept.id for kept in many])
    for kept, answer in zip(many, ("not-me", "this-was-me", "not-me"), strict=True):
        page = kiosk.get("/")
        assert f"/reading/{kept.id}/this-was-me" in page.text
        kiosk.post(f"/reading/{kept.id}/{answer}", page)
    assert "Var dette deg?" not in kiosk.get("/").text


def test_what_the_patient_cannot_see_goes_with_what_it_came_with(
    house: House, kiosk: Browser
) -> None:
    received = house.clock.ago(timedelta(seconds=5))
    impedance = {Quantity.IMPEDANCE: Value(Decimal(512), Unit.OHM)}
    weight = house.keep(Kind.BODY_WEIGHT, WEIGHT, received)
    unseen = house.keep(Kind.BODY_COMPOSITION, impedance, received)
    other = house.measure(Kind.BODY_COMPOSITION, impedance, ago=timedelta(minutes=9))
    house.ledger.notes.put_state("ask_who", [other.id, unseen.id, weight.id])
    kiosk.post(f"/reading/{weight.id}/not-me", kiosk.get("/"))
    assert [row["measurement"] for row in house.rows(JournalKind.NOT_ME)] == [weight.id, unseen.id]


def test_unread_messages_are_counted_until_they_are_read(house: House, kiosk: Browser) -> None:
    house.documents.put_message(MESSAGE)
    assert "Meldinger (1)" in kiosk.get("/").text
    house.journal.append(
        JournalKind.MESSAGE_READ, {"message": MESSAGE["id"]}, form=None, moment=house.clock.now()
    )
    assert "Ingen nye" in kiosk.get("/").text


def test_the_check_in_button_tells_how_far_one_is(house: House, kiosk: Browser) -> None:
    assert "Ingen i dag" in kiosk.get("/").text
    house.documents.put("questionnaires", DAILY, version="1")
    assert "3 spørsmål" in kiosk.get("/").text


def test_the_version_changes_with_what_is_shown_and_only_then(house: House, kiosk: Browser) -> None:
    first = kiosk.get("/version/home").text
    house.ledger.notes.device_status(CUFF, last_seen=house.clock.wall)
    assert kiosk.get("/version/home").text == first
    house.measure()
    second = kiosk.get("/version/home").text
    assert second != first
    assert f'data-version="{second}"' in kiosk.get("/").text


def test_a_join_window_is_told_on_every_page_until_it_closes(house: House, kiosk: Browser) -> None:
    now = house.clock.now()
    window = {"until_mono_ms": now.mono_ms + 5000, "boot_id": now.boot_id, "until": "2026-01-01"}
    house.ledger.notes.put_state("join_window", window | {"candidates": []})
    for path in ("/", "/plan", "/messages"):
        assert "Boksen leter etter nye apparater." in kiosk.get(path).text
    house.clock.pass_(timedelta(seconds=6))
    assert "leter etter" not in kiosk.get("/").text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Value(Decimal("81.20"), Unit.KILOGRAM), "81,20"),
        (Value(Decimal(100), Unit.KILOGRAM, Comparator.GREATER), "over 100"),
        (Value(None, Unit.KILOGRAM), "uten tall"),
    ],
)
def test_numbers_stand_as_the_device_gave_them(
    house: House, kiosk: Browser, value: Value, shown: str
) -> None:
    house.measure(Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: value})
    assert f'<p class="reading">{shown}<' in kiosk.get("/").text


def test_a_control_solution_is_not_the_patients(house: House, kiosk: Browser) -> None:
    sugar = {Quantity.GLUCOSE: Value(Decimal("6.1"), Unit.MMOL_PER_L)}
    house.measure(Kind.GLUCOSE, sugar, status=(Status.CONTROL_SOLUTION,))
    assert "6,1" not in kiosk.get("/").text
