"""The technician's pages: in by the code, requests as rows, and what came of them."""

from datetime import timedelta

import pytest

from drivers.measurement import DeviceInfo, Rejected
from hub.records import JournalKind, Outcome
from hub.web.setup.door import COOKIE
from tests.web.house import CUFF, Browser, House


@pytest.fixture
def technician(house: House) -> Browser:
    house.device(info=DeviceInfo(manufacturer="A&D", model="UA-651BLE"))
    return house.technician()


def window(house: House, seconds: int, *candidates: dict[str, object]) -> None:
    now = house.clock.now()
    until = now.mono_ms + seconds * 1000
    house.ledger.notes.put_state(
        "join_window",
        {"until_mono_ms": until, "boot_id": now.boot_id, "until": "", "candidates": candidates},
    )


SCALE = {"address": "AA:BB:CC:DD:EE:FF", "name": "UC-352BLE", "driver": "x", "rssi": -61}


def test_the_cookie_is_of_the_strictest_kind(house: House) -> None:
    house.gate.open()
    browser = house.setup()
    page = browser.get("/")
    response = browser.post("/enter", page, code=house.gate.code() or "")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_a_wrong_code_is_explained_and_recorded(house: House) -> None:
    house.gate.open()
    browser = house.setup()
    house.gate.code()
    response = browser.post("/enter", browser.get("/"), code="AAAAAA")
    assert response.status_code == 401
    assert "Koden er feil." in response.text
    assert house.rows(JournalKind.SETUP_LOGIN) == [{"ok": False}]


def test_the_sixth_try_has_to_wait(house: House) -> None:
    house.gate.open()
    browser = house.setup()
    for _ in range(5):
        house.gate.code()
        response = browser.post("/enter", browser.get("/"), code="AAAAAA")
    assert "Vent 60 sekunder" in response.text


def test_closed_pages_say_that_they_are_closed(house: House) -> None:
    response = house.setup().get("/")
    assert response.status_code == 410
    assert "Oppsettet er stengt." in response.text


def test_logging_out_closes_and_the_old_cookie_is_worth_nothing(
    house: House, technician: Browser
) -> None:
    response = technician.post("/leave", technician.get("/"))
    assert response.status_code == 200
    assert not house.gate.is_open
    house.gate.open()
    assert technician.get("/").status_code == 401


def test_the_kiosk_shows_address_code_and_fingerprint_while_open(house: House) -> None:
    kiosk = house.kiosk()
    page = kiosk.get("/setup")
    assert "Åpne oppsettet i 30 minutter" in page.text
    page = kiosk.follow(kiosk.post("/setup/open", page))
    assert "https://192.0.2.7:8443" in page.text
    assert (house.gate.code() or "no code") in page.text
    assert "0123ABCD 0123ABCD" in page.text
    assert 'class="qr"' in page.text
    assert house.rows(JournalKind.SETUP_OPENED) == [{"by": "kiosk"}]
    assert "En tekniker kan stille inn boksen nå." in kiosk.get("/").text
    kiosk.post("/setup/close", page)
    assert not house.gate.is_open


def test_the_command_opens_it_too(house: House) -> None:
    headers = {"Origin": "http://localhost"}
    response = house.kiosk().client.post("/setup-door/open", headers=headers)
    assert response.text.startswith(f"https://192.0.2.7:8443\ncode {house.gate.code()}\n")
    assert house.kiosk().client.post("/setup-door/open").status_code == 403


def test_a_device_is_told_about_in_words(house: House, technician: Browser) -> None:
    house.ledger.notes.device_status(
        CUFF,
        last_seen=house.clock.wall,
        last_measurement=house.clock.wall - timedelta(days=1),
        battery_percent=15,
        clock_offset_s=540.0,
    )
    page = technician.get("/").text
    for words in (
        "A&amp;D UA-651BLE",
        "Sist sett i dag kl. 10:41",
        "Siste måling i går kl. 10:41",
        "Batteri 15 %, bytt snart",
        "Klokken går 9 min for sent",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("unreachable", "Svarer ikke. Er den slått på og i nærheten?"),
        ("auth-failed", "Vil ikke snakke med boksen."),
        ("unsupported", "Kan ikke leses av boksen."),
    ],
)
def test_what_is_wrong_with_a_device_is_told_in_words(
    house: House, technician: Browser, state: str, words: str
) -> None:
    house.ledger.notes.device_status(CUFF, state=state, problem="says no")  # type: ignore[arg-type]
    page = technician.get("/").text
    assert words in page
    assert "says no" in page


def test_a_request_waits_for_what_the_hub_made_of_it(house: House, technician: Browser) -> None:
    page = technician.get(f"/device/{CUFF}")
    response = technician.post(f"/device/{CUFF}/rename", page, name="  Mansjett   venstre ")
    (row,) = house.rows(JournalKind.RENAME_DEVICE)
    assert row == {"device_key": CUFF, "name": "Mansjett venstre"}
    waiting = technician.follow(response)
    assert "Vent litt" in waiting.text
    assert 'data-watch="/version"' in waiting.text
    number = int(response.headers["Location"].rpartition("/")[2])
    house.take(number, Outcome(ok=True))
    assert "Det er gjort." in technician.follow(response).text


def test_a_refusal_is_told_with_its_reason(house: House, technician: Browser) -> None:
    response = technician.post("/connection/test", technician.get("/connection"))
    number = int(response.headers["Location"].rpartition("/")[2])
    house.take(number, Outcome(ok=False, detail="the broker does not answer"))
    page = technician.follow(response).text
    assert "Det gikk ikke." in page
    assert "the broker does not answer" in page


def test_removing_a_device_is_asked_first(house: House, technician: Browser) -> None:
    page = technician.get(f"/device/{CUFF}/remove")
    assert "Fjerne Blodtrykksmåler?" in page.text
    technician.post(f"/device/{CUFF}/remove", page)
    assert house.rows(JournalKind.REMOVE_DEVICE) == [{"device_key": CUFF}]


def test_the_join_window_counts_down_and_lists_who_is_there(
    house: House, technician: Browser
) -> None:
    page = technician.get("/join")
    technician.post("/join/open", page)
    assert len(house.rows(JournalKind.OPEN_JOIN_WINDOW)) == 1
    window(house, 93, SCALE)
    page = technician.get("/join")
    assert "93 sekunder igjen" in page.text
    assert "UC-352BLE" in page.text
    technician.post(f"/join/{SCALE['address']}", page)
    assert house.rows(JournalKind.JOIN) == [{"address": SCALE["address"]}]
    house.clock.pass_(timedelta(seconds=94))
    assert "Begynn å lete" in technician.get("/join").text


def test_only_a_candidate_can_be_joined(house: House, technician: Browser) -> None:
    window(house, 93, SCALE)
    page = technician.get("/join")
    assert technician.post("/join/11:22:33:44:55:66", page).status_code == 404
    assert house.rows(JournalKind.JOIN) == []


def test_a_passkey_is_shown_where_the_technician_looks(house: House, technician: Browser) -> None:
    window(house, 93)
    house.ledger.notes.put_state("passkey", {"address": "x", "passkey": "123456"})
    assert "Skriv dette på apparatet: 123456" in technician.get("/join").text


def test_the_connection_page_tells_what_waits_and_what_is_stuck(
    house: House, technician: Browser
) -> None:
    kept = house.measure()
    seq, _ = house.seal(kept)
    house.ledger.outbox.park(seq, "the central service refused it")
    house.measure(ago=timedelta(hours=1))
    state = {"state": "refused", "since": house.clock.wall.isoformat(), "reason": "not authorised"}
    house.ledger.notes.put_state("connection", state | {"server": "mqtt.example:8883"})
    page = technician.get("/connection")
    for words in (
        "Avvist av tjenesten",
        "not authorised",
        "Venter på å bli mottatt: 1",
        "Kunne ikke sendes: 1",
        "the central service refused it",
    ):
        assert words in page.text
    technician.post(f"/connection/again/{seq}", page)
    assert house.rows(JournalKind.SEND_AGAIN) == [{"seq": seq}]


def test_the_health_page_tells_what_was_not_understood(house: House, technician: Browser) -> None:
    kept = house.measure()
    house.ledger.reject(Rejected("2a35", b"\x00", "7 bytes wanted"), kept.reception)
    house.ledger.notes.put_state("clock", {"synchronised": False})
    house.ledger.notes.put_state("radio", {"problem": "no adapter"})
    fact = {"name": "storage", "ok": True, "detail": "71 % free"}
    house.ledger.notes.put_state("health", {"facts": [fact]})
    house.ledger.notes.put_state("anomalies", {"malformed": 3})
    page = technician.get("/health").text
    for words in ("7 bytes wanted", "Ikke stilt ennå", "no adapter", "71 % free", "malformed"):
        assert words in page


def test_a_doubted_clock_is_confirmed_by_the_technician(house: House, technician: Browser) -> None:
    assert "riktig" not in technician.get("/health").text
    house.ledger.notes.put_state("clock", {"synchronised": False, "doubt": "too-late"})
    page = technician.get("/health")
    assert "Stilt til en tid som ikke kan stemme." in page.text
    assert "2026, 10:41" in page.text
    technician.post("/health/clock", page)
    assert house.rows(JournalKind.TRUST_CLOCK) == [{}]


def test_a_hub_that_is_away_is_told(house: House, technician: Browser) -> None:
    house.stop_hub_and_forget()
    house.start_pages_again()
    technician = house.technician()
    for path in ("/", "/join", "/connection", "/health", "/outcome/1"):
        assert technician.get(path).status_code == 200
    assert "Svarer ikke" in technician.get("/health").text


def test_a_candidate_goes_by_its_model_and_says_why_it_did_not_join(
    house: House, technician: Browser
) -> None:
    known = SCALE | {"model": "and-uc-352ble", "known_as": "A&D UC-352BLE", "name": "A&D_UC"}
    window(house, 90, known | {"problem": "passkey-needed"})
    page = technician.get("/join").text
    assert "<h2>A&amp;D UC-352BLE</h2>" in page
    assert "A&amp;D_UC · AA:BB" in page
    assert "Viste et tall som ingen skrev inn." in page


def test_the_next_session_is_written_down_and_downloaded(house: House, technician: Browser) -> None:
    page = technician.get(f"/device/{CUFF}")
    assert technician.get(f"/device/{CUFF}/recording").status_code == 404
    assert technician.post(f"/device/{CUFF}/record", page).status_code == 303
    assert house.rows(JournalKind.RECORD_SESSION) == [{"device_key": CUFF}]
    house.ledger.notes.put_state(f"recording {CUFF}", {"trace": None})
    assert "Venter på neste måling." in technician.get(f"/device/{CUFF}").text
    house.ledger.notes.put_state(f"recording {CUFF}", {"trace": '{"driver": "x"}'})
    assert f"/device/{CUFF}/recording" in technician.get(f"/device/{CUFF}").text
    answer = technician.get(f"/device/{CUFF}/recording")
    assert answer.text == '{"driver": "x"}'
    assert answer.headers["Content-Disposition"].startswith("attachment")
