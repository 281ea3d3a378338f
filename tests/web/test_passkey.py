"""The number of a device that joins: asked for on both pages, written down once."""

from datetime import timedelta

import pytest

from hub.records import JournalKind, Outcome
from tests.web.house import Browser, House

ADDRESS = "C0:26:DA:00:00:01"


def ask(house: House, seconds: int = 30, **more: object) -> None:
    now = house.clock.now()
    note = {
        "address": ADDRESS,
        "name": "meter+12345678",
        "model": "and-ua-651ble",
        "until": (now.wall + timedelta(seconds=seconds)).isoformat(),
        "until_mono_ms": now.mono_ms + seconds * 1000,
        "boot_id": now.boot_id,
    }
    house.ledger.notes.put_state("passkey_wanted", note | more)


@pytest.fixture
def technician(house: House) -> Browser:
    return house.technician()


def test_the_first_page_gives_way_to_a_device_that_waits(house: House, kiosk: Browser) -> None:
    ask(house)
    page = kiosk.follow(kiosk.get("/"))
    assert "Skriv tallet som står på blodtrykksmåleren" in page.text
    assert "meter+12345678" in page.text
    assert "30 sekunder igjen" in page.text


def test_a_model_that_nobody_knows_is_the_device(house: House, kiosk: Browser) -> None:
    ask(house, model=None, name="")
    assert "Skriv tallet som står på apparatet" in kiosk.get("/passkey").text


def test_the_number_is_written_once_with_its_zeros(house: House, kiosk: Browser) -> None:
    ask(house)
    page = kiosk.get("/passkey")
    waiting = kiosk.follow(kiosk.post("/passkey", page, address=ADDRESS, answer="004217"))
    assert house.rows(JournalKind.PASSKEY) == [{"address": ADDRESS, "passkey": "004217"}]
    assert "Vent litt" in waiting.text
    assert kiosk.get("/").status_code == 200  # answered: the page does not ask for it again


def test_without_scripts_every_key_is_a_page(house: House, kiosk: Browser) -> None:
    ask(house)
    page = kiosk.get("/passkey")
    typed = ""
    for key in "12x34567":
        page = kiosk.post("/passkey", page, typed=typed, key=key)
        typed += key if key.isdigit() and len(typed) < 6 else ""
        assert f'name="answer" value="{typed}"' in page.text
    page = kiosk.post("/passkey", page, typed=typed, key="back")
    assert 'name="answer" value="12345"' in page.text
    assert house.rows(JournalKind.PASSKEY) == []


@pytest.mark.parametrize("number", ["", "12345", "1234567", "12345a", "٤٢٤٢٤٢"])
def test_what_is_no_passkey_is_asked_for_again(house: House, kiosk: Browser, number: str) -> None:
    ask(house)
    page = kiosk.get("/passkey")
    again = kiosk.follow(kiosk.post("/passkey", page, address=ADDRESS, answer=number))
    assert "Tallet har seks sifre." in again.text
    assert house.rows(JournalKind.PASSKEY) == []


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(ok=True), "Takk. Boksen prøver tallet."),
        (Outcome(ok=False, detail="not asked for"), "Apparatet venter ikke lenger."),
    ],
)
def test_what_came_of_it(house: House, kiosk: Browser, outcome: Outcome, words: str) -> None:
    ask(house)
    kiosk.post("/passkey", kiosk.get("/passkey"), address=ADDRESS, answer="123456")
    entry = house.journal.last(JournalKind.PASSKEY)
    assert entry is not None
    house.take(entry.number, outcome)
    assert words in kiosk.get(f"/passkey/outcome/{entry.number}").text


def test_a_wrong_number_is_asked_for_again(house: House, kiosk: Browser) -> None:
    ask(house)
    kiosk.post("/passkey", kiosk.get("/passkey"), address=ADDRESS, answer="123456")
    entry = house.journal.last(JournalKind.PASSKEY)
    assert entry is not None
    house.take(entry.number, Outcome(ok=True))
    before = kiosk.get("/version/passkey").text
    house.clock.pass_(timedelta(seconds=2))
    ask(house)
    assert kiosk.get("/version/passkey").text != before
    assert kiosk.get("/").status_code == 303


@pytest.mark.parametrize("path", ["/", "/passkey"])
def test_when_the_time_is_over_the_pages_are_as_ever(
    house: House, kiosk: Browser, path: str
) -> None:
    ask(house)
    house.clock.pass_(timedelta(seconds=31))
    assert kiosk.get("/version/passkey").text == ""
    assert "Dagens sjekk" in kiosk.follow(kiosk.get(path)).text


def test_the_first_page_looks_again_when_a_device_begins_to_wait(
    house: House, kiosk: Browser
) -> None:
    before = kiosk.get("/version/home").text
    ask(house)
    assert kiosk.get("/version/home").text != before


def test_the_other_pages_tell_where_to_type_it(house: House, kiosk: Browser) -> None:
    assert "venter på et tall" not in kiosk.get("/messages").text
    ask(house)
    assert "Et apparat venter på et tall. Trykk Hjem." in kiosk.get("/messages").text


def test_a_number_for_the_device_stands_on_the_first_page(house: House, kiosk: Browser) -> None:
    house.measure()
    house.ledger.notes.put_state("passkey", {"address": ADDRESS, "passkey": "004217"})
    page = kiosk.get("/").text
    assert "Skriv dette tallet på apparatet:" in page
    assert "004217" in page
    assert "Mine målinger" in page


def test_the_technician_types_it_too(house: House, technician: Browser) -> None:
    ask(house)
    page = technician.get("/join")
    assert "Skriv tallet som står på blodtrykksmåleren" in page.text
    assert ADDRESS in page.text
    assert "http-equiv" not in page.text  # it would take away what is being typed
    wrong = technician.follow(technician.post("/join/passkey", page, passkey="12"))
    assert "Tallet har seks sifre." in wrong.text
    technician.post("/join/passkey", page, address=ADDRESS, passkey=" 123 456")
    assert house.rows(JournalKind.PASSKEY) == [{"address": ADDRESS, "passkey": "123456"}]


def test_a_number_typed_too_late_is_told(house: House, technician: Browser) -> None:
    house.take(7, Outcome(ok=False, detail="not asked for, or not six digits"))
    assert "Apparatet venter ikke lenger på tallet." in technician.get("/outcome/7").text
