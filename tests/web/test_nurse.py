""" "Call me", on the screen and with the button beside it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.clock import ClockState, Moment
from hub.records import JournalKind, Outcome
from tests.web.documents import CALL, EVERY_TYPE, questionnaire
from tests.web.house import BOOT, TODAY, Browser, House
from tests.web.tapping import answer, at, begin, send
from tests.web.test_opening_hours import OFFICE, plan

REACHED = re.compile(r'<li class="reached">.*?<span>([^<]+)<', re.DOTALL)


def test_call_me_says_only_what_is_so(house: House, kiosk: Browser) -> None:
    page = kiosk.get("/call-me")
    assert "Haster det, ring 113 nå." in page.text
    asked = kiosk.follow(kiosk.post("/call-me", page))
    assert "Ønsket ditt er lagret her." in asked.text
    assert REACHED.findall(asked.text) == ["Lagret her"]
    entry = house.journal.last(JournalKind.HELP_REQUESTED)
    assert entry
    seq = house.alert("urn:uuid:1")
    house.take(entry.number, Outcome(ok=True, data={"bundle": "urn:uuid:1"}))
    house.ledger.outbox.sent([seq], house.clock.wall)
    sent = kiosk.get("/call-me/asked").text
    assert REACHED.findall(sent) == ["Lagret her", "Sendt"]
    assert "er bedt om" not in sent
    house.ledger.outbox.acknowledge(["urn:uuid:1"], house.clock.wall)
    assert "Sykepleieren er bedt om å ringe deg." in kiosk.get("/call-me/asked").text


def test_asking_twice_by_a_double_tap_is_once(house: House, kiosk: Browser) -> None:
    page = kiosk.get("/call-me")
    kiosk.post("/call-me", page)
    kiosk.post("/call-me", page)
    assert len(house.rows(JournalKind.HELP_REQUESTED)) == 1


ASKED = "Du har bedt om det kl. 10:41."
LATER = timedelta(minutes=11)


def ask(kiosk: Browser) -> str:
    return kiosk.follow(kiosk.post("/call-me", kiosk.get("/call-me"))).text


def wishes(house: House) -> int:
    return len(house.rows(JournalKind.HELP_REQUESTED))


def deliver(house: House) -> str:
    """The hub has taken the newest wish over, and it is on its way."""
    entry = house.journal.last(JournalKind.HELP_REQUESTED)
    assert entry
    bundle = f"urn:uuid:{entry.number}"
    seq = house.alert(bundle)
    house.take(entry.number, Outcome(ok=True, data={"bundle": bundle}))
    house.ledger.outbox.sent([seq], house.clock.wall)
    return bundle


def press_button(house: House, ago: timedelta, boot: str = BOOT) -> None:
    """The button beside the screen, as the hub notes it."""
    pressed = house.clock.ago(ago)
    note = {"at": pressed.wall.isoformat(), "mono_ms": pressed.mono_ms, "boot_id": boot}
    house.ledger.notes.put_state("call", note | {"bundle": "urn:uuid:button"})


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ("offline", "Lagret her 10:41. Sendes når internett er tilbake."),
        ("online", "Lagret her 10:41. Sendes nå."),
        ("refused", "Lagret her 10:41. Sendes når forbindelsen er i orden."),
    ],
)
def test_it_says_what_the_wish_waits_for(
    house: House, kiosk: Browser, connection: str, words: str
) -> None:
    house.ledger.notes.put_state("connection", {"state": connection})
    page = ask(kiosk)
    assert ASKED in page
    assert words in page


def test_no_second_wish_while_one_is_open(house: House, kiosk: Browser) -> None:
    page = kiosk.get("/call-me")
    kiosk.post("/call-me", page)
    deliver(house)
    house.clock.pass_(timedelta(minutes=9))
    again = kiosk.follow(kiosk.get("/call-me"))
    assert ASKED in again.text
    assert "Sendt 10:41." in again.text
    kiosk.post("/call-me", kiosk.get("/call-me/asked"))  # another form, from a page of before
    assert wishes(house) == 1


OFFERS = CALL | {
    "extension": [
        {
            "url": "https://hub.example/fhir/StructureDefinition/ber-om-oppringning",
            "valueBoolean": True,
        }
    ]
}


@pytest.mark.parametrize(("said", "asked"), [("true", 1), ("false", 0)])
def test_a_yes_in_a_check_in_asks_for_a_call_when_it_is_sent(
    house: House, kiosk: Browser, said: str, asked: int
) -> None:
    house.documents.put("questionnaires", questionnaire("ring", OFFERS), version="1")
    review = answer(kiosk, begin(kiosk), answer=said)
    assert wishes(house) == 0
    thanks = send(kiosk, review)
    assert wishes(house) == asked
    assert ("Du har bedt om å bli ringt." in thanks.text) is bool(asked)
    assert send(kiosk, review).text.count("Takk. Svarene er lagret her.") == 1  # a double tap
    assert wishes(house) == asked


def test_a_yes_while_a_call_is_open_adds_none(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    house.documents.put("questionnaires", questionnaire("ring", OFFERS), version="1")
    send(kiosk, answer(kiosk, begin(kiosk), answer="true"))
    assert wishes(house) == 1


def test_once_more_on_purpose_is_another_wish(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    page = kiosk.get("/call-me/asked")
    assert "Be en gang til" in page.text
    for _ in range(2):  # a double tap
        kiosk.post("/call-me", page, again="yes")
    assert wishes(house) == 2


def test_after_ten_minutes_it_is_asked_anew(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    deliver(house)
    house.clock.pass_(LATER)
    assert "Vil du at sykepleieren ringer deg?" in kiosk.get("/call-me").text
    ask(kiosk)
    assert wishes(house) == 2


def test_a_wish_that_a_nurse_has_seen_is_not_open_any_more(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    bundle = deliver(house)
    house.ledger.outbox.acknowledge([bundle], house.clock.wall)
    house.ledger.outbox.seen(bundle, house.clock.wall)
    assert "Vil du at sykepleieren ringer deg?" in kiosk.get("/call-me").text
    assert "Sett av sykepleier 10:41." in kiosk.get("/call-me/asked").text


def test_one_that_could_not_leave_says_its_age(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    house.clock.pass_(timedelta(days=1))
    page = kiosk.follow(kiosk.get("/call-me"))
    assert "Du har bedt om det i går kl. 10:41." in page.text
    assert "Lagret her 22. nov. Sendes når internett er tilbake." in page.text
    assert "Be en gang til" in page.text


def test_one_that_cannot_be_sent_says_whom_to_call(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    bundle = deliver(house)
    seq = house.ledger.outbox.seq_of(bundle)
    assert seq is not None
    house.ledger.outbox.park(seq, "refused")
    page = kiosk.get("/call-me/asked").text
    assert "Ønsket kunne ikke sendes. Ring 22 00 00 00." in page
    assert "Sendes" not in page


def test_the_time_of_the_wish_follows_the_clock_when_it_is_set(
    house: House, kiosk: Browser
) -> None:
    ask(kiosk)
    house.clock.wall += timedelta(hours=3)
    house.clock.mono_ms += 60_000
    assert "Du har bedt om det kl. 13:40." in kiosk.get("/call-me/asked").text


def test_the_button_counts_as_a_wish(house: House, kiosk: Browser) -> None:
    press_button(house, timedelta(minutes=2))
    page = kiosk.follow(kiosk.get("/call-me"))
    assert "Du har bedt om det kl. 10:39." in page.text
    kiosk.post("/call-me", page)
    assert wishes(house) == 0


def test_the_newest_of_both_is_told(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    press_button(house, timedelta(minutes=20))
    assert ASKED in kiosk.get("/call-me/asked").text
    house.clock.pass_(timedelta(minutes=20))
    press_button(house, timedelta(0))
    assert "Du har bedt om det kl. 11:01." in kiosk.get("/call-me/asked").text


@pytest.mark.parametrize(
    ("ago", "state", "is_open"),
    [
        (timedelta(minutes=2), ClockState.NTP, True),
        (timedelta(minutes=20), ClockState.NTP, False),
        (timedelta(minutes=2), ClockState.RESTORED, False),
    ],
)
def test_the_button_of_a_boot_before_by_the_time_of_the_day(
    house: House, ago: timedelta, state: ClockState, is_open: bool
) -> None:
    press_button(house, ago, boot="the one before")
    house.alert("urn:uuid:button")
    (due,) = house.ledger.outbox.due(1)
    house.ledger.outbox.sent([due.seq], house.clock.wall)
    moment = Moment(TODAY, 3_600_000, BOOT, state)
    house.parts = replace(house.parts, now=lambda: moment)
    page = house.kiosk().get("/call-me")
    assert (page.status_code == 303) is is_open


def test_while_one_is_open_telling_by_telephone_asks_for_no_other(
    house: House, kiosk: Browser
) -> None:
    ask(kiosk)
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    page = at(kiosk, begin(kiosk), "w")
    answer(kiosk, page, answer="Jeg vil fortelle det på telefon", call="yes")
    assert wishes(house) == 1


@pytest.mark.parametrize(
    ("day", "trusted", "words"),
    [
        pytest.param(0, True, "Stengt nå. Åpner mandag kl. 08:00.", id="on a Sunday"),
        pytest.param(1, True, "Åpent nå, til kl. 15:30.", id="on a Monday"),
        pytest.param(1, False, "svarer mandag–fredag 08:00–15:30.", id="without the time"),
    ],
)
def test_it_says_when_the_nurses_answer(house: House, day: int, trusted: bool, words: str) -> None:
    house.plan(plan(OFFICE))
    state = ClockState.NTP if trusted else ClockState.RESTORED
    moment = Moment(TODAY + timedelta(days=day), 3_600_000, BOOT, state)
    house.parts = replace(house.parts, now=lambda: moment)
    kiosk = house.kiosk()
    assert words in kiosk.get("/call-me").text
    assert words in ask(kiosk)


def test_without_opening_hours_nothing_is_said_of_them(house: House, kiosk: Browser) -> None:
    page = ask(kiosk)
    assert "Åpent" not in page
    assert "Stengt" not in page


def test_the_wish_outlives_a_power_cut(house: House, kiosk: Browser) -> None:
    ask(kiosk)
    house.start_pages_again()
    again = house.kiosk()
    assert ASKED in again.follow(again.get("/call-me")).text


def test_the_emergency_line_is_on_every_page(house: House, kiosk: Browser) -> None:
    line = "Denne skjermen følges ikke hele tiden. Ring 113."
    paths = ("/", "/plan", "/readings", "/messages", "/call-me", "/language", "/setup", "/no-such")
    for path in paths:
        assert line in kiosk.get(path).text
