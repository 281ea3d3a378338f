"""Messages from the nurses, and asking them to call."""

import re

from hub.records import JournalKind, Outcome
from tests.web.documents import DAILY, MESSAGE, URL
from tests.web.house import Browser, House

REACHED = re.compile(r'<li class="reached">.*?<span>([^<]+)<', re.DOTALL)


def test_a_message_is_read_by_a_tap(house: House, kiosk: Browser) -> None:
    house.documents.put_message(MESSAGE)
    assert "<em>Ny</em> · i dag kl. 09:12" in kiosk.get("/messages").text
    page = kiosk.get(f"/message/{MESSAGE['id']}")
    assert MESSAGE["text"] in page.text
    assert house.rows(JournalKind.MESSAGE_READ) == []
    kiosk.post(f"/message/{MESSAGE['id']}/read", page)
    assert house.rows(JournalKind.MESSAGE_READ) == [{"message": MESSAGE["id"]}]
    assert "<em>Ny</em>" not in kiosk.get("/messages").text


def test_messages_come_newest_first_and_none_is_out_of_reach(house: House, kiosk: Browser) -> None:
    for number in range(5):
        house.documents.put_message(MESSAGE | {"id": str(number), "title": f"Nr. {number}"})
    first = kiosk.get("/messages").text
    assert [f"Nr. {n}" in first for n in range(5)] == [False, False, True, True, True]
    assert "Nr. 0" in kiosk.get("/messages/1").text


def test_a_message_without_a_date_or_with_a_strange_one_is_shown(
    house: House, kiosk: Browser
) -> None:
    house.documents.put_message({"id": "1", "text": "Hei", "issued": "yesterday"})
    assert "Hei" in kiosk.get("/message/1").text


def test_a_nurses_questions_lead_to_them(house: House, kiosk: Browser) -> None:
    house.documents.put("questionnaires", DAILY, version="1")
    house.documents.put_message({"id": "1", "questionnaire": f"{URL}daglig"})
    page = kiosk.get("/message/1").text
    assert "Sykepleieren har noen spørsmål" in page
    link = re.search(r'href="(/check-in/[^"]+/new)"', page)
    assert link
    assert "Hvordan er pusten i dag?" in kiosk.follow(kiosk.get(link[1])).text


def test_an_unknown_message_is_no_crash(kiosk: Browser) -> None:
    assert kiosk.get("/message/9").status_code == 404


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
